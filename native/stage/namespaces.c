/* Which world the process is in, before there is a root. */
#include <errno.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel.h"
#include "steps.h"

/* STEP_AWAIT */
int
await(struct stage *stage, const struct plan_step *step)
{
	char byte;
	ssize_t size;

	if (step->mode == 1)
		report_kind(stage, REPORT_WAITING, 0);
	do
		size = read(plan_fd(&stage->plan, step->fd), &byte, 1);
	while (size < 0 && errno == EINTR);
	if (size < 0)
		return fail(stage, "wait for the launcher");
	return size == 0 ? fail_with(stage, ECANCELED, DETAIL_NONE, "the launcher gave up") : 0;
}

/* STEP_WRITE */
int
write_descriptor(struct stage *stage, const struct plan_step *step)
{
	ssize_t written = write(plan_fd(&stage->plan, step->fd), plan_data(&stage->plan, step), step->data_size);

	if (written == (ssize_t)step->data_size)
		return 0;
	if (written >= 0)
		errno = EIO;
	return fail(stage, "write '%.*s'", (int)step->data_size, plan_data(&stage->plan, step));
}

static const char *
namespace_name(uint64_t flags)
{
	switch (flags) {
	case CLONE_NEWUSER:
		return "user";
	case CLONE_NEWNS:
		return "mount";
	case CLONE_NEWPID:
		return "pid";
	case CLONE_NEWNET:
		return "network";
	case CLONE_NEWIPC:
		return "ipc";
	case CLONE_NEWUTS:
		return "uts";
	case CLONE_NEWCGROUP:
		return "cgroup";
	case CLONE_NEWTIME:
		return "time";
	default:
		return "container's";
	}
}

/* STEP_JOIN_NAMESPACE */
int
join_namespace(struct stage *stage, const struct plan_step *step)
{
	if (setns(plan_fd(&stage->plan, step->fd), (int)step->flags) < 0)
		return fail(stage, "join the %s namespace", namespace_name(step->flags));
	/* Joining a user namespace makes the process dumpable in the eyes of those inside. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	if (!(step->flags & CLONE_NEWNS))
		return 0;

	close_descriptor(&stage->root);
	stage->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	stage->entered = true;
	return stage->root < 0 ? fail(stage, "open the root of the joined mount namespace") : 0;
}

/* STEP_UNSHARE */
int
unshare_namespaces(struct stage *stage, const struct plan_step *step)
{
	if (unshare((int)step->flags) < 0)
		return fail(stage, "make a new %s namespace", namespace_name(step->flags));
	return 0;
}

/* STEP_FORK: a pid namespace is joined by children only; CLONE_PARENT makes this one the launcher's own. */
int
go_on_in_child(struct stage *stage, const struct plan_step *step)
{
	(void)step;
	struct clone_args arguments = {.flags = CLONE_PARENT};
	long pid = syscall(SYS_clone3, &arguments, sizeof arguments);

	if (pid < 0 && (errno == ENOSYS || errno == EPERM))
		pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, 0);
	if (pid < 0)
		return fail(stage, "fork");
	if (pid == 0) {
		/* Its parent is another one's child now: what was asked for does not pass on. */
		(void)prctl(PR_SET_DUMPABLE, 0);
		return 0;
	}
	report_kind(stage, REPORT_FORKED, (int)pid);
	_exit(0);
}

/* STEP_NEW_SESSION */
int
new_session(struct stage *stage, const struct plan_step *step)
{
	(void)step;
	/* EPERM: it leads a group already, which the launcher's clone may have made so. */
	if (setsid() < 0 && getsid(0) != getpid())
		return fail(stage, "start a session");
	return 0;
}

/* STEP_HOSTNAME */
int
set_host_name(struct stage *stage, const struct plan_step *step)
{
	if (sethostname(plan_data(&stage->plan, step), step->data_size) < 0)
		return fail(stage, "set the host name to '%.*s'", (int)step->data_size, plan_data(&stage->plan, step));
	return 0;
}

/* STEP_DOMAINNAME */
int
set_domain_name(struct stage *stage, const struct plan_step *step)
{
	if (setdomainname(plan_data(&stage->plan, step), step->data_size) < 0)
		return fail(stage, "set the domain name to '%.*s'", (int)step->data_size, plan_data(&stage->plan, step));
	return 0;
}

/* STEP_LOOPBACK_UP */
int
loopback_up(struct stage *stage, const struct plan_step *step)
{
	(void)step;
	struct ifreq interface = {.ifr_name = "lo"};

	/* Any socket will do for these, and a kernel without IPv4 has this one. */
	AUTO_CLOSE int socket_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (socket_fd < 0 || ioctl(socket_fd, SIOCGIFFLAGS, &interface) < 0)
		return fail(stage, "look at the interface lo");
	interface.ifr_flags |= IFF_UP;
	return ioctl(socket_fd, SIOCSIFFLAGS, &interface) < 0 ? fail(stage, "bring the interface lo up") : 0;
}

/* STEP_TIME_OFFSETS: must be written before anybody is in the namespace, so it is made, set, and only then entered. */
int
set_time_offsets(struct stage *stage, const struct plan_step *step)
{
	if (unshare(CLONE_NEWTIME) < 0)
		return fail(stage, "make a new time namespace");
	if (write_proc(stage, "self/timens_offsets", plan_data(&stage->plan, step), step->data_size) < 0)
		return fail(stage, "set the time offsets");
	AUTO_CLOSE int joined = open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
	if (joined < 0 || setns(joined, CLONE_NEWTIME) < 0)
		return fail(stage, "enter the new time namespace");
	return 0;
}
