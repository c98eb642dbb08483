/*
 * Who the process is. The order is the plan's: bounding set while SETPCAP is
 * held, then the user (keeping permitted capabilities), then the capabilities.
 */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel.h"
#include "steps.h"

#ifndef PR_CAP_AMBIENT
#define PR_CAP_AMBIENT 47
#define PR_CAP_AMBIENT_RAISE 2
#define PR_CAP_AMBIENT_CLEAR_ALL 4
#endif

#define MAX_GROUPS 65536

/* The raw calls: libc's would signal other threads, and there are none. */
static int
set_ids(uid_t uid, gid_t gid)
{
	if (syscall(SYS_setresgid, gid, gid, gid) < 0)
		return -1;
	return syscall(SYS_setresuid, uid, uid, uid) < 0 ? -1 : 0;
}

/* STEP_BECOME */
int
become(struct stage *stage, const struct plan_step *step)
{
	if (set_ids((uid_t)step->a, (gid_t)step->b) < 0)
		return fail(stage, "become %u:%u of the user namespace", (unsigned)step->a, (unsigned)step->b);
	/* A change of identity makes the process dumpable or not as the kernel likes; ours stays closed. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	return 0;
}

/* STEP_BOUNDING */
int
drop_bounding(struct stage *stage, const struct plan_step *step)
{
	for (int capability = 0; capability < 64; capability++) {
		if (step->a & (UINT64_C(1) << capability))
			continue;
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0)
			continue;
		if (errno == EINVAL)
			return 0; /* the last one this kernel knows was the one before */
		if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) != 0)
			return fail(stage, "drop capability %d from the bounding set", capability);
	}
	return 0;
}

/* STEP_USER */
int
become_user(struct stage *stage, const struct plan_step *step)
{
	size_t count = step->data_size / sizeof(gid_t);

	if (count > MAX_GROUPS || step->data_size % sizeof(gid_t) != 0)
		return fail_with(stage, EINVAL, DETAIL_BAD_PLAN, "%u bytes are no list of groups", step->data_size);
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return fail(stage, "keep the capabilities");
	if (step->mode == 0 && syscall(SYS_setgroups, count, plan_data(&stage->plan, step)) < 0)
		return fail(stage, "set %zu additional groups", count);
	if (set_ids((uid_t)step->a, (gid_t)step->b) < 0)
		return fail(stage, "become user %u:%u", (unsigned)step->a, (unsigned)step->b);
	(void)prctl(PR_SET_DUMPABLE, 0);
	return 0;
}

static int
set_sets(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{(uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable},
		{(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32)},
	};

	return syscall(SYS_capset, &header, data) < 0 ? -1 : 0;
}

/* Capabilities that this kernel does not know, or that were never held here, are left out. */
static uint64_t
permitted_now(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	(void)syscall(SYS_capget, &header, data);
	return (uint64_t)data[1].permitted << 32 | data[0].permitted;
}

/* STEP_CAPABILITIES. Inheritable ones only as the plan says: those nobody asked for once gave files' capabilities away. */
int
set_capabilities(struct stage *stage, const struct plan_step *step)
{
	uint64_t held = permitted_now();
	uint64_t ambient = step->flags & held & step->b & step->c;

	if (set_sets(step->a & held, step->b & held, step->c & held) < 0)
		return fail(stage, "set the capabilities");
	(void)prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
		return fail(stage, "clear the ambient capabilities");
	for (int capability = 0; capability < 64; capability++)
		if (ambient & (UINT64_C(1) << capability) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0)
			return fail(stage, "raise the ambient capability %d", capability);
	return 0;
}
