#include "test.h"

#include <dirent.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kernel.h"
#include "monitor.h"
#include "stage.h"

#define EXIT_FAILED 1
#define EXIT_SKIPPED 77
#define SECONDS 30

static struct test *tests;
static char directory[64];
static int report_socket = -1;
static struct report_message report;

void
add_test(struct test *test)
{
	/* Constructors run in the order of files: kept, so that the output reads the same each time. */
	struct test **end = &tests;

	while (*end != NULL)
		end = &(*end)->next;
	*end = test;
}

void
test_failed(const char *file, int line, const char *format, ...)
{
	va_list arguments;

	printf("  %s:%d: ", file, line);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
	fflush(stdout);
	_exit(EXIT_FAILED);
}

void
test_skipped(const char *format, ...)
{
	va_list arguments;

	printf("  skipped: ");
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
	fflush(stdout);
	_exit(EXIT_SKIPPED);
}

const char *
scratch(void)
{
	return directory;
}

void
put_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	CHECK(fd >= 0);
	CHECK_INT(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

void
get_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t more;

	if (fd < 0)
		FAIL("open '%s': %s", path, strerror(errno));
	while (used < size - 1 && (more = read(fd, text + used, size - 1 - used)) > 0)
		used += (size_t)more;
	text[used] = 0;
	close(fd);
}

void
read_all(int fd, char *text, size_t size)
{
	size_t used = 0;
	ssize_t more;

	while (used < size - 1 && (more = read(fd, text + used, size - 1 - used)) > 0)
		used += (size_t)more;
	text[used] = 0;
}

bool
is_there(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0;
}

int
count_entries(const char *path)
{
	DIR *entries = opendir(path);
	int count = 0;

	CHECK(entries != NULL);
	while (readdir(entries) != NULL)
		count++;
	closedir(entries);
	return count - 2;
}

