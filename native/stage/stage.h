/* What the stage's files share. One process, one plan; memory beyond the stack only by mmap, for lists. */
#ifndef CRUN_SHARP_STAGE_H
#define CRUN_SHARP_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "descriptors.h"
#include "plan.h"

#define PRINTF(text, first) __attribute__((format(printf, text, first)))

/* What the launcher reads as: the container was not even tried. */
#define EXIT_STAGE 125

int stage_main(int argc, char **argv);

struct plan {
	const char *bytes;
	const struct plan_header *header;
	const struct plan_step *steps;
	int first_fd;
};

/* Reads and checks the plan behind `first_fd`; NULL, or what is wrong with it. */
const char *plan_open(struct plan *plan, int first_fd);
const char *plan_check(struct plan *plan, const char *bytes, size_t size);
const char *plan_text(const struct plan *plan, uint32_t offset);
const char *plan_data(const struct plan *plan, const struct plan_step *step);
int plan_fd(const struct plan *plan, uint32_t index);

struct stage {
	struct plan plan;
	uint32_t current;
	int report; /* who is told: the launcher, later whoever connects to start */
	int root;   /* the prepared tree, -1 until it is there */
	int proc;   /* the private procfs, -1 until it is needed */
	int empty;  /* a read-only empty directory that masks others, -1 until it is needed */
	uint64_t *times; /* with PLAN_TRACE: shared with the launcher */
	bool entered;
	bool finished;
	bool is_lenient; /* the step may fail: what it tells is a note */
	bool is_sealed;	 /* descriptors and umask are already the program's */
	char *name;		   /* argv[0], shown by ps */
	mode_t umask;		   /* the program's */
	char program[4096];	   /* found by STEP_FIND_PROGRAM */
};

typedef int (*step_function)(struct stage *stage, const struct plan_step *step);

/* The first two answer -1, having told the launcher, so that a step can end in them. */
int fail(struct stage *stage, const char *format, ...) PRINTF(2, 3);
int fail_with(struct stage *stage, int error, uint32_t detail, const char *format, ...) PRINTF(4, 5);
void report_kind(struct stage *stage, uint32_t kind, int value);
int report_descriptor(struct stage *stage, uint32_t kind, int fd);

step_function step_of(uint32_t kind);

#endif
