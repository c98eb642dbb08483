/* A root of layers: one above the other, the top one written to. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "kernel.h"
#include "steps.h"
#include "trees.h"

/* What an overlay is made of, while its options are put together. */
struct overlay {
	struct stage *stage;
	const struct plan_step *step;
	const char *path;
	int fs;
	char complaint[160]; /* of the first attempt, which says more than the second */
};

static const char *
next_lower(const struct overlay *overlay, const char *lower)
{
	const char *end = plan_data(&overlay->stage->plan, overlay->step) + overlay->step->data_size;

	lower = lower == NULL ? plan_data(&overlay->stage->plan, overlay->step) : lower + strlen(lower) + 1;
	return lower < end ? lower : NULL;
}

static unsigned
count_lowers(const struct overlay *overlay)
{
	unsigned count = 0;

	for (const char *lower = next_lower(overlay, NULL); lower != NULL; lower = next_lower(overlay, lower))
		count++;
	return count;
}

/* Whether it is overlay that is refused here, and not one of the layers, so that another kind of root may work. */
static uint32_t
refusal_of(int error)
{
	switch (error) {
	case EPERM:
	case EACCES:
	case ENODEV:
	case EINVAL:
	case ENOSYS:
	case EOPNOTSUPP:
	case E2BIG:
		return DETAIL_NO_OVERLAY;
	default:
		return DETAIL_NONE;
	}
}

static int
refuse_overlay(struct overlay *overlay, const char *what, const char *subject)
{
	int error = errno;
	unsigned lowers = count_lowers(overlay);

	if (overlay->fs >= 0)
		read_complaint(overlay->fs, overlay->complaint);
	if (lowers > 500)
		return fail_with(overlay->stage, error, DETAIL_NONE, "mount the overlay at '%s': %u layers, the kernel takes 500",
				 overlay->path, lowers);
	return fail_with(overlay->stage, error, refusal_of(error), "mount the overlay at '%s': %s '%s'%s%s", overlay->path, what, subject,
			 overlay->complaint[0] ? ": " : "", overlay->complaint);
}

/* By descriptor (6.13), else by name (an fsconfig string ends at 255 bytes). */
static int
add_layer(const struct overlay *overlay, const char *key, const char *path)
{
	AUTO_CLOSE int layer = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (layer < 0)
		return -1;
	if (sys_fsconfig(overlay->fs, FSCONFIG_SET_FD, key, NULL, layer) == 0)
		return 0;
	return sys_fsconfig(overlay->fs, FSCONFIG_SET_STRING, key, path, 0);
}

static void
scratch_path(const struct overlay *overlay, const char *name, char path[PATH_MAX])
{
	(void)snprintf(path, PATH_MAX, "%s/%s", plan_text(&overlay->stage->plan, overlay->step->source), name);
}

/* Which options this kernel's overlay has shows when the first is set: before 6.7 there is no lowerdir+. */
static int
overlay_by_descriptors(struct overlay *overlay)
{
	char path[PATH_MAX];
	unsigned mode = overlay->step->mode;
	if (!knows_detached_trees())
		return NO_SUCH_CALL;
	AUTO_CLOSE int fs = sys_fsopen("overlay", FSOPEN_CLOEXEC);
	if (fs < 0)
		return errno == ENOSYS ? NO_SUCH_CALL : refuse_overlay(overlay, "open", "overlay");
	overlay->fs = fs;
	(void)sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", "overlay", 0);

	for (const char *lower = next_lower(overlay, NULL); lower != NULL; lower = next_lower(overlay, lower))
		if (add_layer(overlay, "lowerdir+", lower) < 0)
			return errno == EINVAL && lower == next_lower(overlay, NULL) ? NO_SUCH_CALL
										     : refuse_overlay(overlay, "add the layer", lower);
	if (overlay->step->source != 0) {
		scratch_path(overlay, "upper", path);
		if (add_layer(overlay, "upperdir", path) < 0)
			return errno == EINVAL ? NO_SUCH_CALL : refuse_overlay(overlay, "write to", path);
		scratch_path(overlay, "work", path);
		if (add_layer(overlay, "workdir", path) < 0)
			return errno == EINVAL ? NO_SUCH_CALL : refuse_overlay(overlay, "work in", path);
	}
	if (mode & PLAN_OVERLAY_USERXATTR && sys_fsconfig(fs, FSCONFIG_SET_FLAG, "userxattr", NULL, 0) < 0)
		return refuse_overlay(overlay, "set", "userxattr");
	if (mode & PLAN_OVERLAY_VOLATILE && sys_fsconfig(fs, FSCONFIG_SET_FLAG, "volatile", NULL, 0) < 0)
		return refuse_overlay(overlay, "set", "volatile");
	if (sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0) {
		/* A legacy overlay takes any key and refuses here. */
		if (errno == EINVAL && count_lowers(overlay) <= 500) {
			read_complaint(fs, overlay->complaint);
			return NO_SUCH_CALL;
		}
		return refuse_overlay(overlay, "create", "overlay");
	}
	int tree = sys_fsmount(fs, FSMOUNT_CLOEXEC, (unsigned)overlay->step->flags);
	return tree < 0 ? refuse_overlay(overlay, "mount", "overlay") : tree;
}

