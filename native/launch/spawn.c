/* Helpers and hooks of the host: started by posix_spawn, which copies nothing either. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <spawn.h>

#include "launch.h"

int
crunsharp_spawn(const char *path, char *const arguments[], char *const environment[], const int32_t stdio[3])
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	pid_t pid = -1;
	int error = posix_spawn_file_actions_init(&files);

	if (error != 0)
		return -error;
	error = posix_spawnattr_init(&attributes);
	if (error != 0) {
		(void)posix_spawn_file_actions_destroy(&files);
		return -error;
	}

	for (int i = 0; i < 3 && error == 0; i++)
		if (stdio[i] >= 0)
			error = posix_spawn_file_actions_adddup2(&files, stdio[i], i);

	/* .NET ignores SIGPIPE; a helper expects to die of it. */
	sigemptyset(&none);
	sigfillset(&all);
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	(void)posix_spawnattr_setsigdefault(&attributes, &all);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (error == 0)
		error = posix_spawn(&pid, path, &files, &attributes, arguments, environment);

	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&files);
	return error != 0 ? -error : pid;
}
