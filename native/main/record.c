#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "join.h"

static bool
is_ours(int fd, uid_t owner, mode_t type)
{
	struct stat status;

	return fstat(fd, &status) == 0 && (status.st_mode & S_IFMT) == type && status.st_uid == owner &&
	       (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static int
open_owned(int parent, const char *path, uid_t owner, int flags)
{
	int fd = openat(parent, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | flags);

	if (fd >= 0 && !is_ours(fd, owner, (flags & O_DIRECTORY) != 0 ? S_IFDIR : S_IFREG)) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

int
open_runtime_directory(uid_t owner)
{
	char path[64];
	const char *named = getenv("XDG_RUNTIME_DIR");

	/* After `su` the variable may still name another user's. */
	if (named != NULL && named[0] == '/') {
		int fd = open_owned(AT_FDCWD, named, owner, O_DIRECTORY);
		if (fd >= 0)
			return fd;
	}

	(void)snprintf(path, sizeof path, "/run/user/%u", (unsigned)owner);
	int fd = open_owned(AT_FDCWD, path, owner, O_DIRECTORY);
	if (fd >= 0)
		return fd;

	(void)snprintf(path, sizeof path, "/tmp/crun-sharp-run-%u", (unsigned)owner);
	return open_owned(AT_FDCWD, path, owner, O_DIRECTORY);
}

static bool
parse_record(int fd, struct namespace_record *record)
{
	char text[256];
	ssize_t size = read(fd, text, sizeof text - 1);

	if (size <= 0)
		return false;
	text[size] = '\0';
	return sscanf(text, "%d %llu %lu %39s", &record->pid, &record->start_time, &record->inode, record->boot_id) == 4 &&
	       record->pid > 0;
}

bool
read_record(uid_t owner, struct namespace_record *record)
{
	int runtime = open_runtime_directory(owner);
	if (runtime < 0)
		return false;

	int directory = open_owned(runtime, "crun-sharp", owner, O_DIRECTORY);
	(void)close(runtime);
	if (directory < 0)
		return false;

	int file = open_owned(directory, "namespace", owner, 0);
	(void)close(directory);
	if (file < 0)
		return false;

	bool good = parse_record(file, record);
	(void)close(file);
	return good;
}
