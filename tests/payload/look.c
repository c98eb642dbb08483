/* look: what a container sees of its kernel and its host, one fact on each line. */
#include "payload.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void
print_file(const char *name, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[8192];
	if (file == NULL) {
		printf("%s error=%d\n", name, errno);
		return;
	}
	while (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = 0;
		printf("%s %s\n", name, line);
	}
	if (ferror(file))
		printf("%s error=%d\n", name, errno);
	fclose(file);
}

static void
look_at_status(void)
{
	static const char *const wanted[] = { "Uid:", "Gid:", "Groups:", "Cap", "NoNewPrivs:", "Seccomp", "Umask:" };
	FILE *file = fopen("/proc/self/status", "re");
	char line[1024];
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
			if (strncmp(line, wanted[i], strlen(wanted[i])) == 0)
				printf("status %s", line);
		}
	}
}

static void
look_at_limits(void)
{
	for (int resource = 0; resource < RLIM_NLIMITS; resource++) {
		struct rlimit limit;
		if (getrlimit(resource, &limit) == 0)
			printf("limit %d %lld %lld\n", resource, (long long)limit.rlim_cur, (long long)limit.rlim_max);
	}
}

/* Mount point, its own options, type and the file system's options: ids and devices differ each time. */
static void
look_at_mounts(void)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char line[16384], point[4096], own[1024], type[256], super[8192];
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		char *rest = strstr(line, " - ");
		if (rest == NULL || sscanf(line, "%*s %*s %*s %*s %4095s %1023s", point, own) != 2 ||
			sscanf(rest, " - %255s %*s %8191s", type, super) != 2)
			continue;
		char propagation[256] = "";
		*rest = 0;
		for (char *word = strtok(line, " "); word != NULL; word = strtok(NULL, " ")) {
			if (strncmp(word, "shared:", 7) == 0 || strncmp(word, "master:", 7) == 0)
				snprintf(propagation, sizeof(propagation), " %.6s", word);
		}
		printf("mount %s %s %s %s%s\n", point, own, type, strcmp(type, "overlay") == 0 ? "-" : super, propagation);
	}
}

static void
look_at_devices(const char *directory, const char *name)
{
	DIR *stream = opendir(directory);
	for (struct dirent *entry; stream != NULL && (entry = readdir(stream)) != NULL;) {
		char path[1024], target[1024] = "";
		struct stat status;
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		if (entry->d_name[0] == '.' || lstat(path, &status) < 0)
			continue;
		if (S_ISLNK(status.st_mode) && readlink(path, target, sizeof(target) - 1) < 0)
			continue;
		int fd = S_ISLNK(status.st_mode) ? -1 : open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
		printf("%s %s mode=%o owner=%u:%u device=%u:%u %s open=%d\n", name, entry->d_name, status.st_mode, status.st_uid, status.st_gid,
			major(status.st_rdev), minor(status.st_rdev), target, fd < 0 && !S_ISLNK(status.st_mode) ? errno : 0);
		close(fd);
	}
	if (stream != NULL)
		closedir(stream);
}

static void
look_at_paths(void)
{
	static const char *const paths[] = {
		"/proc/acpi", "/proc/asound", "/proc/bus", "/proc/fs", "/proc/interrupts", "/proc/irq", "/proc/kcore", "/proc/keys",
		"/proc/latency_stats", "/proc/sched_debug", "/proc/scsi", "/proc/sys", "/proc/sysrq-trigger", "/proc/timer_list",
		"/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware", "/sys/fs/cgroup", "/sys/kernel", "/proc/sys/kernel/hostname",
		"/proc/sys/net/ipv4/ip_forward", "/proc/mtrr", "/proc/kallsyms", "/proc/kmsg", "/dev", "/dev/shm", "/dev/mqueue", "/etc/hostname", "/",
	};
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct stat status;
		int missing = lstat(paths[i], &status) < 0 ? errno : 0;
		int readable = open(paths[i], O_RDONLY | O_NONBLOCK), why = errno, entries = -1;
		int writable = access(paths[i], W_OK) < 0 ? errno : 0;
		char first[16];
		ssize_t size = readable >= 0 && !missing && S_ISREG(status.st_mode) ? read(readable, first, sizeof(first)) : -1;
		DIR *stream = readable >= 0 && S_ISDIR(status.st_mode) ? fdopendir(readable) : NULL;
		for (entries = stream == NULL ? -1 : 0; stream != NULL && readdir(stream) != NULL && entries < 3;)
			entries++;
		printf("path %s stat=%d mode=%o open=%d write=%d bytes=%s entries=%s\n", paths[i], missing, missing ? 0 : status.st_mode,
			readable < 0 ? why : 0, writable, size > 0 ? "some" : "none", entries > 2 ? "some" : "none");
	}
}

static void
look_at_sysctls(void)
{
	static const char *const names[] = {
		"net/ipv4/ip_unprivileged_port_start", "net/ipv4/ping_group_range", "net/ipv4/ip_forward", "net/ipv6/conf/all/disable_ipv6",
		"net/ipv6/conf/default/disable_ipv6", "kernel/shmmax", "kernel/shmall", "kernel/shmmni", "kernel/sem", "kernel/msgmax",
		"kernel/domainname", "fs/mqueue/msg_max", "fs/mqueue/queues_max", "kernel/shm_rmid_forced",
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char path[256], name[256];
		snprintf(path, sizeof(path), "/proc/sys/%s", names[i]);
		snprintf(name, sizeof(name), "sysctl %s", names[i]);
		print_file(name, path);
	}
}

