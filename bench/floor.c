/*
 * The floor: the least that a launcher can do. It hands the same stage a plan that it reads
 * from a file; no .NET, no JSON, no record, no limits.
 *
 *   floor record PID FILE   the plan of a container that waits for start, and what it was handed
 *   floor run STAGE FILE    launches from it, waits, removes the cgroups
 *
 * FILE is the plan; FILE.with holds a line for each thing beside it: "namespaces HEX",
 * "born DIRECTORY" (cgroup2), "open PATH" (in the plan's order).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../native/include/plan.h"

#define FIRST 200

static _Noreturn void
die(const char *what)
{
	perror(what);
	exit(1);
}

__attribute__((format(printf, 1, 2))) static char *
text(const char *format, ...)
{
	va_list arguments;
	char *result;

	va_start(arguments, format);
	if (vasprintf(&result, format, arguments) < 0)
		die("text");
	va_end(arguments);
	return result;
}

static char *
link_of(const char *path)
{
	static char target[PATH_MAX];
	ssize_t size = readlink(path, target, sizeof target - 1);

	if (size < 0)
		die(path);
	target[size] = 0;
	return target;
}

/* Where cgroup2 is: at the top, or beside version 1. */
static const char *
unified(void)
{
	return access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/unified";
}

static int
record(const char *pid, const char *file)
{
	static const struct {
		const char *name;
		unsigned long flag;
	} namespaces[] = {{"mnt", CLONE_NEWNS}, {"uts", CLONE_NEWUTS}, {"ipc", CLONE_NEWIPC}, {"pid", CLONE_NEWPID}, {"net", CLONE_NEWNET}};
	static char plan[1 << 20];
	char line[PATH_MAX];
	unsigned long flags = 0;
	int first = 0;

	FILE *words = fopen(text("/proc/%s/cmdline", pid), "r");
	if (words == NULL || fread(line, 1, sizeof line, words) == 0)
		die("read the stage's arguments");
	first = atoi(line + strlen(line) + 1);
	fclose(words);

	int source = open(text("/proc/%s/fd/%d", pid, first), O_RDONLY);
	ssize_t size = source < 0 ? -1 : pread(source, plan, sizeof plan, 0);
	if (size < (ssize_t)sizeof(struct plan_header))
		die("read the plan");

	/* Nobody will start it: the step that waits goes. */
	struct plan_header *header = (struct plan_header *)plan;
	struct plan_step *steps = (struct plan_step *)(plan + header->steps);
	for (uint32_t i = 0; i < header->step_count; i++)
		if (steps[i].kind == STEP_AWAIT_START) {
			memmove(&steps[i], &steps[i + 1], (header->step_count - i - 1) * sizeof *steps);
			header->step_count--;
			i--;
		}
	int out = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (out < 0 || write(out, plan, (size_t)size) != size)
		die(file);

	FILE *with = fopen(text("%s.with", file), "w");
	if (with == NULL)
		die("write what goes with the plan");
	for (size_t i = 0; i < sizeof namespaces / sizeof *namespaces; i++) {
		char *ours = strdup(link_of(text("/proc/self/ns/%s", namespaces[i].name)));

		if (strcmp(ours, link_of(text("/proc/%s/ns/%s", pid, namespaces[i].name))) != 0)
			flags |= namespaces[i].flag;
	}
	fprintf(with, "namespaces %lx\n", flags);

	FILE *cgroups = fopen(text("/proc/%s/cgroup", pid), "r");
	while (cgroups != NULL && fgets(line, sizeof line, cgroups) != NULL)
		if (strncmp(line, "0::/", 4) == 0 && line[4] != '\n')
			fprintf(with, "born %s%s", unified(), line + 3);
	for (uint32_t i = PLAN_FD_FIRST_FREE; i < header->fd_count; i++) {
		char *target = link_of(text("/proc/%s/fd/%u", pid, (unsigned)first + i));

		fprintf(with, "open %s\n", target[0] == '/' ? target : "/dev/null");
	}
	return fclose(with) == 0 ? 0 : 1;
}

