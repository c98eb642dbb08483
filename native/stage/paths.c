/* Resolving in the container's root, which is hostile: every name in it may be a link to somewhere else. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel.h"
#include "paths.h"

#define MAX_LINKS 40
#define MAX_RACES 128

static int
duplicate(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

static int
refuse(int error)
{
	errno = error;
	return -1;
}

/* Puts `first`, then `rest`, into a buffer that `rest` may lie in. */
static bool
put_before(char path[PATH_MAX], const char *directory, const char *first, const char *rest)
{
	char joined[PATH_MAX];
	int length = snprintf(joined, sizeof joined, "%s/%s/%s", directory, first, rest);

	if (length < 0 || (size_t)length >= sizeof joined)
		return false;
	memcpy(path, joined, (size_t)length + 1);
	return true;
}

/* A path without links, from the root down. */
static int
open_plain(int root, const char *path)
{
	int at = duplicate(root);

	while (at >= 0) {
		char name[NAME_MAX + 1];

		path += strspn(path, "/");
		size_t length = strcspn(path, "/");
		if (length == 0)
			return at;
		memcpy(name, path, length);
		name[length] = 0;
		path += length;

		int next = openat(at, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
		close_descriptor(&at);
		at = next;
	}
	return -1;
}

/*
 * openat2's work done by hand, for kernels before 5.6: one component at a time,
 * never followed by the kernel. `..` goes up in the path that was really taken.
 */
static int
walk(int root, const char *path, int flags, bool no_links)
{
	char left[PATH_MAX], taken[PATH_MAX] = "";
	int links = 0;

	if (snprintf(left, sizeof left, "%s", path) >= (int)sizeof left)
		return refuse(ENAMETOOLONG);

	AUTO_CLOSE int at = duplicate(root);
	if (at < 0)
		return -1;

	for (char *rest = left;;) {
		char name[NAME_MAX + 1];

		rest += strspn(rest, "/");
		size_t length = strcspn(rest, "/");
		if (length == 0)
			break;
		if (length > NAME_MAX)
			return refuse(ENAMETOOLONG);
		memcpy(name, rest, length);
		name[length] = 0;
		rest += length;
		bool last = rest[strspn(rest, "/")] == 0;

		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			char *cut = strrchr(taken, '/');

			if (cut != NULL)
				*cut = 0;
			close_descriptor(&at);
			at = open_plain(root, taken);
			if (at < 0)
				return -1;
			continue;
		}

		struct stat status;
		int next = openat(at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			return -1;
		if (fstat(next, &status) < 0) {
			close_descriptor(&next);
			return -1;
		}

		if (S_ISLNK(status.st_mode)) {
			char target[PATH_MAX];
			ssize_t size = readlinkat(next, "", target, sizeof target - 1);

			if (last && flags & O_NOFOLLOW && flags & O_PATH && !(flags & O_DIRECTORY) && !no_links)
				return next;
			close_descriptor(&next);
			if (size < 0)
				return -1;
			if (no_links || (last && flags & O_NOFOLLOW) || ++links > MAX_LINKS)
				return refuse(ELOOP);
			target[size] = 0;
			if (target[0] == '/') {
				taken[0] = 0;
				close_descriptor(&at);
				at = duplicate(root);
				if (at < 0)
					return -1;
			}
			if (!put_before(left, "", target, rest))
				return refuse(ENAMETOOLONG);
			rest = left;
			continue;
		}

		if (last && !(flags & O_PATH)) {
			close_descriptor(&next);
			return openat(at, name, flags | O_NOFOLLOW | O_CLOEXEC);
		}
		if ((!last || flags & O_DIRECTORY) && !S_ISDIR(status.st_mode)) {
			close_descriptor(&next);
			return refuse(ENOTDIR);
		}
		if (last)
			return next;

		size_t used = strlen(taken);
		if (used + 1 + length >= sizeof taken) {
			close_descriptor(&next);
			return refuse(ENAMETOOLONG);
		}
		taken[used] = '/';
		memcpy(taken + used + 1, name, length + 1);
		close_descriptor(&at);
		at = next;
	}

	return openat(at, ".", flags | O_CLOEXEC);
}

static int
resolve(int root, const char *path, int flags, uint64_t how_to)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | how_to,
	};
	int fd = -1;

	/* EAGAIN: somebody renames in the tree meanwhile and the kernel could not rule out an escape. */
	for (int race = 0; race < MAX_RACES; race++) {
		fd = sys_openat2(root, path, &how);
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	if (fd < 0 && errno == ENOSYS)
		return walk(root, path, flags, (how_to & RESOLVE_NO_SYMLINKS) != 0);
	return fd;
}

int
open_beneath(int root, const char *path, int flags)
{
	return resolve(root, path, flags, 0);
}

int
open_without_links(int root, const char *path, int flags)
{
	return resolve(root, path, flags, RESOLVE_NO_SYMLINKS);
}

int
open_in_root(const struct stage *stage, const char *path, int flags)
{
	return stage->root < 0 ? refuse(EBADF) : open_beneath(stage->root, path, flags);
}

/*
 * `prefix` ends in a link to what is not there. Rewrites the path to what the
 * link means, as the kernel would read it, so that the target can be made.
 */
static bool
follow_dangling(char path[PATH_MAX], size_t start, size_t end, int parent, const char *name)
{
	char target[PATH_MAX], directory[PATH_MAX], rest[PATH_MAX];
	ssize_t size = readlinkat(parent, name, target, sizeof target - 1);

	if (size < 0)
		return false;
	target[size] = 0;
	memcpy(directory, path, start);
	directory[start] = 0;
	(void)snprintf(rest, sizeof rest, "%s", path + end);
	if (put_before(path, target[0] == '/' ? "" : directory, target, rest))
		return true;
	errno = ENAMETOOLONG;
	return false;
}

