/* The decoder: every offset is checked here, once, so that no step checks again. */
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "stage.h"

const char *
plan_text(const struct plan *plan, uint32_t offset)
{
	return offset == 0 ? NULL : plan->bytes + offset;
}

const char *
plan_data(const struct plan *plan, const struct plan_step *step)
{
	return step->data == 0 ? "" : plan->bytes + step->data;
}

int
plan_fd(const struct plan *plan, uint32_t index)
{
	return index == PLAN_NO_FD ? -1 : plan->first_fd + (int)index;
}

static bool
text_is_inside(const struct plan *plan, uint32_t offset)
{
	uint32_t size = plan->header->size;

	return offset == 0 || (offset < size && memchr(plan->bytes + offset, 0, size - offset) != NULL);
}

static bool
bytes_are_inside(const struct plan *plan, uint32_t offset, uint64_t length)
{
	uint32_t size = plan->header->size;

	return offset == 0 ? length == 0 : offset < size && length <= size - offset;
}

/* Every entry has its end, so the last byte is one. */
static bool
list_is_inside(const struct plan *plan, uint32_t offset, uint64_t length)
{
	return bytes_are_inside(plan, offset, length) && (length == 0 || plan->bytes[offset + length - 1] == 0);
}

static bool
fd_is_known(const struct plan *plan, uint32_t fd)
{
	return fd >= PLAN_FD_FIRST_FREE && fd < plan->header->fd_count;
}

/* What a step cannot do without. */
enum need {
	NEED_PATH = 1 << 0,
	NEED_SOURCE = 1 << 1,
	NEED_FD = 1 << 2,
	NEED_DATA = 1 << 3,
	IS_TEXT = 1 << 4,
	IS_LIST = 1 << 5,
	IS_ENVIRONMENT = 1 << 6, /* source is a list of b bytes */
};

static const unsigned char needs[STEP_KIND_COUNT] = {
	[STEP_AWAIT] = NEED_FD,
	[STEP_WRITE] = NEED_FD | NEED_DATA,
	[STEP_JOIN_NAMESPACE] = NEED_FD,
	[STEP_STDIO] = NEED_FD,
	[STEP_HOSTNAME] = NEED_DATA,
	[STEP_DOMAINNAME] = NEED_DATA,
	[STEP_BIND_ROOT] = NEED_SOURCE,
	[STEP_OVERLAY_ROOT] = NEED_PATH | NEED_DATA | IS_LIST,
	[STEP_MOUNT] = NEED_PATH | NEED_SOURCE | IS_TEXT,
	[STEP_BIND] = NEED_PATH,
	[STEP_MAKE_DIRECTORY] = NEED_PATH,
	[STEP_DEVICE] = NEED_PATH,
	[STEP_SYMLINK] = NEED_PATH | NEED_SOURCE,
	[STEP_WRITE_FILE] = NEED_PATH,
	[STEP_CONSOLE] = NEED_FD,
	[STEP_MASK] = NEED_PATH,
	[STEP_READ_ONLY_PATH] = NEED_PATH,
	[STEP_SYSCTL] = NEED_PATH | NEED_DATA,
	[STEP_HOOK] = NEED_PATH | NEED_DATA | IS_LIST | IS_ENVIRONMENT,
	[STEP_OOM_SCORE] = NEED_DATA,
	[STEP_SESSION_KEYRING] = IS_TEXT,
	[STEP_SECCOMP] = NEED_DATA,
	[STEP_DIRECTORY] = NEED_PATH,
	[STEP_FIND_PROGRAM] = NEED_PATH | IS_TEXT,
	[STEP_AWAIT_START] = NEED_FD,
	[STEP_EXEC] = NEED_DATA | IS_LIST | IS_ENVIRONMENT,
	[STEP_SCHEDULER] = NEED_DATA,
	[STEP_CPU_AFFINITY] = NEED_DATA,
	[STEP_TIME_OFFSETS] = NEED_DATA,
	[STEP_LABEL] = NEED_PATH | NEED_DATA,
	[STEP_FUSE_ROOT] = NEED_PATH,
};

static bool
step_is_sound(const struct plan *plan, const struct plan_step *step)
{
	if (step->kind <= STEP_NONE || step->kind >= STEP_KIND_COUNT)
		return false;

	unsigned need = needs[step->kind];

	if ((need & NEED_PATH && step->path == 0) || (need & NEED_SOURCE && step->source == 0) ||
	    (need & NEED_DATA && (step->data == 0 || step->data_size == 0)) || (need & NEED_FD && step->fd == PLAN_NO_FD))
		return false;
	if (!text_is_inside(plan, step->origin) || !text_is_inside(plan, step->path))
		return false;
	if (need & IS_ENVIRONMENT ? !list_is_inside(plan, step->source, step->b) : !text_is_inside(plan, step->source))
		return false;
	if (!bytes_are_inside(plan, step->data, step->data_size))
		return false;
	if (need & IS_LIST && !list_is_inside(plan, step->data, step->data_size))
		return false;
	if (need & IS_TEXT && step->data != 0 &&
	    (!bytes_are_inside(plan, step->data, (uint64_t)step->data_size + 1) ||
	     memchr(plan->bytes + step->data, 0, (size_t)step->data_size + 1) !=
		     plan->bytes + step->data + step->data_size))
		return false;
	if (step->kind == STEP_BIND && step->a & STEP_MOUNT_IDMAP && !fd_is_known(plan, step->mode))
		return false;
	if (step->kind == STEP_BIND && step->source == 0 && step->fd == PLAN_NO_FD)
		return false;
	if (step->kind == STEP_MOUNT && (step->b > UINT32_MAX || !text_is_inside(plan, (uint32_t)step->b)))
		return false;
	return step->fd == PLAN_NO_FD || fd_is_known(plan, step->fd);
}

const char *
plan_check(struct plan *plan, const char *bytes, size_t size)
{
	const struct plan_header *header = (const struct plan_header *)bytes;

	if (size < sizeof(struct plan_header) || size > PLAN_MAX_SIZE)
		return "the plan has an impossible size";
	plan->bytes = bytes;
	plan->header = header;
	if (header->magic != PLAN_MAGIC)
		return "the plan is of another version";
	if (header->size != size)
		return "the plan is cut short";
	if (header->fd_count < PLAN_FD_FIRST_FREE || header->fd_count > PLAN_MAX_FDS)
		return "the plan has an impossible number of descriptors";
	if (header->step_count == 0 || header->step_count > PLAN_MAX_STEPS || header->steps % 8 != 0 ||
	    header->steps > size || header->step_count > (size - header->steps) / sizeof(struct plan_step))
		return "the plan's steps are not inside it";

	plan->steps = (const struct plan_step *)(bytes + header->steps);
	for (uint32_t i = 0; i < header->step_count; i++)
		if (!step_is_sound(plan, &plan->steps[i]))
			return "a step of the plan points outside it or lacks what it needs";
	return NULL;
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

	const char *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, first_fd + PLAN_FD_PLAN, 0);
	if (bytes == MAP_FAILED)
		return "the plan cannot be mapped";
	return plan_check(plan, bytes, (size_t)status.st_size);
}
