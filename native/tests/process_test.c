/* The steps about the process itself, tried in the test's own. */
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "kernel.h"
#include "stage.h"
#include "test.h"

static struct builder plan;
static struct stage *stage;

static void
begin(void)
{
	stage = new_stage();
	begin_plan(&plan);
}

static void
must_apply(void)
{
	if (apply(stage, &plan) < 0)
		FAIL("%s: %s", last_report()->text, strerror(last_report()->error));
	begin_plan(&plan);
}

static uint64_t
capability_set(const char *name)
{
	char text[8192];

	get_file("/proc/self/status", text, sizeof text);
	const char *line = strstr(text, name);
	CHECK(line != NULL);
	return strtoull(line + strlen(name) + 1, NULL, 16);
}

TEST(Capabilities_AsUser_AreExactlyThoseAsked)
{
	uint64_t kept = UINT64_C(1) << CAP_NET_BIND_SERVICE | UINT64_C(1) << CAP_CHOWN;

	enter_namespaces(0);
	begin();
	add_step(&plan, STEP_BOUNDING)->a = kept;
	struct plan_step *user = add_step(&plan, STEP_USER);
	user->mode = 1;
	struct plan_step *capabilities = add_step(&plan, STEP_CAPABILITIES);
	capabilities->a = capabilities->b = kept;
	must_apply();
	CHECK_INT(capability_set("CapBnd:"), kept);
	CHECK_INT(capability_set("CapEff:"), kept);
	CHECK_INT(capability_set("CapPrm:"), kept);
	/* CVE-2022-29162 and its kin: nothing inheritable that nobody asked for. */
	CHECK_INT(capability_set("CapInh:"), 0);
	CHECK_INT(capability_set("CapAmb:"), 0);
}

TEST(Capabilities_Ambient_AreRaised)
{
	uint64_t kept = UINT64_C(1) << CAP_NET_BIND_SERVICE;

	enter_namespaces(0);
	begin();
	struct plan_step *capabilities = add_step(&plan, STEP_CAPABILITIES);
	capabilities->a = capabilities->b = capabilities->c = capabilities->flags = kept;
	must_apply();
	CHECK_INT(capability_set("CapAmb:"), kept);
}

TEST(User_OtherThanRoot_HasGroupsAndNoCapabilities)
{
	uint32_t groups[] = {5, 44};
	gid_t found[8];

	if (getuid() != 0)
		SKIP("needs root: it becomes another user");
	begin();
	struct plan_step *user = add_step(&plan, STEP_USER);
	user->a = 1234;
	user->b = 2345;
	put_data(&plan, user, groups, sizeof groups);
	(void)add_step(&plan, STEP_CAPABILITIES);
	must_apply();
	CHECK_INT(getuid(), 1234);
	CHECK_INT(geteuid(), 1234);
	CHECK_INT(getegid(), 2345);
	CHECK_INT(getgroups(8, found), 2);
	CHECK_INT(found[0], 5);
	CHECK_INT(capability_set("CapEff:"), 0);
	CHECK_INT(capability_set("CapPrm:"), 0);
}

TEST(Rlimit_Lower_IsSet)
{
	struct rlimit limit;

	begin();
	struct plan_step *step = add_step(&plan, STEP_RLIMIT);
	step->a = RLIMIT_NOFILE;
	step->b = 64;
	step->c = 128;
	must_apply();
	CHECK_INT(getrlimit(RLIMIT_NOFILE, &limit), 0);
	CHECK_INT(limit.rlim_cur, 64);
	CHECK_INT(limit.rlim_max, 128);
}

TEST(NoNewPrivs_IsSet)
{
	begin();
	(void)add_step(&plan, STEP_NO_NEW_PRIVS);
	must_apply();
	CHECK_INT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
}

TEST(Seccomp_Program_Applies)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 99),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	begin();
	(void)add_step(&plan, STEP_NO_NEW_PRIVS);
	put_data(&plan, add_step(&plan, STEP_SECCOMP), filter, sizeof filter);
	must_apply();
	CHECK_INT(syscall(SYS_getppid), -1);
	CHECK_INT(errno, 99);
}

