/* /proc: a link in its place, one that is mounted over, and sysctls. */
#include <sched.h>
#include <sys/mount.h>

#include "root.h"

BOTH_WAYS(Cve2019_19921_ProcIsALink_IsRefused)
{
	CHECK_INT(symlink("/etc", "root/proc"), 0);
	bind_the_root();
	mount_it("proc", "/proc", "", 0, 0);
	must_fail(ELOOP);
	CHECK(strstr(last_report()->text, "symbolic link") != NULL);
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
