/* The steps that mount, each as a user namespace's root; those with an older way run a second time in that way. */
#include <linux/mount.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "kernel.h"
#include "stage.h"
#include "test.h"

static struct builder plan;
static struct stage *stage;

/* A mount namespace with a root to fill, outside of which "host" must not change. */
static void
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

static struct plan_step *
step(uint32_t kind, const char *path)
{
	struct plan_step *added = add_step(&plan, kind);

	if (path != NULL)
		added->path = put_text(&plan, path);
	return added;
}

static void
must_apply(void)
{
	if (apply(stage, &plan) < 0)
		FAIL("step %u: %s: %s", stage->current, last_report()->text, strerror(last_report()->error));
	begin_plan(&plan);
}

static void
must_fail(int error)
{
	CHECK(apply(stage, &plan) < 0);
	if (last_report()->error != error)
		FAIL("%s: %s, not %s", last_report()->text, strerror(last_report()->error), strerror(error));
	begin_plan(&plan);
}

static void
bind_the_root(void)
{
	char path[256];

	snprintf(path, sizeof path, "%s/root", scratch());
	step(STEP_BIND_ROOT, NULL)->source = put_text(&plan, path);
	must_apply();
}

static void
mount_it(const char *type, const char *path, const char *options, uint64_t attributes, uint64_t how)
{
	struct plan_step *mount_step = step(STEP_MOUNT, path);

	mount_step->source = put_text(&plan, type);
	put_data(&plan, mount_step, options, (uint32_t)strlen(options));
	mount_step->flags = attributes;
	mount_step->a = how;
}

static void
bind_it(const char *source, const char *path, uint64_t attributes, uint64_t how)
{
	char whole[256];
	struct plan_step *bind_step = step(STEP_BIND, path);

	snprintf(whole, sizeof whole, "%s%s%s", source[0] == '/' ? "" : scratch(), source[0] == '/' ? "" : "/", source);
	bind_step->source = put_text(&plan, whole);
	bind_step->flags = attributes;
	bind_step->a = how;
}

static void
enter(void)
{
	step(STEP_ENTER_ROOT, NULL);
	must_apply();
}

static void
check_flags(const char *path, unsigned long expected)
{
	struct statvfs status;

	CHECK_INT(statvfs(path, &status), 0);
	CHECK_INT(status.f_flag & (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC) & expected, expected);
}

#define BOTH_WAYS(test_name)                                                                                             \
	static void test_name(void);                                                                                     \
	TEST(test_name##_NewCalls)                                                                                       \
	{                                                                                                                \
		begin(false);                                                                                            \
		test_name();                                                                                             \
	}                                                                                                                \
	TEST(test_name##_OldKernel)                                                                                      \
	{                                                                                                                \
		begin(true);                                                                                             \
		test_name();                                                                                             \
	}                                                                                                                \
	static void test_name(void)

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

BOTH_WAYS(Cve2019_19921_ProcIsALink_IsRefused)
{
	CHECK_INT(symlink("/etc", "root/proc"), 0);
	bind_the_root();
	mount_it("proc", "/proc", "", 0, 0);
	must_fail(ELOOP);
	CHECK(strstr(last_report()->text, "symbolic link") != NULL);
}

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

/* STEP_SYSCTL lands in the kernel, whatever stands at the container's /proc (CVE-2025-52881). */
TEST(Cve2025_52881_ProcIsMountedOver_SysctlLandsInTheKernel)
{
	char text[64];

	enter_namespaces(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC);
	int child = fork();
	if (child != 0)
		_exit(wait_for(child));
	CHECK_INT(mkdir("root", 0755), 0);
	CHECK_INT(mkdir("root/proc", 0755), 0);
	stage = new_stage();
	begin_plan(&plan);
	bind_the_root();
	mount_it("tmpfs", "/proc", "", 0, 0);
	must_apply();
	CHECK_INT(mkdir("root/proc/sys", 0755), 0);
	CHECK_INT(mkdir("root/proc/sys/net", 0755), 0);
	CHECK_INT(mkdir("root/proc/sys/net/ipv4", 0755), 0);
	put_file("root/proc/sys/net/ipv4/ip_default_ttl", "fake");
	put_data(&plan, step(STEP_SYSCTL, "net/ipv4/ip_default_ttl"), "77", 2);
	if (apply(stage, &plan) < 0)
		SKIP("needs a procfs of its own: %s: %s", last_report()->text, strerror(last_report()->error));
	get_file("root/proc/sys/net/ipv4/ip_default_ttl", text, sizeof text);
	CHECK_TEXT(text, "fake");
	CHECK_INT(mkdir("proc", 0755), 0);
	CHECK_INT(mount("proc", "proc", "proc", 0, NULL), 0);
	get_file("proc/sys/net/ipv4/ip_default_ttl", text, sizeof text);
	CHECK_TEXT(text, "77\n");
}

TEST(Sysctl_PathThatLeavesSys_IsRefused)
{
	begin(false);
	put_data(&plan, step(STEP_SYSCTL, "../self/oom_score_adj"), "1", 1);
	CHECK(apply(stage, &plan) < 0);
	begin_plan(&plan);
	put_data(&plan, step(STEP_SYSCTL, "../../etc/passwd"), "1", 1);
	CHECK(apply(stage, &plan) < 0);
}

/* Where the host masks parts of /proc, the kernel gives a user namespace no fresh one; the report says why. */
TEST(MountProc_HostMasksItsOwn_IsTooRevealing)
{
	enter_namespaces(CLONE_NEWNS | CLONE_NEWPID);
	int child = fork();
	if (child != 0)
		_exit(wait_for(child));
	CHECK_INT(mount("proc", "/proc", "proc", 0, NULL), 0);
	CHECK_INT(mount("tmpfs", "/proc/bus", "tmpfs", 0, NULL), 0);
	CHECK_INT(unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID), 0);
	child = fork();
	if (child != 0)
		_exit(wait_for(child));
	CHECK_INT(mkdir("root", 0755), 0);
	stage = new_stage();
	begin_plan(&plan);
	bind_the_root();
	mount_it("proc", "/proc", "", MOUNT_ATTR_NOSUID, 0);
	CHECK(apply(stage, &plan) < 0);
	CHECK_INT(last_report()->detail, DETAIL_TOO_REVEALING);
	CHECK(strstr(last_report()->text, "the host masks parts of its own /proc") != NULL);
}
