/* payload VERB [ARGUMENT...]: what tests let containers do. Answers 1 and prints the errno's name where a call fails. */
#include "payload.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

void
print_escaped(const void *bytes, size_t size)
{
	const unsigned char *byte = bytes;
	for (size_t i = 0; i < size; i++) {
		if (byte[i] > ' ' && byte[i] < 0x7f && byte[i] != '\\')
			putchar(byte[i]);
		else
			printf("\\x%02x", byte[i]);
	}
}

static int
fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	return 1;
}

static int
cat(int count, char **arguments)
{
	int fd = count > 0 ? open(arguments[0], O_RDONLY) : 0;
	if (fd < 0)
		return fail(arguments[0]);
	char buffer[65536];
	for (ssize_t size; (size = read(fd, buffer, sizeof(buffer))) != 0;) {
		if (size < 0)
			return fail("read");
		for (ssize_t done = 0; done < size;) {
			ssize_t written = write(1, buffer + done, (size_t)(size - done));
			if (written < 0)
				return fail("write");
			done += written;
		}
	}
	return 0;
}

static int
write_file(int count, char **arguments)
{
	int fd = open(arguments[0], O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0)
		return fail(arguments[0]);
	const char *text = count > 1 ? arguments[1] : "";
	return write(fd, text, strlen(text)) < 0 || close(fd) < 0 ? fail(arguments[0]) : 0;
}

static int
is_terminal(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	printf("%d %d %d\n", isatty(0), isatty(1), isatty(2));
	return 0;
}

__attribute__((noreturn)) static int
wait_for_ever(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	puts("paused");
	fflush(stdout);
	for (;;)
		pause();
}

/* signal N: says when it came and ends with 0; until then it waits. */
static void
on_signal(int number)
{
	char line[] = "signal 00\n";
	line[7] = (char)('0' + number / 10);
	line[8] = (char)('0' + number % 10);
	_exit(write(1, line, sizeof(line) - 1) < 0);
}

static int
await_signal(int count, char **arguments)
{
	(void)count;
	signal(atoi(arguments[0]), on_signal);
	wait_for_ever(0, NULL);
}

/* orphan: leaves a grandchild that ends after its parent, then answers whether somebody reaped it. */
static int
orphan(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	int ends[2];
	if (pipe(ends) < 0)
		return fail("pipe");
	if (fork() == 0) {
		pid_t grandchild = fork();
		if (grandchild == 0) {
			usleep(20000);
			_exit(0);
		}
		_exit(write(ends[1], &grandchild, sizeof(grandchild)) < 0);
	}
	pid_t grandchild;
	if (read(ends[0], &grandchild, sizeof(grandchild)) != sizeof(grandchild))
		return fail("read");
	wait(NULL);
	for (int tick = 0; tick < 200; tick++) {
		usleep(10000);
		if (kill(grandchild, 0) < 0 && errno == ESRCH) {
			puts("reaped");
			return 0;
		}
	}
	puts("a zombie stays");
	return 1;
}

static int
end_with(int count, char **arguments)
{
	return count > 0 ? atoi(arguments[0]) : 0;
}

static const struct {
	const char *name;
	int (*run)(int count, char **arguments);
	int least;
} verbs[] = {
	{ "cat", cat, 0 },
	{ "write", write_file, 1 },
	{ "isatty", is_terminal, 0 },
	{ "pause", wait_for_ever, 0 },
	{ "signal", await_signal, 1 },
	{ "orphan", orphan, 0 },
	{ "exit", end_with, 0 },
	{ "tree", tree, 1 },
	{ "look", look, 0 },
	{ "call", call, 1 },
	{ "spend", spend, 1 },
	{ "without", without, 2 },
	{ "refuse", refuse, 2 },
};

int
main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strcmp(argv[1], verbs[i].name) == 0 && argc - 2 >= verbs[i].least)
			return verbs[i].run(argc - 2, argv + 2);
	}
	fputs("usage: payload VERB [ARGUMENT...]\n", stderr);
	return 2;
}
