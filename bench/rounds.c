/*
 * Times commands against each other: one run of each in turn, round after round, so that
 * what the machine does meanwhile falls on all alike.
 *
 *   rounds [-g MILLISECONDS] ROUNDS NAME [-j COPIES] COMMAND... --- NAME COMMAND... [--- ...]
 *
 * "@" in a command becomes a number that is new in each run, "%" the number of the copy, from 0: with -j
 * a run is that many commands at once, and ends with the last of them. Prints medians: wall time, CPU
 * time of the commands and of all that they waited for, the largest process, and ratios to the first.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONTESTANTS 16
#define MAX_WORDS 64
#define MAX_COPIES 256

struct contestant {
	const char *name;
	char *words[MAX_WORDS];
	int count, copies;
	double *wall, *cpu;
	long memory;
};

static double
milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double
of_timeval(struct timeval time)
{
	return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

static int
ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *values, int count)
{
	qsort(values, (size_t)count, sizeof *values, ascending);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* The word with its first MARK replaced by TEXT; takes the word. */
static char *
filled(char *word, char mark, const char *text)
{
	char *at = word != NULL ? strchr(word, mark) : NULL;
	char *whole = NULL;

	if (at == NULL)
		return word;
	if (asprintf(&whole, "%.*s%s%s", (int)(at - word), word, text, at + 1) < 0)
		exit(2);
	free(word);
	return whole;
}

static pid_t
start(const struct contestant *contestant, int copy)
{
	static unsigned number;
	char *words[MAX_WORDS + 1] = {NULL};
	char unique[32], place[16];

	snprintf(unique, sizeof unique, "%d-%u", (int)getpid(), ++number);
	snprintf(place, sizeof place, "%d", copy);
	for (int i = 0; i < contestant->count; i++)
		words[i] = filled(filled(strdup(contestant->words[i]), '@', unique), '%', place);

	pid_t pid = vfork();
	if (pid == 0) {
		execvp(words[0], words);
		_exit(127);
	}
	for (int i = 0; i < contestant->count; i++)
		free(words[i]);
	return pid;
}

static void
run(struct contestant *contestant, int round)
{
	double began = milliseconds();
	int started = 0;

	contestant->cpu[round] = 0;
	for (; started < contestant->copies; started++)
		if (start(contestant, started) < 0)
			exit(2);
	for (; started > 0; started--) {
		struct rusage usage;
		int status;

		if (wait4(-1, &status, 0, &usage) < 0)
			exit(2);
		contestant->cpu[round] += of_timeval(usage.ru_utime) + of_timeval(usage.ru_stime);
		if (usage.ru_maxrss > contestant->memory)
			contestant->memory = usage.ru_maxrss;
		if (status != 0) {
			fprintf(stderr, "rounds: %s ended with status 0x%x\n", contestant->name, (unsigned)status);
			exit(1);
		}
	}
	contestant->wall[round] = milliseconds() - began;
}

int
main(int argc, char **argv)
{
	static struct contestant contestants[MAX_CONTESTANTS];
	int count = 0, gap = 0, at = 1;

	if (at + 1 < argc && strcmp(argv[at], "-g") == 0) {
		gap = atoi(argv[at + 1]);
		at += 2;
	}
	if (at + 2 >= argc)
		return 2;
	int rounds = atoi(argv[at++]);
	for (; at < argc && count < MAX_CONTESTANTS; at++) {
		struct contestant *contestant = &contestants[count++];

		contestant->name = argv[at++];
		contestant->copies = 1;
		if (at + 1 < argc && strcmp(argv[at], "-j") == 0) {
			contestant->copies = atoi(argv[at + 1]);
			at += 2;
		}
		if (contestant->copies < 1 || contestant->copies > MAX_COPIES)
			return 2;
		for (; at < argc && strcmp(argv[at], "---") != 0 && contestant->count < MAX_WORDS; at++)
			contestant->words[contestant->count++] = argv[at];
		contestant->wall = calloc((size_t)rounds + 1, sizeof(double));
		contestant->cpu = calloc((size_t)rounds + 1, sizeof(double));
	}

	/* What commands print is not part of it. */
	int out = dup(1), null = open("/dev/null", O_RDWR);
	(void)dup2(null, 0);
	(void)dup2(null, 1);
	fcntl(out, F_SETFD, FD_CLOEXEC);
	for (int round = -1; round < rounds; round++)
		for (int i = 0; i < count; i++) {
			struct timespec pause = {gap / 1000, (long)(gap % 1000) * 1000000};

			nanosleep(&pause, NULL);
			/* The first of each is warm-up: it is overwritten. */
			run(&contestants[i], round < 0 ? 0 : round);
		}
	(void)dup2(out, 1);

	double wall = 0, cpu = 0;
	printf("%-24s %10s %7s %10s %7s %10s\n", "", "wall ms", "ratio", "CPU ms", "ratio", "peak MiB");
	for (int i = 0; i < count; i++) {
		double this_wall = median(contestants[i].wall, rounds), this_cpu = median(contestants[i].cpu, rounds);

		if (i == 0) {
			wall = this_wall;
			cpu = this_cpu;
		}
		printf("%-24s %10.2f %7.2f %10.2f %7.2f %10.1f\n", contestants[i].name, this_wall, this_wall / wall, this_cpu,
		       this_cpu / cpu, (double)contestants[i].memory / 1024);
	}
	return 0;
}
