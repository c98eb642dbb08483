#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "watch.h"

#define WATCH_BASE ((uint32_t)(sizeof(struct order_header) + sizeof(struct order_action) * 8))

void
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

uint32_t
order_bytes(struct watch *watch, const char *bytes, size_t size)
{
	uint32_t at = WATCH_BASE + watch->used;

	memcpy(watch->bytes + watch->used, bytes, size);
	watch->used += (uint32_t)size;
	return at;
}

uint32_t
order_path(struct watch *watch, const char *name)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", scratch(), name);
	return order_bytes(watch, path, strlen(path) + 1);
}

uint32_t
order_descriptor(struct watch *watch, int fd)
{
	watch->fds[watch->header.fd_count] = fd;
	return watch->header.fd_count++;
}

void
order_action_on(struct watch *watch, uint32_t kind, const char *name)
{
	watch->actions[watch->header.action_count++] = (struct order_action){
		.kind = kind,
		.path = order_path(watch, name),
		.fd = ORDER_NO_FD,
	};
}

_Noreturn void
become_monitor(struct watch *watch, const int stdio[3])
{
	become_mode(watch, "monitor", stdio);
}

_Noreturn void
become_mode(struct watch *watch, const char *name, const int stdio[3])
{
	char bytes[8192];

	watch->header.size = WATCH_BASE + watch->used;
	memcpy(bytes, &watch->header, sizeof watch->header);
	memcpy(bytes + sizeof watch->header, watch->actions, sizeof watch->actions);
	memcpy(bytes + WATCH_BASE, watch->bytes, watch->used);
	struct program program = {.name = name, .fd_count = (int)watch->header.fd_count, .stdio = {stdio[0], stdio[1], stdio[2]}};
	program.fds[0] = memory_file(bytes, watch->header.size);
	for (uint32_t i = 1; i < watch->header.fd_count; i++)
		program.fds[i] = watch->fds[i];
	become_program(&program);
	_exit(99);
}

int
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

void
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
