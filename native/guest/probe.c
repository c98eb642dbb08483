/* What is measured inside a contestant. It measures itself where its surroundings could not be asked to. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

static double
nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int
hello(void)
{
	return write(STDOUT_FILENO, "hello\n", 6) == 6 ? 0 : 1;
}

static int
wait_for_the_end(void)
{
	if (write(STDOUT_FILENO, "ready\n", 6) != 6)
		return 1;
	for (;;)
		pause();
}

/* Half of the calls only enter the kernel, half go on to its file layer. */
static int
make_calls(long count)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	double start = nanoseconds();

	for (long i = 0; i < count / 2; i++) {
		(void)syscall(SYS_getppid);
		if (write(null < 0 ? STDERR_FILENO : null, "", 0) < 0)
			return 1;
	}
	printf("%.1f\n", (nanoseconds() - start) / (double)count);
	return fflush(stdout) == 0 ? 0 : 1;
}

/* Arithmetic that a compiler cannot foresee and that touches no memory (xorshift64). */
static int
compute(long count)
{
	volatile uint64_t sink;
	uint64_t state = 88172645463325252ULL;
	double start = nanoseconds();

	for (long i = 0; i < count; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
	}
	sink = state;
	(void)sink;
	printf("%.3f\n", (nanoseconds() - start) / (double)count);
	return fflush(stdout) == 0 ? 0 : 1;
}

int
guest_probe(int count, char **arguments)
{
	const char *verb = count > 0 ? arguments[0] : "";
	long number = count > 1 ? strtol(arguments[1], NULL, 10) : 0;

	if (strcmp(verb, "hello") == 0)
		return hello();
	if (strcmp(verb, "wait") == 0)
		return wait_for_the_end();
	if (strcmp(verb, "syscalls") == 0 && number > 1)
		return make_calls(number);
	if (strcmp(verb, "compute") == 0 && number > 0)
		return compute(number);
	fputs("usage: probe hello|wait|syscalls COUNT|compute COUNT\n", stderr);
	return 2;
}
