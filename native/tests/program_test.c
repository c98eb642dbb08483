/* The whole program in its modes, started as the launcher starts it. */
#include <limits.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>

#include "kernel.h"
#include "monitor.h"
#include "test.h"

static struct builder builder;
static int report;

static void
put_list(struct plan_step *step, const char *const *words)
{
	char list[4096];
	uint32_t size = 0;

	for (; *words != NULL; words++) {
		memcpy(list + size, *words, strlen(*words) + 1);
		size += (uint32_t)strlen(*words) + 1;
	}
	put_data(&builder, step, list, size);
}

static void
put_exec(const char *script)
{
	const char *const words[] = {"sh", "-c", script, NULL};
	struct plan_step *step = add_step(&builder, STEP_EXEC);

	step->path = put_text(&builder, "/bin/sh");
	put_list(step, words);
	step->source = put_bytes(&builder, "PATH=/usr/bin:/bin\0EMPTY=", 26);
	step->b = 26;
}

/* Starts the stage with what was built; its output goes to `output`, its report to `report`. */
static int
start_stage(int output, void (*before)(void))
{
	static char bytes[131072];
	int ends[2];
	uint32_t size = end_plan_bytes(&builder, bytes, sizeof bytes);

	CHECK_INT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	report = ends[0];
	int plan = memory_file(bytes, size);
	struct program program = {
		.name = "stage",
		.fds = {plan, ends[1]},
		.fd_count = 2,
		.stdio = {-1, output, output},
		.before = before,
	};
	int pid = start_program(&program);
	close(plan);
	close(ends[1]);
	return pid;
}

static void
read_all(int fd, char *text, size_t size)
{
	size_t used = 0;
	ssize_t more;

	while (used < size - 1 && (more = read(fd, text + used, size - 1 - used)) > 0)
		used += (size_t)more;
	text[used] = 0;
}

TEST(Exec_Arguments_ArriveWhole)
{
	static const char *const words[] = {"sh", "-c", "for a; do echo \"[$a]\"; done; env | sort", "name", "", "two words", "", NULL};
	char text[4096];
	int ends[2];

	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	begin_plan(&builder);
	struct plan_step *step = add_step(&builder, STEP_EXEC);
	step->path = put_text(&builder, "/bin/sh");
	put_list(step, words);
	step->source = put_bytes(&builder, "A=1\0B=", 7);
	step->b = 7;
	int pid = start_stage(ends[1], NULL);
	close(ends[1]);
	read_all(ends[0], text, sizeof text);
	CHECK_INT(wait_for(pid), 0);
	CHECK(strncmp(text, "[]\n[two words]\n[]\nA=1\nB=\n", 25) == 0);
}

static void
leak(void)
{
	for (int fd = 20; fd < 40; fd++)
		(void)dup2(0, fd);
	(void)signal(SIGPIPE, SIG_IGN);
	sigset_t all;
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, NULL);
}

TEST(Exec_OpenDescriptorsAndSignals_AreTheProgramsOwn)
{
	char text[4096];
	int ends[2];

	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	begin_plan(&builder);
	put_exec("ls /proc/self/fd | tr '\\n' ' '; grep -E 'SigBlk|SigIgn' /proc/$$/status; umask");
	add_step(&builder, STEP_UMASK)->mode = 027;
	struct plan_step last = builder.steps[0];
	builder.steps[0] = builder.steps[1];
	builder.steps[1] = last;
	int pid = start_stage(ends[1], leak);
	close(ends[1]);
	read_all(ends[0], text, sizeof text);
	CHECK_INT(wait_for(pid), 0);
	CHECK_TEXT(text, "0 1 2 3 SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n0027\n");
}

