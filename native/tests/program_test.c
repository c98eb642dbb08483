/* The stage as a whole, started as the launcher starts it. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "kernel.h"
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
	put_exec("ls /proc/self/fd | tr '\\n' ' '; grep -E 'SigBlk|SigIgn' /proc/self/status; umask");
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

TEST(Exec_FilterForbidsWhatSeals_DescriptorsAndUmaskAreTheProgramsOwn)
{
	static const int forbidden[] = {SYS_close_range, SYS_umask};
	struct sock_filter filter[8];
	unsigned short size = 0;
	char text[4096];
	int ends[2];

	filter[size++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
	for (size_t i = 0; i < 2; i++) {
		filter[size++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)forbidden[i], 0, 1);
		filter[size++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
	}
	filter[size++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	begin_plan(&builder);
	add_step(&builder, STEP_UMASK)->mode = 077;
	(void)add_step(&builder, STEP_NO_NEW_PRIVS);
	put_data(&builder, add_step(&builder, STEP_SECCOMP), filter, size * (uint32_t)sizeof filter[0]);
	put_exec("ls /proc/self/fd | tr '\\n' ' '; : >made; stat -c %a made");
	int pid = start_stage(ends[1], leak);
	close(ends[1]);
	read_all(ends[0], text, sizeof text);
	CHECK_INT(wait_for(pid), 0);
	CHECK_TEXT(text, "0 1 2 3 600\n");
}

TEST(Mount_Optional_IsANoteAndThePlanGoesOn)
{
	struct report_message message;

	enter_namespaces(CLONE_NEWNS);
	begin_plan(&builder);
	char root[128];
	CHECK_INT(mkdir("root", 0755), 0);
	snprintf(root, sizeof root, "%s/root", scratch());
	add_step(&builder, STEP_BIND_ROOT)->source = put_text(&builder, root);
	struct plan_step *step = add_step(&builder, STEP_MOUNT);
	step->path = put_text(&builder, "/x");
	step->source = put_text(&builder, "nosuchfs");
	step->a = STEP_MOUNT_OPTIONAL;
	put_exec("exit 7");
	int pid = start_stage(-1, NULL);
	CHECK_INT(recv(report, &message, sizeof message, 0), sizeof message);
	CHECK_INT(message.kind, REPORT_NOTE);
	CHECK_INT(message.error, ENODEV);
	CHECK_INT(wait_for(pid), 7);
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
