/*
 * The stage: reads a plan and applies it, step by step, in the process that
 * becomes the container's. The first failure is reported and ends it.
 *
 * argv[1] is the number of the first of the plan's descriptors.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "stage.h"

#define EXIT_STAGE 125

int
main(int argc, char **argv)
{
	struct stage stage = {.root = -1};

	if (argc != 2)
		return EXIT_STAGE;

	int first_fd = atoi(argv[1]);
	stage.report = first_fd + PLAN_FD_REPORT;

	/* A container's process must not look into this one while it still holds the host's descriptors. */
	(void)prctl(PR_SET_DUMPABLE, 0);

	const char *wrong = plan_open(&stage.plan, first_fd);
	if (wrong != NULL) {
		(void)fail_with(&stage, EINVAL, DETAIL_NONE, "%s", wrong);
		return EXIT_STAGE;
	}

	for (; stage.current < stage.plan.header->step_count; stage.current++) {
		const struct plan_step *step = &stage.plan.steps[stage.current];

		if (step_of(step->kind)(&stage, step) < 0)
			return EXIT_STAGE;
	}

	(void)fail_with(&stage, EINVAL, DETAIL_NONE, "the plan ends without a program");
	return EXIT_STAGE;
}
