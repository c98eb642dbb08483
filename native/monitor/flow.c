/* One direction of a stream. Reads when there is room, writes when the other side takes it; nothing waits for either. */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "monitor.h"

/* More than a pipe takes at once without blocking would stop us on a slow reader. */
#define PIECE 4096

bool
flow_is_empty(const struct flow *flow)
{
	return flow->start == flow->end && flow->owed == 0;
}

short
flow_reads(const struct flow *flow)
{
	return flow->from >= 0 && flow_is_empty(flow) && !flow->hung_up ? POLLIN : 0;
}

short
flow_writes(const struct flow *flow)
{
	return flow->to >= 0 && flow->start != flow->end ? POLLOUT : 0;
}

bool
flow_read(struct flow *flow)
{
	if (flow->from < 0 || !flow_is_empty(flow))
		return false;
	ssize_t size = read(flow->from, flow->bytes, sizeof flow->bytes);

	if (size > 0) {
		flow->hung_up = false;
		flow->start = 0;
		flow->end = (size_t)size;
		if (flow->stream != NULL)
			log_write(flow->log, flow->stream, flow->bytes, flow->end);
		if (flow->to < 0)
			flow->start = flow->end;
		return true;
	}
	if (size < 0 && (errno == EINTR || errno == EAGAIN))
		return false;
	/* EIO is how a terminal says that nobody has its other end open. */
	if (size < 0 && errno == EIO)
		flow->hung_up = true;
	else
		flow->from = -1;
	return false;
}

void
flow_write(struct flow *flow)
{
	size_t left = flow->end - flow->start;

	if (flow->to < 0 || left == 0)
		return;
	ssize_t size = write(flow->to, flow->bytes + flow->start, left < PIECE ? left : PIECE);
	if (size >= 0) {
		flow->start += (size_t)size;
	} else if (errno != EINTR && errno != EAGAIN) {
		/* Nobody reads any more. What still comes is dropped, or the process would stand still. */
		flow->to = -1;
		flow->start = flow->end;
	}
}
