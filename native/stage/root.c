/* The tree that becomes the container's "/". */
#include <errno.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel.h"
#include "steps.h"
#include "trees.h"

/* STEP_PROPAGATION */
int
set_propagation(struct stage *stage, const struct plan_step *step)
{
	if (mount(NULL, "/", NULL, (unsigned long)step->flags, NULL) < 0)
		return fail(stage, "set the propagation of the host's tree");
	return 0;
}

/* pivot_root wants no shared parent, and a mount inherits sharing from where it is put. */
int
take_root(struct stage *stage, int root, const char *path)
{
	if (change_propagation(root, MS_PRIVATE) < 0)
		return fail(stage, "make '%s' private", path);
	stage->root = root;
	return 0;
}

int
open_directory(struct stage *stage, const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? fail(stage, "open the directory '%s'", path) : fd;
}

/* Binds a directory onto itself: pivot_root wants a mount, and a parent of it that is private. */
int
bind_onto_itself(struct stage *stage, const char *path, int directory, bool recursive)
{
	int tree = clone_tree(directory, recursive);

	if (tree < 0 && errno == ENOSYS) {
		if (mount_by_number(directory, directory, NULL, MS_BIND | (recursive ? MS_REC : 0)) < 0)
			return fail(stage, "bind '%s' onto itself", path);
		tree = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (tree < 0)
			return fail(stage, "open '%s'", path);
	} else if (tree < 0 || attach_tree(tree, directory) < 0) {
		close_descriptor(&tree);
		return fail(stage, "bind '%s' onto itself", path);
	}
	if (change_propagation(tree, MS_PRIVATE) < 0) {
		close_descriptor(&tree);
		return fail(stage, "make '%s' private", path);
	}
	return tree;
}

/* STEP_BIND_ROOT. Twice: the first mount is the private parent that the second needs, where the host's is shared. */
int
bind_root(struct stage *stage, const struct plan_step *step)
{
	const char *path = plan_text(&stage->plan, step->source);
	struct stat status;

	AUTO_CLOSE int source = open_directory(stage, path);
	if (source < 0)
		return -1;
	if (fstat(source, &status) < 0)
		return fail(stage, "look at '%s'", path);
	if ((step->a != 0 || step->b != 0) && (status.st_dev != step->a || status.st_ino != step->b))
		return fail_with(stage, ESTALE, DETAIL_NONE, "the root '%s' was replaced meanwhile", path);

	/* Copied before the parent is there, which a recursive copy would take along. */
	int tree = clone_tree(source, true);
	if (tree < 0 && errno != ENOSYS)
		return fail(stage, "bind the root '%s'", path);
	AUTO_CLOSE int parent = bind_onto_itself(stage, path, source, tree < 0);
	if (parent < 0) {
		close_descriptor(&tree);
		return -1;
	}
	if (tree < 0) {
		/* Before 5.2: one mount only, which a shared parent then keeps pivot_root from entering. */
		tree = open_directory(stage, path);
		return tree < 0 ? -1 : take_root(stage, tree, path);
	}
	if (attach_tree(tree, parent) < 0) {
		close_descriptor(&tree);
		return fail(stage, "bind the root '%s'", path);
	}
	return take_root(stage, tree, path);
}

static int
pivot(struct stage *stage)
{
	AUTO_CLOSE int old_root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (old_root < 0)
		return fail(stage, "open the host's root");

	/* "." twice stacks the old root on the new: no directory is made in an image that may be read-only. */
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		return fail(stage, "pivot_root");

	/* Which of the stacked roots "." names now is the kernel's business: say it. */
	if (fchdir(old_root) < 0)
		return fail(stage, "return to the host's root");

	/* Cut propagation before unmounting: a shared mount would go from the host too. */
	if (mount(NULL, ".", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return fail(stage, "cut the host's root off");
	if (umount2(".", MNT_DETACH) < 0)
		return fail(stage, "unmount the host's root");
	return 0;
}

/* Where "/" is a ramdisk nothing can be pivoted away: the new tree is moved over it. */
static int
move_over(struct stage *stage)
{
	/* What still shows the host is taken away first; what cannot be unmounted is covered. */
	(void)umount2("/proc", MNT_DETACH);
	(void)umount2("/sys", MNT_DETACH);
	if (mount(".", "/", NULL, MS_MOVE, NULL) < 0)
		return fail(stage, "move the root over the host's");
	return chroot(".") < 0 ? fail(stage, "chroot to the root") : 0;
}

/* STEP_ENTER_ROOT: makes the prepared tree the root, and lets go of the host's. */
int
enter_root(struct stage *stage, const struct plan_step *step)
{
	int entered;

	keep_descriptor_names();
	if (stage->root < 0 || fchdir(stage->root) < 0)
		return fail(stage, "enter the root");
	if (step->mode == PLAN_ENTER_PIVOT)
		entered = pivot(stage);
	else if (step->mode == PLAN_ENTER_MOVE)
		entered = move_over(stage);
	else
		entered = chroot(".") < 0 ? fail(stage, "chroot to the root") : 0;
	if (entered < 0)
		return -1;

	if (chdir("/") < 0)
		return fail(stage, "enter the new root");
	close_descriptor(&stage->root);
	stage->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	stage->entered = true;
	return stage->root < 0 ? fail(stage, "open the new root") : 0;
}

/* STEP_ROOT_PROPAGATION */
int
root_propagation(struct stage *stage, const struct plan_step *step)
{
	if (mount(NULL, "/", NULL, (unsigned long)step->flags, NULL) < 0)
		return fail(stage, "set the propagation of the root");
	return 0;
}

/* STEP_READ_ONLY_ROOT */
int
read_only_root(struct stage *stage, const struct plan_step *step)
{
	(void)step;
	if (change_attributes(stage->root, MOUNT_ATTR_RDONLY, 0, false) < 0)
		return fail(stage, "make the root read-only");
	return 0;
}

/* STEP_SEND_ROOT */
int
send_root(struct stage *stage, const struct plan_step *step)
{
	int sent = step->fd == PLAN_NO_FD ? report_descriptor(stage, REPORT_ROOT, stage->root)
					  : send_descriptor(plan_fd(&stage->plan, step->fd), "root", 4, stage->root);

	return sent < 0 ? fail(stage, "hand the root over") : 0;
}
