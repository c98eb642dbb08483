/*
 * The native tests: each runs in a process of its own, so it may enter namespaces,
 * lose privileges or be killed. It ends by returning (succeeded), a failed CHECK or
 * a SKIP with its reason.
 */
#ifndef CRUN_SHARP_TEST_H
#define CRUN_SHARP_TEST_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plan.h"

struct test {
	const char *name;
	void (*run)(void);
	struct test *next;
};
void add_test(struct test *test);

#define TEST(test_name)                                                                                                  \
	static void test_name(void);                                                                                     \
	__attribute__((constructor)) static void add_##test_name(void)                                                   \
	{                                                                                                                \
		static struct test test = {.name = #test_name, .run = test_name};                                        \
		add_test(&test);                                                                                         \
	}                                                                                                                \
	static void test_name(void)

_Noreturn void test_failed(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));
_Noreturn void test_skipped(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define FAIL(...) test_failed(__FILE__, __LINE__, __VA_ARGS__)
#define SKIP(...) test_skipped(__VA_ARGS__)
#define CHECK(condition)                                                                                                 \
	do {                                                                                                             \
		if (!(condition))                                                                                        \
			FAIL("%s (errno %d: %s)", #condition, errno, strerror(errno));                                   \
	} while (0)
#define CHECK_INT(actual, expected)                                                                                      \
	do {                                                                                                             \
		long long check_found = (long long)(actual), check_wanted = (long long)(expected);                       \
		if (check_found != check_wanted)                                                                         \
			FAIL("%s is %lld, not %lld (errno %d: %s)", #actual, check_found, check_wanted, errno, strerror(errno)); \
	} while (0)
#define CHECK_TEXT(actual, expected)                                                                                     \
	do {                                                                                                             \
		const char *check_found = (actual), *check_wanted = (expected);                                          \
		if (strcmp(check_found, check_wanted) != 0)                                                              \
			FAIL("%s is '%s', not '%s'", #actual, check_found, check_wanted);                                \
	} while (0)

/* A directory of the test's own, removed afterwards. Tests begin in it. */
const char *scratch(void);
void put_file(const char *path, const char *text);
void get_file(const char *path, char *text, size_t size);
void read_all(int fd, char *text, size_t size);
bool is_there(const char *path);
/* How many entries a directory has: an escape shows as one too many. */
int count_entries(const char *path);

/* From here on these calls answer ENOSYS in this process, as an old kernel would. */
void without_calls(const int *numbers, size_t count);
void without_new_mounts(void); /* fsopen, open_tree, move_mount, mount_setattr, openat2, close_range */

/* Root of a new user namespace with these others; skips where the host allows none. */
void enter_namespaces(int others);

/* A plan, put together. */
struct builder {
	_Alignas(8) char bytes[65536];
	uint32_t size, count, fd_count;
	struct plan_step steps[64];
};
void begin_plan(struct builder *builder);
struct plan_step *add_step(struct builder *builder, uint32_t kind);
uint32_t put_text(struct builder *builder, const char *text);
uint32_t put_bytes(struct builder *builder, const void *bytes, uint32_t size);
void put_data(struct builder *builder, struct plan_step *step, const void *bytes, uint32_t size);
/* Finishes it: header and steps in front of what was put. */
uint32_t end_plan_bytes(struct builder *builder, char *plan, uint32_t room);

/* Applies one step after another in this process, as the stage does, and answers the report of the failure. */
struct stage;
struct stage *new_stage(void);
int apply(struct stage *stage, struct builder *builder);
const struct report_message *last_report(void);

/* Starts this program again under that name ("stage", "monitor") with descriptors from 10 on. */
struct program {
	const char *name;
	int fds[16];
	int fd_count;
	int stdio[3];
	void (*before)(void);
};
int start_program(const struct program *program);
void become_program(const struct program *program);
int wait_for(int pid); /* the exit code, 128 + n for a signal */
int memory_file(const void *bytes, size_t size);

#endif
