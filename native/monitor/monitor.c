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
#include "state.h"

/* The record does not wait longer for a reader of ours who does not read. */
#define RECORD_MILLISECONDS 1000

/* Without an initializer: its buffers must not be part of the file. */
struct monitor monitor;

bool
has_flag(uint32_t flag)
{
	return (monitor.order.header->flags & flag) != 0;
}

int
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
void
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

void
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

void
read_signals(void)
{
	struct signalfd_siginfo info;

	while (read(monitor.signals, &info, sizeof info) == sizeof info)
		handle_signal((int)info.ssi_signo);
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
	clients_open(&monitor.clients, header->attach == 0 ? -1 : order_fd(&monitor.order, header->attach));
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
	if (wrong == NULL && monitor.order.header->pid <= 0)
		wrong = "the order names no process";
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
	int code = WIFSIGNALED(monitor.status) ? 128 + WTERMSIG(monitor.status) : WEXITSTATUS(monitor.status);
	clients_tell_exit(&monitor.clients, code);
	return code;
}
