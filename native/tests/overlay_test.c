/* A root that is an overlay of layers. */
#include "root.h"

static void
overlay(bool writable)
{
	char path[256], lowers[1024];
	int used;

	CHECK_INT(mkdir("top", 0755), 0);
	put_file("top/from-top", "top");
	CHECK_INT(mkdir("scratch", 0755), 0);
	CHECK_INT(mkdir("scratch/upper", 0755), 0);
	CHECK_INT(mkdir("scratch/work", 0755), 0);
	CHECK_INT(mkdir("merged", 0755), 0);
	snprintf(path, sizeof path, "%s/merged", scratch());
	used = snprintf(lowers, sizeof lowers, "%s/top", scratch()) + 1;
	used += snprintf(lowers + used, sizeof lowers - (size_t)used, "%s/root", scratch()) + 1;

	struct plan_step *overlay_step = step(STEP_OVERLAY_ROOT, path);
	put_data(&plan, overlay_step, lowers, (uint32_t)used);
	overlay_step->mode = PLAN_OVERLAY_USERXATTR;
	if (writable) {
		snprintf(path, sizeof path, "%s/scratch", scratch());
		overlay_step->source = put_text(&plan, path);
	}
	if (apply(stage, &plan) < 0) {
		if (last_report()->error == EPERM || last_report()->error == ENODEV)
			SKIP("needs overlay in a user namespace: %s", last_report()->text);
		FAIL("%s: %s", last_report()->text, strerror(last_report()->error));
	}
	begin_plan(&plan);
}

BOTH_WAYS(OverlayRoot_Written_OnlyTheScratchChanges)
{
	overlay(true);
	/* Said anew: the older way works from other directories. */
	CHECK_INT(chdir(scratch()), 0);
	int upper = open("scratch/upper", O_PATH | O_DIRECTORY);
	int lower = open("root", O_PATH | O_DIRECTORY);

	enter();
	CHECK(is_there("/from-top"));
	put_file("/etc/file", "changed");
	put_file("/new", "new");
	CHECK_INT(faccessat(upper, "new", F_OK, 0), 0);
	CHECK_INT(faccessat(upper, "etc/file", F_OK, 0), 0);
	CHECK(faccessat(lower, "new", F_OK, 0) < 0);
}

BOTH_WAYS(OverlayRoot_WithoutScratch_IsReadOnly)
{
	overlay(false);
	enter();
	CHECK(is_there("/from-top"));
	CHECK(open("/new", O_WRONLY | O_CREAT, 0644) < 0);
	CHECK_INT(errno, EROFS);
}

TEST(OverlayRoot_TooManyLayers_SaysSo)
{
	static char lowers[60000];
	char path[256];
	uint32_t used = 0;

	begin(false);
	CHECK_INT(mkdir("merged", 0755), 0);
	for (int i = 0; i < 501; i++)
		used += (uint32_t)snprintf(lowers + used, sizeof lowers - used, "%s/root", scratch()) + 1;
	snprintf(path, sizeof path, "%s/merged", scratch());
	put_data(&plan, step(STEP_OVERLAY_ROOT, path), lowers, used);
	CHECK(apply(stage, &plan) < 0);
	CHECK(strstr(last_report()->text, "501 layers") != NULL);
}