TEST(Seccomp_WrongSize_IsRefused)
{
	begin();
	put_data(&plan, add_step(&plan, STEP_SECCOMP), "123456789", 9);
	CHECK(apply(stage, &plan) < 0);
	CHECK_INT(last_report()->detail, DETAIL_BAD_PLAN);
}

TEST(OomScore_Higher_IsSet)
{
	char text[32];

	begin();
	put_data(&plan, add_step(&plan, STEP_OOM_SCORE), "555", 3);
	must_apply();
	get_file("/proc/self/oom_score_adj", text, sizeof text);
	CHECK_TEXT(text, "555\n");
}

TEST(Hostname_InItsOwnNamespace_IsSet)
{
	char name[65];

	enter_namespaces(CLONE_NEWUTS);
	begin();
	put_data(&plan, add_step(&plan, STEP_HOSTNAME), "box", 3);
	must_apply();
	CHECK_INT(gethostname(name, sizeof name), 0);
	CHECK_TEXT(name, "box");
}

TEST(Loopback_InItsOwnNamespace_IsUp)
{
	struct ifreq interface = {.ifr_name = "lo"};

	enter_namespaces(CLONE_NEWNET);
	int any = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CHECK_INT(ioctl(any, SIOCGIFFLAGS, &interface), 0);
	CHECK((interface.ifr_flags & IFF_UP) == 0);
	begin();
	(void)add_step(&plan, STEP_LOOPBACK_UP);
	must_apply();
	CHECK_INT(ioctl(any, SIOCGIFFLAGS, &interface), 0);
	CHECK((interface.ifr_flags & IFF_UP) != 0);
}

TEST(TimeOffsets_AreEntered)
{
	struct timespec before, after;

	enter_namespaces(0);
	begin();
	CHECK_INT(clock_gettime(CLOCK_BOOTTIME, &before), 0);
	put_data(&plan, add_step(&plan, STEP_TIME_OFFSETS), "boottime 86400 0\n", 17);
	if (apply(stage, &plan) < 0 && (last_report()->error == EINVAL || last_report()->error == ENOSYS))
		SKIP("needs time namespaces: %s", last_report()->text);
	CHECK_INT(syscall(SYS_clock_gettime, CLOCK_BOOTTIME, &after), 0);
	CHECK(after.tv_sec >= before.tv_sec + 86400);
}

TEST(ParentDeath_ParentAlreadyGone_IsNoticed)
{
	int parent = fork();

	if (parent == 0)
		_exit(0);
	int pidfd = sys_pidfd_open(parent);
	siginfo_t info;
	CHECK(pidfd >= 0);
	CHECK_INT(waitid(P_PID, (id_t)parent, &info, WEXITED | WNOWAIT), 0);
	begin();
	stage->plan.first_fd = 300;
	CHECK_INT(dup2(pidfd, 302), 302);
	plan.fd_count = 3;
	struct plan_step *step = add_step(&plan, STEP_PARENT_DEATH);
	step->a = SIGKILL;
	step->fd = 2;
	CHECK(apply(stage, &plan) < 0);
	CHECK_INT(last_report()->error, ESRCH);
}

TEST(Await_LauncherGone_Fails)
{
	int ends[2];

	CHECK_INT(pipe(ends), 0);
	close(ends[1]);
	begin();
	stage->plan.first_fd = 300;
	CHECK_INT(dup2(ends[0], 302), 302);
	plan.fd_count = 3;
	add_step(&plan, STEP_AWAIT)->fd = 2;
	CHECK(apply(stage, &plan) < 0);
	CHECK_INT(last_report()->error, ECANCELED);
}

/* CVE-2024-21626: a working directory that is a descriptor of the host. */
TEST(Cve2024_21626_DirectoryOfALeakedDescriptor_IsRefused)
{
	char path[64];

	enter_namespaces(CLONE_NEWNS);
	CHECK_INT(mkdir("root", 0755), 0);
	CHECK_INT(mkdir("root/proc", 0755), 0);
	int leaked = open("/", O_RDONLY | O_DIRECTORY);
	char root[128];
	snprintf(root, sizeof root, "%s/root", scratch());

	begin();
	add_step(&plan, STEP_BIND_ROOT)->source = put_text(&plan, root);
	struct plan_step *proc = add_step(&plan, STEP_BIND);
	proc->path = put_text(&plan, "/proc");
	proc->source = put_text(&plan, "/proc");
	proc->a = STEP_MOUNT_RECURSIVE;
	(void)add_step(&plan, STEP_ENTER_ROOT);
	must_apply();
	snprintf(path, sizeof path, "/proc/self/fd/%d", leaked);
	add_step(&plan, STEP_DIRECTORY)->path = put_text(&plan, path);
	CHECK(apply(stage, &plan) < 0);
	CHECK(strstr(last_report()->text, "outside of container") != NULL);
}

