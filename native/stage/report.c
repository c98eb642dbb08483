/* Tells the launcher what failed. One message, one packet; nothing to parse. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "stage.h"

static void
tell(struct stage *stage, struct report_message *message)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	message->time = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	message->step = stage->current;
	(void)send(stage->report, message, sizeof *message, MSG_NOSIGNAL);
}

static int fail_list(struct stage *stage, int error, uint32_t detail, const char *format, va_list arguments) PRINTF(4, 0);

static int
fail_list(struct stage *stage, int error, uint32_t detail, const char *format, va_list arguments)
{
	struct report_message message = {
		.kind = stage->is_lenient ? REPORT_NOTE : REPORT_FAILED,
		.error = error,
		.detail = detail,
	};

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

void
report_kind(struct stage *stage, uint32_t kind, int value)
{
	struct report_message message = {.kind = kind, .error = value};

	tell(stage, &message);
}

int
report_descriptor(struct stage *stage, uint32_t kind, int fd)
{
	struct report_message message = {.kind = kind, .step = stage->current};

	return send_descriptor(stage->report, &message, sizeof message, fd);
}
