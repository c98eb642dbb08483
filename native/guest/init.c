/*
 * The first process of a virtual machine. Its orders are a file of words, each ended by a zero byte:
 *   TOKEN  DIRECTORY  number of arguments  ARGUMENT...  number of variables  NAME=VALUE...
 * On the console it says "@crun-sharp TOKEN start" before the program and "@crun-sharp TOKEN exit STATUS" after
 * it, each on a line of its own; what stands between is the program's output, byte for byte.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define LARGEST_ORDERS (128 << 10)
#define MOST_WORDS 1024

struct orders {
	const char *token;
	const char *directory;
	char *arguments[MOST_WORDS + 1];
	char *environment[MOST_WORDS + 1];
};

#define DISK_PLACE "/.disk"
#define DISK_WAIT_MS 10000

/* The tree may be read-only, or have these directories already: what is missing afterwards, the program will miss. */
static void
attach(const char *type, const char *target, unsigned long flags, const char *options)
{
	(void)mkdir(target, 0755);
	if (mount(type, target, type, flags, options) < 0 && errno != EBUSY)
		fprintf(stderr, "crun-sharp init: mount %s on %s: %s\n", type, target, strerror(errno));
}

static void
attach_all(void)
{
	attach("devtmpfs", "/dev", MS_NOSUID, "mode=755");
	attach("proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	attach("sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	attach("devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "mode=620,ptmxmode=666");
	attach("tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777");
	attach("tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=755");
	attach("tmpfs", "/tmp", MS_NOSUID | MS_NODEV, "mode=1777");
	(void)symlink("/proc/self/fd", "/dev/fd");
	(void)symlink("fd/0", "/dev/stdin");
	(void)symlink("fd/1", "/dev/stdout");
	(void)symlink("fd/2", "/dev/stderr");
}

/* The tree is on a disk: what the kernel has unpacked holds this program and its orders only. */
static int
enter_disk(const char *device)
{
	const struct timespec moment = {0, 1000000};

	/* The kernel goes on looking for disks while this runs. */
	attach("devtmpfs", "/dev", MS_NOSUID, "mode=755");
	for (int i = 0; i < DISK_WAIT_MS && access(device, F_OK) < 0; i++)
		(void)nanosleep(&moment, NULL);
	(void)mkdir(DISK_PLACE, 0755);
	if (mount(device, DISK_PLACE, "ext4", MS_NOATIME, NULL) < 0 || chdir(DISK_PLACE) < 0)
		return -1;
	if (mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0)
		return -1;
	return chdir("/");
}

/* The kernel opens the console before /dev is there, where the tree has no such node. */
static void
open_console(void)
{
	int console = open("/dev/console", O_RDWR | O_NOCTTY);
	struct termios mode;

	if (console < 0)
		return;
	for (int fd = 0; fd < 3; fd++)
		(void)dup2(console, fd);
	if (console > 2)
		(void)close(console);

	/* Bytes as the program writes them: no carriage return is added, nothing is echoed. */
	if (tcgetattr(0, &mode) == 0) {
		cfmakeraw(&mode);
		(void)tcsetattr(0, TCSANOW, &mode);
	}
}

static size_t
read_file(const char *path, char *buffer, size_t size)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;

	if (file < 0)
		return 0;
	for (ssize_t got; length < size && (got = read(file, buffer + length, size - length)) > 0;)
		length += (size_t)got;
	(void)close(file);
	return length;
}

static char *
next_word(char **at, const char *end)
{
	char *word = *at;
	char *stop = word < end ? memchr(word, 0, (size_t)(end - word)) : NULL;

	if (stop == NULL)
		return NULL;
	*at = stop + 1;
	return word;
}

static int
next_list(char **at, const char *end, char **list)
{
	char *number = next_word(at, end);
	long count = number != NULL ? strtol(number, NULL, 10) : -1;

	if (count < 0 || count > MOST_WORDS)
		return -1;
	for (long i = 0; i < count; i++)
		if ((list[i] = next_word(at, end)) == NULL)
			return -1;
	list[count] = NULL;
	return 0;
}

static int
read_orders(const char *path, struct orders *orders)
{
	static char buffer[LARGEST_ORDERS];
	char *at = buffer;
	const char *end = buffer + read_file(path, buffer, sizeof(buffer));

	orders->token = next_word(&at, end);
	orders->directory = next_word(&at, end);
	if (orders->token == NULL || orders->directory == NULL)
		return -1;
	if (next_list(&at, end, orders->arguments) < 0 || orders->arguments[0] == NULL)
		return -1;
	return next_list(&at, end, orders->environment);
}

__attribute__((noreturn)) static void
become(struct orders *orders)
{
	(void)setsid();
	if (chdir(orders->directory) < 0)
		fprintf(stderr, "crun-sharp init: chdir %s: %s\n", orders->directory, strerror(errno));

	/* execvp looks in this process's PATH: the program's own has to be it. */
	(void)clearenv();
	for (char **variable = orders->environment; *variable != NULL; variable++)
		(void)putenv(*variable);
	execvp(orders->arguments[0], orders->arguments);

	int error = errno;
	fprintf(stderr, "crun-sharp init: %s: %s\n", orders->arguments[0], strerror(error));
	_exit(error == ENOENT ? 127 : 126);
}

static int
run(struct orders *orders)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0)
		become(orders);
	if (child < 0)
		return 125;

	/* Orphans come here too; the one that counts is the program. */
	for (pid_t ended; (ended = wait(&status)) != child;)
		if (ended < 0 && errno != EINTR)
			return 125;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
guest_init(int count, char **arguments)
{
	static struct orders orders;
	const char *path = count > 0 ? arguments[0] : "/.crun-sharp/orders";
	int how = count > 1 && strcmp(arguments[1], "reboot") == 0 ? RB_AUTOBOOT : RB_POWER_OFF;

	/* A kernel panics when its first process ends: a run by mistake on a host must not halt that host. */
	if (getpid() != 1) {
		fputs("crun-sharp init: this is no virtual machine's first process\n", stderr);
		return 1;
	}

	/* user-mode-linux adds words of its own behind ours. */
	const char *disk = count > 2 && strncmp(arguments[2], "/dev/", 5) == 0 ? arguments[2] : NULL;
	int understood = read_orders(path, &orders);
	int entered = disk != NULL ? enter_disk(disk) : 0;
	int error = errno;

	attach_all();
	open_console();
	if (understood < 0) {
		printf("\n@crun-sharp init: cannot read the orders in %s\n", path);
	} else if (entered < 0) {
		printf("\n@crun-sharp init: cannot enter the disk %s: %s\n", disk, strerror(error));
	} else {
		printf("\n@crun-sharp %s start\n", orders.token);
		(void)fflush(stdout);
		int status = run(&orders);
		printf("\n@crun-sharp %s exit %d\n", orders.token, status);
	}
	(void)fflush(stdout);
	(void)tcdrain(1);
	sync();
	(void)reboot(how);
	for (;;)
		pause();
}
