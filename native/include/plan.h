/*
 * The launch plan: what CrunSharp.Runtime decided and the stage carries out.
 *
 * One flat buffer: header, steps, then strings and data. Offsets count from the
 * start of the buffer, 0 means absent, strings end in NUL. The buffer comes from
 * our own parent through a sealed memfd, yet every offset is checked once before
 * the first step: a plan that is wrong must fail as a plan, not as a crash.
 *
 * Stage/PlanLayout.cs mirrors this file; a test compares both with the compiler.
 */
#ifndef CRUN_SHARP_PLAN_H
#define CRUN_SHARP_PLAN_H

#include <stdint.h>

#define PLAN_MAGIC 0x31504e43u /* "CNP1" */
#define PLAN_MAX_SIZE (16u << 20)
#define PLAN_MAX_STEPS 65536u
#define PLAN_MAX_FDS 128u

/* Descriptors that every stage has, counted from the base that argv[1] names. */
enum plan_fd {
	PLAN_FD_PLAN,
	PLAN_FD_REPORT,
	PLAN_FD_FIRST_FREE,
};

#define PLAN_NO_FD UINT32_MAX

struct plan_header {
	uint32_t magic;
	uint32_t size;
	uint32_t step_count;
	uint32_t steps;
	uint32_t fd_count;
	uint32_t reserved;
};

/* What each field means is said at the kind below; unused fields are 0. */
struct plan_step {
	uint32_t kind;
	uint32_t origin; /* string: where the user wrote this, "mounts[3] of config.json" */
	uint32_t path;
	uint32_t source;
	uint32_t data;
	uint32_t data_size;
	uint32_t fd; /* index of a descriptor, or PLAN_NO_FD */
	uint32_t mode;
	uint64_t flags;
	uint64_t a;
	uint64_t b;
	uint64_t c;
};

enum plan_kind {
	STEP_NONE,

	/* Before the root. */
	STEP_AWAIT,	       /* fd: wait until its other end closes or a byte comes */
	STEP_WRITE,	       /* fd, data: write it in one call (cgroup files opened by the parent) */
	STEP_JOIN_NAMESPACE,   /* fd, flags: setns to a namespace of this CLONE_NEW* kind */
	STEP_UNSHARE,	       /* flags: CLONE_NEW* */
	STEP_BECOME,	       /* a uid, b gid: identity inside a new user namespace */
	STEP_FORK,	       /* go on in a child with the same parent (CLONE_PARENT), in the joined pid namespace; reports FORKED */
	STEP_NEW_SESSION,      /* setsid */
	STEP_STDIO,	       /* fd, a: becomes descriptor a (0, 1 or 2) */
	STEP_HOSTNAME,	       /* data */
	STEP_DOMAINNAME,       /* data */
	STEP_LOOPBACK_UP,      /* the interface lo */

	/* The root and what is mounted in it; path is resolved beneath the root. */
	STEP_PROPAGATION,      /* flags: MS_* for "/" of the host's tree */
	STEP_BIND_ROOT,	       /* source, a st_dev, b st_ino (0: unchecked) */
	STEP_OVERLAY_ROOT,     /* path: where to put it; source: directory that holds `upper` and `work` (0: read-only);
				  data: lowers, top first, NUL-separated and ended by an empty string; mode 1: userxattr */
	STEP_MOUNT,	       /* path, source: type, data: options, flags: MOUNT_ATTR_*, a: STEP_MOUNT_* */
	STEP_BIND,	       /* path, source or fd, flags: attributes to set, b: to clear, c: MS_* propagation, a: STEP_MOUNT_* */
	STEP_MAKE_DIRECTORY,   /* path, mode */
	STEP_DEVICE,	       /* path, mode incl. type, a major, b minor, flags: uid << 32 | gid; c 1: bind the host's source */
	STEP_SYMLINK,	       /* path, source: target */
	STEP_WRITE_FILE,       /* path, data, mode: a new regular file beneath the root */
	STEP_CONSOLE,	       /* fd: socket that receives the terminal; a columns, b rows */
	STEP_ENTER_ROOT,       /* pivot_root into the prepared tree */
	STEP_ROOT_PROPAGATION, /* flags: MS_* for the new "/" */
	STEP_READ_ONLY_ROOT,
	STEP_MASK,	       /* path */
	STEP_READ_ONLY_PATH,   /* path */
	STEP_SYSCTL,	       /* path beneath /proc/sys, data */

	STEP_HOOK,	       /* path, data: argv, source: environment (as EXEC), fd: the state as JSON, a: seconds or 0 */

	/* The process. */
	STEP_RLIMIT,	       /* a resource, b soft, c hard */
	STEP_OOM_SCORE,	       /* data */
	STEP_SESSION_KEYRING,  /* data: name */
	STEP_UMASK,	       /* mode */
	STEP_PARENT_DEATH,     /* a signal */
	STEP_NO_NEW_PRIVS,
	STEP_SECCOMP,	       /* data: struct sock_filter[]; flags: SECCOMP_FILTER_FLAG_* */
	STEP_BOUNDING,	       /* a: capabilities to keep in the bounding set */
	STEP_USER,	       /* a uid, b gid, data: uint32_t gids[] */
	STEP_CAPABILITIES,     /* a effective, b permitted, c inheritable, flags ambient */
	STEP_DIRECTORY,	       /* path: working directory, created when mode is not 0 */
	STEP_FIND_PROGRAM,     /* path: argv[0], data: the value of PATH; must stand after DIRECTORY */
	STEP_AWAIT_START,      /* fd: listening socket; the peer that connects gets the report */
	STEP_INIT,	       /* stay as pid 1: reap, forward signals, end as the child ends; the child goes on with the plan */
	STEP_EXEC,	       /* data: argv, source: environment, each NUL-separated and ended by an empty string;
				  a: descriptors from 3 on to leave open, all others are closed */

	STEP_KIND_COUNT,
};

enum plan_mount_flag {
	STEP_MOUNT_RECURSIVE = 1 << 0,	    /* bind: the whole tree below the source */
	STEP_MOUNT_ATTR_RECURSIVE = 1 << 1, /* attributes for the whole tree */
	STEP_MOUNT_COPY_UP = 1 << 2,	    /* tmpfs begins with what the path held */
	STEP_MOUNT_FILE = 1 << 3,	    /* the source is no directory */
};

/* One report, one SOCK_SEQPACKET message. End of file without one: the program was executed. */
#define REPORT_TEXT 504

enum report_kind {
	REPORT_FAILED = 1,
	REPORT_READY = 2,  /* AWAIT_START reached: the container is created */
	REPORT_FORKED = 3, /* error: the pid of the child that goes on, as the launcher sees it */
};

struct report_message {
	uint32_t kind;
	uint32_t step;
	int32_t error;
	uint32_t detail; /* enum report_detail: what errno alone does not say */
	char text[REPORT_TEXT];
};

enum report_detail {
	DETAIL_NONE,
	DETAIL_NOT_FOUND,	/* the program: 127 */
	DETAIL_NOT_EXECUTABLE,	/* the program: 126 */
	DETAIL_TOO_REVEALING,	/* proc or sysfs: the host masks parts of its own */
};

#endif
