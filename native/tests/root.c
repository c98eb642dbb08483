#include <sched.h>
#include <sys/statvfs.h>

#include "root.h"

struct builder plan;
struct stage *stage;

/* A mount namespace with a root to fill, outside of which "host" must not change. */
void
begin(bool old_kernel)
{
	enter_namespaces(CLONE_NEWNS);
	CHECK_INT(mkdir("root", 0755), 0);
	CHECK_INT(mkdir("root/dev", 0755), 0);
	CHECK_INT(mkdir("root/etc", 0755), 0);
	put_file("root/etc/file", "image");
	CHECK_INT(mkdir("host", 0755), 0);
	put_file("host/file", "host");
	if (old_kernel)
		without_new_mounts();
	stage = new_stage();
	begin_plan(&plan);
}

struct plan_step *
step(uint32_t kind, const char *path)
{
	struct plan_step *added = add_step(&plan, kind);

	if (path != NULL)
		added->path = put_text(&plan, path);
	return added;
}

void
must_apply(void)
{
	if (apply(stage, &plan) < 0)
		FAIL("step %u: %s: %s", stage->current, last_report()->text, strerror(last_report()->error));
	begin_plan(&plan);
}

void
must_fail(int error)
{
	CHECK(apply(stage, &plan) < 0);
	if (last_report()->error != error)
		FAIL("%s: %s, not %s", last_report()->text, strerror(last_report()->error), strerror(error));
	begin_plan(&plan);
}

void
bind_the_root(void)
{
	char path[256];

	snprintf(path, sizeof path, "%s/root", scratch());
	step(STEP_BIND_ROOT, NULL)->source = put_text(&plan, path);
	must_apply();
}

void
mount_it(const char *type, const char *path, const char *options, uint64_t attributes, uint64_t how)
{
	struct plan_step *mount_step = step(STEP_MOUNT, path);

	mount_step->source = put_text(&plan, type);
	put_data(&plan, mount_step, options, (uint32_t)strlen(options));
	mount_step->flags = attributes;
	mount_step->a = how;
}

void
bind_it(const char *source, const char *path, uint64_t attributes, uint64_t how)
{
	char whole[256];
	struct plan_step *bind_step = step(STEP_BIND, path);

	snprintf(whole, sizeof whole, "%s%s%s", source[0] == '/' ? "" : scratch(), source[0] == '/' ? "" : "/", source);
	bind_step->source = put_text(&plan, whole);
	bind_step->flags = attributes;
	bind_step->a = how;
}

void
enter(void)
{
	step(STEP_ENTER_ROOT, NULL);
	must_apply();
}

void
check_flags(const char *path, unsigned long expected)
{
	struct statvfs status;

	CHECK_INT(statvfs(path, &status), 0);
	CHECK_INT(status.f_flag & (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC) & expected, expected);
}
