/* Waits for a child in place, and hands on what this process is sent meanwhile. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "launch.h"

static const int handed_on[] = {SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGTERM, SIGCONT, SIGALRM, SIGWINCH};
#define HANDED_ON (sizeof handed_on / sizeof *handed_on)

static _Atomic int child;

static void
hand_on(int signal)
{
	int saved = errno;

	/* Until it is waited for, the number cannot be another's. */
	if (child > 0)
		(void)kill(child, signal);
	errno = saved;
}

int
crunsharp_wait(int pid, int *status)
{
	struct sigaction before[HANDED_ON];
	struct sigaction handler = {.sa_handler = hand_on, .sa_flags = SA_RESTART};
	siginfo_t end;
	int result;

	child = pid;
	for (size_t i = 0; i < HANDED_ON; i++)
		(void)sigaction(handed_on[i], &handler, &before[i]);

	/* Not taken yet: a signal that comes now still goes to the zombie, and to nobody else. */
	do
		result = waitid(P_PID, (id_t)pid, &end, WEXITED | WNOWAIT);
	while (result < 0 && errno == EINTR);
	child = 0;
	for (size_t i = 0; i < HANDED_ON; i++)
		(void)sigaction(handed_on[i], &before[i], NULL);
	if (result < 0)
		return -errno;
	return waitpid(pid, status, 0) < 0 ? -errno : 0;
}
