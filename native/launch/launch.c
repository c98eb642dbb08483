/*
 * clone, then exec, from a process with many threads. The child shares the
 * parent's memory and runs on a stack of its own, so nothing is copied and the
 * parent goes on at once; in it only raw calls are made.
 */
#define _GNU_SOURCE
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../include/plan.h"
#include "raw.h"

#define STACK_SIZE (32u << 10)
#define LAST_SIGNAL 64
#define EXIT_STAGE 125
#define MAX_ARGUMENTS 8
#define MAX_WORDS 1024

/* From sched.h, which cannot stand beside linux/sched.h. */
int clone(int (*)(void *), void *, int, void *, ...);

/*
 * At the low end of the child's stack. `busy` is cleared by the kernel when the
 * child lets go of our memory, by exec or by its end: only then is the stack free.
 */
struct child {
	_Atomic(struct child *) next;
	_Atomic int32_t taken;
	_Atomic int32_t busy;
	struct launch launch;
	const char *arguments[MAX_ARGUMENTS + 1];
	int32_t joins; /* the child has to get into the cgroup itself */
	int32_t fds[PLAN_MAX_FDS];
	char words[MAX_WORDS];
};

static _Atomic(struct child *) children;

static struct child *
take_child(void)
{
	for (struct child *child = children; child != NULL; child = child->next) {
		int32_t expected = 0;

		if (child->busy == 0 && atomic_compare_exchange_strong(&child->taken, &expected, 1))
			return child;
	}

	struct child *child =
		mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (child == MAP_FAILED)
		return NULL;

	child->taken = 1;
	struct child *first = children;
	do
		child->next = first;
	while (!atomic_compare_exchange_weak(&children, &first, child));
	return child;
}

static _Noreturn void
leave(void)
{
	for (;;)
		(void)raw_call(SYS_exit_group, EXIT_STAGE, 0, 0, 0, 0);
}

static _Noreturn void
give_up(const struct child *child, long error, const char *what)
{
	const struct launch *launch = &child->launch;

	if (launch->report >= 0) {
		struct report_message message = {.kind = REPORT_FAILED, .step = UINT32_MAX, .error = (int32_t)-error};

		for (size_t i = 0; what[i] != '\0' && i < sizeof message.text - 1; i++)
			message.text[i] = what[i];
		(void)raw_call(SYS_sendto, child->fds[launch->report], (long)&message, sizeof message, MSG_NOSIGNAL, 0);
	}
	leave();
}

/*
 * A map that leaves this process's own id out makes exec take away what clone gave: only
 * ambient capabilities stay. Raising them adds no right, so the shared memory stays dumpable.
 */
static void
keep_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (raw_call(SYS_capget, (long)&header, (long)data, 0, 0, 0) < 0)
		return;
	for (int half = 0; half < 2; half++)
		data[half].inheritable = data[half].permitted;
	(void)raw_call(SYS_capset, (long)&header, (long)data, 0, 0, 0);
	for (int capability = 0; capability < 64; capability++)
		(void)raw_call(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
}

/* Before anything depends on where it is: its cgroup namespace, its limits. */
static void
join_cgroup(const struct child *child)
{
	long file = raw_call(SYS_openat, child->launch.cgroup, (long)"cgroup.procs", O_WRONLY | O_CLOEXEC, 0, 0);
	long written = file < 0 ? file : raw_call(SYS_write, file, (long)"0", 1, 0, 0);

	if (written != 1)
		give_up(child, written, "join the container's cgroup");
	(void)raw_call(SYS_close, file, 0, 0, 0, 0);
}

static void
run_child(void *argument)
{
	static const char *const environment[] = {NULL};
	struct child *child = argument;
	const struct launch *launch = &child->launch;
	char byte;

	/*
	 * .NET's handlers must not run on this stack, and what it ignores (SIGPIPE) would stay
	 * ignored in the container. All signals are blocked until none has a handler any more.
	 */
	struct {
		void *handler;
		unsigned long flags;
		void *restorer;
		uint64_t mask;
	} action = {0};
	for (int signal = 1; signal <= LAST_SIGNAL; signal++)
		(void)raw_call(SYS_rt_sigaction, signal, (long)&action, 0, sizeof action.mask, 0);
	(void)raw_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&action.mask, 0, sizeof action.mask, 0);

	if (child->joins)
		join_cgroup(child);

	/* exec in a user namespace without a map loses the capabilities for good. */
	if (launch->hold >= 0) {
		long got;

		(void)raw_call(SYS_close, launch->hold_write, 0, 0, 0, 0);
		do
			got = raw_call(SYS_read, launch->hold, (long)&byte, 1, 0, 0);
		while (got == -EINTR);
		if (got != 1)
			leave();
		keep_capabilities();
	}

	for (int32_t i = 0; i < launch->fd_count; i++) {
		long copy = raw_call(SYS_dup3, child->fds[i], launch->first_fd + i, 0, 0, 0);
		if (copy < 0)
			give_up(child, copy, "hand a descriptor to the stage");
	}

	give_up(child,
		raw_call(SYS_execveat, launch->program, (long)"", (long)child->arguments, (long)environment, AT_EMPTY_PATH),
		"execute the stage");
}

static int
run_old_child(void *argument)
{
	run_child(argument);
	return EXIT_STAGE;
}

