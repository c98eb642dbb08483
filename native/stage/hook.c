/* STEP_HOOK: a program of the host or the image, run meanwhile; its output is kept for the message if it fails. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kernel.h"
#include "steps.h"

struct output {
	char text[300];
	size_t size;
};

static _Noreturn void
become_hook(struct stage *stage, const struct plan_step *step, char **arguments, char **variables, int output)
{
	int input = step->fd == PLAN_NO_FD ? open("/dev/null", O_RDONLY | O_CLOEXEC) : plan_fd(&stage->plan, step->fd);

	if (step->fd != PLAN_NO_FD)
		(void)lseek(input, 0, SEEK_SET);
	if ((input >= 0 && dup2(input, 0) < 0) || dup2(output, 1) < 0 || dup2(output, 2) < 0 ||
	    (!stage->is_sealed && close_at_exec(stage, 3) < 0))
		_exit(126);
	reset_signals();
	(void)umask(stage->umask);
	(void)execve(plan_text(&stage->plan, step->path), arguments, variables);
	(void)dprintf(2, "%s", strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static int64_t
now_in_milliseconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
keep_output(int pipe_end, struct output *output)
{
	char piece[512];
	ssize_t size;

	while ((size = read(pipe_end, piece, sizeof piece)) > 0) {
		size_t room = sizeof output->text - 1 - output->size;
		size_t kept = (size_t)size < room ? (size_t)size : room;

		memcpy(output->text + output->size, piece, kept);
		output->size += kept;
	}
	output->text[output->size] = 0;
}

/* False: out of time. What it left running may keep the pipe open, so its own end counts, not the pipe's. */
static bool
await_hook(int process, int pipe_end, int64_t deadline, struct output *output)
{
	for (;;) {
		struct pollfd fds[2] = {{.fd = process, .events = POLLIN}, {.fd = pipe_end, .events = POLLIN}};
		int64_t left = deadline < 0 ? -1 : deadline - now_in_milliseconds();

		if (deadline >= 0 && left <= 0)
			return false;
		int ready = poll(fds, 2, left > INT32_MAX ? INT32_MAX : (int)left);
		if (ready < 0 && errno != EINTR)
			return false;
		if (ready <= 0)
			continue;
		if (fds[1].revents != 0)
			keep_output(pipe_end, output);
		if (fds[0].revents != 0)
			return true;
		if (fds[1].revents & POLLHUP) {
			/* Nothing more comes; do not spin while it ends. */
			(void)poll(fds, 1, left > INT32_MAX ? INT32_MAX : (int)left);
		}
	}
}

int
run_hook(struct stage *stage, const struct plan_step *step)
{
	const char *path = plan_text(&stage->plan, step->path);
	const char *environment = step->source == 0 ? "" : plan_text(&stage->plan, step->source);
	char **arguments = list_pointers(plan_data(&stage->plan, step), step->data_size);
	char **variables = list_pointers(environment, step->source == 0 ? 0 : (size_t)step->b);
	struct output output = {0};
	int ends[2], status = 0;

	if (arguments == NULL || variables == NULL || pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return fail(stage, "prepare the hook '%s'", path);
	AUTO_CLOSE int reader = ends[0];
	/* The hook's end must block as a program expects. */
	(void)fcntl(ends[1], F_SETFL, 0);

	pid_t pid = fork();
	if (pid == 0)
		become_hook(stage, step, arguments, variables, ends[1]);
	close_descriptor(&ends[1]);
	if (pid < 0)
		return fail(stage, "start the hook '%s'", path);

	AUTO_CLOSE int process = sys_pidfd_open(pid);
	if (process < 0)
		return fail(stage, "watch the hook '%s'", path);
	(void)fcntl(process, F_SETFD, FD_CLOEXEC);
	int64_t deadline = step->a == 0 ? -1 : now_in_milliseconds() + (int64_t)step->a * 1000;
	bool ended = await_hook(process, reader, deadline, &output);
	if (!ended)
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	keep_output(reader, &output);
	while (output.size > 0 && output.text[output.size - 1] == '\n')
		output.text[--output.size] = 0;

	if (!ended)
		return fail_with(stage, ETIMEDOUT, DETAIL_NONE, "hook '%s': not done after %llu seconds", path,
				 (unsigned long long)step->a);
	if (WIFSIGNALED(status))
		return fail_with(stage, 0, DETAIL_NONE, "hook '%s': killed by signal %d: %s", path, WTERMSIG(status), output.text);
	if (WEXITSTATUS(status) != 0)
		return fail_with(stage, 0, DETAIL_NONE, "hook '%s': exit status %d: %s", path, WEXITSTATUS(status), output.text);
	return 0;
}