TEST(Exec_NoProgram_IsReported)
{
	struct report_message message;

	begin_plan(&builder);
	put_exec("true");
	builder.steps[0].path = put_text(&builder, "/nope");
	int pid = start_stage(-1, NULL);
	CHECK_INT(recv(report, &message, sizeof message, 0), sizeof message);
	CHECK_INT(message.kind, REPORT_FAILED);
	CHECK_INT(message.detail, DETAIL_NOT_FOUND);
	CHECK_TEXT(message.text, "exec /nope: no such file or directory");
	CHECK_INT(wait_for(pid), 125);
}

TEST(Stage_BrokenPlan_IsReported)
{
	struct report_message message;
	int ends[2];

	CHECK_INT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	int plan = memory_file("nonsense, but long enough for a header", 38);
	struct program program = {.name = "stage", .fds = {plan, ends[1]}, .fd_count = 2, .stdio = {-1, -1, -1}};
	int pid = start_program(&program);
	CHECK_INT(recv(ends[0], &message, sizeof message, 0), sizeof message);
	CHECK_INT(message.detail, DETAIL_BAD_PLAN);
	CHECK_INT(wait_for(pid), 125);
}

TEST(AwaitStart_Connected_GoesOnAndTellsThePeer)
{
	struct report_message message;
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	snprintf(address.sun_path, sizeof address.sun_path, "%s/start", scratch());
	CHECK_INT(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
	CHECK_INT(listen(listener, 1), 0);

	static char bytes[65536];
	int ends[2];
	begin_plan(&builder);
	builder.fd_count = 3;
	add_step(&builder, STEP_AWAIT_START)->fd = 2;
	put_exec("exit 7");
	builder.steps[1].path = put_text(&builder, "/gone");
	uint32_t size = end_plan_bytes(&builder, bytes, sizeof bytes);
	CHECK_INT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	struct program program = {
		.name = "stage",
		.fds = {memory_file(bytes, size), ends[1], listener},
		.fd_count = 3,
		.stdio = {-1, -1, -1},
	};
	int pid = start_program(&program);
	close(ends[1]);
	CHECK_INT(recv(ends[0], &message, sizeof message, 0), sizeof message);
	CHECK_INT(message.kind, REPORT_READY);

	int peer = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	CHECK_INT(connect(peer, (struct sockaddr *)&address, sizeof address), 0);
	CHECK_INT(recv(peer, &message, sizeof message, 0), sizeof message);
	CHECK_INT(message.detail, DETAIL_NOT_FOUND);
	/* The launcher's end is closed: it has long returned. */
	CHECK_INT(recv(ends[0], &message, sizeof message, 0), 0);
	CHECK_INT(wait_for(pid), 125);
}

TEST(Fork_InAJoinedPidNamespace_GoesOnAsTheLaunchersChild)
{
	struct report_message message;
	char text[64], path[64];
	int ends[2], pause_ends[2];

	enter_namespaces(CLONE_NEWNS);
	CHECK_INT(pipe(pause_ends), 0);
	CHECK_INT(pipe(ends), 0);
	int maker = fork();
	if (maker == 0) {
		close(pause_ends[1]);
		CHECK_INT(unshare(CLONE_NEWPID), 0);
		int init = fork();
		if (init == 0)
			_exit((int)read(pause_ends[0], text, 1));
		CHECK_INT(write(ends[1], &init, sizeof init), sizeof init);
		_exit(wait_for(init));
	}
	int init;
	CHECK_INT(read(ends[0], &init, sizeof init), sizeof init);
	snprintf(path, sizeof path, "/proc/%d/ns/pid", init);
	int namespace = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(namespace >= 0);

	static char bytes[65536];
	int sockets[2];
	begin_plan(&builder);
	builder.fd_count = 3;
	struct plan_step *join = add_step(&builder, STEP_JOIN_NAMESPACE);
	join->fd = 2;
	join->flags = CLONE_NEWPID;
	(void)add_step(&builder, STEP_FORK);
	put_exec("echo $$; exit 5");
	uint32_t size = end_plan_bytes(&builder, bytes, sizeof bytes);
	CHECK_INT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), 0);
	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	struct program program = {
		.name = "stage",
		.fds = {memory_file(bytes, size), sockets[1], namespace},
		.fd_count = 3,
		.stdio = {-1, ends[1], -1},
	};
	int pid = start_program(&program);
	close(sockets[1]);
	close(ends[1]);
	CHECK_INT(recv(sockets[0], &message, sizeof message, 0), sizeof message);
	CHECK_INT(message.kind, REPORT_FORKED);
	CHECK_INT(wait_for(pid), 0);
	read_all(ends[0], text, sizeof text);
	CHECK_TEXT(text, "2\n");
	CHECK_INT(wait_for(message.error), 5);
	close(pause_ends[1]);
}