static long
start(struct child *child, uint64_t namespaces, int32_t cgroup)
{
	const uint64_t always = CLONE_VM | CLONE_PIDFD | CLONE_CHILD_CLEARTID;
	char *stack = (char *)child + ((sizeof *child + 15) & ~15ul);
	struct clone_args arguments = {
		.flags = namespaces | always | (cgroup >= 0 ? CLONE_INTO_CGROUP : 0),
		.pidfd = (uint64_t)(uintptr_t)&child->launch.pid_fd,
		.child_tid = (uint64_t)(uintptr_t)&child->busy,
		.exit_signal = SIGCHLD,
		.stack = (uint64_t)(uintptr_t)stack,
		.stack_size = STACK_SIZE - (uint64_t)(stack - (char *)child),
		.cgroup = cgroup >= 0 ? (uint32_t)cgroup : 0,
	};

	child->joins = 0;
	long pid = raw_clone3(&arguments, sizeof arguments, run_child, child);
	if (cgroup >= 0 && (pid == -E2BIG || pid == -EINVAL)) {
		/* Before 5.7: clone3 without a cgroup. */
		child->joins = 1;
		arguments.flags &= ~(uint64_t)CLONE_INTO_CGROUP;
		arguments.cgroup = 0;
		pid = raw_clone3(&arguments, sizeof arguments, run_child, child);
	}
	if (pid != -ENOSYS)
		return pid;
	child->joins = cgroup >= 0;

	/* Before 5.3, and where a sandbox's filter does not know clone3. Time namespaces are clone3's own. */
	if (namespaces & CLONE_NEWTIME)
		return -ENOSYS;
	pid = clone(run_old_child, (char *)child + STACK_SIZE, (int)(namespaces | always | SIGCHLD), child,
		    &child->launch.pid_fd, NULL, &child->busy);
	return pid < 0 ? -errno : pid;
}

static int
copy_request(struct child *child, const struct launch *launch)
{
	if (launch->fd_count < 0 || launch->fd_count > (int32_t)PLAN_MAX_FDS)
		return -EINVAL;

	child->launch = *launch;
	memcpy(child->fds, launch->fds, (size_t)launch->fd_count * sizeof *launch->fds);
	for (size_t i = 0;; i++) {
		if (i > MAX_ARGUMENTS)
			return -EINVAL;
		child->arguments[i] = launch->arguments[i];
		if (launch->arguments[i] == NULL)
			return 0;
	}
}

/* The words must outlive the caller's buffers: the child reads them when it executes. */
static int
copy_words(struct child *child)
{
	char *free_space = child->words;
	char *end = child->words + sizeof child->words;

	for (size_t i = 0; child->arguments[i] != NULL; i++) {
		size_t length = strlen(child->arguments[i]) + 1;

		if (length > (size_t)(end - free_space))
			return -E2BIG;
		child->arguments[i] = memcpy(free_space, child->arguments[i], length);
		free_space += length;
	}
	return 0;
}

int
crunsharp_launch(struct launch *launch)
{
	sigset_t all, saved;
	struct child *child = take_child();

	if (child == NULL)
		return -ENOMEM;

	int error = copy_request(child, launch);
	if (error == 0)
		error = copy_words(child);
	if (error < 0) {
		child->taken = 0;
		return error;
	}

	sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &saved);
	child->busy = 1;
	long pid = start(child, launch->namespaces, launch->cgroup);
	if (pid < 0)
		child->busy = 0;
	(void)pthread_sigmask(SIG_SETMASK, &saved, NULL);

	launch->pid_fd = child->launch.pid_fd;
	child->taken = 0;
	return (int)pid;
}

int
crunsharp_become(const struct launch *launch)
{
	static char *const environment[] = {NULL};
	sigset_t all, saved;
	struct sigaction actions[LAST_SIGNAL + 1];
	struct sigaction as_found = {.sa_handler = SIG_DFL};

	for (int32_t i = 0; i < launch->fd_count; i++)
		if (dup3(launch->fds[i], launch->first_fd + i, 0) < 0)
			return -errno;

	/* From here other threads may not take a signal that the monitor should see: it stays pending across exec. */
	sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &saved);
	for (int signal = 1; signal <= LAST_SIGNAL; signal++) {
		(void)sigaction(signal, NULL, &actions[signal]);
		if (actions[signal].sa_handler == SIG_IGN)
			(void)sigaction(signal, &as_found, NULL);
	}
	(void)execveat(launch->program, "", (char *const *)launch->arguments, environment, AT_EMPTY_PATH);

	int error = -errno;
	for (int signal = 1; signal <= LAST_SIGNAL; signal++)
		if (actions[signal].sa_handler == SIG_IGN)
			(void)sigaction(signal, &actions[signal], NULL);
	(void)pthread_sigmask(SIG_SETMASK, &saved, NULL);
	return error;
}

size_t
crunsharp_launch_layout(size_t field)
{
	static const size_t layout[] = {
		sizeof(struct launch),
		offsetof(struct launch, namespaces),
		offsetof(struct launch, arguments),
		offsetof(struct launch, fds),
		offsetof(struct launch, fd_count),
		offsetof(struct launch, first_fd),
		offsetof(struct launch, program),
		offsetof(struct launch, cgroup),
		offsetof(struct launch, hold),
		offsetof(struct launch, hold_write),
		offsetof(struct launch, report),
		offsetof(struct launch, pid_fd),
	};

	return field < sizeof layout / sizeof *layout ? layout[field] : SIZE_MAX;
}
