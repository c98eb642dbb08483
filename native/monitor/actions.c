/* What is owed when the process has ended: helpers, trees, cgroups, files, programs. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kernel.h"
#include "monitor.h"

#define KILL_MILLISECONDS 5000
#define CGROUP_MILLISECONDS 5000
#define UMOUNT_NOFOLLOW_FLAG 0x00000008

static void
sleep_milliseconds(long milliseconds)
{
	struct timespec time = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000};

	(void)nanosleep(&time, NULL);
}

static void
end_helper(int process)
{
	struct pollfd ended = {.fd = process, .events = POLLIN};
	siginfo_t info;

	if (sys_pidfd_send_signal(process, SIGKILL) < 0 && errno != ESRCH)
		return complain("cannot end a helper: %s", strerror(errno));
	(void)poll(&ended, 1, KILL_MILLISECONDS);
	(void)waitid(P_PIDFD, (id_t)process, &info, WEXITED | WNOHANG | __WALL);
}

/* v2 has a switch for it; v1 has a list that may grow while it is read. */
static void
kill_cgroup(int directory)
{
	AUTO_CLOSE int kill_file = openat(directory, "cgroup.kill", O_WRONLY | O_CLOEXEC);
	if (kill_file >= 0 && write(kill_file, "1", 1) == 1)
		return;

	AUTO_CLOSE int list = openat(directory, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	char text[4096];
	ssize_t size;
	pid_t pid = 0;

	while (list >= 0 && (size = read(list, text, sizeof text)) > 0)
		for (ssize_t i = 0; i < size; i++) {
			if (text[i] >= '0' && text[i] <= '9') {
				pid = pid * 10 + (text[i] - '0');
				continue;
			}
			if (pid > 0 && pid != getpid())
				(void)kill(pid, SIGKILL);
			pid = 0;
		}
}

static int
remove_cgroups_below(int parent, const char *name, bool with_processes, int depth)
{
	if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno != EBUSY && errno != ENOTEMPTY)
		return -1;

	int directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (directory < 0)
		return errno == ENOENT ? 0 : -1;
	if (with_processes)
		kill_cgroup(directory);

	struct entry {
		uint64_t inode;
		int64_t offset;
		unsigned short length;
		unsigned char type;
		char name[];
	};
	_Alignas(8) char buffer[2048];
	long size;
	while (depth < 32 && (size = syscall(SYS_getdents64, directory, buffer, sizeof buffer)) > 0)
		for (long at = 0; at < size;) {
			const struct entry *entry = (const struct entry *)(buffer + at);

			at += entry->length;
			if (entry->type == 4 /* DT_DIR */ && entry->name[0] != '.')
				(void)remove_cgroups_below(directory, entry->name, with_processes, depth + 1);
		}
	close_descriptor(&directory);
	return unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -1;
}

/* The kernel lets go of an ended process a little later than it reports its end. */
static void
remove_cgroup(const char *path, bool with_processes)
{
	int64_t deadline = milliseconds_now() + CGROUP_MILLISECONDS;
	long pause = 1;

	while (remove_cgroups_below(AT_FDCWD, path, with_processes, 0) < 0) {
		if (errno != EBUSY || milliseconds_now() > deadline)
			return complain("cannot remove the cgroup '%s': %s", path, strerror(errno));
		sleep_milliseconds(pause);
		pause = pause < 50 ? pause * 2 : pause;
	}
}

static void
run_program(const struct order *order, const struct order_action *action)
{
	const char *path = order_text(order, action->path);
	const char *list = order->bytes + action->data;
	size_t count = 0;
	sigset_t none;

	for (uint32_t i = 0; i < action->data_size; i++)
		count += list[i] == 0;
	char **arguments = mmap(NULL, (count + 1) * sizeof *arguments, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (arguments == MAP_FAILED)
		return complain("cannot run '%s': %s", path, strerror(errno));
	for (size_t i = 0; i < count; i++, list += strlen(list) + 1)
		arguments[i] = (char *)list;

	pid_t pid = fork();
	if (pid == 0) {
		(void)sigemptyset(&none);
		(void)sigprocmask(SIG_SETMASK, &none, NULL);
		(void)signal(SIGPIPE, SIG_DFL);
		(void)execv(path, arguments);
		complain("cannot run '%s': %s", path, strerror(errno));
		_exit(126);
	}
	if (pid < 0)
		return complain("cannot run '%s': %s", path, strerror(errno));

	AUTO_CLOSE int process = sys_pidfd_open(pid);
	struct pollfd ended = {.fd = process, .events = POLLIN};
	int limit = action->a == 0 || action->a > 1000000 ? -1 : (int)action->a * 1000;
	if (process >= 0 && poll(&ended, 1, limit) == 0) {
		complain("'%s' is not done after %d seconds: ended", path, limit / 1000);
		(void)kill(pid, SIGKILL);
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void
carry_out_one(const struct order *order, const struct order_action *action)
{
	const char *path = order_text(order, action->path);

	switch (action->kind) {
	case ACTION_KILL:
		return end_helper(order_fd(order, action->fd));
	case ACTION_REMOVE_TREE:
		if (remove_tree(path) < 0)
			complain("cannot remove '%s': %s", path, strerror(errno));
		return;
	case ACTION_REMOVE_CGROUP:
		return remove_cgroup(path, (action->flags & 1) != 0);
	case ACTION_UNLINK:
		if (unlink(path) < 0 && errno != ENOENT)
			complain("cannot remove '%s': %s", path, strerror(errno));
		return;
	case ACTION_UNMOUNT:
		if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW_FLAG) < 0 && errno != EINVAL && errno != ENOENT)
			complain("cannot unmount '%s': %s", path, strerror(errno));
		return;
	case ACTION_RUN:
		return run_program(order, action);
	default:
		return;
	}
}

void
carry_out(const struct order *order)
{
	for (uint32_t i = 0; i < order->header->action_count; i++)
		carry_out_one(order, &order->actions[i]);
}
