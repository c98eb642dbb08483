/* Entering the user namespace that an ordinary user's engine works in. */
#ifndef CRUN_SHARP_JOIN_H
#define CRUN_SHARP_JOIN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* UserNamespace.Outer.cs reads it. */
#define JOINED_VARIABLE "CRUN_SHARP_JOINED"

/* Whether these are the words of an ordinary user for the engine, not for the runtime face. */
bool needs_namespace(int argc, char **argv);

/*
 * Joins what the record names, if it is still what it was: then this process is
 * root in it, and JOINED_VARIABLE is set. Otherwise nothing happens, and managed
 * code makes a namespace.
 */
void join_namespace(void);

/* The directory whose content ends with the login or the boot, opened; -1 when there is none that is safe. */
int open_runtime_directory(uid_t owner);

struct namespace_record {
	int pid;
	unsigned long long start_time;
	unsigned long inode;
	char boot_id[40];
};

/* Reads `crun-sharp/namespace` beneath the runtime directory; false when it is absent or no one can trust it. */
bool read_record(uid_t owner, struct namespace_record *record);

#endif
