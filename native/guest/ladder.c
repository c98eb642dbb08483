/*
 * A program behind chosen kernel features and no runtime: what each of them costs by itself.
 *   --namespaces MASK   CLONE_NEW* of the child, a number
 *   --root DIR          the program's root: chroot, or pivot_root once there is a mount namespace
 *   --overlay OPTIONS   mounted on the root before it is entered, with /proc in it
 *   --cgroup DIR        made, joined, removed (repeatable)
 *   --limit FILE=VALUE  written once the cgroups are made (repeatable)
 *   --capabilities MASK all others are dropped
 *   --seccomp FILE      a compiled filter
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define MOST_CGROUPS 16
#define MOST_LIMITS 32
#define LARGEST_FILTER (64 << 10)
#define OURS 125

struct rungs {
	unsigned long namespaces;
	const char *root;
	const char *overlay;
	const char *cgroups[MOST_CGROUPS];
	const char *limits[MOST_LIMITS];
	int cgroup_count, limit_count;
	const char *capabilities;
	const char *filter;
	char **program;
	int joins[MOST_CGROUPS];
};

__attribute__((noreturn, format(printf, 1, 2))) static void
give_up(const char *format, ...)
{
	int error = errno;
	va_list words;

	va_start(words, format);
	fputs("ladder: ", stderr);
	vfprintf(stderr, format, words);
	fprintf(stderr, ": %s\n", strerror(error));
	va_end(words);
	_exit(OURS);
}

static void
write_file(const char *path, const char *text, size_t size)
{
	int file = open(path, O_WRONLY | O_CLOEXEC);

	if (file < 0 || write(file, text, size) != (ssize_t)size)
		give_up("write %s", path);
	(void)close(file);
}

/* cgroup v1 joins by "tasks": a pid in its cgroup.procs waits for a grace period of the kernel. */
static void
make_cgroups(struct rungs *rungs)
{
	char path[512];

	for (int i = 0; i < rungs->cgroup_count; i++) {
		if (mkdir(rungs->cgroups[i], 0755) < 0)
			give_up("mkdir %s", rungs->cgroups[i]);
		(void)snprintf(path, sizeof(path), "%s/tasks", rungs->cgroups[i]);
		rungs->joins[i] = open(path, O_WRONLY | O_CLOEXEC);
		if (rungs->joins[i] < 0) {
			(void)snprintf(path, sizeof(path), "%s/cgroup.procs", rungs->cgroups[i]);
			rungs->joins[i] = open(path, O_WRONLY | O_CLOEXEC);
		}
		if (rungs->joins[i] < 0)
			give_up("open %s", path);
	}
	for (int i = 0; i < rungs->limit_count; i++) {
		const char *equals = strchr(rungs->limits[i], '=');
		if (equals == NULL || (size_t)(equals - rungs->limits[i]) >= sizeof(path))
			continue;
		(void)snprintf(path, sizeof(path), "%.*s", (int)(equals - rungs->limits[i]), rungs->limits[i]);
		write_file(path, equals + 1, strlen(equals + 1));
	}
}

static void
remove_cgroups(const struct rungs *rungs)
{
	for (int i = 0; i < rungs->cgroup_count; i++)
		for (int tries = 0; rmdir(rungs->cgroups[i]) < 0 && errno == EBUSY && tries < 1000; tries++)
			(void)usleep(500);
}

/* The parent's own map, each extent onto itself: an extent may not span two of the parent's. */
static void
write_map(pid_t child, const char *name)
{
	char path[64], line[128], map[4096];
	size_t length = 0;
	unsigned long inside, outside, count;

	(void)snprintf(path, sizeof(path), "/proc/self/%s", name);
	FILE *own = fopen(path, "re");
	if (own == NULL)
		give_up("open %s", path);
	while (fgets(line, sizeof(line), own) != NULL && length < sizeof(map) - sizeof(line))
		if (sscanf(line, "%lu %lu %lu", &inside, &outside, &count) == 3)
			length += (size_t)snprintf(map + length, sizeof(map) - length, "%lu %lu %lu\n", inside, inside, count);
	(void)fclose(own);
	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)child, name);
	write_file(path, map, length);
}

static void
raise_loopback(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (control < 0 || ioctl(control, SIOCSIFFLAGS, &request) < 0)
		give_up("bring lo up");
	(void)close(control);
}

