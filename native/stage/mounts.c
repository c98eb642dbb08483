/* STEP_MOUNT, STEP_BIND and what hides paths. */
#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kernel.h"
#include "steps.h"
#include "trees.h"

#define NULL_DEVICE makedev(1, 3)

/* Where to mount. proc and sysfs: a link in an image, /proc -> /tmp, must not decide where the real one goes. */
static int
target_of(struct stage *stage, const struct plan_step *step, bool directory, bool no_links)
{
	const char *path = plan_text(&stage->plan, step->path);
	int target = no_links ? open_without_links(stage->root, path, O_PATH) : -1;

	if (no_links && target < 0 && errno != ENOENT)
		return errno == ELOOP ? fail_with(stage, ELOOP, DETAIL_NONE, "mount at '%s': a symbolic link stands in this path", path)
				      : fail(stage, "open '%s' to mount on it", path);
	if (target < 0)
		target = make_target(stage, path, directory);
	return target < 0 ? fail(stage, "open '%s' to mount on it", path) : target;
}

static int
keep_mode(int mounted, int covered)
{
	struct stat status;

	if (fstat(covered, &status) < 0)
		return -1;
	/* By name: an O_PATH descriptor can neither be chmod'ed nor chown'ed as it is. */
	AUTO_CLOSE int directory = openat(mounted, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0 || fchmod(directory, status.st_mode & 07777) < 0)
		return -1;
	(void)fchown(directory, status.st_uid, status.st_gid);
	return 0;
}

static int
fill(struct stage *stage, const struct plan_step *step, int tree, int target)
{
	const char *path = plan_text(&stage->plan, step->path);

	if (step->a & STEP_MOUNT_KEEP_MODE && keep_mode(tree, target) < 0)
		return fail(stage, "give the mode of '%s' to what is mounted there", path);
	if (step->a & STEP_MOUNT_COPY_UP && (keep_mode(tree, target) < 0 || copy_up(target, tree) < 0))
		return fail(stage, "copy '%s' up into the tmpfs", path);
	return 0;
}

/* STEP_MOUNT */
int
mount_filesystem(struct stage *stage, const struct plan_step *step)
{
	const char *path = plan_text(&stage->plan, step->path);
	const char *type = plan_text(&stage->plan, step->source);
	bool is_kernels = strcmp(type, "proc") == 0 || strcmp(type, "sysfs") == 0;
	bool is_filled = (step->a & (STEP_MOUNT_COPY_UP | STEP_MOUNT_KEEP_MODE)) != 0;
	struct filesystem wanted = {
		.type = type,
		.source = plan_text(&stage->plan, (uint32_t)step->b),
		.options = plan_data(&stage->plan, step),
		.attributes = is_filled ? step->flags & ~(uint64_t)MOUNT_ATTR_RDONLY : step->flags,
	};

	AUTO_CLOSE int target = target_of(stage, step, true, is_kernels || step->a & STEP_MOUNT_NO_FOLLOW);
	if (target < 0)
		return -1;

	AUTO_CLOSE int tree = detached_filesystem(stage, &wanted, path);
	AUTO_CLOSE int mounted = tree == NO_SUCH_CALL ? mount_by_path(stage, &wanted, target, path) : -1;
	if (tree < 0 && mounted < 0)
		return -1;

	int fd = tree >= 0 ? tree : mounted;
	if (fill(stage, step, fd, target) < 0)
		return -1;
	if (is_filled && step->flags & MOUNT_ATTR_RDONLY && change_attributes(fd, MOUNT_ATTR_RDONLY, 0, false) < 0)
		return fail(stage, "make '%s' read-only", path);
	if (tree >= 0 && attach_tree(tree, target) < 0)
		return fail(stage, "mount '%s' at '%s'", type, path);
	if (change_propagation(fd, step->c) < 0)
		return fail(stage, "set the propagation of '%s'", path);
	return 0;
}

