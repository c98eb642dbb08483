/* What the .NET runtime asks the host before Main, answered here instead (the linker's --wrap). */
#include <errno.h>
#include <string.h>
#include <sys/vfs.h>

int __real_statfs64(const char *path, struct statfs64 *status);
int __wrap_statfs64(const char *path, struct statfs64 *status);

/*
 * The runtime looks for memory and CPU limits of its own cgroup, in two places, each with all of mountinfo, /proc/self/cgroup and
 * files of the controllers: a seventh of its start, for a process that lives for milliseconds and stays far below any limit.
 * It begins with this question, and takes no answer as a host without cgroups. Our own calls use statfs.
 */
int __wrap_statfs64(const char *path, struct statfs64 *status)
{
	if (strcmp(path, "/sys/fs/cgroup") == 0) {
		errno = ENOENT;
		return -1;
	}
	return __real_statfs64(path, status);
}
