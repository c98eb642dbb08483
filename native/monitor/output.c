/* What the monitor writes for others to read: complaints, times, the log, the record of the exit. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "monitor.h"

int64_t
milliseconds_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* By hand, from Howard Hinnant's days_from_civil: libc's way brings time zones and locales into a static program. */
static void
civil_date(int64_t days, int *year, unsigned *month, unsigned *day)
{
	days += 719468; /* from 0000-03-01 */
	int64_t era = days / 146097;
	unsigned of_era = (unsigned)(days - era * 146097);
	unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	unsigned shifted = (5 * of_year + 2) / 153;

	*day = of_year - (153 * shifted + 2) / 5 + 1;
	*month = shifted < 10 ? shifted + 3 : shifted - 9;
	*year = (int)(year_of_era + era * 400) + (*month <= 2);
}

void
write_timestamp(char text[TIMESTAMP_SIZE])
{
	struct timespec now;
	unsigned month, day;
	int year;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	unsigned second = (unsigned)(now.tv_sec % 86400);
	civil_date(now.tv_sec / 86400, &year, &month, &day);
	(void)snprintf(text, TIMESTAMP_SIZE, "%04d-%02u-%02uT%02u:%02u:%02u.%09uZ", year, month, day, second / 3600, second / 60 % 60,
		       second % 60, (unsigned)now.tv_nsec);
}

int
write_whole(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t written = write(fd, data, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -1;
		data += written;
		size -= (size_t)written;
	}
	return 0;
}

void
complain(const char *format, ...)
{
	char line[PATH_MAX + 256] = "crun-sharp: ";
	size_t used = strlen(line);
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(line + used, sizeof line - used - 1, format, arguments);
	va_end(arguments);
	used = strlen(line);
	line[used++] = '\n';
	(void)write_whole(2, line, used);
}

void
log_open(struct log *log, const char *path)
{
	log->fd = -1;
	if (path == NULL)
		return;
	log->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (log->fd < 0)
		complain("cannot write the log '%s': %s", path, strerror(errno));
}

/* Nothing is held back for the rest of a line: who follows the log sees a prompt at once. */
void
log_write(struct log *log, const char *stream, const char *data, size_t size)
{
	char out[FLOW_SIZE], time[TIMESTAMP_SIZE];
	size_t used = 0;

	if (log == NULL || log->fd < 0)
		return;
	write_timestamp(time);
	while (size > 0) {
		const char *line_end = memchr(data, '\n', size);
		size_t length = line_end == NULL ? size : (size_t)(line_end - data);
		bool is_whole = line_end != NULL;

		if (length > FLOW_SIZE / 2) {
			length = FLOW_SIZE / 2;
			is_whole = false;
		}
		if (used + length + 64 > sizeof out) {
			(void)write_whole(log->fd, out, used);
			used = 0;
		}
		used += (size_t)snprintf(out + used, sizeof out - used, "%s %s %c ", time, stream, is_whole ? 'F' : 'P');
		memcpy(out + used, data, length);
		used += length;
		out[used++] = '\n';
		data += length + is_whole;
		size -= length + is_whole;
	}
	(void)write_whole(log->fd, out, used);
}

/* Beside, then renamed: whoever reads it sees all of it or nothing. */
void
write_record(const struct order *order, int status)
{
	const char *path = order_text(order, order->header->record);
	char beside[PATH_MAX], line[256], time[TIMESTAMP_SIZE];
	int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (path == NULL)
		return;
	write_timestamp(time);
	int size = snprintf(line, sizeof line, "{\"pid\":%d,\"exitCode\":%d,\"signal\":%d,\"exitedAt\":\"%s\"}\n", order->header->pid,
			    signal != 0 ? 128 + signal : WEXITSTATUS(status), signal, time);
	if (snprintf(beside, sizeof beside, "%s.%d.tmp", path, getpid()) >= (int)sizeof beside)
		return complain("cannot write '%s': its name is too long", path);

	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || write_whole(fd, line, (size_t)size) < 0 || rename(beside, path) < 0) {
		complain("cannot write '%s': %s", path, strerror(errno));
		(void)unlink(beside);
	}
	close_descriptor(&fd);
}
