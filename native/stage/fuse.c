/* A root whose requests a program of the host answers: fuse-overlayfs, where the kernel's own overlay is refused. */
#include <errno.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

#include "kernel.h"
#include "steps.h"
#include "trees.h"

#define FUSE_DEVICE "/dev/fuse"
#define FUSE_NAME "fuse-overlayfs"

static int
refuse_fuse(struct stage *stage, const char *what, const char *path)
{
	return fail_with(stage, errno, DETAIL_NO_OVERLAY, "mount fuse at '%s': %s", path, what);
}

/*
 * STEP_FUSE_ROOT. The device can be mounted only in the user namespace that opened it; where that is the launcher's too,
 * the launcher has opened it, as the rules of the container's cgroup let nobody in there open it any more.
 */
int
fuse_root(struct stage *stage, const struct plan_step *step)
{
	const char *path = plan_text(&stage->plan, step->path);
	char options[128], to[FD_PATH_SIZE];

	AUTO_CLOSE int directory = open_directory(stage, path);
	if (directory < 0)
		return -1;
	AUTO_CLOSE int target = bind_onto_itself(stage, path, directory, false);
	if (target < 0)
		return -1;

	AUTO_CLOSE int device = step->fd == PLAN_NO_FD ? open(FUSE_DEVICE, O_RDWR | O_CLOEXEC) : plan_fd(&stage->plan, step->fd);
	if (device < 0)
		return refuse_fuse(stage, "open '" FUSE_DEVICE "'", path);

	/* Everybody in the container uses it, each with rights that the kernel checks. */
	(void)snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions", device);
	descriptor_path(target, to);
	if (mount(FUSE_NAME, to, "fuse", 0, options) < 0)
		return refuse_fuse(stage, "mount", path);
	int tree = open_directory(stage, path);
	if (tree < 0)
		return -1;

	/* Our copy goes away: when the program ends, whoever waits for its answers hears of it. */
	if (report_descriptor(stage, REPORT_FUSE, device) < 0) {
		close_descriptor(&tree);
		return fail(stage, "hand '" FUSE_DEVICE "' over");
	}
	return take_root(stage, tree, path);
}