static int
open_source(struct stage *stage, const struct plan_step *step)
{
	const char *source = plan_text(&stage->plan, step->source);
	struct stat status;
	uint64_t expected[2];

	int fd = open(source, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return fail(stage, "open '%s' to bind it", source);
	if (step->data_size != sizeof expected)
		return fd;

	/* The parent looked at it in its own mount namespace; this is another open of the same name. */
	memcpy(expected, plan_data(&stage->plan, step), sizeof expected);
	if (fstat(fd, &status) == 0 && status.st_dev == expected[0] && status.st_ino == expected[1])
		return fd;
	close_descriptor(&fd);
	return fail_with(stage, ESTALE, DETAIL_NONE, "bind '%s': it was replaced meanwhile", source);
}

static int
map_ids(int tree, int user_namespace, bool recursive)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)user_namespace};

	return sys_mount_setattr(tree, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr);
}

/* STEP_BIND */
int
bind_mount(struct stage *stage, const struct plan_step *step)
{
	const char *path = plan_text(&stage->plan, step->path);
	const char *name = step->source == 0 ? "a descriptor" : plan_text(&stage->plan, step->source);
	bool recursive = (step->a & STEP_MOUNT_RECURSIVE) != 0;
	bool directory = !(step->a & STEP_MOUNT_FILE);
	struct stat status;

	AUTO_CLOSE int source = -1;
	AUTO_CLOSE int tree = -1;
	bool is_left = true; /* the attributes are still to be set */
	if (step->fd != PLAN_NO_FD) {
		tree = fcntl(plan_fd(&stage->plan, step->fd), F_DUPFD_CLOEXEC, 3);
		if (tree < 0)
			return fail(stage, "bind '%s'", path);
	} else {
		source = open_source(stage, step);
		if (source < 0)
			return -1;
		tree = clone_tree(source, recursive);
		if (tree < 0 && errno != ENOSYS)
			return fail(stage, "bind '%s' at '%s'", name, path);
	}
	if (fstat(tree >= 0 ? tree : source, &status) == 0)
		directory = S_ISDIR(status.st_mode);

	AUTO_CLOSE int target = target_of(stage, step, directory, (step->a & STEP_MOUNT_NO_FOLLOW) != 0);
	if (target < 0)
		return -1;

	if (tree >= 0) {
		if (step->a & STEP_MOUNT_IDMAP &&
		    map_ids(tree, plan_fd(&stage->plan, step->mode), (step->a & STEP_MOUNT_IDMAP_RECURSIVE) != 0) < 0)
			return fail(stage, "map the ids of '%s' at '%s'", name, path);
		/* Before it can be seen, so that it is never writable for a moment; a remount works only afterwards. */
		is_left = change_attributes(tree, step->flags, step->b, (step->a & STEP_MOUNT_ATTR_RECURSIVE) != 0) < 0;
		if (is_left && errno != EINVAL)
			return fail(stage, "set the attributes of '%s' at '%s'", name, path);
		if (attach_tree(tree, target) < 0)
			return fail(stage, "bind '%s' at '%s'", name, path);
	} else {
		tree = bind_by_path(stage, source, target, path, recursive);
		if (tree < 0)
			return fail(stage, "bind '%s' at '%s'", name, path);
	}

	if (is_left && change_attributes(tree, step->flags, step->b, (step->a & STEP_MOUNT_ATTR_RECURSIVE) != 0) < 0)
		return fail(stage, "set the attributes of '%s' at '%s'", name, path);
	if (change_propagation(tree, step->c) < 0)
		return fail(stage, "set the propagation of '%s'", path);
	return 0;
}

/* The container's own /dev/null, and really it: an image may have anything at that name. */
static int
null_device(struct stage *stage)
{
	struct stat status;
	int fd = open_without_links(stage->root, "/dev/null", O_PATH | O_NOFOLLOW);

	if (fd < 0)
		return -1;
	if (fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == NULL_DEVICE)
		return fd;
	close_descriptor(&fd);
	errno = ENODEV;
	return -1;
}