static void
in_new_pids(void)
{
	if (unshare(CLONE_NEWPID) < 0)
		_exit(98);
	int pid = fork();
	if (pid != 0) {
		(void)signal(SIGTERM, SIG_IGN);
		int status = 0;
		(void)waitpid(pid, &status, 0);
		_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
	}
}

static int
run_init(const char *script, int output)
{
	enter_namespaces(CLONE_NEWNS);
	begin_plan(&builder);
	(void)add_step(&builder, STEP_INIT);
	put_exec(script);
	return start_stage(output, in_new_pids);
}

TEST(Init_ChildEnds_EndsWithItsCode)
{
	CHECK_INT(wait_for(run_init("exit 7", -1)), 7);
}

TEST(Init_ChildKilled_EndsWith128AndTheSignal)
{
	CHECK_INT(wait_for(run_init("kill -KILL $$", -1)), 137);
}

TEST(Init_Orphans_AreReaped)
{
	char text[256];
	int ends[2];

	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	int pid = run_init("(sh -c 'true' &) ; sleep 0.3; echo $$; for p in 3 4 5 6; do kill -0 $p 2>/dev/null && [ $p -ge 7 ] && echo zombie; done; "
			   "exit 0",
			   ends[1]);
	close(ends[1]);
	read_all(ends[0], text, sizeof text);
	CHECK_INT(wait_for(pid), 0);
	CHECK_TEXT(text, "2\n");
}

TEST(Init_Signal_ReachesTheChild)
{
	char text[64];
	int ends[2];

	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	enter_namespaces(CLONE_NEWNS);
	/* Not pid 1 here, which changes nothing for signals but lets us send them. */
	begin_plan(&builder);
	(void)add_step(&builder, STEP_INIT);
	put_exec("trap 'echo got; exit 9' TERM; echo ready; while :; do sleep 0.05; done");
	int pid = start_stage(ends[1], NULL);
	close(ends[1]);
	CHECK_INT(read(ends[0], text, 6), 6);
	CHECK_INT(kill(pid, SIGTERM), 0);
	read_all(ends[0], text, sizeof text);
	CHECK_TEXT(text, "got\n");
	CHECK_INT(wait_for(pid), 9);
}

/* The monitor: the process is started here, and then the monitor takes this process's place. */
struct watch {
	struct order_header header;
	struct order_action actions[8];
	char bytes[2048];
	uint32_t used;
	int fds[8];
};

#define WATCH_BASE ((uint32_t)(sizeof(struct order_header) + sizeof(struct order_action) * 8))

static void
begin_order(struct watch *watch, int pid, uint32_t flags)
{
	memset(watch, 0, sizeof *watch);
	watch->header = (struct order_header){
		.magic = ORDER_MAGIC,
		.flags = flags,
		.fd_count = 1,
		.pid = pid,
		.pidfd = ORDER_NO_FD,
		.terminal = ORDER_NO_FD,
		.input = ORDER_NO_FD,
		.output = ORDER_NO_FD,
		.error = ORDER_NO_FD,
		.ready = ORDER_NO_FD,
		.actions = sizeof(struct order_header),
	};
}

static uint32_t
order_bytes(struct watch *watch, const char *bytes, size_t size)
{
	uint32_t at = WATCH_BASE + watch->used;

	memcpy(watch->bytes + watch->used, bytes, size);
	watch->used += (uint32_t)size;
	return at;
}