/* Makes the last component, `name` in `parent`; true when it is a link that has to be followed first. */
static bool
make_last(int parent, const char *name, bool directory, mode_t mode, int *made)
{
	struct stat status;

	if (directory) {
		if (mkdirat(parent, name, mode) == 0 || errno == EEXIST)
			*made = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (*made >= 0)
			return false;
	} else {
		AUTO_CLOSE int file = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);

		if (file >= 0 || errno == EEXIST)
			*made = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	}
	int error = errno;
	bool link = fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode);

	if (link && *made >= 0) {
		close_descriptor(made);
		*made = -1;
	}
	errno = error;
	return link;
}

static int
make_path(const struct stage *stage, const char *wanted, bool directory, mode_t mode)
{
	char path[PATH_MAX];
	int links = 0;

	if (snprintf(path, sizeof path, "%s", wanted) >= (int)sizeof path)
		return refuse(ENAMETOOLONG);
	if (stage->root < 0)
		return refuse(EBADF);

again:;
	AUTO_CLOSE int parent = duplicate(stage->root);
	if (parent < 0)
		return -1;

	for (size_t end = 0;;) {
		char prefix[PATH_MAX], name[NAME_MAX + 1];
		size_t start = end + strspn(path + end, "/");
		size_t length = strcspn(path + start, "/");

		if (length == 0)
			break;
		if (length > NAME_MAX)
			return refuse(ENAMETOOLONG);
		end = start + length;
		memcpy(prefix, path, end);
		prefix[end] = 0;
		memcpy(name, path + start, length);
		name[length] = 0;

		bool last = path[end + strspn(path + end, "/")] == 0;
		bool as_directory = directory || !last;
		int next = open_in_root(stage, prefix, as_directory ? O_PATH | O_DIRECTORY : O_PATH);

		if (next < 0 && errno == ENOENT && make_last(parent, name, as_directory, as_directory ? (last ? mode : 0755) : mode, &next)) {
			if (++links > MAX_LINKS)
				return refuse(ELOOP);
			if (!follow_dangling(path, start, end, parent, name))
				return -1;
			close_descriptor(&parent);
			parent = -1;
			goto again;
		}
		if (next < 0)
			return -1;
		close_descriptor(&parent);
		parent = next;
	}
	int made = parent;
	parent = -1;
	return made;
}

/* The last component of a path; what is before it, "/" at least, goes into `directory`. */
static int
split(const char *path, char directory[PATH_MAX], char name[NAME_MAX + 1])
{
	size_t end = strlen(path);

	while (end > 0 && path[end - 1] == '/')
		end--;
	size_t start = end;
	while (start > 0 && path[start - 1] != '/')
		start--;
	if (end - start > NAME_MAX || start >= PATH_MAX)
		return refuse(ENAMETOOLONG);
	memcpy(name, path + start, end - start);
	name[end - start] = 0;
	if (name[0] == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return refuse(EINVAL);
	memcpy(directory, start == 0 ? "/" : path, start == 0 ? 1 : start);
	directory[start == 0 ? 1 : start] = 0;
	return 0;
}

/* Mostly all but the last component is there: one look at its parent saves a walk from the root. */
static int
make_in_parent(const struct stage *stage, const char *path, bool directory, mode_t mode)
{
	char before[PATH_MAX], name[NAME_MAX + 1];
	int made = -1;

	AUTO_CLOSE int parent = split(path, before, name) < 0 ? -1 : open_in_root(stage, before, O_PATH | O_DIRECTORY);
	if (parent < 0 || make_last(parent, name, directory, mode, &made) || (made < 0 && errno == ENOENT))
		return make_path(stage, path, directory, mode);
	return made;
}

int
make_directories(const struct stage *stage, const char *path, mode_t mode)
{
	int fd = open_in_root(stage, path, O_PATH | O_DIRECTORY);

	return fd >= 0 || errno != ENOENT ? fd : make_in_parent(stage, path, true, mode);
}

int
make_target(const struct stage *stage, const char *path, bool directory)
{
	if (directory)
		return make_directories(stage, path, 0755);

	int fd = open_in_root(stage, path, O_PATH);
	return fd >= 0 || errno != ENOENT ? fd : make_in_parent(stage, path, false, 0644);
}

int
make_parent(const struct stage *stage, const char *path, char name[NAME_MAX + 1])
{
	char directory[PATH_MAX];

	return split(path, directory, name) < 0 ? -1 : make_directories(stage, directory, 0755);
}

int
read_entries(int directory, int (*visit)(void *context, int directory, const char *name, unsigned char type), void *context)
{
	struct entry {
		uint64_t inode;
		int64_t offset;
		unsigned short length;
		unsigned char type;
		char name[];
	};
	_Alignas(8) char buffer[4096];

	for (;;) {
		long size = syscall(SYS_getdents64, directory, buffer, sizeof buffer);

		if (size <= 0)
			return (int)size;
		for (long at = 0; at < size;) {
			const struct entry *entry = (const struct entry *)(buffer + at);

			at += entry->length;
			if (strcmp(entry->name, ".") != 0 && strcmp(entry->name, "..") != 0 &&
			    visit(context, directory, entry->name, entry->type) < 0)
				return -1;
		}
	}
}
