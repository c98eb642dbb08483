/* Helpers that are handed descriptors beyond 0, 1 and 2, and outlive the terminal's signals. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <unistd.h>

#define MAX_DESCRIPTORS 8
#define EXPORT __attribute__((visibility("default")))

/*
 * Starts `path` in a session of its own; fds[i] becomes descriptor i there, for
 * i < count <= 8, and everything else is closed on exec. The pid, or -errno.
 */
EXPORT int crunsharp_spawn_helper(const char *path, char *const arguments[], char *const environment[], const int32_t fds[], int32_t count);

/* The targets are 0 to count-1, so a source among them could be overwritten before its turn. */
static int
raise_descriptors(const int32_t fds[], int32_t count, int copies[])
{
	for (int32_t i = 0; i < count; i++) {
		copies[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, MAX_DESCRIPTORS);
		if (copies[i] < 0) {
			int error = errno;

			while (i-- > 0)
				(void)close(copies[i]);
			return error;
		}
	}
	return 0;
}

int
crunsharp_spawn_helper(const char *path, char *const arguments[], char *const environment[], const int32_t fds[], int32_t count)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	pid_t pid = -1;
	int copies[MAX_DESCRIPTORS];

	if (count < 0 || count > MAX_DESCRIPTORS)
		return -EINVAL;
	int error = raise_descriptors(fds, count, copies);
	if (error != 0)
		return -error;

	error = posix_spawn_file_actions_init(&files);
	if (error == 0) {
		error = posix_spawnattr_init(&attributes);
		if (error == 0) {
			for (int i = 0; i < count && error == 0; i++)
				error = posix_spawn_file_actions_adddup2(&files, copies[i], i);

			/* .NET ignores SIGPIPE; a helper expects to die of it. */
			sigemptyset(&none);
			sigfillset(&all);
			(void)posix_spawnattr_setsigmask(&attributes, &none);
			(void)posix_spawnattr_setsigdefault(&attributes, &all);
			(void)posix_spawnattr_setflags(&attributes,
						       POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
			if (error == 0)
				error = posix_spawn(&pid, path, &files, &attributes, arguments, environment);
			(void)posix_spawnattr_destroy(&attributes);
		}
		(void)posix_spawn_file_actions_destroy(&files);
	}

	for (int i = 0; i < count; i++)
		(void)close(copies[i]);
	return error != 0 ? -error : pid;
}