static uint32_t
order_path(struct watch *watch, const char *name)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", scratch(), name);
	return order_bytes(watch, path, strlen(path) + 1);
}

static uint32_t
order_descriptor(struct watch *watch, int fd)
{
	watch->fds[watch->header.fd_count] = fd;
	return watch->header.fd_count++;
}

static void
order_action_on(struct watch *watch, uint32_t kind, const char *name)
{
	watch->actions[watch->header.action_count++] = (struct order_action){
		.kind = kind,
		.path = order_path(watch, name),
		.fd = ORDER_NO_FD,
	};
}

static _Noreturn void
become_monitor(struct watch *watch, const int stdio[3])
{
	char bytes[8192];

	watch->header.size = WATCH_BASE + watch->used;
	memcpy(bytes, &watch->header, sizeof watch->header);
	memcpy(bytes + sizeof watch->header, watch->actions, sizeof watch->actions);
	memcpy(bytes + WATCH_BASE, watch->bytes, watch->used);
	struct program program = {.name = "monitor", .fd_count = (int)watch->header.fd_count, .stdio = {stdio[0], stdio[1], stdio[2]}};
	program.fds[0] = memory_file(bytes, watch->header.size);
	for (uint32_t i = 1; i < watch->header.fd_count; i++)
		program.fds[i] = watch->fds[i];
	become_program(&program);
	_exit(99);
}

static int
start_script(const char *script, int input, int output, int error)
{
	int pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		int from[] = {input, output, error};

		for (int i = 0; i < 3; i++)
			if (from[i] >= 0)
				(void)dup2(from[i], i);
		(void)close_range(3, ~0u, 0);
		(void)setsid();
		(void)ioctl(0, TIOCSCTTY, 0);
		execl("/bin/sh", "sh", "-c", script, NULL);
		_exit(99);
	}
	return pid;
}

/* A process with a monitor over it that only watches. */
static int
watch_script(const char *script, void (*more)(struct watch *watch))
{
	int ready[2];
	char byte = 1;

	CHECK_INT(pipe2(ready, O_CLOEXEC), 0);
	int engine = fork();
	CHECK(engine >= 0);
	if (engine == 0) {
		static const int stdio[] = {-1, -1, -1};
		struct watch watch;

		begin_order(&watch, start_script(script, -1, -1, -1), ORDER_FORWARD_SIGNALS);
		watch.header.record = order_path(&watch, "record");
		watch.header.ready = order_descriptor(&watch, ready[1]);
		if (more != NULL)
			more(&watch);
		become_monitor(&watch, stdio);
	}
	close(ready[1]);
	CHECK_INT(read(ready[0], &byte, 1), 1);
	CHECK_INT(byte, 0);
	close(ready[0]);
	return engine;
}

static void
check_record(const char *expected)
{
	char text[256];

	get_file("record", text, sizeof text);
	if (strstr(text, expected) == NULL)
		FAIL("the record is %s", text);
	CHECK(text[strlen(text) - 1] == '\n');
	CHECK_INT(count_entries("."), 1);
}

TEST(Monitor_ProcessEnds_EndsWithItsCode)
{
	CHECK_INT(wait_for(watch_script("exit 7", NULL)), 7);
	check_record("\"exitCode\":7,\"signal\":0,\"exitedAt\":\"2");
}

TEST(Monitor_ProcessKilled_EndsWith128AndTheSignal)
{
	CHECK_INT(wait_for(watch_script("kill -KILL $$", NULL)), 137);
	check_record("\"exitCode\":137,\"signal\":9");
}

static void
wait_until(const char *path)
{
	for (int i = 0; i < 500 && !is_there(path); i++)
		(void)poll(NULL, 0, 10);
	CHECK(is_there(path));
}

