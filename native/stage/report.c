/* Tells the launcher what failed. One message, one packet; nothing to parse. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stage.h"

void
close_descriptor(const int *fd)
{
	if (*fd >= 0) {
		int saved = errno;

		(void)close(*fd);
		errno = saved;
	}
}

static void
tell(struct stage *stage, struct report_message *message)
{
	message->step = stage->current;
	/* Nobody listening is no reason to die of SIGPIPE: the exit code still tells. */
	(void)send(stage->report, message, sizeof *message, MSG_NOSIGNAL);
}

static int
fail_list(struct stage *stage, int error, uint32_t detail, const char *format, va_list arguments)
{
	struct report_message message = {.kind = REPORT_FAILED, .error = error, .detail = detail};

	(void)vsnprintf(message.text, sizeof message.text, format, arguments);
	tell(stage, &message);
	return -1;
}

int
fail(struct stage *stage, const char *format, ...)
{
	int error = errno;
	va_list arguments;

	va_start(arguments, format);
	(void)fail_list(stage, error, DETAIL_NONE, format, arguments);
	va_end(arguments);
	return -1;
}

int
fail_with(struct stage *stage, int error, uint32_t detail, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)fail_list(stage, error, detail, format, arguments);
	va_end(arguments);
	return -1;
}

int
report_ready(struct stage *stage)
{
	struct report_message message = {.kind = REPORT_READY};

	tell(stage, &message);
	return 0;
}
