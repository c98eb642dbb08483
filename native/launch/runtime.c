/* What the .NET runtime asks the host before Main, answered here instead (the linker's --wrap). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

FILE *__real_fopen64(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode);

/*
 * The runtime looks for memory and CPU limits of its own cgroup, in two places, each with all of mountinfo, /proc/self/cgroup and
 * files of the controllers: a seventh of its start, for a process that lives for milliseconds and stays far below any limit.
 * Without a list of mounts it does without. Nothing of ours opens files this way.
 */
FILE *__wrap_fopen64(const char *path, const char *mode)
{
	if (strcmp(path, "/proc/self/mountinfo") == 0) {
		errno = ENOENT;
		return NULL;
	}
	return __real_fopen64(path, mode);
}
