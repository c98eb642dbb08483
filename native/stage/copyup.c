/* A tmpfs that begins with what the path held: directories, files, links, with modes and owners. */
#include <errno.h>
#include <limits.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel.h"
#include "trees.h"

#define MAX_DEPTH 64

struct copy {
	int to;
	int depth;
};

static int
copy_file(int from, int to, const char *name, const struct stat *status)
{
	AUTO_CLOSE int input = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	AUTO_CLOSE int output = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (input < 0 || output < 0)
		return -1;
	for (;;) {
		ssize_t size = sendfile(output, input, NULL, 1 << 20);

		if (size < 0)
			return -1;
		if (size == 0)
			break;
	}
	if (fchown(output, status->st_uid, status->st_gid) < 0)
		return -1;
	return fchmod(output, status->st_mode & 07777);
}

static int
copy_link(int from, int to, const char *name, const struct stat *status)
{
	char target[PATH_MAX];
	ssize_t size = readlinkat(from, name, target, sizeof target - 1);

	if (size < 0)
		return -1;
	target[size] = 0;
	if (symlinkat(target, to, name) < 0)
		return -1;
	return fchownat(to, name, status->st_uid, status->st_gid, AT_SYMLINK_NOFOLLOW);
}

static int copy_entry(void *context, int from, const char *name, unsigned char type);

static int
copy_directory(int from, int to, const char *name, const struct stat *status, int depth)
{
	if (depth >= MAX_DEPTH) {
		errno = ELOOP;
		return -1;
	}
	if (mkdirat(to, name, 0700) < 0)
		return -1;

	AUTO_CLOSE int input = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	AUTO_CLOSE int output = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct copy below = {.to = output, .depth = depth + 1};

	if (input < 0 || output < 0 || read_entries(input, copy_entry, &below) < 0)
		return -1;
	if (fchown(output, status->st_uid, status->st_gid) < 0)
		return -1;
	return fchmod(output, status->st_mode & 07777);
}

static int
copy_entry(void *context, int from, const char *name, unsigned char type)
{
	const struct copy *copy = context;
	struct stat status;

	(void)type;
	if (fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (S_ISDIR(status.st_mode))
		return copy_directory(from, copy->to, name, &status, copy->depth);
	if (S_ISREG(status.st_mode))
		return copy_file(from, copy->to, name, &status);
	if (S_ISLNK(status.st_mode))
		return copy_link(from, copy->to, name, &status);
	return 0; /* sockets, fifos and devices mean nothing to a new tmpfs */
}

int
copy_up(int from, int to)
{
	AUTO_CLOSE int input = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int output = openat(to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct copy copy = {.to = output};

	return input < 0 || output < 0 ? -1 : read_entries(input, copy_entry, &copy);
}
