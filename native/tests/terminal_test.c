/* Terminals: the user's, over which the monitor sits, and the container's. */
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>

#include "stage.h"
#include "watch.h"

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

/* The container's terminal, made by the stage in a root that the test owns. */
static struct builder plan;
static struct stage *stage;

static void
begin_root(void)
{
	char path[256];

	enter_namespaces(CLONE_NEWNS);
	CHECK_INT(mkdir("host", 0755), 0);
	put_file("host/file", "host");
	CHECK_INT(mkdir("root", 0755), 0);
	CHECK_INT(mkdir("root/dev", 0755), 0);
	CHECK_INT(mkdir("root/dev/pts", 0755), 0);
	stage = new_stage();
	begin_plan(&plan);
	snprintf(path, sizeof path, "%s/root", scratch());
	add_step(&plan, STEP_BIND_ROOT)->source = put_text(&plan, path);
}

static void
add_devpts(void)
{
	struct plan_step *step = add_step(&plan, STEP_MOUNT);

	step->path = put_text(&plan, "/dev/pts");
	step->source = put_text(&plan, "devpts");
	put_data(&plan, step, "newinstance,ptmxmode=0666,mode=0620", 35);
}

/* Applies the plan in a child, which loses its streams to the terminal; answers the terminal, -1 when it failed. */
static int
make_terminal(int *child)
{
	int ends[2], terminal = -1;
	char byte;
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec vector = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};

	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	struct plan_step *step = add_step(&plan, STEP_CONSOLE);
	step->fd = 2;
	step->a = 81;
	step->b = 25;
	step->path = put_text(&plan, "/dev/console");
	plan.fd_count = 3;

	*child = fork();
	CHECK(*child >= 0);
	if (*child == 0) {
		close(ends[0]);
		CHECK_INT(dup2(ends[1], 302), 302);
		close(ends[1]);
		stage->plan.first_fd = 300;
		(void)setsid();
		if (apply(stage, &plan) < 0) {
			fprintf(stderr, "  as expected: %s: %s\n", last_report()->text, strerror(last_report()->error));
			_exit(9);
		}
		execl("/bin/sh", "sh", "-c", "[ -t 0 ] && stty size; exec sleep 0.1", NULL);
		_exit(99);
	}
	close(ends[1]);
	if (recvmsg(ends[0], &message, 0) > 0 && CMSG_FIRSTHDR(&message) != NULL)
		memcpy(&terminal, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof terminal);
	return terminal;
}

TEST(Console_IsTheProcessesTerminal)
{
	int child;

	begin_root();
	add_devpts();
	int terminal = make_terminal(&child);
	CHECK(terminal >= 0);
	expect(terminal, "25 81");
	CHECK_INT(wait_for(child), 0);
}

TEST(Cve2026_88264_ConsoleIsALink_TheHostsFileIsUnchanged)
{
	struct stat before, after;
	char outside[256];
	int child;

	begin_root();
	snprintf(outside, sizeof outside, "%s/host/file", scratch());
	CHECK_INT(symlink(outside, "root/dev/console"), 0);
	CHECK_INT(stat("host/file", &before), 0);
	add_devpts();
	CHECK_INT(make_terminal(&child), -1);
	CHECK_INT(wait_for(child), 9);
	CHECK_INT(stat("host/file", &after), 0);
	CHECK_INT(after.st_uid, before.st_uid);
	CHECK_INT(after.st_mode, before.st_mode);
	CHECK_INT(after.st_ctim.tv_nsec, before.st_ctim.tv_nsec);
}

TEST(Cve2025_52565_PtsIsNoDevpts_IsRefused)
{
	int child;

	begin_root();
	put_file("root/dev/pts/ptmx", "");
	CHECK_INT(make_terminal(&child), -1);
	CHECK_INT(wait_for(child), 9);
	CHECK(!is_there("root/dev/console"));
}

TEST(Cve2025_52565_PtmxIsALink_IsRefused)
{
	int child;

	begin_root();
	CHECK_INT(symlink("/dev/ptmx", "root/dev/pts/ptmx"), 0);
	CHECK_INT(make_terminal(&child), -1);
	CHECK_INT(wait_for(child), 9);
}
