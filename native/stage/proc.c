/*
 * A procfs of the stage's own. Whoever wrote the container's mounts may have
 * put anything at /proc; what is written here must land in the kernel.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "kernel.h"
#include "paths.h"

#define PROC_ROOT_INODE 1

static int
fresh_proc(void)
{
	AUTO_CLOSE int fs = sys_fsopen("proc", FSOPEN_CLOEXEC);

	if (fs < 0 || sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return sys_fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

static bool
is_proc_root(int fd)
{
	struct statfs fs;
	struct stat status;

	return fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC && fstat(fd, &status) == 0 &&
	       status.st_ino == PROC_ROOT_INODE;
}

int
private_proc(struct stage *stage)
{
	if (stage->proc >= 0)
		return stage->proc;

	int proc = fresh_proc();
	/* Refused in a user namespace that sees parts of /proc masked: take the one that is there, and look at it. */
	if (proc < 0)
		proc = open("/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (proc < 0)
		return -1;
	if (!is_proc_root(proc)) {
		close_descriptor(&proc);
		errno = ENODEV;
		return -1;
	}
	stage->proc = proc;
	return proc;
}

int
open_proc(struct stage *stage, const char *path, int flags)
{
	char whole[PATH_MAX];
	int proc = private_proc(stage);

	if (proc < 0)
		return -1;
	if (strncmp(path, "self/", 5) == 0) {
		char self[32];
		ssize_t size = readlinkat(proc, "self", self, sizeof self - 1);

		if (size <= 0)
			return -1;
		self[size] = 0;
		if (strspn(self, "0123456789") != (size_t)size) {
			errno = ENODEV;
			return -1;
		}
		(void)snprintf(whole, sizeof whole, "%s/%s", self, path + 5);
		path = whole;
	}

	/* NO_XDEV refuses what somebody mounted over a part of an older procfs. */
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC | O_NOFOLLOW),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
	};
	int fd = sys_openat2(proc, path, &how);

	return fd < 0 && errno == ENOSYS ? open_without_links(proc, path, flags | O_NOFOLLOW) : fd;
}
