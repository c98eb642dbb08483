/*
 * The monitor: stays with a process that the engine started, in the engine's
 * place (same pid, same terminal). Carries its streams and signals, and cleans
 * up after it. argv[1] is the number of the first of the order's descriptors.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel.h"
#include "monitor.h"

int monitor_main(int argc, char **argv);

/* After the end, who else holds the streams open gets this long to say something... */
#define QUIET_MILLISECONDS 200
/* ...and this long in all, if it only was a process beside others. */
#define LEFTOVER_MILLISECONDS 2000
/* The record does not wait longer for a reader of ours who does not read. */
#define RECORD_MILLISECONDS 1000
#define RETRY_MILLISECONDS 100

struct monitor {
	struct order order;
	int process; /* pidfd, or -1 */
	int signals;
	int terminal;
	struct own_terminal own;
	struct log log;
	struct flow input, output, error;
	bool ended, recorded;
	int status;
	int64_t ended_at, last_output;
};

/* Without an initializer: its buffers must not be part of the file. */
static struct monitor monitor;

static bool
has_flag(uint32_t flag)
{
	return (monitor.order.header->flags & flag) != 0;
}

static int
take_signals(void)
{
	static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
	sigset_t all;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigfillset(&all);
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		(void)sigdelset(&all, own[i]);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	return signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
note_end(int status)
{
	monitor.ended = true;
	monitor.status = status;
	monitor.ended_at = monitor.last_output = milliseconds_now();
}

/* Others than the process may be children too: helpers, and orphans of a process that exec'ed. */
static void
reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0)
		if (pid == monitor.order.header->pid)
			note_end(status);
	/* Not our child after all: only its end can be seen, not its code. */
	if (!monitor.ended && pid < 0 && errno == ECHILD) {
		struct pollfd process = {.fd = monitor.process, .events = POLLIN};

		if (monitor.process < 0 || poll(&process, 1, 0) > 0)
			note_end(255 << 8);
	}
}

static void
send_on(int number)
{
	if (monitor.process >= 0)
		(void)sys_pidfd_send_signal(monitor.process, number);
	else if (!monitor.ended)
		(void)kill(monitor.order.header->pid, number);
}

static void
handle_signal(int number)
{
	switch (number) {
	case SIGCHLD:
		reap();
		return;
	case SIGPIPE:
	case SIGURG:
	case SIGTTIN:
	case SIGTTOU:
		return;
	case SIGWINCH:
		if (monitor.terminal >= 0) {
			terminal_copy_size(monitor.terminal);
			return;
		}
		break;
	case SIGCONT:
		/* Whoever stopped us may have changed the terminal, and it may have changed its size. */
		terminal_enter_raw(&monitor.own);
		if (monitor.terminal >= 0)
			terminal_copy_size(monitor.terminal);
		break;
	default:
		break;
	}
	send_on(has_flag(ORDER_FORWARD_SIGNALS) ? number : SIGKILL);
}

static void
read_signals(void)
{
	struct signalfd_siginfo info;

	while (read(monitor.signals, &info, sizeof info) == sizeof info)
		handle_signal((int)info.ssi_signo);
}

/* The user has nothing more to say: the process is told, in the way its stream has. */
static void
end_input(void)
{
	/* Nobody takes it: left for whoever reads the user's input after us. */
	if (monitor.input.to < 0)
		monitor.input.from = -1;
	if (monitor.input.from >= 0 || !flow_is_empty(&monitor.input) || monitor.input.to < 0)
		return;
	if (has_flag(ORDER_STDIN_ONCE)) {
		if (monitor.terminal >= 0) {
			struct termios now;
			char end = 4;

			if (tcgetattr(monitor.terminal, &now) == 0)
				end = (char)now.c_cc[VEOF];
			(void)!write(monitor.terminal, &end, 1);
		} else {
			close_descriptor(&monitor.input.to);
		}
	}
	monitor.input.to = -1;
}