static void
make_directories(char *path)
{
	for (char *slash = path + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = 0;
		(void)mkdir(path, 0755);
		*slash = '/';
	}
	(void)mkdir(path, 0755);
}

static char *
parent_of(const char *path)
{
	char *parent = strdup(path);

	*strrchr(parent, '/') = 0;
	return parent;
}

/* A new cpuset of version 1 is empty and takes nobody. */
static void
fill_cpuset(const char *directory)
{
	static const char *const names[] = {"cpuset.cpus", "cpuset.mems"};
	char value[256];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		int from = open(text("%s/%s", "/sys/fs/cgroup/cpuset", names[i]), O_RDONLY | O_CLOEXEC);
		ssize_t size = from < 0 ? -1 : read(from, value, sizeof value);
		char *parent = parent_of(directory);

		for (const char *into[] = {parent, directory, NULL}, **at = into; size > 0 && *at != NULL; at++) {
			int to = open(text("%s/%s", *at, names[i]), O_WRONLY | O_CLOEXEC);

			if (to >= 0 && write(to, value, (size_t)size) < 0)
				die(*at);
			close(to);
		}
		close(from);
		free(parent);
	}
}

static int
run(const char *stage_path, const char *file)
{
	char line[PATH_MAX];
	char *directories[PLAN_MAX_FDS];
	int fds[PLAN_MAX_FDS], sockets[2], directory_count = 0, status = 0;
	uint32_t fd_count = 2;
	struct clone_args arguments = {.exit_signal = SIGCHLD};
	struct report_message message;

	FILE *with = fopen(text("%s.with", file), "r");
	int stage = open(stage_path, O_RDONLY | O_CLOEXEC);
	fds[0] = open(file, O_RDONLY | O_CLOEXEC);
	if (with == NULL || stage < 0 || fds[0] < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		die("open the plan and the stage");
	fds[1] = sockets[1];

	while (fgets(line, sizeof line, with) != NULL && fd_count < PLAN_MAX_FDS) {
		line[strcspn(line, "\n")] = 0;
		char *value = strchr(line, ' ') + 1;

		if (strncmp(line, "namespaces ", 11) == 0) {
			arguments.flags |= strtoul(value, NULL, 16);
		} else if (strncmp(line, "born ", 5) == 0) {
			directories[directory_count] = strdup(value);
			make_directories(directories[directory_count++]);
			arguments.flags |= CLONE_INTO_CGROUP;
			arguments.cgroup = (uint64_t)open(value, O_PATH | O_DIRECTORY | O_CLOEXEC);
		} else {
			if (strncmp(value, "/sys/fs/cgroup/", 15) == 0) {
				directories[directory_count] = parent_of(value);
				make_directories(directories[directory_count]);
				if (strncmp(value, "/sys/fs/cgroup/cpuset/", 22) == 0)
					fill_cpuset(directories[directory_count]);
				directory_count++;
			}
			fds[fd_count] = open(value, O_WRONLY | O_CLOEXEC);
			if (fds[fd_count++] < 0)
				die(value);
		}
	}

	pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
	if (pid < 0)
		die("clone3");
	if (pid == 0) {
		static char *const words[] = {"stage", "200", NULL}, *const environment[] = {NULL};

		for (uint32_t i = 0; i < fd_count; i++)
			(void)dup2(fds[i], FIRST + (int)i);
		(void)syscall(SYS_execveat, stage, "", words, environment, AT_EMPTY_PATH);
		_exit(125);
	}
	close(sockets[1]);
	while (recv(sockets[0], &message, sizeof message, 0) > 0)
		if (message.kind == REPORT_FAILED)
			fprintf(stderr, "floor: step %u: %s: %s\n", message.step, message.text, strerror(message.error));
	if (waitpid(pid, &status, 0) < 0)
		die("wait");
	for (int i = 0; i < directory_count; i++)
		(void)rmdir(directories[i]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "record") == 0)
		return record(argv[2], argv[3]);
	if (argc == 4 && strcmp(argv[1], "run") == 0)
		return run(argv[2], argv[3]);
	fputs("usage: floor record PID FILE | floor run STAGE FILE\n", stderr);
	return 2;
}
