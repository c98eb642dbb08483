/* What a process is allowed and how it runs. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel.h"
#include "steps.h"

#define KEYCTL_JOIN_SESSION_KEYRING 1
#define KEYCTL_DESCRIBE 6
#define KEYCTL_SETPERM 5
#define KEY_POS_SEARCH_USER 0x00080000u
#define KEY_USR_SEARCH 0x00080000u
#define IOPRIO_WHO_PROCESS 1

/* STEP_RLIMIT */
int
set_rlimit(struct stage *stage, const struct plan_step *step)
{
	struct {
		uint64_t soft, hard;
	} limit = {step->b, step->c};

	if (syscall(SYS_prlimit64, 0, (int)step->a, &limit, NULL) < 0)
		return fail(stage, "set the limit %u to %llu:%llu", (unsigned)step->a, (unsigned long long)step->b,
			    (unsigned long long)step->c);
	return 0;
}

/* STEP_SESSION_KEYRING: a new one, so that no key of the host is found from inside. */
int
session_keyring(struct stage *stage, const struct plan_step *step)
{
	const char *name = step->data == 0 ? NULL : plan_data(&stage->plan, step);
	long ring = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name);

	/* Kernels without keys have none to leak; quotas are no reason to fail either (as for runc). */
	if (ring < 0 && (errno == ENOSYS || errno == EDQUOT))
		return 0;
	return ring < 0 ? fail(stage, "join a new session keyring") : 0;
}

/* STEP_UMASK */
int
set_umask(struct stage *stage, const struct plan_step *step)
{
	stage->umask = (mode_t)step->mode & 0777;
	stage->is_sealed = false;
	return 0;
}

/* STEP_PARENT_DEATH */
int
parent_death(struct stage *stage, const struct plan_step *step)
{
	if (prctl(PR_SET_PDEATHSIG, (unsigned long)step->a, 0, 0, 0) < 0)
		return fail(stage, "ask for signal %llu at the parent's death", (unsigned long long)step->a);
	if (step->fd == PLAN_NO_FD)
		return 0;

	/* It may have died just before; its pid means nothing in another pid namespace, its descriptor does. */
	struct pollfd parent = {.fd = plan_fd(&stage->plan, step->fd), .events = POLLIN};
	if (poll(&parent, 1, 0) > 0)
		return fail_with(stage, ESRCH, DETAIL_NONE, "the parent is gone");
	return 0;
}

/* STEP_NO_NEW_PRIVS */
int
no_new_privs(struct stage *stage, const struct plan_step *step)
{
	(void)step;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? fail(stage, "set no_new_privs") : 0;
}

/* STEP_SECCOMP */
int
install_seccomp(struct stage *stage, const struct plan_step *step)
{
	struct sock_fprog program = {
		.len = (unsigned short)(step->data_size / sizeof(struct sock_filter)),
		.filter = (struct sock_filter *)plan_data(&stage->plan, step),
	};

	if (step->data_size % sizeof(struct sock_filter) != 0 || step->data_size / sizeof(struct sock_filter) > BPF_MAXINSNS)
		return fail_with(stage, EINVAL, DETAIL_BAD_PLAN, "%u bytes are no seccomp program", step->data_size);

	if (seal_process(stage) < 0)
		return -1;
	long listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, (unsigned)step->flags, &program);
	if (listener < 0)
		return fail(stage, "install the seccomp program");
	if (!(step->flags & SECCOMP_FILTER_FLAG_NEW_LISTENER))
		return 0;

	AUTO_CLOSE int fd = (int)listener;
	int sent = step->fd == PLAN_NO_FD ? report_descriptor(stage, REPORT_LISTENER, fd)
					  : send_descriptor(plan_fd(&stage->plan, step->fd), "listener", 8, fd);
	return sent < 0 ? fail(stage, "hand the seccomp listener over") : 0;
}

/* STEP_PERSONALITY */
int
set_personality(struct stage *stage, const struct plan_step *step)
{
	return personality((unsigned long)step->a) < 0 ? fail(stage, "set the personality") : 0;
}

/* STEP_SCHEDULER */
int
set_scheduler(struct stage *stage, const struct plan_step *step)
{
	return syscall(SYS_sched_setattr, 0, plan_data(&stage->plan, step), 0) < 0 ? fail(stage, "set the scheduler") : 0;
}

/* STEP_IO_PRIORITY */
int
set_io_priority(struct stage *stage, const struct plan_step *step)
{
	if (syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, (int)step->a) < 0)
		return fail(stage, "set the I/O priority");
	return 0;
}

/* STEP_CPU_AFFINITY */
int
set_cpu_affinity(struct stage *stage, const struct plan_step *step)
{
	if (syscall(SYS_sched_setaffinity, 0, step->data_size, plan_data(&stage->plan, step)) < 0)
		return fail(stage, "set the CPU affinity");
	return 0;
}

/* STEP_MEMORY_POLICY */
int
set_memory_policy(struct stage *stage, const struct plan_step *step)
{
	const void *nodes = step->data == 0 ? NULL : plan_data(&stage->plan, step);

	/* The kernel takes one bit less than it is told. */
	if (syscall(SYS_set_mempolicy, (int)step->mode, nodes, nodes == NULL ? 0 : (unsigned long)step->data_size * 8 + 1) < 0)
		return fail(stage, "set the memory policy");
	return 0;
}

void
reset_signals(void)
{
	/* The kernel's own struct, zero: SIG_DFL and an empty mask. libc refuses two signals that it keeps for itself. */
	static const struct {
		uint64_t handler, flags, restorer, mask;
	} by_default;
	uint64_t none = 0;

	for (int number = 1; number <= 64; number++)
		(void)syscall(SYS_rt_sigaction, number, &by_default, NULL, sizeof by_default.mask);
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof none);
}

const char *
lower_error(int error, char buffer[128])
{
	(void)snprintf(buffer, 128, "%s", strerror(error));
	/* An abbreviation (I/O error) keeps its capitals. */
	if (buffer[0] >= 'A' && buffer[0] <= 'Z' && buffer[1] >= 'a' && buffer[1] <= 'z')
		buffer[0] = (char)(buffer[0] - 'A' + 'a');
	return buffer;
}
