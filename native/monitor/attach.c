/*
 * Mode "attach": a user's terminal or pipes, connected to the monitor of a
 * process that somebody else started. Detaching leaves that process alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "monitor.h"

#define PIECE 4096
#define DETACH_FIRST 0x10 /* ctrl-p */
#define DETACH_THEN 0x11  /* ctrl-q */

struct attached {
	struct order order;
	struct own_terminal own;
	int monitor;
	int signals;
	bool reads_input;
	bool saw_first_key;
	int code; /* -1: goes on */
};

static bool
has_flag(const struct attached *attached, uint32_t flag)
{
	return (attached->order.header->flags & flag) != 0;
}

/* Waits until the monitor takes it: the user's typing may wait, it may not be lost. */
static void
say(struct attached *attached, char message, const void *bytes, size_t size)
{
	struct iovec parts[2] = {{.iov_base = &message, .iov_len = 1}, {.iov_base = (void *)bytes, .iov_len = size}};
	struct msghdr whole = {.msg_iov = parts, .msg_iovlen = 2};

	while (sendmsg(attached->monitor, &whole, MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

static void
say_size(struct attached *attached)
{
	struct winsize size;

	if (terminal_size(&size)) {
		uint16_t parts[2] = {size.ws_row, size.ws_col};

		say(attached, ATTACH_SIZE, parts, sizeof parts);
	}
}

/* ctrl-p is held back until it is clear whether ctrl-q follows. */
static void
hand_on(struct attached *attached, const char *bytes, size_t size)
{
	char piece[PIECE + 1];
	size_t used = 0;

	if (!attached->own.is_raw || !has_flag(attached, ORDER_DETACH_KEYS))
		return say(attached, ATTACH_INPUT, bytes, size);
	for (size_t i = 0; i < size; i++) {
		if (attached->saw_first_key && bytes[i] == DETACH_THEN) {
			attached->code = 0;
			break;
		}
		if (attached->saw_first_key)
			piece[used++] = DETACH_FIRST;
		attached->saw_first_key = bytes[i] == DETACH_FIRST;
		if (!attached->saw_first_key)
			piece[used++] = bytes[i];
		if (used >= PIECE) {
			say(attached, ATTACH_INPUT, piece, used);
			used = 0;
		}
	}
	if (used > 0)
		say(attached, ATTACH_INPUT, piece, used);
}

static void
read_input(struct attached *attached)
{
	char bytes[PIECE];
	ssize_t size = read(0, bytes, sizeof bytes);

	if (size > 0) {
		hand_on(attached, bytes, (size_t)size);
	} else if (size == 0 || (errno != EINTR && errno != EAGAIN)) {
		attached->reads_input = false;
		say(attached, ATTACH_END, "", 0);
	}
}

static void
read_signal(struct attached *attached)
{
	struct signalfd_siginfo info;

	while (read(attached->signals, &info, sizeof info) == sizeof info) {
		uint8_t number = (uint8_t)info.ssi_signo;

		switch (number) {
		case SIGCHLD:
		case SIGPIPE:
		case SIGURG:
		case SIGTTIN:
		case SIGTTOU:
			break;
		case SIGWINCH:
			say_size(attached);
			break;
		case SIGCONT:
			terminal_enter_raw(&attached->own);
			say_size(attached);
			break;
		default:
			/* The user's terminal is gone, not the process's: it lives on, and can be attached to again. */
			if (attached->own.is_raw && number == SIGHUP)
				attached->code = 128 + SIGHUP;
			else if (has_flag(attached, ORDER_FORWARD_SIGNALS))
				say(attached, ATTACH_SIGNAL, &number, 1);
			else
				attached->code = 128 + number;
		}
	}
}

static void
read_monitor(struct attached *attached)
{
	static char bytes[FLOW_SIZE + 1];
	ssize_t size = recv(attached->monitor, bytes, sizeof bytes, 0);

	if (size < 0 && errno == EINTR)
		return;
	if (size <= 0)
		attached->code = EXIT_MONITOR;
	else if (bytes[0] == ATTACH_OUTPUT)
		(void)write_whole(1, bytes + 1, (size_t)size - 1);
	else if (bytes[0] == ATTACH_ERROR)
		(void)write_whole(2, bytes + 1, (size_t)size - 1);
	else if (bytes[0] == ATTACH_EXIT && size > 1)
		attached->code = (unsigned char)bytes[1];
}

static void
serve(struct attached *attached)
{
	bool may_read = attached->reads_input && (!isatty(0) || is_foreground());
	struct pollfd at[3] = {
		{.fd = attached->signals, .events = POLLIN},
		{.fd = attached->monitor, .events = POLLIN},
		{.fd = may_read ? 0 : -1, .events = POLLIN},
	};

	if (poll(at, 3, attached->reads_input && !may_read ? 500 : -1) <= 0)
		return;
	if (at[0].revents != 0)
		read_signal(attached);
	if (at[1].revents != 0)
		read_monitor(attached);
	if (at[2].revents != 0 && attached->code < 0)
		read_input(attached);
}

int
attach_main(int argc, char **argv)
{
	struct attached attached = {.code = -1};

	if (argc != 2)
		return EXIT_MONITOR;
	const char *wrong = order_open(&attached.order, atoi(argv[1]));
	if (wrong == NULL && (attached.order.header->attach == 0 || attached.order.header->attach == ORDER_NO_FD))
		wrong = "the order has no socket";
	if (wrong != NULL) {
		complain("cannot attach: %s", wrong);
		return EXIT_MONITOR;
	}

	attached.monitor = order_fd(&attached.order, attached.order.header->attach);
	attached.reads_input = has_flag(&attached, ORDER_STDIN);
	attached.own.wanted = has_flag(&attached, ORDER_RAW);
	attached.signals = take_signals();
	terminal_enter_raw(&attached.own);
	say_size(&attached);
	while (attached.code < 0)
		serve(&attached);
	terminal_restore(&attached.own);
	return attached.code;
}
