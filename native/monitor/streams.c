/* What goes to and fro: the user's streams, the process's, and those of who is attached. Nothing waits for one of them. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "state.h"

/* After the end, who else holds the streams open gets this long to say something... */
#define QUIET_MILLISECONDS 200
/* ...and this long in all, if it only was a process beside others. */
#define LEFTOVER_MILLISECONDS 2000
#define RETRY_MILLISECONDS 100

/* Nothing more will be said: the process is told, in the way its stream has. */
static void
end_input(void)
{
	if (!has_flag(ORDER_STDIN_ONCE) || monitor.input.to < 0)
		return;
	if (monitor.terminal >= 0) {
		struct termios now;
		char end = 4;

		if (tcgetattr(monitor.terminal, &now) == 0)
			end = (char)now.c_cc[VEOF];
		(void)!write(monitor.terminal, &end, 1);
	} else {
		close_descriptor(&monitor.input.to);
		monitor.input.to = -1;
	}
}

static void
check_input(void)
{
	/* Nobody takes it: left for whoever reads the user's input after us. */
	if (monitor.input.to < 0)
		monitor.input.from = -1;
	if (monitor.reads_input && monitor.input.from < 0 && flow_is_empty(&monitor.input)) {
		monitor.reads_input = false;
		end_input();
	}
}

void
set_up_flows(void)
{
	const struct order_header *header = monitor.order.header;
	bool silent = has_flag(ORDER_SILENT);

	monitor.input.from = monitor.input.to = monitor.error.from = -1;
	log_open(&monitor.log, order_text(&monitor.order, header->log));
	monitor.terminal = order_fd(&monitor.order, header->terminal);
	monitor.output.log = monitor.error.log = &monitor.log;
	monitor.output.message = ATTACH_OUTPUT;
	monitor.error.message = ATTACH_ERROR;
	monitor.output.stream = "stdout";
	monitor.error.stream = "stderr";
	monitor.output.to = silent ? -1 : 1;
	monitor.error.to = silent ? -1 : 2;
	if (monitor.terminal >= 0) {
		monitor.output.from = monitor.terminal;
		monitor.input.to = monitor.terminal;
	} else {
		monitor.output.from = order_fd(&monitor.order, header->output);
		monitor.error.from = order_fd(&monitor.order, header->error);
		monitor.input.to = order_fd(&monitor.order, header->input);
	}
	monitor.reads_input = has_flag(ORDER_STDIN) && monitor.input.to >= 0;
	if (monitor.reads_input)
		monitor.input.from = 0;
	else if (monitor.terminal < 0 && monitor.input.to >= 0 && monitor.clients.listener < 0) {
		close_descriptor(&monitor.input.to);
		monitor.input.to = -1;
	}

	/* Ours alone, all of them: made non-blocking without anybody noticing. The user's are not. */
	int own[] = {monitor.terminal, monitor.output.from, monitor.error.from, monitor.input.to};
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		if (own[i] >= 0)
			(void)fcntl(own[i], F_SETFL, fcntl(own[i], F_GETFL) | O_NONBLOCK);
}

/* After the end: is there, or may there be, more to carry? */
bool
is_drained(int64_t now)
{
	if (!flow_is_empty(&monitor.output) || !flow_is_empty(&monitor.error))
		return false;
	bool output_done = monitor.output.from < 0 || monitor.output.hung_up;
	bool error_done = monitor.error.from < 0;

	if (output_done && error_done)
		return true;
	if (has_flag(ORDER_LEAVE_PROCESS) && now - monitor.ended_at > LEFTOVER_MILLISECONDS)
		return true;
	return now - monitor.last_output > QUIET_MILLISECONDS;
}

static int
poll_timeout(bool input_waits)
{
	if (monitor.ended)
		return QUIET_MILLISECONDS / 4;
	if ((monitor.output.owed | monitor.error.owed) != 0)
		return RETRY_MILLISECONDS * 10;
	if (monitor.output.hung_up)
		return RETRY_MILLISECONDS;
	return input_waits ? RETRY_MILLISECONDS * 5 : -1;
}

enum {
	AT_SIGNALS,
	AT_PROCESS,
	AT_STDIN,
	AT_INPUT,
	AT_OUTPUT,
	AT_STDOUT,
	AT_ERROR,
	AT_STDERR,
	AT_LISTENER,
	AT_CLIENTS,
	AT_COUNT = AT_CLIENTS + MAX_CLIENTS,
};

static void
watch(struct pollfd *at, int fd, short events)
{
	at->fd = events != 0 ? fd : -1;
	at->events = events;
	at->revents = 0;
}