/* In a child, as the answer may be the end of it. Arguments that no call can take seriously. */
static void
try_call(const char *name, long number, long first, long second, long third)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		struct { long result, error; } answer;
		signal(SIGALRM, SIG_DFL);
		alarm(1);
		errno = 0;
		answer.result = syscall(number, first, second, third, -1L, -1L, -1L);
		answer.error = errno;
		_exit(write(ends[1], &answer, sizeof(answer)) != sizeof(answer));
	}
	close(ends[1]);
	struct { long result, error; } answer;
	ssize_t size = read(ends[0], &answer, sizeof(answer));
	close(ends[0]);
	int status = 0;
	waitpid(child, &status, 0);
	if (size != sizeof(answer))
		printf("%s ended=%x\n", name, status);
	else
		printf("%s %s %ld\n", name, answer.result == -1 ? "errno" : "answered", answer.result == -1 ? answer.error : 0);
}

static void
look_at_calls(void)
{
	char name[64];
	for (long number = 0; number < 475; number++) {
		/* These wait for a signal or end the process, whatever the filter says. */
		if (number == SYS_exit || number == SYS_exit_group || number == SYS_pause || number == SYS_rt_sigreturn ||
			number == SYS_vfork || number == SYS_fork || number == SYS_rt_sigsuspend)
			continue;
		snprintf(name, sizeof(name), "call %ld", number);
		try_call(name, number, -1, -1, -1);
	}
	for (long family = 0; family < 46; family++) {
		snprintf(name, sizeof(name), "socket %ld", family);
		try_call(name, SYS_socket, family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	}
	static const unsigned long flags[] = { 0x20000, 0x80, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000 };
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		snprintf(name, sizeof(name), "unshare %lx", flags[i]);
		try_call(name, SYS_unshare, (long)flags[i], 0, 0);
	}
	static const long personas[] = { 0, 8, 0x20000, 0x20008, 0xffffffff, 1 };
	for (size_t i = 0; i < sizeof(personas) / sizeof(*personas); i++) {
		snprintf(name, sizeof(name), "personality %lx", personas[i]);
		try_call(name, SYS_personality, personas[i], 0, 0);
	}
}

/* The maps of ids, and what the limits of its own cgroups are, where they are shown to it. */
static void
look_at_bounds(void)
{
	static const char *const limits[] = {
		"memory/memory.limit_in_bytes", "memory/memory.memsw.limit_in_bytes", "memory/memory.soft_limit_in_bytes", "cpu/cpu.cfs_quota_us",
		"cpu/cpu.cfs_period_us", "cpu/cpu.shares", "cpuset/cpuset.cpus", "cpuset/cpuset.mems", "pids/pids.max", "devices/devices.list",
		"memory.max", "memory.swap.max", "memory.low", "cpu.max", "cpu.weight", "cpuset.cpus", "cpuset.mems", "pids.max",
	};
	print_file("uids", "/proc/self/uid_map");
	print_file("gids", "/proc/self/gid_map");
	print_file("setgroups", "/proc/self/setgroups");
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		char path[256], name[256];
		snprintf(path, sizeof(path), "/sys/fs/cgroup/%s", limits[i]);
		snprintf(name, sizeof(name), "bound %s", limits[i]);
		print_file(name, path);
	}
}

int
look(int count, char **arguments)
{
	const char *only = count > 0 ? arguments[0] : "";
	char text[4096];
	if (strcmp(only, "calls") == 0) {
		look_at_calls();
		return 0;
	}
	look_at_status();
	look_at_limits();
	look_at_mounts();
	look_at_devices("/dev", "dev");
	look_at_paths();
	look_at_sysctls();
	if (count > 1 && strcmp(arguments[1], "bounds") == 0)
		look_at_bounds();
	print_file("cgroup", "/proc/self/cgroup");
	print_file("oom", "/proc/self/oom_score_adj");
	print_file("interface", "/proc/net/dev");
	print_file("resolv", "/etc/resolv.conf");
	print_file("hosts", "/etc/hosts");
	static const char *const namespaces[] = { "user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time" };
	for (size_t i = 0; i < sizeof(namespaces) / sizeof(*namespaces); i++) {
		char path[64];
		snprintf(path, sizeof(path), "/proc/self/ns/%s", namespaces[i]);
		ssize_t size = readlink(path, text, sizeof(text) - 1);
		printf("namespace %.*s\n", size < 0 ? 0 : (int)size, text);
	}
	printf("directory %s\n", getcwd(text, sizeof(text)));
	printf("pid %d session %d dumpable %d\n", getpid(), getsid(0), prctl(PR_GET_DUMPABLE));
	for (char **variable = environ; *variable != NULL; variable++)
		printf("env %s\n", *variable);
	if (strcmp(only, "all") == 0)
		look_at_calls();
	return 0;
}
