/*
 * The holder: keeps a user namespace open, and does nothing else until SIGTERM.
 * It also tries, for `doctor`, what cannot be tried in a process with many threads.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "holder.h"
#include "trial.h"

#define EXIT_HOLDER 125

int holder_main(int argc, char **argv);

static int
tell(int answer, int pid, int error)
{
	struct holder_answer message = {.pid = pid, .error = error};

	/* One write of eight bytes into an empty pipe is whole or not at all. */
	return write(answer, &message, sizeof message) == (ssize_t)sizeof message ? 0 : -1;
}

/* The child of a child: whoever asked is not its parent, and need not wait for it. */
static int
stay(int first_fd)
{
	static const int ended_by_default[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE};
	sigset_t all, only_term;
	pid_t child = fork();

	if (child < 0)
		return tell(first_fd + HOLDER_FD_ANSWER, 0, errno);
	if (child > 0)
		return 0;

	(void)setsid();
	(void)prctl(PR_SET_NAME, "crun-sharp-hold");
	for (size_t i = 0; i < sizeof ended_by_default / sizeof *ended_by_default; i++)
		(void)signal(ended_by_default[i], SIG_DFL);
	sigfillset(&all);
	only_term = all;
	sigdelset(&only_term, SIGTERM);
	(void)sigprocmask(SIG_SETMASK, &only_term, NULL);

	/* A directory kept as cwd, or a terminal kept open, would outlive whoever wants to get rid of it. */
	if (chdir("/") < 0)
		return tell(first_fd + HOLDER_FD_ANSWER, 0, errno);
	int answer = fcntl(first_fd + HOLDER_FD_ANSWER, F_DUPFD_CLOEXEC, 0);
	if (answer < 0)
		return -1;
	if (answer != 0) {
		(void)dup2(answer, 0);
		(void)close(answer);
	}
	(void)syscall(SYS_close_range, 1, ~0U, 0);

	/* Told last: whoever reads it may rely on all the above. */
	if (tell(0, getpid(), 0) < 0)
		return -1;
	(void)close(0);

	for (;;)
		(void)pause();
}

int
holder_main(int argc, char **argv)
{
	struct holder_order order;
	int error = 0;

	if (argc != 2)
		return EXIT_HOLDER;

	int first_fd = atoi(argv[1]);
	if (read(first_fd + HOLDER_FD_ORDER, &order, sizeof order) != (ssize_t)sizeof order)
		return EXIT_HOLDER;

	switch (order.mode) {
	case HOLDER_JOIN:
		if (setns(first_fd + HOLDER_FD_OBJECT, CLONE_NEWUSER) < 0) {
			error = errno;
			break;
		}
		/* fall through */
	case HOLDER_KEEP:
		return stay(first_fd) < 0 ? EXIT_HOLDER : 0;
	case HOLDER_TRY_NAMESPACES:
		error = try_namespaces(order.flags);
		break;
	case HOLDER_TRY_OVERLAY:
		error = try_overlay(first_fd + HOLDER_FD_OBJECT, order.flags != 0);
		break;
	default:
		error = ENOSYS;
		break;
	}

	return tell(first_fd + HOLDER_FD_ANSWER, 0, error) < 0 ? EXIT_HOLDER : 0;
}
