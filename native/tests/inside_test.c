/* The steps that make, hide or write something inside the root: devices, masks, read-only paths, files and links. */
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include "root.h"

static void
put_null_device(void)
{
	struct plan_step *device = step(STEP_DEVICE, "/dev/null");

	device->mode = S_IFCHR | 0666;
	device->a = 1;
	device->b = 3;
	device->source = put_text(&plan, "/dev/null");
	must_apply();
}

BOTH_WAYS(Device_InAUserNamespace_IsTheHostsBound)
{
	struct stat status;

	bind_the_root();
	put_null_device();
	enter();
	CHECK_INT(stat("/dev/null", &status), 0);
	CHECK(S_ISCHR(status.st_mode));
	CHECK_INT(status.st_rdev, makedev(1, 3));
	put_file("/dev/null", "swallowed");
}

TEST(Device_SourceIsAnother_IsRefused)
{
	begin(false);
	bind_the_root();
	struct plan_step *device = step(STEP_DEVICE, "/dev/null");
	device->mode = S_IFCHR | 0666;
	device->a = 1;
	device->b = 5;
	device->c = 1;
	device->source = put_text(&plan, "/dev/null");
	must_fail(ENODEV);
}

BOTH_WAYS(Mask_FileAndDirectory_AreEmpty)
{
	char text[64];

	CHECK_INT(mkdir("root/secrets", 0755), 0);
	put_file("root/secrets/key", "secret");
	CHECK_INT(mkdir("root/more", 0755), 0);
	put_file("root/more/key", "secret");
	bind_the_root();
	put_null_device();
	enter();
	step(STEP_MASK, "/etc/file");
	step(STEP_MASK, "/secrets");
	step(STEP_MASK, "/more");
	step(STEP_MASK, "/not/there");
	step(STEP_MASK, "/etc/file/below");
	must_apply();
	get_file("/etc/file", text, sizeof text);
	CHECK_TEXT(text, "");
	CHECK_INT(count_entries("/secrets"), 0);
	CHECK_INT(count_entries("/more"), 0);
	check_flags("/more", ST_RDONLY);
}

BOTH_WAYS(Cve2025_31133_NullIsALink_MaskIsRefused)
{
	char text[64];

	CHECK_INT(symlink("/etc/file", "root/dev/null"), 0);
	put_file("root/masked", "secret");
	bind_the_root();
	enter();
	step(STEP_MASK, "/masked");
	CHECK(apply(stage, &plan) < 0);
	get_file("/masked", text, sizeof text);
	CHECK_TEXT(text, "secret");
}

BOTH_WAYS(ReadOnlyPath_CannotBeWritten)
{
	bind_the_root();
	enter();
	step(STEP_READ_ONLY_PATH, "/etc");
	step(STEP_READ_ONLY_PATH, "/not/there");
	must_apply();
	CHECK(open("/etc/file", O_WRONLY) < 0);
	CHECK_INT(errno, EROFS);
	put_file("/other", "writable");
}

BOTH_WAYS(ReadOnlyRoot_CannotBeWritten)
{
	bind_the_root();
	mount_it("tmpfs", "/tmp", "", 0, 0);
	must_apply();
	enter();
	step(STEP_READ_ONLY_ROOT, NULL);
	must_apply();
	CHECK(open("/new", O_WRONLY | O_CREAT, 0644) < 0);
	CHECK_INT(errno, EROFS);
	put_file("/tmp/new", "writable");
}

BOTH_WAYS(WriteFile_ALinkInItsPlace_IsReplacedAndTheHostUnchanged)
{
	char text[64], outside[256];

	snprintf(outside, sizeof outside, "%s/host/file", scratch());
	CHECK_INT(symlink(outside, "root/marker"), 0);
	CHECK_INT(link("host/file", "root/hard"), 0);
	bind_the_root();
	put_data(&plan, step(STEP_WRITE_FILE, "/marker"), "new", 3);
	put_data(&plan, step(STEP_WRITE_FILE, "/hard"), "new", 3);
	must_apply();
	get_file("host/file", text, sizeof text);
	CHECK_TEXT(text, "host");
	get_file("root/marker", text, sizeof text);
	CHECK_TEXT(text, "new");
}

BOTH_WAYS(Symlink_SomethingInItsPlace_IsLeftOrReplaced)
{
	char text[64] = "";

	CHECK_INT(symlink("old", "root/dev/ptmx"), 0);
	bind_the_root();
	step(STEP_SYMLINK, "/dev/ptmx")->source = put_text(&plan, "pts/ptmx");
	must_apply();
	CHECK(readlink("root/dev/ptmx", text, sizeof text - 1) > 0);
	CHECK_TEXT(text, "old");
	step(STEP_SYMLINK, "/dev/ptmx")->source = put_text(&plan, "pts/ptmx");
	plan.steps[0].mode = 1;
	must_apply();
	memset(text, 0, sizeof text);
	CHECK(readlink("root/dev/ptmx", text, sizeof text - 1) > 0);
	CHECK_TEXT(text, "pts/ptmx");
}

/* CVE-2026-47766: the image's /dev is a link to the host. */
BOTH_WAYS(Cve2026_47766_DevIsALink_TheHostsDirectoryStaysEmpty)
{
	char outside[256];

	snprintf(outside, sizeof outside, "%s/host", scratch());
	CHECK_INT(rmdir("root/dev"), 0);
	CHECK_INT(symlink(outside, "root/dev"), 0);
	bind_the_root();
	step(STEP_SYMLINK, "/dev/ptmx")->source = put_text(&plan, "pts/ptmx");
	plan.steps[0].mode = 1;
	step(STEP_SYMLINK, "/dev/fd")->source = put_text(&plan, "/proc/self/fd");
	(void)apply(stage, &plan);
	CHECK_INT(count_entries("host"), 1);
	begin_plan(&plan);
	put_null_device();
	CHECK_INT(count_entries("host"), 1);
}
