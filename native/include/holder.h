/*
 * What the holder is asked and what it answers. argv {"holder", "FIRST"};
 * Holder.cs writes and reads these structs.
 */
#ifndef CRUN_SHARP_HOLDER_H
#define CRUN_SHARP_HOLDER_H

#include <stdint.h>

/* Descriptors counted from FIRST. */
enum holder_fd {
	HOLDER_FD_ORDER,  /* a pipe: one struct holder_order */
	HOLDER_FD_ANSWER, /* a pipe: one struct holder_answer */
	HOLDER_FD_OBJECT, /* what the mode needs */
};

enum holder_mode {
	HOLDER_NONE,
	HOLDER_KEEP,	       /* stay in the user namespace it was born in */
	HOLDER_JOIN,	       /* object: a user namespace; enter it and stay */
	HOLDER_TRY_NAMESPACES, /* flags: CLONE_NEW*; make them and end */
	HOLDER_TRY_OVERLAY,    /* object: a directory with lower, upper, work, merged; flags 1: in a user namespace of one id */
};

struct holder_order {
	uint32_t mode;
	uint32_t flags;
};

struct holder_answer {
	int32_t pid;   /* of the process that stays */
	int32_t error; /* errno, 0 when all is well */
};

#endif
