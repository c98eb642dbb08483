/* When this process began, for a timeline: the .NET runtime cannot tell what came before it. */
#include <time.h>

#include "launch.h"

static struct process_birth birth;

static int64_t
nanoseconds(clockid_t clock)
{
	struct timespec now;

	return clock_gettime(clock, &now) == 0 ? now.tv_sec * INT64_C(1000000000) + now.tv_nsec : 0;
}

void
note_main(void)
{
	/* The kernel keeps a birth to a clock tick, 10 ms; what a process has used up, to the nanosecond. */
	birth.processor_before_main = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
	birth.main = nanoseconds(CLOCK_MONOTONIC);
}

void
note_runtime(void)
{
	birth.runtime = nanoseconds(CLOCK_MONOTONIC);
}

void
crunsharp_process_birth(struct process_birth *noted)
{
	*noted = birth;
}
