/*
 * call NAME ARGUMENT...: one system call, so that a test can prepare any refusal. A number is a number, 's:TEXT' a
 * pointer to it, 'p:PORT' one to an IPv4 address of that port. spend WHAT: uses something up until it is refused.
 */
#include "payload.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *name;
	long number;
} calls[] = {
	{ "bind", SYS_bind },
	{ "chroot", SYS_chroot },
	{ "clock_settime", SYS_clock_settime },
	{ "fchmodat", SYS_fchmodat },
	{ "fchownat", SYS_fchownat },
	{ "ioctl", SYS_ioctl },
	{ "linkat", SYS_linkat },
	{ "mkdirat", SYS_mkdirat },
	{ "mknodat", SYS_mknodat },
	{ "mlock", SYS_mlock },
	{ "mount", SYS_mount },
	{ "openat", SYS_openat },
	{ "perf_event_open", SYS_perf_event_open },
	{ "ptrace", SYS_ptrace },
	{ "reboot", SYS_reboot },
	{ "sched_setscheduler", SYS_sched_setscheduler },
	{ "sethostname", SYS_sethostname },
	{ "setpriority", SYS_setpriority },
	{ "setresgid", SYS_setresgid },
	{ "setresuid", SYS_setresuid },
	{ "setxattr", SYS_setxattr },
	{ "socket", SYS_socket },
	{ "swapon", SYS_swapon },
	{ "syslog", SYS_syslog },
	{ "umount2", SYS_umount2 },
	{ "unlinkat", SYS_unlinkat },
	{ "unshare", SYS_unshare },
};

static int
fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	return 1;
}

static long
argument_of(const char *text, struct sockaddr_in *address)
{
	if (strncmp(text, "s:", 2) == 0)
		return (long)(text + 2);
	if (strncmp(text, "p:", 2) == 0) {
		*address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(text + 2)) };
		return (long)address;
	}
	return strtol(text, NULL, 0);
}

int
call(int count, char **arguments)
{
	static struct sockaddr_in address;
	long values[6] = { 0 };

	for (int i = 1; i < count && i <= 6; i++)
		values[i - 1] = argument_of(arguments[i], &address);
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		if (strcmp(calls[i].name, arguments[0]) != 0)
			continue;
		/* An address needs a socket to be bound. */
		if (calls[i].number == SYS_bind)
			values[0] = socket(AF_INET, SOCK_STREAM, 0);
		long result = syscall(calls[i].number, values[0], values[1], values[2], values[3], values[4], values[5]);
		return result < 0 ? fail(arguments[0]) : 0;
	}
	fprintf(stderr, "no call '%s'\n", arguments[0]);
	return 2;
}

static int
confine(void)
{
	struct landlock_ruleset_attr rules = { .handled_access_fs = LANDLOCK_ACCESS_FS_READ_FILE };
	int fd = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules), 0);
	if (fd < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		return fail("landlock");
	return open("/etc/passwd", O_RDONLY) < 0 ? fail("open") : 0;
}

int
spend(int count, char **arguments)
{
	const char *what = arguments[0];
	(void)count;
	if (strcmp(what, "files") == 0) {
		while (open("/", O_RDONLY) >= 0)
			;
		return fail("open");
	}
	if (strcmp(what, "processes") == 0) {
		for (;;) {
			pid_t child = fork();
			if (child < 0)
				return fail("fork");
			if (child == 0) {
				pause();
				_exit(0);
			}
		}
	}
	if (strcmp(what, "addresses") == 0) {
		while (mmap(NULL, 16 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
			;
		return fail("mmap");
	}
	if (strcmp(what, "memory") == 0) {
		for (;;) {
			char *part = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			if (part == MAP_FAILED)
				return fail("mmap");
			memset(part, 1, 1 << 20);
		}
	}
	if (strcmp(what, "landlock") == 0)
		return confine();
	/* Anything else is a file that grows. */
	static char block[65536];
	int fd = open(what, O_WRONLY | O_CREAT, 0644);
	while (write(fd, block, sizeof(block)) > 0)
		;
	return fail(what);
}
