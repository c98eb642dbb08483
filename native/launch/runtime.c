/*
 * What the .NET runtime and the C library ask the host before Main, answered here instead (the linker's --wrap): a fifth of the
 * start of a process that lives for milliseconds. Where a later version asks otherwise, it asks the host again, and works.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

FILE *__real_fopen64(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode);
DIR *__real_opendir(const char *path);
DIR *__wrap_opendir(const char *path);
const char *__wrap__dl_get_origin(void);

/*
 * Limits of its own cgroup, looked for in two places, each with all of mountinfo, /proc/self/cgroup and files of the controllers:
 * without a list of mounts there are none, and nothing of ours comes near one. Sizes of caches, which cpuid has told already.
 */
static bool
is_idle_question(const char *path)
{
	static const char caches[] = "/sys/devices/system/cpu/cpu0/cache/";

	return strcmp(path, "/proc/self/mountinfo") == 0 || strncmp(path, caches, sizeof caches - 1) == 0;
}

/* Nothing of ours opens files this way. */
FILE *
__wrap_fopen64(const char *path, const char *mode)
{
	if (is_idle_question(path)) {
		errno = ENOENT;
		return NULL;
	}
	return __real_fopen64(path, mode);
}

/* How memory is spread over nodes matters to a heap of gigabytes. */
DIR *
__wrap_opendir(const char *path)
{
	if (strcmp(path, "/sys/devices/system/node") == 0) {
		errno = ENOENT;
		return NULL;
	}
	return __real_opendir(path);
}

/* Where the executable lies, for $ORIGIN in libraries that a static program never loads: "unknown". */
const char *
__wrap__dl_get_origin(void)
{
	return (const char *)-1;
}
