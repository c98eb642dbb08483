/* What tests of steps that fill a root share: a mount namespace with "root" to fill and "host" to leave alone, and a plan. */
#ifndef CRUN_SHARP_TEST_ROOT_H
#define CRUN_SHARP_TEST_ROOT_H

#include <stdbool.h>
#include <stdint.h>

#include "stage.h"
#include "test.h"

extern struct builder plan;
extern struct stage *stage;

void begin(bool old_kernel);
struct plan_step *step(uint32_t kind, const char *path);
void must_apply(void);
void must_fail(int error);
void bind_the_root(void);
void mount_it(const char *type, const char *path, const char *options, uint64_t attributes, uint64_t how);
void bind_it(const char *source, const char *path, uint64_t attributes, uint64_t how);
void enter(void);
void check_flags(const char *path, unsigned long expected);

/* A step with an older way is tested twice: the second time the newer calls answer ENOSYS. */
#define BOTH_WAYS(test_name)                                                                                             \
	static void test_name(void);                                                                                     \
	TEST(test_name##_NewCalls)                                                                                       \
	{                                                                                                                \
		begin(false);                                                                                            \
		test_name();                                                                                             \
	}                                                                                                                \
	TEST(test_name##_OldKernel)                                                                                      \
	{                                                                                                                \
		begin(true);                                                                                             \
		test_name();                                                                                             \
	}                                                                                                                \
	static void test_name(void)

#endif
