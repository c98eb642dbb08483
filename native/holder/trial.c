#define _GNU_SOURCE
#include "trial.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

int
try_namespaces(unsigned flags)
{
	return unshare((int)flags) < 0 ? errno : 0;
}

static int
write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;

	int error = write(fd, text, strlen(text)) < 0 ? errno : 0;
	(void)close(fd);
	return error;
}

/* Maps the caller to 0; all other ids stay unknown. */
static int
become_root_of_one(void)
{
	char line[32];
	unsigned uid = geteuid();
	unsigned gid = getegid();

	if (unshare(CLONE_NEWUSER) < 0)
		return errno;

	int error = write_file("/proc/self/setgroups", "deny");
	if (error == 0) {
		(void)snprintf(line, sizeof line, "0 %u 1", uid);
		error = write_file("/proc/self/uid_map", line);
	}
	if (error == 0) {
		(void)snprintf(line, sizeof line, "0 %u 1", gid);
		error = write_file("/proc/self/gid_map", line);
	}
	return error;
}

/* A file of the lower layer is removed: that needs whiteouts, which some filesystems below cannot keep. */
static int
use_overlay(void)
{
	if (unlink("merged/file") < 0)
		return errno;
	if (access("merged/file", F_OK) == 0)
		return EIO;
	return 0;
}

int
try_overlay(int directory, bool in_user_namespace)
{
	char options[128];

	if (in_user_namespace) {
		int error = become_root_of_one();
		if (error != 0)
			return error;
	}

	/* Before the mount namespace is new: it takes the working directory along, a descriptor stays with the old one. */
	if (fchdir(directory) < 0 || unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return errno;

	(void)snprintf(options, sizeof options, "lowerdir=lower,upperdir=upper,workdir=work%s", in_user_namespace ? ",userxattr" : "");
	if (mount("overlay", "merged", "overlay", 0, options) < 0)
		return errno;

	int error = use_overlay();
	(void)umount2("merged", MNT_DETACH);
	return error;
}
