/* The monitor: what it watches, records, removes and carries. */
#include <poll.h>
#include <signal.h>

#include "kernel.h"
#include "monitor.h"
#include "watch.h"

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
