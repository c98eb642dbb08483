/*
 * The stage: reads a plan and applies it, step by step, in the process that
 * becomes the container's. The first failure is reported and ends it.
 *
 * argv[1] is the number of the first of the plan's descriptors.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "stage.h"

/* None of them may outlive an exec, that of a hook included; those a program keeps are named by STEP_EXEC. */
static void
keep_descriptors_private(const struct plan *plan)
{
	for (uint32_t i = 0; i < plan->header->fd_count; i++)
		(void)fcntl(plan->first_fd + (int)i, F_SETFD, FD_CLOEXEC);
}

static bool
is_optional(const struct plan_step *step)
{
	return (step->kind == STEP_MOUNT || step->kind == STEP_BIND) && step->a & STEP_MOUNT_OPTIONAL;
}

static uint64_t
now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* A launch is not worth less for times that nobody could take: without memory there are none. */
static void
begin_times(struct stage *stage)
{
	const struct plan_header *header = stage->plan.header;

	if (!(header->flags & PLAN_TRACE) || header->fd_count <= PLAN_FD_FIRST_FREE)
		return;
	void *memory = mmap(NULL, (header->step_count + 1) * sizeof *stage->times, PROT_READ | PROT_WRITE, MAP_SHARED,
			    plan_fd(&stage->plan, header->fd_count - 1), 0);
	if (memory == MAP_FAILED)
		return;
	stage->times = memory;
	stage->times[0] = now();
}

int
stage_main(int argc, char **argv)
{
	struct stage stage = {.root = -1, .proc = -1, .empty = -1};

	if (argc != 2)
		return EXIT_STAGE;

	int first_fd = atoi(argv[1]);
	stage.name = argv[0];
	stage.report = first_fd + PLAN_FD_REPORT;
	stage.umask = umask(0);

	/* A container's process must not look into this one while it still holds the host's descriptors. */
	(void)prctl(PR_SET_DUMPABLE, 0);

	const char *wrong = plan_open(&stage.plan, first_fd);
	if (wrong != NULL) {
		(void)fail_with(&stage, EINVAL, DETAIL_BAD_PLAN, "%s", wrong);
		return EXIT_STAGE;
	}
	keep_descriptors_private(&stage.plan);
	begin_times(&stage);

	for (; stage.current < stage.plan.header->step_count && !stage.finished; stage.current++) {
		const struct plan_step *step = &stage.plan.steps[stage.current];
		step_function apply = step_of(step->kind);

		if (apply == NULL) {
			(void)fail_with(&stage, ENOSYS, DETAIL_BAD_PLAN, "the stage does not know step kind %u", step->kind);
			return EXIT_STAGE;
		}
		stage.is_lenient = is_optional(step);
		if (apply(&stage, step) < 0 && !stage.is_lenient)
			return EXIT_STAGE;
		if (stage.times != NULL)
			stage.times[stage.current + 1] = now();
	}
	if (stage.finished)
		return 0;

	(void)fail_with(&stage, EINVAL, DETAIL_BAD_PLAN, "the plan ends without a program");
	return EXIT_STAGE;
}
