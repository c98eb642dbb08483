/*
 * What a .NET process needs of C to start another one: it has many threads, so
 * between clone and exec nothing managed may run, no lock may be taken and no
 * libc state touched. Everything here is called from CrunSharp.Linux.
 */
#ifndef CRUN_SHARP_LAUNCH_H
#define CRUN_SHARP_LAUNCH_H

#include <stddef.h>
#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))

/* Launch.cs mirrors it; a test compares. */
struct launch {
	uint64_t namespaces;	  /* CLONE_NEW* */
	const char *const *arguments;
	const int32_t *fds;	  /* become first_fd, first_fd + 1, ... */
	int32_t fd_count;
	int32_t first_fd;	  /* above every number in fds */
	int32_t program;	  /* an open file, executed by descriptor */
	int32_t cgroup;		  /* a directory of cgroup2 to be born in, or -1 */
	int32_t hold;		  /* a pipe: the child executes once a byte comes, gives up at its end; or -1 */
	int32_t hold_write;	  /* the pipe's other end: in the child it is closed, or no end would be seen */
	int32_t report;		  /* index in fds of the socket that is told of a failed exec, or -1 */
	int32_t pid_fd;		  /* out */
};

/* The child's pid, or -errno. */
EXPORT int crunsharp_launch(struct launch *launch);

/* Becomes `program` with these descriptors; -errno on return. */
EXPORT int crunsharp_become(const struct launch *launch);

/* Starts `path` as posix_spawn does; stdio[i] -1 leaves descriptor i as it is. The pid, or -errno. */
EXPORT int crunsharp_spawn(const char *path, char *const arguments[], char *const environment[], const int32_t stdio[3]);

/* Waits for the child, handing signals on to it; 0 and its wait status, or -errno. */
EXPORT int crunsharp_wait(int pid, int *status);

/* The native stage, as it was linked in. */
EXPORT const void *crunsharp_stage(size_t *size);

/* In nanoseconds; all 0 where the program's main noted nothing. ProcessBirth.cs mirrors it. */
struct process_birth {
	int64_t processor_before_main;	/* what the process had used of a processor: exec and the loader, mostly */
	int64_t main;			/* CLOCK_MONOTONIC, at the first line of C */
	int64_t runtime;		/* the same, where the .NET runtime is called */
};

void note_main(void);
void note_runtime(void);
EXPORT void crunsharp_process_birth(struct process_birth *noted);

/* sizeof and offsets of struct launch, for the test of the mirror. */
EXPORT size_t crunsharp_launch_layout(size_t field);

#endif