static void
enter_root(const struct rungs *rungs)
{
	if (!(rungs->namespaces & CLONE_NEWNS)) {
		if (chroot(rungs->root) < 0 || chdir("/") < 0)
			give_up("chroot %s", rungs->root);
		return;
	}

	/* Before any other mount: while propagation is on, each one would also appear on the host. */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		give_up("make the mounts private");
	if (rungs->overlay != NULL) {
		if (mount("overlay", rungs->root, "overlay", 0, rungs->overlay) < 0)
			give_up("mount overlay (%s)", rungs->overlay);
	} else if (mount(rungs->root, rungs->root, NULL, MS_BIND | MS_REC, NULL) < 0) {
		give_up("bind %s", rungs->root);
	}
	if (chdir(rungs->root) < 0)
		give_up("chdir %s", rungs->root);
	if (rungs->overlay != NULL && (rungs->namespaces & CLONE_NEWPID)) {
		(void)mkdir("proc", 0755);
		if (mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
			give_up("mount proc");
	}
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		give_up("pivot_root %s", rungs->root);
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		give_up("leave the host's root");
}

static void
load_filter(const char *path, int file)
{
	static char code[LARGEST_FILTER];
	ssize_t size = read(file, code, sizeof(code));
	struct sock_fprog program = {.len = (unsigned short)((size_t)size / sizeof(struct sock_filter)), .filter = (struct sock_filter *)(void *)code};

	if (size <= 0)
		give_up("read %s", path);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		give_up("seccomp");
}

static void
keep_capabilities(uint64_t kept)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[2];

	for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
		if (!(kept >> capability & 1) && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
			give_up("drop capability %d", capability);
	if (syscall(SYS_capget, &header, sets) < 0)
		give_up("capget");
	for (int half = 0; half < 2; half++) {
		sets[half].permitted &= (uint32_t)(kept >> (32 * half));
		sets[half].effective = sets[half].permitted;
		sets[half].inheritable = 0;
	}
	if (syscall(SYS_capset, &header, sets) < 0)
		give_up("capset");
}

__attribute__((noreturn)) static void
climb(struct rungs *rungs, int go)
{
	char byte;
	int filter = -1;

	/* The paths are the host's: opened before the root is left. */
	if (rungs->filter != NULL && (filter = open(rungs->filter, O_RDONLY | O_CLOEXEC)) < 0)
		give_up("open %s", rungs->filter);
	if (read(go, &byte, 1) != 1)
		_exit(OURS);
	for (int i = 0; i < rungs->cgroup_count; i++)
		if (write(rungs->joins[i], "0", 1) != 1)
			give_up("join %s", rungs->cgroups[i]);
	if (rungs->namespaces & CLONE_NEWCGROUP && unshare(CLONE_NEWCGROUP) < 0)
		give_up("unshare the cgroup namespace");
	if (rungs->namespaces & CLONE_NEWNET)
		raise_loopback();
	if (rungs->root != NULL)
		enter_root(rungs);
	if (rungs->capabilities != NULL)
		keep_capabilities(strtoull(rungs->capabilities, NULL, 0));
	if (filter >= 0)
		load_filter(rungs->filter, filter);
	execvp(rungs->program[0], rungs->program);
	give_up("%s", rungs->program[0]);
}

static void
read_rungs(int count, char **arguments, struct rungs *rungs)
{
	static const struct option names[] = {
		{"namespaces", required_argument, NULL, 'n'}, {"root", required_argument, NULL, 'r'},
		{"overlay", required_argument, NULL, 'o'}, {"cgroup", required_argument, NULL, 'g'},
		{"limit", required_argument, NULL, 'l'}, {"capabilities", required_argument, NULL, 'c'},
		{"seccomp", required_argument, NULL, 's'}, {NULL, 0, NULL, 0},
	};

	/* The mode's own name stands where getopt expects the program's. */
	for (int option; (option = getopt_long(count, arguments, "+", names, NULL)) >= 0;) {
		if (option == 'n')
			rungs->namespaces = strtoul(optarg, NULL, 0);
		else if (option == 'r')
			rungs->root = optarg;
		else if (option == 'o')
			rungs->overlay = optarg;
		else if (option == 'g' && rungs->cgroup_count < MOST_CGROUPS)
			rungs->cgroups[rungs->cgroup_count++] = optarg;
		else if (option == 'l' && rungs->limit_count < MOST_LIMITS)
			rungs->limits[rungs->limit_count++] = optarg;
		else if (option == 'c')
			rungs->capabilities = optarg;
		else if (option == 's')
			rungs->filter = optarg;
		else
			_exit(2);
	}
	rungs->program = arguments + optind;
}

int
guest_ladder(int count, char **arguments)
{
	static struct rungs rungs;
	int go[2], status = 0;

	read_rungs(count + 1, arguments - 1, &rungs);
	if (rungs.program[0] == NULL) {
		fputs("usage: ladder [OPTION...] -- PROGRAM [ARGUMENT...]\n", stderr);
		return 2;
	}
	make_cgroups(&rungs);
	if (pipe2(go, O_CLOEXEC) < 0)
		give_up("pipe");

	/* The cgroup namespace's root is the cgroup one is in when it is made: that one waits until the child has joined. */
	unsigned long flags = rungs.namespaces & ~(unsigned long)CLONE_NEWCGROUP;
	pid_t child = (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
	if (child < 0)
		give_up("clone");
	if (child == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		(void)close(go[1]);
		climb(&rungs, go[0]);
	}
	if (rungs.namespaces & CLONE_NEWUSER) {
		write_map(child, "uid_map");
		write_map(child, "gid_map");
	}
	if (write(go[1], "", 1) != 1)
		give_up("let the child go on");
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			give_up("wait");
	remove_cgroups(&rungs);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
