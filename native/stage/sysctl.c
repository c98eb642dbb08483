/* What is set by writing to procfs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kernel.h"
#include "paths.h"
#include "steps.h"

int
write_proc(struct stage *stage, const char *path, const void *data, size_t size)
{
	AUTO_CLOSE int file = open_proc(stage, path, O_WRONLY);

	if (file < 0)
		return -1;
	ssize_t written = write(file, data, size);
	if (written >= 0 && (size_t)written != size) {
		errno = EIO;
		return -1;
	}
	return written < 0 ? -1 : 0;
}

/* STEP_SYSCTL */
int
write_sysctl(struct stage *stage, const struct plan_step *step)
{
	char path[PATH_MAX];
	const char *name = plan_text(&stage->plan, step->path);

	if (snprintf(path, sizeof path, "sys/%s", name) >= (int)sizeof path)
		return fail_with(stage, ENAMETOOLONG, DETAIL_NONE, "set sysctl '%s'", name);
	if (write_proc(stage, path, plan_data(&stage->plan, step), step->data_size) < 0)
		return fail(stage, "set sysctl '%s' to '%.*s'", name, (int)step->data_size, plan_data(&stage->plan, step));
	return 0;
}

/* STEP_OOM_SCORE */
int
oom_score(struct stage *stage, const struct plan_step *step)
{
	if (write_proc(stage, "self/oom_score_adj", plan_data(&stage->plan, step), step->data_size) < 0)
		return step->mode == 1 && (errno == EACCES || errno == EPERM) ? 0 : fail(stage, "set oom_score_adj to %.*s", (int)step->data_size, plan_data(&stage->plan, step));
	return 0;
}

/* STEP_LABEL: read back, because a label that silently did not apply is worse than a refusal. */
int
set_label(struct stage *stage, const struct plan_step *step)
{
	char path[PATH_MAX], found[4096];
	const char *name = plan_text(&stage->plan, step->path);
	const char *label = plan_data(&stage->plan, step);

	(void)snprintf(path, sizeof path, "self/attr/%s", name);
	if (write_proc(stage, path, label, step->data_size) < 0)
		return fail(stage, "write '%.*s' to /proc/self/attr/%s", (int)step->data_size, label, name);

	AUTO_CLOSE int file = open_proc(stage, path, O_RDONLY);
	if (file < 0)
		return fail(stage, "read /proc/self/attr/%s", name);
	ssize_t size = read(file, found, sizeof found - 1);
	if (size < 0)
		return fail(stage, "read /proc/self/attr/%s", name);
	found[size] = 0;

	/* AppArmor is written "exec PROFILE" and read "PROFILE (enforce)". */
	const char *wanted = step->data_size > 5 && memcmp(label, "exec ", 5) == 0 ? label + 5 : label;
	size_t length = step->data_size - (size_t)(wanted - label);
	if ((size_t)size < length || memcmp(found, wanted, length) != 0)
		return fail_with(stage, EPERM, DETAIL_NONE, "the label '%.*s' did not apply", (int)length, wanted);
	return 0;
}