static void
set_up_flows(void)
{
	const struct order_header *header = monitor.order.header;
	bool silent = has_flag(ORDER_SILENT);

	monitor.input.from = monitor.input.to = monitor.error.from = -1;
	log_open(&monitor.log, order_text(&monitor.order, header->log));
	monitor.terminal = order_fd(&monitor.order, header->terminal);
	monitor.output.log = monitor.error.log = &monitor.log;
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
	if (has_flag(ORDER_STDIN) && monitor.input.to >= 0)
		monitor.input.from = 0;
	else if (monitor.terminal < 0 && monitor.input.to >= 0) {
		close_descriptor(&monitor.input.to);
		monitor.input.to = -1;
	}

	/* Ours alone, all of them: made non-blocking without anybody noticing. The user's are not. */
	int own[] = {monitor.terminal, monitor.output.from, monitor.error.from, monitor.input.to};
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		if (own[i] >= 0)
			(void)fcntl(own[i], F_SETFL, fcntl(own[i], F_GETFL) | O_NONBLOCK);
}

static void
set_up(int first_fd)
{
	const struct order_header *header = monitor.order.header;

	for (uint32_t i = 0; i < header->fd_count; i++)
		(void)fcntl(first_fd + (int)i, F_SETFD, FD_CLOEXEC);
	monitor.signals = take_signals();
	monitor.process = order_fd(&monitor.order, header->pidfd);
	if (monitor.process < 0)
		monitor.process = sys_pidfd_open(header->pid);
	set_up_flows();
	monitor.own.wanted = has_flag(ORDER_RAW);
	terminal_enter_raw(&monitor.own);
	if (monitor.terminal >= 0)
		terminal_copy_size(monitor.terminal);

	int ready = order_fd(&monitor.order, header->ready);
	if (ready >= 0) {
		(void)!write(ready, "", 1);
		close_descriptor(&ready);
	}
}

/* After the end: is there, or may there be, more to carry? */
static bool
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
	AT_COUNT,
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
	if (reading->revents != 0 && flow_read(flow))
		monitor.last_output = milliseconds_now();
	if (writing->revents != 0 || (reading->revents != 0 && writing->fd < 0 && !flow_is_empty(flow)))
		flow_write(flow);
}

/* One round. The user's input is read only while we are in the foreground and somebody is there to get it. */
static void
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

	int ready = poll(at, AT_COUNT, poll_timeout(input_waits));
	if (ready == 0 && monitor.output.hung_up)
		monitor.output.hung_up = monitor.ended;
	if (ready <= 0)
		return;

	if (at[AT_SIGNALS].revents != 0)
		read_signals();
	if (at[AT_PROCESS].revents != 0)
		reap();
	if (at[AT_STDIN].revents != 0)
		(void)flow_read(&monitor.input);
	if (at[AT_INPUT].revents != 0)
		flow_write(&monitor.input);
	end_input();
	carry(&monitor.output, &at[AT_OUTPUT], &at[AT_STDOUT]);
	carry(&monitor.error, &at[AT_ERROR], &at[AT_STDERR]);
}

static void
record_once(void)
{
	if (!monitor.recorded)
		write_record(&monitor.order, monitor.status);
	monitor.recorded = true;
}

int
monitor_main(int argc, char **argv)
{
	if (argc != 2)
		return EXIT_MONITOR;

	int first_fd = atoi(argv[1]);
	const char *wrong = order_open(&monitor.order, first_fd);
	if (wrong != NULL) {
		complain("cannot watch the container: %s", wrong);
		return EXIT_MONITOR;
	}

	set_up(first_fd);
	reap();
	for (;;) {
		int64_t now = milliseconds_now();

		if (monitor.ended && is_drained(now))
			break;
		if (monitor.ended && now - monitor.ended_at > RECORD_MILLISECONDS)
			record_once();
		serve();
	}

	terminal_restore(&monitor.own);
	record_once();
	carry_out(&monitor.order);
	return WIFSIGNALED(monitor.status) ? 128 + WTERMSIG(monitor.status) : WEXITSTATUS(monitor.status);
}
