/* The decoders: whatever the bytes, they answer; they never read outside. */
#include <stdlib.h>
#include <sys/mman.h>

#include "monitor.h"
#include "stage.h"
#include "test.h"

static struct builder builder;

static void
sample_plan(void)
{
	struct plan_step *step;

	begin_plan(&builder);
	builder.fd_count = 4;
	step = add_step(&builder, STEP_MOUNT);
	step->origin = put_text(&builder, "mounts[0] of config.json");
	step->path = put_text(&builder, "/proc");
	step->source = put_text(&builder, "proc");
	put_data(&builder, step, "a=b,c", 5);
	step = add_step(&builder, STEP_BIND);
	step->path = put_text(&builder, "/x");
	step->fd = 2;
	step->a = STEP_MOUNT_IDMAP;
	step->mode = 3;
	step = add_step(&builder, STEP_EXEC);
	put_data(&builder, step, "true\0", 5);
	step->source = put_bytes(&builder, "A=1\0B=2", 8);
	step->b = 8;
}

/* Ends at a page that cannot be read: one byte too far is a crash, also without a sanitizer. */
static char *
at_the_edge(const char *bytes, size_t size)
{
	size_t room = (size + 4095 + 4096) & ~4095ul;
	char *pages = mmap(NULL, room + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(pages != MAP_FAILED);
	CHECK_INT(mprotect(pages + room, 4096, PROT_NONE), 0);
	/* The buffer begins at a multiple of 8, as a mapping does. */
	char *at = pages + room - ((size + 7) & ~7ul);
	memcpy(at, bytes, size);
	return at;
}

static const char *
check_bytes(const char *bytes, size_t size)
{
	struct plan plan = {.first_fd = 10};

	return plan_check(&plan, bytes, size);
}

TEST(Plan_Whole_IsAccepted)
{
	static _Alignas(8) char bytes[8192];

	sample_plan();
	uint32_t size = end_plan_bytes(&builder, bytes, sizeof bytes);
	CHECK(check_bytes(bytes, size) == NULL);
}

TEST(Plan_CutShort_IsRefusedAtEveryLength)
{
	static _Alignas(8) char bytes[8192];

	sample_plan();
	uint32_t size = end_plan_bytes(&builder, bytes, sizeof bytes);
	for (uint32_t length = 0; length < size; length++) {
		char *cut = at_the_edge(bytes, length);

		CHECK(check_bytes(cut, length) != NULL);
		/* And with a header that says so itself. */
		if (length >= sizeof(struct plan_header)) {
			((struct plan_header *)cut)->size = length;
			(void)check_bytes(cut, length);
		}
	}
}

/* One field spoiled at a time, with the values that overflow. */
TEST(Plan_HostileFields_AreRefusedOrHarmless)
{
	static const uint32_t values[] = {0, 1, 23, 24, 0x7fffffff, 0x80000000, 0xfffffff0, 0xfffffffe, 0xffffffff};
	static _Alignas(8) char bytes[8192];

	sample_plan();
	uint32_t size = end_plan_bytes(&builder, bytes, sizeof bytes);
	char *edge = at_the_edge(bytes, size);
	for (uint32_t at = 0; at + 4 <= sizeof(struct plan_header) + 3 * sizeof(struct plan_step); at += 4)
		for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
			uint32_t before;

			memcpy(&before, edge + at, 4);
			memcpy(edge + at, &values[i], 4);
			(void)check_bytes(edge, size);
			memcpy(edge + at, &before, 4);
		}
	CHECK(check_bytes(edge, size) == NULL);
}

TEST(Plan_RandomBytes_NeverReadOutside)
{
	static _Alignas(8) char bytes[8192];
	unsigned accepted = 0;

	sample_plan();
	uint32_t size = end_plan_bytes(&builder, bytes, sizeof bytes);
	char *edge = at_the_edge(bytes, size);
	srandom(20261124);
	for (int round = 0; round < 100000; round++) {
		memcpy(edge, bytes, size);
		for (int spoiled = 0; spoiled < 1 + round % 6; spoiled++)
			edge[(uint32_t)random() % size] = (char)random();
		accepted += check_bytes(edge, size) == NULL;
	}
	/* Spoiled text is still text: some must pass, or nothing was tried. */
	CHECK(accepted > 0 && accepted < 100000);
}

static const char *
check_step(void (*spoil)(struct plan_step *step), uint32_t index)
{
	static _Alignas(8) char bytes[8192];

	sample_plan();
	uint32_t size = end_plan_bytes(&builder, bytes, sizeof bytes);
	spoil((struct plan_step *)(bytes + sizeof(struct plan_header)) + index);
	return check_bytes(bytes, size);
}

