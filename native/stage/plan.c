/* The decoder: every offset is checked here, once, so that no step checks again. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "stage.h"

const char *
plan_text(const struct plan *plan, uint32_t offset)
{
	return offset == 0 ? NULL : plan->bytes + offset;
}

int
plan_fd(const struct plan *plan, uint32_t index)
{
	return plan->first_fd + (int)index;
}

/* Strings need an end inside the buffer; data needs its length there. */
static bool
text_is_inside(const struct plan *plan, uint32_t offset)
{
	uint32_t size = plan->header->size;

	return offset == 0 || (offset < size && memchr(plan->bytes + offset, 0, size - offset) != NULL);
}

static bool
step_is_sound(const struct plan *plan, const struct plan_step *step)
{
	uint32_t size = plan->header->size;

	return step->kind > STEP_NONE && step->kind < STEP_KIND_COUNT && text_is_inside(plan, step->origin) &&
	       text_is_inside(plan, step->path) && text_is_inside(plan, step->source) && step->data <= size &&
	       step->data_size <= size - step->data && (step->data == 0 || text_is_inside(plan, step->data)) &&
	       (step->fd == PLAN_NO_FD || (step->fd >= PLAN_FD_FIRST_FREE && step->fd < plan->header->fd_count));
}

const char *
plan_open(struct plan *plan, int first_fd)
{
	struct stat status;

	plan->first_fd = first_fd;
	if (fstat(first_fd + PLAN_FD_PLAN, &status) < 0)
		return "the plan's descriptor is not open";
	if (status.st_size < (off_t)sizeof(struct plan_header) || status.st_size > (off_t)PLAN_MAX_SIZE)
		return "the plan has an impossible size";

	plan->bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, first_fd + PLAN_FD_PLAN, 0);
	if (plan->bytes == MAP_FAILED)
		return "the plan cannot be mapped";

	const struct plan_header *header = (const struct plan_header *)plan->bytes;
	plan->header = header;
	if (header->magic != PLAN_MAGIC)
		return "the plan is of another version";
	if ((off_t)header->size != status.st_size)
		return "the plan is cut short";
	if (header->fd_count < PLAN_FD_FIRST_FREE || header->fd_count > PLAN_MAX_FDS)
		return "the plan has an impossible number of descriptors";
	if (header->step_count == 0 || header->step_count > PLAN_MAX_STEPS || header->steps % 8 != 0 ||
	    header->steps > header->size || header->step_count > (header->size - header->steps) / sizeof(struct plan_step))
		return "the plan's steps are not inside it";

	plan->steps = (const struct plan_step *)(plan->bytes + header->steps);
	for (uint32_t i = 0; i < header->step_count; i++)
		if (!step_is_sound(plan, &plan->steps[i]))
			return "a step of the plan points outside it";
	return NULL;
}
