/* The decoder of the monitor's order: checked whole, once, before anything is done. */
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "monitor.h"

const char *
order_text(const struct order *order, uint32_t offset)
{
	return offset == 0 ? NULL : order->bytes + offset;
}

int
order_fd(const struct order *order, uint32_t index)
{
	return index == ORDER_NO_FD ? -1 : order->first_fd + (int)index;
}

static bool
text_is_inside(const struct order *order, uint32_t offset)
{
	uint32_t size = order->header->size;

	return offset == 0 || (offset < size && memchr(order->bytes + offset, 0, size - offset) != NULL);
}

static bool
list_is_inside(const struct order *order, uint32_t offset, uint32_t length)
{
	uint32_t size = order->header->size;

	if (offset == 0)
		return length == 0;
	return offset < size && length <= size - offset && (length == 0 || order->bytes[offset + length - 1] == 0);
}

static bool
fd_is_known(const struct order *order, uint32_t fd)
{
	return fd == ORDER_NO_FD || (fd > ORDER_FD_ORDER && fd < order->header->fd_count);
}

static bool
action_is_sound(const struct order *order, const struct order_action *action)
{
	if (action->kind <= ACTION_NONE || action->kind >= ACTION_KIND_COUNT)
		return false;
	if (action->kind == ACTION_KILL ? action->fd == ORDER_NO_FD : action->path == 0)
		return false;
	return text_is_inside(order, action->path) && list_is_inside(order, action->data, action->data_size) &&
	       fd_is_known(order, action->fd) && (action->kind != ACTION_RUN || action->data_size > 0);
}

const char *
order_check(struct order *order, const char *bytes, size_t size)
{
	const struct order_header *header = (const struct order_header *)bytes;

	if (size < sizeof *header || size > ORDER_MAX_SIZE)
		return "the order has an impossible size";
	order->bytes = bytes;
	order->header = header;
	if (header->magic != ORDER_MAGIC)
		return "the order is of another version";
	if (header->size != size)
		return "the order is cut short";
	if (header->fd_count < 1 || header->fd_count > ORDER_MAX_FDS)
		return "the order has an impossible number of descriptors";
	if (!fd_is_known(order, header->pidfd) || !fd_is_known(order, header->terminal) || !fd_is_known(order, header->input) ||
	    !fd_is_known(order, header->output) || !fd_is_known(order, header->error) || !fd_is_known(order, header->ready) ||
	    (header->attach != 0 && !fd_is_known(order, header->attach)))
		return "the order names a descriptor that it does not have";
	if (!text_is_inside(order, header->record) || !text_is_inside(order, header->log))
		return "a path of the order is not inside it";
	if (header->action_count > ORDER_MAX_ACTIONS || header->actions % 8 != 0 || header->actions > size ||
	    header->action_count > (size - header->actions) / sizeof(struct order_action))
		return "the order's actions are not inside it";

	order->actions = (const struct order_action *)(bytes + header->actions);
	for (uint32_t i = 0; i < header->action_count; i++)
		if (!action_is_sound(order, &order->actions[i]))
			return "an action of the order points outside it or lacks what it needs";
	return NULL;
}

const char *
order_open(struct order *order, int first_fd)
{
	struct stat status;

	order->first_fd = first_fd;
	if (fstat(first_fd + ORDER_FD_ORDER, &status) < 0)
		return "the order's descriptor is not open";
	if (status.st_size < (off_t)sizeof(struct order_header) || status.st_size > (off_t)ORDER_MAX_SIZE)
		return "the order has an impossible size";

	const char *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, first_fd + ORDER_FD_ORDER, 0);
	if (bytes == MAP_FAILED)
		return "the order cannot be mapped";
	return order_check(order, bytes, (size_t)status.st_size);
}