static void
unknown_kind(struct plan_step *step)
{
	step->kind = STEP_KIND_COUNT;
}

static void
no_kind(struct plan_step *step)
{
	step->kind = STEP_NONE;
}

static void
no_path(struct plan_step *step)
{
	step->path = 0;
}

static void
own_fd(struct plan_step *step)
{
	step->fd = PLAN_FD_REPORT;
}

static void
foreign_fd(struct plan_step *step)
{
	step->fd = 4;
}

static void
foreign_user_namespace(struct plan_step *step)
{
	step->mode = 4;
}

static void
open_list(struct plan_step *step)
{
	step->data_size = 4;
}

static void
open_environment(struct plan_step *step)
{
	step->b = 7;
}

static void
endless_environment(struct plan_step *step)
{
	step->b = UINT64_MAX;
}

static void
split_text(struct plan_step *step)
{
	step->data_size = 8;
}

TEST(Plan_UnknownKind_IsRefused)
{
	CHECK(check_step(unknown_kind, 0) != NULL);
	CHECK(check_step(no_kind, 0) != NULL);
}

TEST(Plan_MissingNeeds_AreRefused)
{
	CHECK(check_step(no_path, 0) != NULL);
}

TEST(Plan_DescriptorsOfOthers_AreRefused)
{
	CHECK(check_step(own_fd, 1) != NULL);
	CHECK(check_step(foreign_fd, 1) != NULL);
	CHECK(check_step(foreign_user_namespace, 1) != NULL);
}

TEST(Plan_ListWithoutEnd_IsRefused)
{
	CHECK(check_step(open_list, 2) != NULL);
	CHECK(check_step(open_environment, 2) != NULL);
	CHECK(check_step(endless_environment, 2) != NULL);
}

TEST(Plan_TextWithNulInside_IsRefused)
{
	CHECK(check_step(split_text, 0) != NULL);
}

TEST(Plan_EveryKind_HasItsFunction)
{
	for (uint32_t kind = STEP_NONE + 1; kind < STEP_KIND_COUNT; kind++)
		if (step_of(kind) == NULL)
			FAIL("kind %u has no function", kind);
	CHECK(step_of(STEP_NONE) == NULL);
	CHECK(step_of(STEP_KIND_COUNT) == NULL);
}

static uint32_t
sample_order(char bytes[1024])
{
	struct order_header header = {
		.magic = ORDER_MAGIC,
		.fd_count = 2,
		.pid = 1,
		.pidfd = ORDER_NO_FD,
		.terminal = ORDER_NO_FD,
		.input = ORDER_NO_FD,
		.output = ORDER_NO_FD,
		.error = ORDER_NO_FD,
		.ready = ORDER_NO_FD,
		.action_count = 2,
		.actions = sizeof(struct order_header),
	};
	uint32_t base = (uint32_t)(sizeof header + 2 * sizeof(struct order_action));
	struct order_action actions[2] = {
		{.kind = ACTION_KILL, .fd = 1},
		{.kind = ACTION_RUN, .path = base, .data = base + 6, .data_size = 6, .fd = ORDER_NO_FD},
	};

	header.record = base;
	header.size = base + 12;
	memcpy(bytes, &header, sizeof header);
	memcpy(bytes + sizeof header, actions, sizeof actions);
	memcpy(bytes + base, "/path\0list\0", 12);
	return header.size;
}

static const char *
check_order(const char *bytes, size_t size)
{
	struct order order = {.first_fd = 10};

	return order_check(&order, bytes, size);
}

TEST(Order_Whole_IsAccepted)
{
	_Alignas(8) char bytes[1024];
	uint32_t size = sample_order(bytes);

	CHECK(check_order(bytes, size) == NULL);
}

TEST(Order_CutShort_IsRefusedAtEveryLength)
{
	_Alignas(8) char bytes[1024];
	uint32_t size = sample_order(bytes);

	for (uint32_t length = 0; length < size; length++)
		CHECK(check_order(at_the_edge(bytes, length), length) != NULL);
}

TEST(Order_RandomBytes_NeverReadOutside)
{
	_Alignas(8) char bytes[1024];
	uint32_t size = sample_order(bytes);
	char *edge = at_the_edge(bytes, size);

	srandom(20261124);
	for (int round = 0; round < 100000; round++) {
		memcpy(edge, bytes, size);
		for (int spoiled = 0; spoiled < 1 + round % 6; spoiled++)
			edge[(uint32_t)random() % size] = (char)random();
		(void)check_order(edge, size);
	}
	memcpy(edge, bytes, size);
	CHECK(check_order(edge, size) == NULL);
}