TEST(Monitor_Signals_AreForwarded)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGQUIT, SIGCONT, SIGWINCH};

	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		char script[256];

		snprintf(script, sizeof script, "trap 'exit %d' %d; touch ready; while :; do sleep 0.02; done", (int)i + 10, numbers[i]);
		int pid = watch_script(script, NULL);
		wait_until("ready");
		CHECK_INT(kill(pid, numbers[i]), 0);
		CHECK_INT(wait_for(pid), (int)i + 10);
		CHECK_INT(unlink("ready"), 0);
	}
}

static void
ask_for_removal(struct watch *watch)
{
	static const char list[] = "sh\0-c\0echo \"$1\" >ran\0name\0it ran";

	order_action_on(watch, ACTION_REMOVE_TREE, "tree");
	order_action_on(watch, ACTION_REMOVE_TREE, "absent");
	order_action_on(watch, ACTION_UNLINK, "file");
	order_action_on(watch, ACTION_UNLINK, "absent");
	struct order_action *run = &watch->actions[watch->header.action_count++];
	*run = (struct order_action){.kind = ACTION_RUN, .fd = ORDER_NO_FD, .a = 10};
	run->path = order_bytes(watch, "/bin/sh", 8);
	run->data = order_bytes(watch, list, sizeof list);
	run->data_size = sizeof list;
}

TEST(Monitor_Actions_RemoveWhatIsOwedAndNothingElse)
{
	char text[64];

	CHECK_INT(mkdir("tree", 0755), 0);
	CHECK_INT(mkdir("tree/closed", 0755), 0);
	put_file("tree/closed/file", "x");
	CHECK_INT(chmod("tree/closed", 0), 0);
	CHECK_INT(mkdir("precious", 0755), 0);
	put_file("precious/file", "kept");
	CHECK_INT(symlink("../precious", "tree/link"), 0);
	put_file("file", "x");
	CHECK_INT(wait_for(watch_script("exit 0", ask_for_removal)), 0);
	CHECK(!is_there("tree"));
	CHECK(!is_there("file"));
	CHECK(is_there("precious/file"));
	get_file("ran", text, sizeof text);
	CHECK_TEXT(text, "it ran\n");
}

