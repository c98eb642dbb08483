/* Removes a tree that others wrote: no link is followed, and no depth exhausts stack or descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel.h"
#include "monitor.h"

#define MAX_DEPTH 48
#define MAX_PASSES 1000

struct removal {
	int top;
	unsigned moved;
	dev_t device;
};

static int remove_children(struct removal *removal, int directory, int depth);

static int
open_child(int directory, const char *name)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(directory, name, flags);

	/* Our own, but closed to its owner. */
	if (fd < 0 && errno == EACCES) {
		AUTO_CLOSE int path = openat(directory, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		char by_number[32];

		(void)snprintf(by_number, sizeof by_number, "/proc/self/fd/%d", path);
		if (path >= 0 && chmod(by_number, 0700) == 0)
			fd = openat(directory, name, flags);
		else
			errno = EACCES;
	}
	return fd;
}

static int
remove_directory(struct removal *removal, int parent, const char *name, int depth)
{
	struct stat status;

	/* Empty ones are the most, and those under a mount of another namespace go like this too. */
	if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno != ENOTEMPTY && errno != EEXIST)
		return -1;
	if (depth >= MAX_DEPTH) {
		char moved[64];

		/* Too deep: carried to the top, where the next pass finds it. */
		(void)snprintf(moved, sizeof moved, ".removed-%d-%u", getpid(), removal->moved++);
		return renameat(parent, name, removal->top, moved);
	}

	AUTO_CLOSE int directory = open_child(parent, name);
	if (directory < 0)
		return errno == ENOENT ? 0 : -1;
	if (fstat(directory, &status) < 0)
		return -1;
	if (status.st_dev != removal->device) {
		errno = EBUSY;
		return -1;
	}
	for (int pass = 0; pass < MAX_PASSES; pass++) {
		if (remove_children(removal, directory, depth + 1) < 0)
			return -1;
		if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		if (errno != ENOTEMPTY)
			return -1;
		if (lseek(directory, 0, SEEK_SET) < 0)
			return -1;
	}
	return -1;
}

static int
remove_entry(struct removal *removal, int directory, const char *name, unsigned char type, int depth)
{
	if (type != 4 /* DT_DIR */ && (unlinkat(directory, name, 0) == 0 || errno == ENOENT))
		return 0;
	if (type != 4 && errno != EISDIR && errno != EPERM)
		return -1;
	return remove_directory(removal, directory, name, depth);
}

static int
remove_children(struct removal *removal, int directory, int depth)
{
	struct entry {
		uint64_t inode;
		int64_t offset;
		unsigned short length;
		unsigned char type;
		char name[];
	};
	_Alignas(8) char buffer[4096];
	int result = 0, error = 0;

	for (;;) {
		long size = syscall(SYS_getdents64, directory, buffer, sizeof buffer);

		if (size < 0)
			return -1;
		if (size == 0)
			break;
		for (long at = 0; at < size;) {
			const struct entry *entry = (const struct entry *)(buffer + at);

			at += entry->length;
			if (strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0)
				continue;
			/* One that stays does not keep the others. */
			if (remove_entry(removal, directory, entry->name, entry->type, depth) < 0) {
				result = -1;
				error = errno;
			}
		}
	}
	if (result < 0)
		errno = error;
	return result;
}

int
remove_tree(const char *path)
{
	char directory[PATH_MAX];
	struct stat status;

	if (snprintf(directory, sizeof directory, "%s", path) >= (int)sizeof directory) {
		errno = ENAMETOOLONG;
		return -1;
	}
	char *end = directory + strlen(directory);
	while (end > directory && end[-1] == '/')
		*--end = 0;
	char *name = strrchr(directory, '/');
	if (name == NULL || name[1] == 0 || strcmp(name + 1, ".") == 0 || strcmp(name + 1, "..") == 0) {
		errno = EINVAL;
		return -1;
	}
	*name++ = 0;

	AUTO_CLOSE int parent = open(directory[0] == 0 ? "/" : directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0 || fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -1;
	if (!S_ISDIR(status.st_mode))
		return unlinkat(parent, name, 0);

	AUTO_CLOSE int top = open_child(parent, name);
	if (top < 0 || fstat(top, &status) < 0)
		return errno == ENOENT ? 0 : -1;
	struct removal removal = {.top = top, .device = status.st_dev};
	return remove_directory(&removal, parent, name, 0);
}