void
without_calls(const int *numbers, size_t count)
{
	struct sock_filter filter[64];
	size_t used = 0;

	filter[used++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < count; i++) {
		filter[used++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)numbers[i], 0, 1);
		filter[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
	}
	filter[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

	struct sock_fprog program = {.len = (unsigned short)used, .filter = filter};
	CHECK_INT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	CHECK_INT(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

void
without_new_mounts(void)
{
	static const int numbers[] = {SYS_fsopen, SYS_open_tree, SYS_move_mount, SYS_mount_setattr, SYS_openat2, SYS_close_range};

	without_calls(numbers, sizeof numbers / sizeof numbers[0]);
}

void
enter_namespaces(int others)
{
	char map[64];
	unsigned uid = getuid(), gid = getgid();

	if (unshare(CLONE_NEWUSER | others) < 0)
		SKIP("needs user namespaces: unshare: %s", strerror(errno));
	put_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof map, "0 %u 1\n", uid);
	put_file("/proc/self/uid_map", map);
	snprintf(map, sizeof map, "0 %u 1\n", gid);
	put_file("/proc/self/gid_map", map);
	if (others & CLONE_NEWNS)
		CHECK_INT(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
}

void
begin_plan(struct builder *builder)
{
	builder->size = 0;
	builder->count = 0;
	builder->fd_count = PLAN_FD_FIRST_FREE;
}

struct plan_step *
add_step(struct builder *builder, uint32_t kind)
{
	struct plan_step *step = &builder->steps[builder->count++];

	CHECK(builder->count <= 64);
	*step = (struct plan_step){.kind = kind, .fd = PLAN_NO_FD};
	return step;
}

/* Offsets are from the end of the steps until the plan is finished: kept apart by the top bit. */
#define UNPLACED 0x80000000u

uint32_t
put_bytes(struct builder *builder, const void *bytes, uint32_t size)
{
	uint32_t at = builder->size;

	CHECK(at + size + 8 < sizeof builder->bytes);
	memcpy(builder->bytes + at, bytes, size);
	builder->bytes[at + size] = 0;
	builder->size += size + 1;
	return at | UNPLACED;
}

uint32_t
put_text(struct builder *builder, const char *text)
{
	return put_bytes(builder, text, (uint32_t)strlen(text));
}

void
put_data(struct builder *builder, struct plan_step *step, const void *bytes, uint32_t size)
{
	step->data = put_bytes(builder, bytes, size);
	step->data_size = size;
}

static void
place(uint32_t *offset, uint32_t base)
{
	if (*offset & UNPLACED)
		*offset = (*offset & ~UNPLACED) + base;
}

uint32_t
end_plan_bytes(struct builder *builder, char *plan, uint32_t room)
{
	uint32_t base = (uint32_t)(sizeof(struct plan_header) + builder->count * sizeof(struct plan_step));
	struct plan_header header = {
		.magic = PLAN_MAGIC,
		.size = base + builder->size,
		.step_count = builder->count,
		.steps = sizeof(struct plan_header),
		.fd_count = builder->fd_count,
	};

	CHECK(header.size <= room);
	for (uint32_t i = 0; i < builder->count; i++) {
		struct plan_step *step = &builder->steps[i];

		place(&step->origin, base);
		place(&step->path, base);
		place(&step->source, base);
		place(&step->data, base);
	}
	memcpy(plan, &header, sizeof header);
	memcpy(plan + sizeof header, builder->steps, builder->count * sizeof(struct plan_step));
	memcpy(plan + base, builder->bytes, builder->size);
	return header.size;
}

struct stage *
new_stage(void)
{
	static struct stage stage;
	int ends[2];

	stage = (struct stage){.root = -1, .proc = -1, .empty = -1};
	if (report_socket < 0) {
		CHECK_INT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
		report_socket = ends[0];
		stage.report = ends[1];
	}
	stage.umask = umask(0);
	return &stage;
}

int
apply(struct stage *stage, struct builder *builder)
{
	static _Alignas(8) char bytes[131072];
	uint32_t size = end_plan_bytes(builder, bytes, sizeof bytes);
	const char *wrong = plan_check(&stage->plan, bytes, size);

	if (wrong != NULL)
		FAIL("%s", wrong);
	for (stage->current = 0; stage->current < builder->count; stage->current++) {
		const struct plan_step *step = &stage->plan.steps[stage->current];

		if (step_of(step->kind)(stage, step) < 0) {
			CHECK_INT(recv(report_socket, &report, sizeof report, 0), sizeof report);
			return -1;
		}
	}
	return 0;
}

const struct report_message *
last_report(void)
{
	return &report;
}

int
memory_file(const void *bytes, size_t size)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	CHECK(fd >= 0);
	CHECK_INT(write(fd, bytes, size), size);
	return fd;
}

void
become_program(const struct program *program)
{
	const char *file = getenv("CRUN_SHARP_STAGE");
	char *arguments[] = {(char *)program->name, "10", NULL};
	int high[16];

	for (int i = 0; i < program->fd_count; i++)
		high[i] = fcntl(program->fds[i], F_DUPFD, 100);
	for (int i = 0; i < 3; i++)
		if (program->stdio[i] >= 0 && program->stdio[i] != i)
			(void)dup2(program->stdio[i], i);
	for (int i = 0; i < program->fd_count; i++)
		(void)dup2(high[i], 10 + i);
	(void)close_range(10 + (unsigned)program->fd_count, ~0u, 0);
	(void)close_range(3, 9, 0);
	execv(file == NULL ? "/proc/self/exe" : file, arguments);
	_exit(99);
}

int
start_program(const struct program *program)
{
	int pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		if (program->before != NULL)
			program->before();
		become_program(program);
	}
	return pid;
}

int
wait_for(int pid)
{
	int status;

	CHECK_INT(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int
run_one(const struct test *test)
{
	int status;

	snprintf(directory, sizeof directory, "/tmp/crun-sharp-test-XXXXXX");
	if (mkdtemp(directory) == NULL)
		return EXIT_FAILED;

	int pid = fork();
	if (pid == 0) {
		(void)setpgid(0, 0);
		(void)alarm(SECONDS);
		(void)umask(022);
		if (chdir(directory) < 0)
			_exit(EXIT_FAILED);
		test->run();
		fflush(stdout);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return EXIT_FAILED;
	/* What a failed test left running would keep our output open. */
	(void)kill(-pid, SIGKILL);
	(void)remove_tree(directory);
	if (WIFSIGNALED(status)) {
		printf("  killed by signal %d\n", WTERMSIG(status));
		return EXIT_FAILED;
	}
	return WEXITSTATUS(status);
}

/* Arguments: parts of names; without them all tests run. */
int
main(int argc, char **argv)
{
	int succeeded = 0, failed = 0, skipped = 0;

	if (strcmp(argv[0], "stage") == 0)
		return stage_main(argc, argv);
	if (strcmp(argv[0], "monitor") == 0)
		return monitor_main(argc, argv);
	if (strcmp(argv[0], "attach") == 0)
		return attach_main(argc, argv);

	/* What a background job of a shell ignores, its children would ignore too, and could not undo. */
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGQUIT, SIG_DFL);
	(void)signal(SIGHUP, SIG_DFL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (const struct test *test = tests; test != NULL; test = test->next) {
		bool wanted = argc == 1;

		for (int i = 1; i < argc; i++)
			wanted |= strstr(test->name, argv[i]) != NULL;
		if (!wanted)
			continue;
		int code = run_one(test);
		printf("%s %s\n", code == 0 ? "ok     " : code == EXIT_SKIPPED ? "skipped" : "FAILED ", test->name);
		succeeded += code == 0;
		skipped += code == EXIT_SKIPPED;
		failed += code != 0 && code != EXIT_SKIPPED;
	}
	printf("succeeded: %d\nfailed: %d\nskipped: %d\n", succeeded, failed, skipped);
	return failed == 0 ? 0 : 1;
}