/* One empty directory masks them all; the first mask mounts it, the others bind it. */
static int
mask_directory(struct stage *stage, int target, const char *path)
{
	static const struct filesystem empty = {
		.type = "tmpfs",
		.options = "ro",
		.attributes = MOUNT_ATTR_RDONLY,
	};

	if (stage->empty >= 0) {
		AUTO_CLOSE int copy = clone_tree(stage->empty, false);

		if (copy >= 0 || errno != ENOSYS)
			return copy >= 0 && attach_tree(copy, target) == 0 ? 0 : fail(stage, "mask '%s'", path);
	}

	int tree = detached_filesystem(stage, &empty, path);
	if (tree == -1)
		return -1;
	if (tree == NO_SUCH_CALL) {
		tree = mount_by_path(stage, &empty, target, path);
		close_descriptor(&tree);
		return tree < 0 ? -1 : 0;
	}
	if (attach_tree(tree, target) < 0) {
		close_descriptor(&tree);
		return fail(stage, "mask '%s'", path);
	}
	close_descriptor(&stage->empty);
	stage->empty = tree;
	return 0;
}

static bool
is_absent(int error)
{
	return error == ENOENT || error == ENOTDIR;
}

/* STEP_MASK */
int
mask_path(struct stage *stage, const struct plan_step *step)
{
	const char *path = plan_text(&stage->plan, step->path);
	struct stat status;

	AUTO_CLOSE int target = open_in_root(stage, path, O_PATH);
	if (target < 0)
		return is_absent(errno) ? 0 : fail(stage, "mask '%s'", path);
	if (fstat(target, &status) < 0)
		return fail(stage, "look at '%s'", path);
	if (S_ISDIR(status.st_mode))
		return mask_directory(stage, target, path);

	AUTO_CLOSE int source = null_device(stage);
	if (source < 0)
		return fail(stage, "mask '%s': the container's /dev/null is not the null device", path);
	AUTO_CLOSE int tree = clone_tree(source, false);
	if (tree < 0 && errno == ENOSYS)
		tree = bind_by_path(stage, source, target, path, false);
	else if (tree >= 0 && attach_tree(tree, target) < 0)
		return fail(stage, "mask '%s'", path);
	return tree < 0 ? fail(stage, "mask '%s'", path) : 0;
}

/* STEP_READ_ONLY_PATH */
int
read_only_path(struct stage *stage, const struct plan_step *step)
{
	const char *path = plan_text(&stage->plan, step->path);

	AUTO_CLOSE int target = open_in_root(stage, path, O_PATH);
	if (target < 0)
		return is_absent(errno) ? 0 : fail(stage, "make '%s' read-only", path);

	/* A mount of its own needs no other on top, with copies of all that is mounted in it; a plain path is EINVAL. */
	if (change_attributes(target, MOUNT_ATTR_RDONLY, 0, false) == 0)
		return 0;

	/* The top alone becomes read-only: what is mounted below keeps its own attributes, as callers of runc expect. */
	bool is_left = true;
	AUTO_CLOSE int tree = clone_tree(target, true);
	if (tree >= 0) {
		is_left = change_attributes(tree, MOUNT_ATTR_RDONLY, 0, false) < 0;
		if (is_left && errno != EINVAL)
			return fail(stage, "make '%s' read-only", path);
		if (attach_tree(tree, target) < 0)
			return fail(stage, "make '%s' read-only", path);
	} else {
		if (errno == ENOSYS)
			tree = bind_by_path(stage, target, target, path, true);
		if (tree < 0)
			return fail(stage, "make '%s' read-only", path);
	}
	if (is_left && change_attributes(tree, MOUNT_ATTR_RDONLY, 0, false) < 0)
		return fail(stage, "make '%s' read-only", path);
	return 0;
}