static void
check_not_found(const char *name, const char *path, uint32_t detail, const char *text)
{
	begin_plan(&plan);
	struct plan_step *step = add_step(&plan, STEP_FIND_PROGRAM);
	step->path = put_text(&plan, name);
	put_data(&plan, step, path, (uint32_t)strlen(path));
	CHECK(apply(stage, &plan) < 0);
	CHECK_TEXT(last_report()->text, text);
	CHECK_INT(last_report()->detail, detail);
}

TEST(FindProgram_Missing_SaysWhatRuncSays)
{
	begin();
	put_file("plain", "no program");
	check_not_found("/nope", "/bin", DETAIL_NOT_FOUND, "exec: \"/nope\": stat /nope: no such file or directory");
	check_not_found("nope", "/bin:/usr/bin", DETAIL_NOT_FOUND, "exec: \"nope\": executable file not found in $PATH");
	check_not_found("", "/bin", DETAIL_NOT_FOUND, "exec: \"\": executable file not found in $PATH");
	check_not_found("/etc", "/bin", DETAIL_NOT_EXECUTABLE, "exec: \"/etc\": is a directory");
	check_not_found("./plain", "/bin", DETAIL_NOT_EXECUTABLE, "exec: \"./plain\": permission denied");
	check_not_found("./plain/x", "/bin", DETAIL_NOT_FOUND, "exec: \"./plain/x\": stat ./plain/x: not a directory");
}

TEST(FindProgram_InPath_IsTheFirstThatCanRun)
{
	begin();
	CHECK_INT(mkdir("first", 0755), 0);
	CHECK_INT(mkdir("second", 0755), 0);
	put_file("first/tool", "not executable");
	put_file("second/tool", "#!/bin/sh\n");
	CHECK_INT(chmod("second/tool", 0755), 0);
	struct plan_step *step = add_step(&plan, STEP_FIND_PROGRAM);
	step->path = put_text(&plan, "tool");
	put_data(&plan, step, "/nowhere::first:second", 22);
	must_apply();
	CHECK_TEXT(stage->program, "second/tool");
}

TEST(Hook_Failing_IsReportedWithItsOutput)
{
	static const char list[] = "sh\0-c\0cat; echo $A; echo bad >&2; exit 3";
	char text[4096];

	begin();
	int state = memory_file("state ", 6);
	stage->plan.first_fd = 300;
	CHECK_INT(dup2(state, 302), 302);
	plan.fd_count = 3;
	struct plan_step *step = add_step(&plan, STEP_HOOK);
	step->path = put_text(&plan, "/bin/sh");
	put_data(&plan, step, list, sizeof list);
	step->source = put_bytes(&plan, "A=value\0PATH=/bin:/usr/bin", 27);
	step->b = 27;
	step->fd = 2;
	CHECK(apply(stage, &plan) < 0);
	snprintf(text, sizeof text, "%s", last_report()->text);
	CHECK_TEXT(text, "hook '/bin/sh': exit status 3: state value\nbad");
}

TEST(Hook_TooSlow_IsKilled)
{
	static const char list[] = "sh\0-c\0sleep 20";

	begin();
	struct plan_step *step = add_step(&plan, STEP_HOOK);
	step->path = put_text(&plan, "/bin/sh");
	put_data(&plan, step, list, sizeof list);
	step->source = put_bytes(&plan, "PATH=/bin:/usr/bin", 19);
	step->b = 19;
	step->a = 1;
	CHECK(apply(stage, &plan) < 0);
	CHECK_INT(last_report()->error, ETIMEDOUT);
}
