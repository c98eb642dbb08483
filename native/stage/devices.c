/* What is made in the root: directories, devices, links, files. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kernel.h"
#include "steps.h"
#include "trees.h"

/* STEP_MAKE_DIRECTORY */
int
make_directory(struct stage *stage, const struct plan_step *step)
{
	const char *path = plan_text(&stage->plan, step->path);

	AUTO_CLOSE int fd = make_directories(stage, path, step->mode & 07777);
	return fd < 0 ? fail(stage, "make the directory '%s'", path) : 0;
}

static bool
is_the_device(const struct stat *status, const struct plan_step *step)
{
	mode_t type = step->mode & S_IFMT;

	return (status->st_mode & S_IFMT) == type &&
	       (type == S_IFIFO || status->st_rdev == makedev((unsigned)step->a, (unsigned)step->b));
}

static int
bind_device(struct stage *stage, const struct plan_step *step)
{
	const char *path = plan_text(&stage->plan, step->path);
	const char *source = plan_text(&stage->plan, step->source);
	struct stat status;

	AUTO_CLOSE int node = open(source, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (node < 0)
		return fail(stage, "open the device '%s'", source);
	if (fstat(node, &status) < 0 || !is_the_device(&status, step))
		return fail_with(stage, ENODEV, DETAIL_NONE, "'%s' is not the device %u:%u", source, (unsigned)step->a,
				 (unsigned)step->b);

	AUTO_CLOSE int target = make_target(stage, path, false);
	if (target < 0)
		return fail(stage, "make '%s' to bind a device", path);
	AUTO_CLOSE int tree = clone_tree(node, false);
	if (tree < 0 && errno == ENOSYS)
		tree = bind_by_path(stage, node, target, path, false);
	else if (tree >= 0 && attach_tree(tree, target) < 0)
		return fail(stage, "bind the device '%s' at '%s'", source, path);
	return tree < 0 ? fail(stage, "bind the device '%s' at '%s'", source, path) : 0;
}

/* STEP_DEVICE */
int
make_device(struct stage *stage, const struct plan_step *step)
{
	const char *path = plan_text(&stage->plan, step->path);
	char name[NAME_MAX + 1];
	struct stat status;

	if (step->c == 1 && step->source != 0)
		return bind_device(stage, step);

	AUTO_CLOSE int parent = make_parent(stage, path, name);
	if (parent < 0)
		return fail(stage, "make the directory of '%s'", path);
	if (mknodat(parent, name, step->mode, makedev((unsigned)step->a, (unsigned)step->b)) < 0) {
		if (errno == EPERM && step->source != 0)
			return bind_device(stage, step);
		if (errno != EEXIST)
			return fail(stage, "make the device '%s'", path);
		if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
			return fail(stage, "look at '%s'", path);
		return is_the_device(&status, step) ? 0 : fail_with(stage, EEXIST, DETAIL_NONE, "make the device '%s'", path);
	}
	if (step->flags != 0 &&
	    fchownat(parent, name, (uid_t)(step->flags >> 32), (gid_t)step->flags, AT_SYMLINK_NOFOLLOW) < 0)
		return fail(stage, "give the device '%s' its owner", path);
	return 0;
}

/* STEP_SYMLINK */
int
make_symlink(struct stage *stage, const struct plan_step *step)
{
	const char *path = plan_text(&stage->plan, step->path);
	const char *target = plan_text(&stage->plan, step->source);
	char name[NAME_MAX + 1];

	AUTO_CLOSE int parent = make_parent(stage, path, name);
	if (parent < 0)
		return fail(stage, "make the directory of '%s'", path);
	if (symlinkat(target, parent, name) == 0)
		return 0;
	if (errno == EEXIST && step->mode == 0)
		return 0;
	if (errno == EEXIST && unlinkat(parent, name, 0) == 0 && symlinkat(target, parent, name) == 0)
		return 0;
	return fail(stage, "make the link '%s' to '%s'", path, target);
}

static int
write_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t written = write(fd, data, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -1;
		data += written;
		size -= (size_t)written;
	}
	return 0;
}

/* STEP_WRITE_FILE: a new inode, because what stands there may be a hard link, a device or a link out of the tree. */
int
write_file(struct stage *stage, const struct plan_step *step)
{
	const char *path = plan_text(&stage->plan, step->path);
	char name[NAME_MAX + 1];

	AUTO_CLOSE int parent = make_parent(stage, path, name);
	if (parent < 0)
		return fail(stage, "make the directory of '%s'", path);
	if (unlinkat(parent, name, 0) < 0 && errno != ENOENT)
		return fail(stage, "replace '%s'", path);
	AUTO_CLOSE int file = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, step->mode & 07777);
	if (file < 0 || write_all(file, plan_data(&stage->plan, step), step->data_size) < 0)
		return fail(stage, "write '%s'", path);
	return 0;
}
