/*
 * tree DIRECTORY: every entry beneath it, one line each, with all that a copy of it would have to carry. What is
 * mounted beneath the directory is left out. Fields: path, type and mode, owner, size, time, device, target,
 * attributes, sum of the content, count of names, and for a second name of a file the path of the first.
 */
#include "payload.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

struct linked {
	struct linked *next;
	uint64_t inode;
	uint64_t device;
	char *path;
};

static struct linked *linked_names[4096];
static uint64_t root_mount;
static size_t prefix;

static int
described(int directory, const char *name, struct statx *result)
{
	return (int)syscall(SYS_statx, directory, name, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_MNT_ID, result);
}

static const char *
first_name(const struct statx *entry, const char *path)
{
	uint64_t device = ((uint64_t)entry->stx_dev_major << 32) | entry->stx_dev_minor;
	struct linked **bucket = &linked_names[entry->stx_ino % 4096];
	for (struct linked *known = *bucket; known != NULL; known = known->next) {
		if (known->inode == entry->stx_ino && known->device == device)
			return known->path;
	}
	struct linked *new = malloc(sizeof(*new));
	*new = (struct linked){ *bucket, entry->stx_ino, device, strdup(path) };
	*bucket = new;
	return new->path;
}

/* FNV-1a over the content: this looks for mistakes, not for forgers. */
static int
print_sum(int fd)
{
	uint64_t sum = 0xcbf29ce484222325u;
	static unsigned char buffer[1 << 18];
	for (ssize_t size; (size = read(fd, buffer, sizeof(buffer))) != 0;) {
		if (size < 0)
			return -1;
		for (ssize_t i = 0; i < size; i++)
			sum = (sum ^ buffer[i]) * 0x100000001b3u;
	}
	printf(" sum=%016llx", (unsigned long long)sum);
	return 0;
}

static int
by_name(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Read through the entry's own path in /proc: a symlink's attributes have no other way for a descriptor. */
static void
print_attributes(int directory, const char *name)
{
	char path[600], names[65536], value[65536], *sorted[256];
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", directory, name);
	ssize_t size = llistxattr(path, names, sizeof(names));
	size_t count = 0;
	for (ssize_t at = 0; at < size && count < 256; at += (ssize_t)strlen(names + at) + 1)
		sorted[count++] = names + at;
	qsort(sorted, count, sizeof(*sorted), by_name);
	for (size_t i = 0; i < count; i++) {
		/* What overlay and SELinux keep for themselves is not the image's. */
		if (strstr(sorted[i], "overlay.") != NULL || strcmp(sorted[i], "security.selinux") == 0)
			continue;
		ssize_t length = lgetxattr(path, sorted[i], value, sizeof(value));
		printf(" %s=", sorted[i]);
		for (ssize_t at = 0; at < length; at++)
			printf("%02x", (unsigned char)value[at]);
	}
}

static int walk(int directory, const char *path);

static int
print_entry(int directory, const char *name, const char *path)
{
	struct statx entry;
	if (described(directory, name, &entry) < 0)
		return -1;
	if (entry.stx_mnt_id != root_mount)
		return 0;
	print_escaped(path + prefix, strlen(path) - prefix);
	printf(" mode=%06o owner=%u:%u time=%lld.%09u", entry.stx_mode, entry.stx_uid, entry.stx_gid,
		(long long)entry.stx_mtime.tv_sec, entry.stx_mtime.tv_nsec);
	print_attributes(directory, name);
	int result = 0;
	if (S_ISREG(entry.stx_mode)) {
		int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW);
		printf(" size=%llu", (unsigned long long)entry.stx_size);
		result = fd < 0 ? -1 : print_sum(fd);
		close(fd);
	} else if (S_ISLNK(entry.stx_mode)) {
		char target[4097];
		ssize_t size = readlinkat(directory, name, target, sizeof(target));
		printf(" target=");
		print_escaped(target, size < 0 ? 0 : (size_t)size);
	} else if (S_ISCHR(entry.stx_mode) || S_ISBLK(entry.stx_mode)) {
		printf(" device=%u:%u", entry.stx_rdev_major, entry.stx_rdev_minor);
	}
	if (!S_ISDIR(entry.stx_mode))
		printf(" links=%u", entry.stx_nlink);
	if (!S_ISDIR(entry.stx_mode) && entry.stx_nlink > 1) {
		const char *first = first_name(&entry, path + prefix);
		if (strcmp(first, path + prefix) != 0) {
			printf(" first=");
			print_escaped(first, strlen(first));
		}
	}
	putchar('\n');
	if (result < 0)
		return -1;
	if (!S_ISDIR(entry.stx_mode))
		return 0;
	int below = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	return below < 0 ? -1 : walk(below, path);
}

static int
walk(int directory, const char *path)
{
	DIR *stream = fdopendir(directory);
	size_t count = 0, room = 0;
	char **names = NULL;
	for (struct dirent *entry; stream != NULL && (entry = readdir(stream)) != NULL;) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (count == room)
			names = realloc(names, (room = room * 2 + 64) * sizeof(*names));
		names[count++] = strdup(entry->d_name);
	}
	if (count > 0)
		qsort(names, count, sizeof(*names), by_name);
	int result = stream == NULL ? -1 : 0;
	for (size_t i = 0; i < count; i++) {
		size_t size = strlen(path) + strlen(names[i]) + 2;
		char *full = malloc(size);
		snprintf(full, size, "%s/%s", path, names[i]);
		if (print_entry(dirfd(stream), names[i], full) < 0) {
			fprintf(stderr, "%s: %s\n", full, strerror(errno));
			result = -1;
		}
		free(full);
		free(names[i]);
	}
	free(names);
	closedir(stream);
	return result;
}

int
tree(int count, char **arguments)
{
	(void)count;
	struct statx root;
	int fd = open(arguments[0], O_RDONLY | O_DIRECTORY);
	if (fd < 0 || described(fd, "", &root) < 0) {
		perror(arguments[0]);
		return 1;
	}
	root_mount = root.stx_mnt_id;
	printf("/ mode=%06o owner=%u:%u\n", root.stx_mode, root.stx_uid, root.stx_gid);
	prefix = 1;
	return walk(fd, "") < 0;
}
