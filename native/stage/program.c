/* The last steps: the program is found, awaited, executed. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel.h"
#include "paths.h"
#include "steps.h"

/* STEP_DIRECTORY */
int
enter_directory(struct stage *stage, const struct plan_step *step)
{
	const char *path = plan_text(&stage->plan, step->path);
	char where[PATH_MAX], words[128];

	if (chdir(path) < 0)
		return fail_with(stage, errno, errno == ENOENT ? DETAIL_NOT_FOUND : DETAIL_NOT_EXECUTABLE,
				 "chdir to cwd (\"%s\") set in config.json failed: %s", path, lower_error(errno, words));

	/* A leaked descriptor by its /proc name would be a directory of the host; the kernel says so only to those who ask. */
	long size = syscall(SYS_getcwd, where, sizeof where);
	if (size < 0 || where[0] != '/')
		return fail_with(stage, EPERM, DETAIL_NONE,
				 "current working directory is outside of container mount namespace root -- possible container breakout detected");
	return 0;
}

/* 0, or why it cannot be executed. */
static int
try_program(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return errno;
	if (S_ISDIR(status.st_mode))
		return EISDIR;
	long allowed = syscall(SYS_faccessat2, AT_FDCWD, path, X_OK, AT_EACCESS);
	if (allowed < 0 && (errno == ENOSYS || errno == EPERM))
		allowed = access(path, X_OK);
	return allowed < 0 ? errno : 0;
}

static int
find_by_path(struct stage *stage, const char *name)
{
	char words[128];
	int error = try_program(name);

	if (error == 0) {
		if (snprintf(stage->program, sizeof stage->program, "%s", name) < (int)sizeof stage->program)
			return 0;
		error = ENAMETOOLONG;
	}
	if (error == ENOENT || error == ENOTDIR)
		return fail_with(stage, error, DETAIL_NOT_FOUND, "exec: \"%s\": stat %s: %s", name, name, lower_error(error, words));
	return fail_with(stage, error, DETAIL_NOT_EXECUTABLE, "exec: \"%s\": %s", name, lower_error(error, words));
}

/* STEP_FIND_PROGRAM: as the container's user, in its root and its working directory. */
int
find_program(struct stage *stage, const struct plan_step *step)
{
	const char *name = plan_text(&stage->plan, step->path);

	if (strchr(name, '/') != NULL)
		return find_by_path(stage, name);

	for (const char *path = plan_data(&stage->plan, step); name[0] != 0;) {
		size_t length = strcspn(path, ":");
		const char *directory = length == 0 ? "." : path;
		int size = snprintf(stage->program, sizeof stage->program, "%.*s/%s", length == 0 ? 1 : (int)length, directory, name);

		if (size > 0 && size < (int)sizeof stage->program && try_program(stage->program) == 0)
			return 0;
		if (path[length] == 0)
			break;
		path += length + 1;
	}
	return fail_with(stage, ENOENT, DETAIL_NOT_FOUND, "exec: \"%s\": executable file not found in $PATH", name);
}

/* STEP_AWAIT_START */
int
await_start(struct stage *stage, const struct plan_step *step)
{
	int listener = plan_fd(&stage->plan, step->fd);
	int peer;

	report_kind(stage, REPORT_READY, 0);
	do
		peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	while (peer < 0 && (errno == EINTR || errno == ECONNABORTED));
	if (peer < 0)
		return fail(stage, "wait for start");

	/* The launcher has long returned; who started it hears of failures now. */
	close_descriptor(&stage->report);
	close_descriptor(&listener);
	stage->report = peer;
	return 0;
}

char **
list_pointers(const char *list, size_t size)
{
	size_t count = 0;

	for (size_t i = 0; i < size; i++)
		count += list[i] == 0;

	char **pointers = mmap(NULL, (count + 1) * sizeof *pointers, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pointers == MAP_FAILED)
		return NULL;
	size_t at = 0;
	for (size_t i = 0; i < count; i++) {
		pointers[i] = (char *)list + at;
		at += strlen(list + at) + 1;
	}
	return pointers;
}

static int
close_one(void *first, int directory, const char *name, unsigned char type)
{
	int fd = atoi(name);

	(void)type;
	if (fd >= (int)*(unsigned *)first && fd != directory)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	return 0;
}

int
close_at_exec(struct stage *stage, unsigned first)
{
	if (sys_close_range(first, ~0u, CLOSE_RANGE_CLOEXEC) == 0)
		return 0;
	if (errno != ENOSYS && errno != EINVAL)
		return -1;

	/* Before 5.11: those that are open, one by one. */
	AUTO_CLOSE int open_ones = open_proc(stage, "self/fd", O_RDONLY | O_DIRECTORY);
	return open_ones < 0 ? -1 : read_entries(open_ones, close_one, &first);
}

int
seal_process(struct stage *stage)
{
	uint64_t kept = 0;

	if (stage->is_sealed)
		return 0;
	for (uint32_t i = stage->current; i < stage->plan.header->step_count; i++)
		if (stage->plan.steps[i].kind == STEP_EXEC)
			kept = stage->plan.steps[i].a;
	/* Whatever is open here is the host's. What a later step opens closes itself at exec. */
	if (close_at_exec(stage, 3 + (unsigned)kept) < 0)
		return fail(stage, "close the host's descriptors");
	(void)umask(stage->umask);
	stage->is_sealed = true;
	return 0;
}

static bool
is_missing(int error)
{
	return error == ENOENT || error == ENOTDIR;
}

/* STEP_EXEC */
int
exec_program(struct stage *stage, const struct plan_step *step)
{
	const char *program = step->path != 0 ? plan_text(&stage->plan, step->path) : stage->program;
	const char *environment = step->source == 0 ? "" : plan_text(&stage->plan, step->source);
	char **arguments = list_pointers(plan_data(&stage->plan, step), step->data_size);
	char **variables = list_pointers(environment, step->source == 0 ? 0 : (size_t)step->b);
	char words[128];

	if (arguments == NULL || variables == NULL)
		return fail(stage, "make room for the arguments");
	if (program[0] == 0)
		program = arguments[0];

	if (seal_process(stage) < 0)
		return -1;
	reset_signals();
	(void)execve(program, arguments, variables);

	int error = errno;
	return fail_with(stage, error, is_missing(error) ? DETAIL_NOT_FOUND : DETAIL_NOT_EXECUTABLE, "exec %s: %s", program,
			 lower_error(error, words));
}

/* STEP_END */
int
end_plan(struct stage *stage, const struct plan_step *step)
{
	(void)step;
	stage->finished = true;
	return 0;
}