TEST(RemoveTree_DeeperThanDescriptors_IsRemoved)
{
	CHECK_INT(mkdir("deep", 0755), 0);
	int at = open("deep", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (int depth = 0; depth < 3000; depth++) {
		CHECK_INT(mkdirat(at, "d", 0755), 0);
		int next = openat(at, "d", O_PATH | O_DIRECTORY | O_CLOEXEC);
		CHECK_INT(mkdirat(at, "beside", 0755), 0);
		close(at);
		at = next;
	}
	close(at);
	char path[128];
	snprintf(path, sizeof path, "%s/deep", scratch());
	CHECK_INT(remove_tree(path), 0);
	CHECK(!is_there("deep"));
}

TEST(RemoveTree_ALinkInItsPlace_OnlyTheLinkGoes)
{
	CHECK_INT(mkdir("precious", 0755), 0);
	put_file("precious/file", "kept");
	CHECK_INT(symlink("precious", "link"), 0);
	char path[128];
	snprintf(path, sizeof path, "%s/link/", scratch());
	CHECK_INT(remove_tree(path), 0);
	CHECK(is_there("precious/file"));
	CHECK(!is_there("link"));
}

/* Pipes both ways: all that was said arrives, on the stream where it was said, and in the log. */
static int
watch_with_pipes(const char *script, uint32_t flags, int input, int output, int error)
{
	int engine = fork();

	CHECK(engine >= 0);
	if (engine == 0) {
		int stdio[] = {input, output, error};
		int in[2], out[2], err[2];
		struct watch watch;

		CHECK_INT(pipe2(in, O_CLOEXEC), 0);
		CHECK_INT(pipe2(out, O_CLOEXEC), 0);
		CHECK_INT(pipe2(err, O_CLOEXEC), 0);
		begin_order(&watch, start_script(script, in[0], out[1], err[1]), flags);
		watch.header.input = order_descriptor(&watch, in[1]);
		watch.header.output = order_descriptor(&watch, out[0]);
		watch.header.error = order_descriptor(&watch, err[0]);
		watch.header.log = order_path(&watch, "log");
		become_monitor(&watch, stdio);
	}
	return engine;
}

TEST(MonitorPipes_MuchOutputAtTheEnd_NothingIsLost)
{
	static char text[3000000];
	int out[2], err[2];
	char first[256];

	CHECK_INT(pipe2(out, O_CLOEXEC), 0);
	CHECK_INT(pipe2(err, O_CLOEXEC), 0);
	int pid = watch_with_pipes("seq 1 300000; echo problem >&2; exit 4", 0, -1, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	/* A reader who comes late. */
	(void)poll(NULL, 0, 300);
	read_all(out[0], text, sizeof text);
	CHECK_INT(strlen(text), 1988895);
	CHECK_TEXT(text + strlen(text) - 7, "300000\n");
	read_all(err[0], text, sizeof text);
	CHECK_TEXT(text, "problem\n");
	CHECK_INT(wait_for(pid), 4);
	get_file("log", first, sizeof first);
	CHECK_INT(first[10], 'T');
	CHECK(strstr(first, "Z stdout F 1\n") != NULL);
}

TEST(MonitorPipes_InputEnds_TheProcessSeesIt)
{
	char text[64];
	int in[2], out[2];

	CHECK_INT(pipe2(in, O_CLOEXEC), 0);
	CHECK_INT(pipe2(out, O_CLOEXEC), 0);
	int pid = watch_with_pipes("cat; echo end", ORDER_STDIN | ORDER_STDIN_ONCE, in[0], out[1], -1);
	close(in[0]);
	close(out[1]);
	CHECK_INT(write(in[1], "hello\n", 6), 6);
	close(in[1]);
	read_all(out[0], text, sizeof text);
	CHECK_TEXT(text, "hello\nend\n");
	CHECK_INT(wait_for(pid), 0);
}

TEST(MonitorPipes_NobodyReads_TheProcessGoesOn)
{
	int out[2];

	CHECK_INT(pipe2(out, O_CLOEXEC), 0);
	int pid = watch_with_pipes("seq 1 100000; exit 3", 0, -1, out[1], -1);
	close(out[0]);
	close(out[1]);
	CHECK_INT(wait_for(pid), 3);
}

/* The user's terminal, on which an engine with a container's terminal becomes the monitor. */
static int
watch_on_terminal(const char *script, int *user)
{
	struct winsize size = {.ws_row = 33, .ws_col = 111};
	int pid = forkpty(user, NULL, NULL, &size);

	CHECK(pid >= 0);
	if (pid == 0) {
		static const int stdio[] = {-1, -1, -1};
		int master, slave;
		struct watch watch;

		CHECK_INT(openpty(&master, &slave, NULL, NULL, NULL), 0);
		(void)fcntl(master, F_SETFD, FD_CLOEXEC);
		begin_order(&watch, start_script(script, slave, slave, slave),
			    ORDER_STDIN | ORDER_RAW | ORDER_FORWARD_SIGNALS | ORDER_STDIN_ONCE);
		close(slave);
		watch.header.terminal = order_descriptor(&watch, master);
		become_monitor(&watch, stdio);
	}
	return pid;
}

/* Reads the terminal until the text has come, or its end. */
static void
expect(int user, const char *expected)
{
	static char text[65536];
	size_t used = 0;

	while (used < sizeof text - 1) {
		struct pollfd ready = {.fd = user, .events = POLLIN};

		if (poll(&ready, 1, 10000) <= 0)
			break;
		ssize_t more = read(user, text + used, sizeof text - 1 - used);
		if (more <= 0)
			break;
		used += (size_t)more;
		text[used] = 0;
		if (strstr(text, expected) != NULL)
			return;
	}
	FAIL("'%s' did not come, only '%s'", expected, text);
}

TEST(MonitorTerminal_Size_IsPassedOnAndFollows)
{
	struct winsize size = {.ws_row = 50, .ws_col = 77};
	int user;
	int pid = watch_on_terminal("read a; stty size; trap 'stty size; exit 0' WINCH; echo ready; while :; do sleep 0.02; done", &user);

	CHECK_INT(write(user, "go\r", 3), 3);
	expect(user, "33 111\r\nready");
	CHECK_INT(ioctl(user, TIOCSWINSZ, &size), 0);
	expect(user, "50 77");
	CHECK_INT(wait_for(pid), 0);
}

TEST(MonitorTerminal_ControlKeys_BelongToTheProcess)
{
	int user;
	int pid = watch_on_terminal("trap 'echo interrupted; exit 6' INT; echo ready; while :; do sleep 0.02; done", &user);

	expect(user, "ready");
	CHECK_INT(write(user, "\x03", 1), 1);
	expect(user, "interrupted");
	CHECK_INT(wait_for(pid), 6);
}

static void
check_modes(int user, const struct termios *expected)
{
	struct termios found;

	CHECK_INT(tcgetattr(user, &found), 0);
	CHECK_INT(found.c_lflag, expected->c_lflag);
	CHECK_INT(found.c_iflag, expected->c_iflag);
	CHECK_INT(found.c_oflag, expected->c_oflag);
}

TEST(MonitorTerminal_Modes_AreRestored)
{
	struct termios before, during;
	int user;
	struct winsize size = {.ws_row = 24, .ws_col = 80};
	int slave;

	/* Opened here too, so that the modes outlive the monitor. */
	CHECK_INT(openpty(&user, &slave, NULL, NULL, &size), 0);
	CHECK_INT(tcgetattr(slave, &before), 0);
	int pid = fork();
	if (pid == 0) {
		int stdio[] = {slave, slave, slave};
		int master, inner;
		struct watch watch;

		(void)setsid();
		(void)ioctl(slave, TIOCSCTTY, 0);
		CHECK_INT(openpty(&master, &inner, NULL, NULL, NULL), 0);
		(void)fcntl(master, F_SETFD, FD_CLOEXEC);
		begin_order(&watch, start_script("echo ready; read a", inner, inner, inner),
			    ORDER_STDIN | ORDER_RAW | ORDER_FORWARD_SIGNALS);
		close(inner);
		watch.header.terminal = order_descriptor(&watch, master);
		become_monitor(&watch, stdio);
	}
	expect(user, "ready");
	CHECK_INT(tcgetattr(user, &during), 0);
	CHECK((during.c_lflag & (ICANON | ECHO | ISIG)) == 0);
	/* Killed by what it forwards: its end is the process's end, and the terminal is the user's again. */
	CHECK_INT(kill(pid, SIGHUP), 0);
	CHECK_INT(wait_for(pid), 129);
	check_modes(user, &before);
}

TEST(MonitorTerminal_MuchOutputAtTheEnd_NothingIsLost)
{
	static char text[1 << 20];
	int user, lines = 0;
	int pid = watch_on_terminal("seq 1 50000; printf last", &user);
	size_t used = 0;
	ssize_t more;

	while (used < sizeof text - 1 && (more = read(user, text + used, sizeof text - 1 - used)) > 0)
		used += (size_t)more;
	text[used] = 0;
	for (size_t i = 0; i < used; i++)
		lines += text[i] == '\n';
	CHECK_INT(lines, 50000);
	CHECK_TEXT(text + used - 4, "last");
	CHECK_INT(wait_for(pid), 0);
}

TEST(Monitor_BrokenOrder_SaysSo)
{
	char text[256];
	int ends[2];

	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	struct program program = {.name = "monitor", .fds = {memory_file("?", 1)}, .fd_count = 1, .stdio = {-1, -1, ends[1]}};
	int pid = start_program(&program);
	close(ends[1]);
	read_all(ends[0], text, sizeof text);
	CHECK_TEXT(text, "crun-sharp: cannot watch the container: the order has an impossible size\n");
	CHECK_INT(wait_for(pid), 125);
}