/* The directory that all layers have above them: names relative to it are shorter, and 4 KiB is all there is. */
static size_t
common_length(const struct overlay *overlay)
{
	const char *first = next_lower(overlay, NULL);
	size_t length = strlen(first);

	for (const char *lower = first; lower != NULL; lower = next_lower(overlay, lower))
		while (length > 0 && (strncmp(first, lower, length) != 0 || first[length - 1] != '/'))
			length--;
	if (overlay->step->source != 0) {
		const char *scratch = plan_text(&overlay->stage->plan, overlay->step->source);

		while (length > 0 && (strncmp(first, scratch, length) != 0 || first[length - 1] != '/'))
			length--;
	}
	return length;
}

/* ':' parts layers, ',' options. */
static bool
append(char options[4096], const char *before, const char *path)
{
	size_t used = strlen(options);

	for (; *before != 0 && used + 1 < 4096; before++)
		options[used++] = *before;
	for (; *path != 0 && used + 2 < 4096; path++) {
		if (*path == ':' || *path == ',' || *path == '\\')
			options[used++] = '\\';
		options[used++] = *path;
	}
	options[used] = 0;
	return *before == 0 && *path == 0;
}

static int
overlay_by_name(struct overlay *overlay, int target)
{
	char options[4096] = "", directory[PATH_MAX], path[PATH_MAX], to[FD_PATH_SIZE];
	char *last;
	size_t cut = common_length(overlay);
	bool fits = true;

	overlay->fs = -1;
	(void)snprintf(directory, sizeof directory, "%.*s", (int)cut, next_lower(overlay, NULL));
	if (cut > 0 && chdir(directory) < 0)
		return refuse_overlay(overlay, "enter", directory);
	for (const char *lower = next_lower(overlay, NULL); lower != NULL && fits; lower = next_lower(overlay, lower))
		fits = append(options, options[0] == 0 ? "lowerdir=" : ":", lower + cut);
	if (overlay->step->source != 0 && fits) {
		scratch_path(overlay, "upper", path);
		fits = append(options, ",upperdir=", path + cut);
		scratch_path(overlay, "work", path);
		fits = fits && append(options, ",workdir=", path + cut);
	}
	if (overlay->step->mode & PLAN_OVERLAY_USERXATTR)
		fits = fits && append(options, ",userxattr", "");
	last = options + strlen(options);
	if (overlay->step->mode & PLAN_OVERLAY_VOLATILE)
		fits = fits && append(options, ",volatile", "");
	if (!fits)
		return fail_with(overlay->stage, E2BIG, DETAIL_NO_OVERLAY, "mount the overlay at '%s': %u layers are too many for this kernel",
				 overlay->path, count_lowers(overlay));

	descriptor_path(target, to);
	int mounted = mount("overlay", to, "overlay", mount_flags_of(overlay->step->flags), options);
	if (mounted < 0 && errno == EINVAL && *last != 0) {
		/* Before 5.10: it is only faster. */
		*last = 0;
		mounted = mount("overlay", to, "overlay", mount_flags_of(overlay->step->flags), options);
	}
	if (mounted < 0)
		return refuse_overlay(overlay, "mount", "overlay");
	if (chdir("/") < 0)
		return refuse_overlay(overlay, "leave", directory);
	return open_directory(overlay->stage, overlay->path);
}

/* STEP_OVERLAY_ROOT */
int
overlay_root(struct stage *stage, const struct plan_step *step)
{
	const char *path = plan_text(&stage->plan, step->path);
	struct overlay overlay = {.stage = stage, .step = step, .path = path, .fs = -1};

	AUTO_CLOSE int directory = open_directory(stage, path);
	if (directory < 0)
		return -1;

	/* The private parent that pivot_root needs, as for a bound root. */
	AUTO_CLOSE int target = bind_onto_itself(stage, path, directory, false);
	if (target < 0)
		return -1;

	int tree = overlay_by_descriptors(&overlay);
	if (tree == NO_SUCH_CALL) {
		tree = overlay_by_name(&overlay, target);
		return tree < 0 ? -1 : take_root(stage, tree, path);
	}
	if (tree < 0)
		return -1;
	if (attach_tree(tree, target) < 0) {
		close_descriptor(&tree);
		return refuse_overlay(&overlay, "attach", "overlay");
	}
	return take_root(stage, tree, path);
}
