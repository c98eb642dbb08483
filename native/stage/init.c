/* STEP_INIT: pid 1 stays behind, so that orphans are reaped and signals have somebody who does not ignore them. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "kernel.h"
#include "steps.h"

static int
exit_code_of(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Reaps all that ended; true when `child` was among them. */
static bool
reap(pid_t child, int *code)
{
	bool ended = false;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0 || (pid < 0 && errno == EINTR))
		if (pid == child) {
			ended = true;
			*code = exit_code_of(status);
		}
	return ended;
}

static _Noreturn void
serve(pid_t child)
{
	sigset_t all;
	int code = 0;

	(void)sigfillset(&all);
	for (;;) {
		int number = sigwaitinfo(&all, NULL);

		if (number < 0)
			continue;
		if (number == SIGCHLD) {
			if (reap(child, &code))
				_exit(code);
		} else if (number != SIGTTIN && number != SIGTTOU) {
			(void)kill(child, number);
		}
	}
}

int
stay_as_init(struct stage *stage, const struct plan_step *step)
{
	sigset_t all, before;

	(void)step;
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);

	pid_t child = fork();
	if (child < 0)
		return fail(stage, "fork from init");
	if (child == 0) {
		/* A group of its own in the terminal's foreground: what is typed reaches it, not init. */
		(void)setpgid(0, 0);
		(void)tcsetpgrp(0, getpid());
		(void)sigprocmask(SIG_SETMASK, &before, NULL);
		(void)prctl(PR_SET_DUMPABLE, 0);
		return 0;
	}

	/* Where it is not pid 1, orphans come to it all the same. */
	if (getpid() != 1)
		(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	(void)prctl(PR_SET_NAME, "init");
	/* "stage" has room for it; the number behind it is nobody's business. */
	if (stage->name != NULL)
		memcpy(stage->name, "init\0\0", 7);
	if (sys_close_range(0, ~0u, 0) < 0)
		for (int fd = 0; fd < 1024; fd++)
			(void)close(fd);
	/* The plan holds the program's environment: init has no use for it. */
	(void)munmap((void *)stage->plan.bytes, stage->plan.header->size);
	(void)chdir("/");
	serve(child);
}