static void
carry(struct flow *flow, const struct pollfd *reading, const struct pollfd *writing)
{
	if (reading->revents != 0 && flow_read(flow)) {
		monitor.last_output = milliseconds_now();
		clients_send(&monitor.clients, flow);
	}
	if (writing->revents != 0 || (reading->revents != 0 && writing->fd < 0 && !flow_is_empty(flow)))
		flow_write(flow);
}

static void
handle_message(int client, int message, size_t size)
{
	struct flow *input = &monitor.input;
	uint16_t rows_columns[2];

	switch (message) {
	case ATTACH_INPUT:
		if (input->to >= 0)
			input->end = size;
		return;
	case ATTACH_END:
		return end_input();
	case ATTACH_SIZE:
		if (monitor.terminal >= 0 && size == sizeof rows_columns) {
			memcpy(rows_columns, input->bytes, sizeof rows_columns);
			struct winsize window = {.ws_row = rows_columns[0], .ws_col = rows_columns[1]};
			(void)ioctl(monitor.terminal, TIOCSWINSZ, &window);
		}
		return;
	case ATTACH_SIGNAL:
		if (size == 1 && input->bytes[0] > 0 && input->bytes[0] <= 64)
			send_on(input->bytes[0]);
		return;
	case 0:
		return;
	default:
		client_close(&monitor.clients, client, &monitor.output, &monitor.error);
	}
}

/* What they say goes through the buffer of the input: read only when that is free. */
static void
watch_clients(struct pollfd at[AT_COUNT])
{
	unsigned owed = monitor.output.owed | monitor.error.owed;

	watch(&at[AT_LISTENER], monitor.clients.listener, monitor.ended || monitor.clients.listener < 0 ? 0 : POLLIN);
	for (int i = 0; i < MAX_CLIENTS; i++) {
		short events = owed & (1u << i) ? POLLOUT : 0;

		if (flow_is_empty(&monitor.input))
			events |= POLLIN;
		watch(&at[AT_CLIENTS + i], monitor.clients.fds[i], monitor.clients.fds[i] < 0 ? 0 : events);
	}
}

static void
serve_clients(const struct pollfd at[AT_COUNT])
{
	for (int i = 0; i < MAX_CLIENTS; i++) {
		size_t size = 0;

		if (monitor.clients.fds[i] < 0)
			continue;
		if ((monitor.output.owed | monitor.error.owed) & (1u << i))
			client_retry(&monitor.clients, i, &monitor.output, &monitor.error);
		if ((at[AT_CLIENTS + i].revents & (POLLIN | POLLHUP | POLLERR)) == 0 || !flow_is_empty(&monitor.input) ||
		    monitor.clients.fds[i] < 0)
			continue;
		monitor.input.start = monitor.input.end = 0;
		int message = client_read(&monitor.clients, i, monitor.input.bytes, sizeof monitor.input.bytes, &size);
		handle_message(i, message, size);
		if (!flow_is_empty(&monitor.input))
			flow_write(&monitor.input);
	}
	if (at[AT_LISTENER].revents != 0)
		clients_accept(&monitor.clients);
}

/* One round. The user's input is read only while we are in the foreground and somebody is there to get it. */
void
serve(void)
{
	struct pollfd at[AT_COUNT];
	bool input_waits = monitor.input.from >= 0 && isatty(0) && !is_foreground();

	watch(&at[AT_SIGNALS], monitor.signals, POLLIN);
	watch(&at[AT_PROCESS], monitor.process, monitor.ended ? 0 : POLLIN);
	watch(&at[AT_STDIN], monitor.input.from, monitor.ended || input_waits ? 0 : flow_reads(&monitor.input));
	watch(&at[AT_INPUT], monitor.input.to, monitor.ended ? 0 : flow_writes(&monitor.input));
	watch(&at[AT_OUTPUT], monitor.output.from, flow_reads(&monitor.output));
	watch(&at[AT_STDOUT], monitor.output.to, flow_writes(&monitor.output));
	watch(&at[AT_ERROR], monitor.error.from, flow_reads(&monitor.error));
	watch(&at[AT_STDERR], monitor.error.to, flow_writes(&monitor.error));

	watch_clients(at);

	int ready = poll(at, AT_COUNT, poll_timeout(input_waits));
	if (ready == 0 && monitor.output.hung_up)
		monitor.output.hung_up = monitor.ended;
	if (ready < 0)
		return;

	if (at[AT_SIGNALS].revents != 0)
		read_signals();
	if (at[AT_PROCESS].revents != 0)
		reap();
	if (at[AT_STDIN].revents != 0)
		(void)flow_read(&monitor.input);
	if (at[AT_INPUT].revents != 0)
		flow_write(&monitor.input);
	serve_clients(at);
	check_input();
	carry(&monitor.output, &at[AT_OUTPUT], &at[AT_STDOUT]);
	carry(&monitor.error, &at[AT_ERROR], &at[AT_STDERR]);
}
