/* The steps that mount, each as a user namespace's root; those with an older way run a second time in that way. */
#include <sys/mount.h>
#include <sys/statvfs.h>

#include "kernel.h"
#include "root.h"

BOTH_WAYS(EnterRoot_HostsTree_IsGone)
{
	char text[64], host[256];

	snprintf(host, sizeof host, "%s/host", scratch());
	bind_the_root();
	enter();
	get_file("/etc/file", text, sizeof text);
	CHECK_TEXT(text, "image");
	CHECK(!is_there(host));
	CHECK_INT(count_entries("/"), 2);
}

BOTH_WAYS(MountTmpfs_WithAttributes_HasThem)
{
	bind_the_root();
	mount_it("tmpfs", "/new/place", "mode=0750,size=64k", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, 0);
	must_apply();
	enter();
	struct stat status;
	CHECK_INT(stat("/new/place", &status), 0);
	CHECK_INT(status.st_mode & 07777, 0750);
	check_flags("/new/place", ST_NOSUID | ST_NODEV | ST_NOEXEC);
	put_file("/new/place/f", "x");
}

BOTH_WAYS(MountTmpfs_CopyUp_HoldsWhatThePathHeld)
{
	char text[64];
	struct stat status;

	CHECK_INT(mkdir("root/etc/sub", 0700), 0);
	put_file("root/etc/sub/deep", "deep");
	CHECK_INT(chmod("root/etc/file", 0640), 0);
	CHECK_INT(symlink("file", "root/etc/link"), 0);
	CHECK_INT(mkfifo("root/etc/fifo", 0600), 0);
	bind_the_root();
	mount_it("tmpfs", "/etc", "", MOUNT_ATTR_RDONLY, STEP_MOUNT_COPY_UP);
	must_apply();
	enter();
	get_file("/etc/sub/deep", text, sizeof text);
	CHECK_TEXT(text, "deep");
	get_file("/etc/link", text, sizeof text);
	CHECK_TEXT(text, "image");
	CHECK_INT(stat("/etc/file", &status), 0);
	CHECK_INT(status.st_mode & 0777, 0640);
	CHECK_INT(stat("/etc/sub", &status), 0);
	CHECK_INT(status.st_mode & 0777, 0700);
	CHECK(open("/etc/new", O_WRONLY | O_CREAT, 0644) < 0);
	CHECK_INT(errno, EROFS);
}

BOTH_WAYS(MountTmpfs_KeepMode_HasTheModeOfWhatItCovers)
{
	struct stat status;

	CHECK_INT(chmod("root/etc", 01777), 0);
	bind_the_root();
	mount_it("tmpfs", "/etc", "", 0, STEP_MOUNT_KEEP_MODE);
	must_apply();
	enter();
	CHECK_INT(stat("/etc", &status), 0);
	CHECK_INT(status.st_mode & 07777, 01777);
	CHECK_INT(count_entries("/etc"), 0);
}

BOTH_WAYS(MountUnknownType_IsRefusedByName)
{
	bind_the_root();
	mount_it("nosuchfs", "/etc", "", 0, 0);
	must_fail(ENODEV);
	CHECK(strstr(last_report()->text, "'nosuchfs' at '/etc'") != NULL);
}

TEST(MountTmpfs_UnknownOption_IsNamed)
{
	begin(false);
	bind_the_root();
	mount_it("tmpfs", "/etc", "mode=0755,bogus=1", 0, 0);
	must_fail(EINVAL);
	CHECK(strstr(last_report()->text, "bogus") != NULL);
}

BOTH_WAYS(Bind_ReadOnly_CannotBeWritten)
{
	bind_the_root();
	bind_it("host", "/volume", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, STEP_MOUNT_RECURSIVE);
	must_apply();
	bind_it("host/file", "/etc/from-host", 0, 0);
	must_apply();
	enter();
	check_flags("/volume", ST_RDONLY | ST_NOSUID);
	CHECK(open("/volume/new", O_WRONLY | O_CREAT, 0644) < 0);
	CHECK_INT(errno, EROFS);
	put_file("/etc/from-host", "changed");
}

TEST(Bind_ReadOnlyRecursively_SubmountsAreReadOnlyToo)
{
	begin(false);
	CHECK_INT(mkdir("host/sub", 0755), 0);
	CHECK_INT(mount("tmpfs", "host/sub", "tmpfs", 0, NULL), 0);
	bind_the_root();
	bind_it("host", "/volume", MOUNT_ATTR_RDONLY, STEP_MOUNT_RECURSIVE | STEP_MOUNT_ATTR_RECURSIVE);
	must_apply();
	enter();
	CHECK(open("/volume/sub/new", O_WRONLY | O_CREAT, 0644) < 0);
	CHECK_INT(errno, EROFS);
}

TEST(Bind_SourceReplacedMeanwhile_IsRefused)
{
	uint64_t other[2] = {1, 2};

	begin(false);
	bind_the_root();
	bind_it("host", "/volume", 0, 0);
	put_data(&plan, &plan.steps[plan.count - 1], other, sizeof other);
	must_fail(ESTALE);
	CHECK(!is_there("root/volume"));
}

TEST(Bind_ClonedTree_IsMounted)
{
	begin(false);
	int tree = sys_open_tree(AT_FDCWD, "host", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0)
		SKIP("needs open_tree: %s", strerror(errno));
	bind_the_root();
	stage->plan.first_fd = 300;
	CHECK_INT(dup2(tree, 302), 302);
	plan.fd_count = 3;
	step(STEP_BIND, "/volume")->fd = 2;
	must_apply();
	CHECK(is_there("root/volume/file"));
}

BOTH_WAYS(Cve2019_18837_SymlinkedTarget_TheHostIsUnchanged)
{
	char outside[256];

	snprintf(outside, sizeof outside, "%s/host", scratch());
	CHECK_INT(symlink(outside, "root/volume"), 0);
	CHECK_INT(symlink("../../../../../../../../../..", "root/up"), 0);
	bind_the_root();
	mount_it("tmpfs", "/volume", "", 0, 0);
	must_apply();
	mount_it("tmpfs", "/up/tmp/here", "", 0, 0);
	must_apply();
	CHECK(is_there("host/file"));
	enter();
	CHECK(is_there("/tmp/here"));
}
