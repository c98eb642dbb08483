/* Attaching to a process that a monitor watches for nobody. */
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>

#include "watch.h"

static void
socket_address(struct sockaddr_un *address)
{
	memset(address, 0, sizeof *address);
	address->sun_family = AF_UNIX;
	snprintf(address->sun_path, sizeof address->sun_path, "%s/attach", scratch());
}

/* A monitor over pipes or over a terminal, with nobody attached yet; its pid. */
static int
watch_silently(const char *script, bool on_terminal)
{
	struct sockaddr_un address;
	int ready[2];
	char byte;

	CHECK_INT(pipe2(ready, O_CLOEXEC), 0);
	int engine = fork();
	CHECK(engine >= 0);
	if (engine == 0) {
		static const int stdio[] = {-1, -1, -1};
		struct watch watch;
		int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

		socket_address(&address);
		CHECK_INT(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
		CHECK_INT(listen(listener, 4), 0);
		if (on_terminal) {
			int master, slave;

			CHECK_INT(openpty(&master, &slave, NULL, NULL, NULL), 0);
			(void)fcntl(master, F_SETFD, FD_CLOEXEC);
			begin_order(&watch, start_script(script, slave, slave, slave), ORDER_SILENT | ORDER_STDIN_ONCE);
			close(slave);
			watch.header.terminal = order_descriptor(&watch, master);
		} else {
			int in[2], out[2], err[2];

			CHECK_INT(pipe2(in, O_CLOEXEC), 0);
			CHECK_INT(pipe2(out, O_CLOEXEC), 0);
			CHECK_INT(pipe2(err, O_CLOEXEC), 0);
			begin_order(&watch, start_script(script, in[0], out[1], err[1]), ORDER_SILENT | ORDER_STDIN_ONCE);
			watch.header.input = order_descriptor(&watch, in[1]);
			watch.header.output = order_descriptor(&watch, out[0]);
			watch.header.error = order_descriptor(&watch, err[0]);
		}
		watch.header.attach = order_descriptor(&watch, listener);
		watch.header.log = order_path(&watch, "log");
		watch.header.ready = order_descriptor(&watch, ready[1]);
		become_monitor(&watch, stdio);
	}
	close(ready[1]);
	CHECK_INT(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return engine;
}

static _Noreturn void
become_client(uint32_t flags, const int stdio[3])
{
	struct sockaddr_un address;
	struct watch watch;
	int monitor = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	socket_address(&address);
	if (connect(monitor, (struct sockaddr *)&address, sizeof address) < 0)
		_exit(98);
	begin_order(&watch, 0, flags);
	watch.header.attach = order_descriptor(&watch, monitor);
	become_mode(&watch, "attach", stdio);
}

static int
attach_with_pipes(int input, int output, int error)
{
	int stdio[] = {input, output, error};
	int client = fork();

	CHECK(client >= 0);
	if (client == 0)
		become_client(ORDER_STDIN | ORDER_FORWARD_SIGNALS, stdio);
	return client;
}

static int
attach_on_terminal(int *user)
{
	static const int stdio[] = {-1, -1, -1};
	struct winsize size = {.ws_row = 33, .ws_col = 111};
	int client = forkpty(user, NULL, NULL, &size);

	CHECK(client >= 0);
	if (client == 0)
		become_client(ORDER_STDIN | ORDER_RAW | ORDER_FORWARD_SIGNALS | ORDER_DETACH_KEYS, stdio);
	return client;
}

TEST(Attach_Pipes_InputOutputAndCodeArrive)
{
	char text[64];
	int in[2], out[2], err[2];
	int monitor = watch_silently("cat; echo done; echo bad >&2; exit 5", false);

	CHECK_INT(pipe2(in, O_CLOEXEC), 0);
	CHECK_INT(pipe2(out, O_CLOEXEC), 0);
	CHECK_INT(pipe2(err, O_CLOEXEC), 0);
	int client = attach_with_pipes(in[0], out[1], err[1]);
	close(in[0]);
	close(out[1]);
	close(err[1]);
	CHECK_INT(write(in[1], "hello\n", 6), 6);
	close(in[1]);
	read_all(out[0], text, sizeof text);
	CHECK_TEXT(text, "hello\ndone\n");
	read_all(err[0], text, sizeof text);
	CHECK_TEXT(text, "bad\n");
	CHECK_INT(wait_for(client), 5);
	CHECK_INT(wait_for(monitor), 5);
}

/* Both at once: a reader who waits for the other's end would wait for itself. */
static void
count_both(const int fds[2], size_t counts[2])
{
	static char piece[3000];
	struct pollfd at[2] = {{.fd = fds[0], .events = POLLIN}, {.fd = fds[1], .events = POLLIN}};

	counts[0] = counts[1] = 0;
	while (at[0].fd >= 0 || at[1].fd >= 0) {
		CHECK(poll(at, 2, 10000) > 0);
		for (int i = 0; i < 2; i++) {
			if (at[i].revents == 0)
				continue;
			ssize_t size = read(at[i].fd, piece, sizeof piece);
			if (size <= 0)
				at[i].fd = -1;
			else
				counts[i] += (size_t)size;
		}
	}
}

TEST(Attach_TwoSlowReaders_BothGetAll)
{
	int first[2], second[2], in[2], silent[2];
	size_t counts[2];
	int monitor = watch_silently("read a; seq 1 100000", false);

	CHECK_INT(pipe2(in, O_CLOEXEC), 0);
	CHECK_INT(pipe2(silent, O_CLOEXEC), 0);
	CHECK_INT(pipe2(first, O_CLOEXEC), 0);
	CHECK_INT(pipe2(second, O_CLOEXEC), 0);
	/* Its input has no end: the end of one client's would be the process's. */
	int one = attach_with_pipes(silent[0], first[1], -1);
	int two = attach_with_pipes(in[0], second[1], -1);
	close(first[1]);
	close(second[1]);
	(void)poll(NULL, 0, 300);
	CHECK_INT(write(in[1], "go\n", 3), 3);
	(void)poll(NULL, 0, 300);
	count_both((const int[]){first[0], second[0]}, counts);
	CHECK_INT(counts[0], 588895);
	CHECK_INT(counts[1], 588895);
	CHECK_INT(wait_for(one), 0);
	CHECK_INT(wait_for(two), 0);
	CHECK_INT(wait_for(monitor), 0);
}

TEST(Attach_DetachKeys_TheProcessGoesOnAndCanBeAttachedToAgain)
{
	int user;
	int monitor = watch_silently("while read a; do echo \"[$a]\"; stty size; done; exit 4", true);

	int client = attach_on_terminal(&user);
	CHECK_INT(write(user, "one\r", 4), 4);
	expect(user, "[one]\r\n33 111");
	CHECK_INT(write(user, "\x10\x11", 2), 2);
	CHECK_INT(wait_for(client), 0);
	close(user);

	client = attach_on_terminal(&user);
	/* A ctrl-p that no ctrl-q follows is the process's. */
	CHECK_INT(write(user, "\x10two\r", 5), 5);
	expect(user, "two]");
	CHECK_INT(write(user, "\x04", 1), 1);
	CHECK_INT(wait_for(client), 4);
	CHECK_INT(wait_for(monitor), 4);
}

TEST(Attach_TerminalGone_TheProcessGoesOn)
{
	int user;
	int monitor = watch_silently("trap 'exit 6' TERM; echo ready; while :; do sleep 0.02; done", true);
	int client = attach_on_terminal(&user);

	(void)poll(NULL, 0, 300);
	close(user);
	CHECK_INT(wait_for(client), 129);
	CHECK_INT(kill(monitor, 0), 0);
	client = attach_on_terminal(&user);
	(void)poll(NULL, 0, 300);
	CHECK_INT(kill(client, SIGTERM), 0);
	CHECK_INT(wait_for(client), 6);
	CHECK_INT(wait_for(monitor), 6);
}

TEST(Attach_MonitorKilled_ClientSaysSo)
{
	int out[2];
	int monitor = watch_silently("sleep 20", false);

	CHECK_INT(pipe2(out, O_CLOEXEC), 0);
	int client = attach_with_pipes(-1, out[1], -1);
	(void)poll(NULL, 0, 200);
	CHECK_INT(kill(monitor, SIGKILL), 0);
	CHECK_INT(wait_for(client), 125);
	CHECK_INT(wait_for(monitor), 137);
}
