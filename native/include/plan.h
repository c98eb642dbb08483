/*
 * The launch plan: what CrunSharp.Runtime decided and the stage carries out.
 *
 * One flat buffer: header, steps, then strings and data, in any order and
 * shared at will. Offsets count from the start of the buffer, 0 means absent,
 * strings end in NUL. The buffer comes from our own parent through a sealed
 * memfd, yet every offset is checked once before the first step: a plan that
 * is wrong must fail as a plan, not as a crash.
 *
 * Plan/PlanLayout.cs mirrors this file; a test compares both with the compiler.
 */
#ifndef CRUN_SHARP_PLAN_H
#define CRUN_SHARP_PLAN_H

#include <stdint.h>

#define PLAN_MAGIC 0x32504e43u /* "CNP2" */
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

enum plan_flag {
	/*
	 * The last descriptor is a file of step_count + 1 uint64_t, which gets the times (CLOCK_MONOTONIC, nanoseconds) at
	 * which the stage began and each step was done. Shared memory: no call, and no launcher that wakes up to read.
	 */
	PLAN_TRACE = 1 << 0,
};

struct plan_header {
	uint32_t magic;
	uint32_t size; /* of the whole buffer */
	uint32_t step_count;
	uint32_t steps; /* offset, a multiple of 8 */
	uint32_t fd_count; /* with PLAN_FD_PLAN and PLAN_FD_REPORT */
	uint32_t flags;
};

/*
 * What each field means is said at the kind below; unused fields are 0, an
 * unused fd is PLAN_NO_FD.
 *
 * data is data_size bytes. Where a kind says
 *   text   a NUL follows them that data_size does not count,
 *   list   each entry is ended by a NUL that data_size counts; entries may be
 *          empty, and nothing ends the list but its size.
 */
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

/*
 * Numbers are stable: new kinds come before STEP_KIND_COUNT.
 *
 * Paths "in the root" are resolved beneath the container's root, before
 * ENTER_ROOT as after it: links and `..` lead back into it. All others are
 * paths of the launcher's mount namespace, as the stage's copy shows them.
 */
enum plan_kind {
	STEP_NONE,

	/* Before the root. */
	STEP_AWAIT,	       /* fd: wait for a byte; end of file means the launcher gave up and fails.
				  mode 1: first tell the launcher, by REPORT_WAITING */
	STEP_WRITE,	       /* fd, data: write it in one call (cgroup files opened by the parent) */
	STEP_JOIN_NAMESPACE,   /* fd, flags: setns to these CLONE_NEW*; one for a namespace's file, several for a pidfd.
				  CLONE_NEWNS: the root is that namespace's from here on, ENTER_ROOT must not follow */
	STEP_UNSHARE,	       /* flags: CLONE_NEW* */
	STEP_BECOME,	       /* a uid, b gid: identity inside a new or joined user namespace; keeps the groups */
	STEP_FORK,	       /* go on in a child with the same parent (CLONE_PARENT), in the joined pid namespace;
				  reports FORKED, the process that forked ends with 0 */
	STEP_NEW_SESSION,      /* setsid */
	STEP_STDIO,	       /* fd, a: becomes descriptor a (0, 1 or 2) */
	STEP_HOSTNAME,	       /* data */
	STEP_DOMAINNAME,       /* data */
	STEP_LOOPBACK_UP,      /* the interface lo */

	/* The root and what is mounted in it; `path` is in the root unless said otherwise. */
	STEP_PROPAGATION,      /* flags: MS_* for "/" of the host's tree */
	STEP_BIND_ROOT,	       /* source, a st_dev, b st_ino (both 0: unchecked); bound onto itself, recursively */
	STEP_OVERLAY_ROOT,     /* path: where to put it, on the host; source: directory that holds `upper` and `work`
				  (0: read-only); data: list of lowers, top first; mode: PLAN_OVERLAY_*; flags: MOUNT_ATTR_* */
	STEP_MOUNT,	       /* path, source: type, data: text, options separated by commas; flags: MOUNT_ATTR_*,
				  b: string, what mountinfo calls the source (0: the type),
				  c: MS_* propagation or 0, a: STEP_MOUNT_*. Missing directories are made (0755).
				  proc and sysfs: no link may stand in the path */
	STEP_BIND,	       /* path, source or fd (a tree cloned by the parent), flags: MOUNT_ATTR_* to set, b: to clear,
				  c: MS_* propagation or 0, a: STEP_MOUNT_*, mode: see STEP_MOUNT_IDMAP;
				  data: uint64_t st_dev, st_ino that source must have (absent: unchecked) */
	STEP_MAKE_DIRECTORY,   /* path, mode; missing parents are made with 0755; nothing happens when it is there */
	STEP_DEVICE,	       /* path, mode incl. type, a major, b minor, flags: uid << 32 | gid; source: the host's node,
				  bound instead when c is 1 or mknod is refused. The same node already there is kept */
	STEP_SYMLINK,	       /* path, source: target; mode 1: replaces what is there, 0: leaves it */
	STEP_WRITE_FILE,       /* path, data, mode: a new regular file; another in its place is replaced */
	STEP_CONSOLE,	       /* after devpts is mounted (or joined). fd: socket that gets the terminal by SCM_RIGHTS,
				  a columns, b rows, path: where the terminal is bound (/dev/console) or 0, c: uid that owns it.
				  Becomes 0, 1, 2 and the controlling terminal, so NEW_SESSION goes before */
	STEP_ENTER_ROOT,       /* mode: PLAN_ENTER_* */
	STEP_ROOT_PROPAGATION, /* flags: MS_* for the new "/" */
	STEP_READ_ONLY_ROOT,
	STEP_MASK,	       /* path; absent is fine. After /dev/null is there */
	STEP_READ_ONLY_PATH,   /* path; absent is fine */
	STEP_SYSCTL,	       /* path: "net/ipv4/ip_forward", data: the value. Before masks and read-only paths */

	STEP_HOOK,	       /* path, data: list argv, source: list environment, b: bytes of source, fd: the state as JSON,
				  a: seconds or 0 */

	/*
	 * The process. In this order: BOUNDING, USER, CAPABILITIES; what needs privilege (RLIMIT, OOM_SCORE, SCHEDULER,
	 * KEYRING, LABEL, STDIO_OWNER) before USER; PARENT_DEATH, DIRECTORY, FIND_PROGRAM after CAPABILITIES.
	 */
	STEP_RLIMIT,	       /* a resource, b soft, c hard */
	STEP_OOM_SCORE,	       /* data: oom_score_adj in decimal; mode 1: where it may not be lowered it stays */
	STEP_SESSION_KEYRING,  /* data: text, name */
	STEP_UMASK,	       /* mode; takes effect at EXEC. Without it: the launcher's */
	STEP_PARENT_DEATH,     /* a signal; fd: pidfd of the parent, which must still live, or PLAN_NO_FD */
	STEP_NO_NEW_PRIVS,
	STEP_SECCOMP,	       /* data: struct sock_filter[]; flags: SECCOMP_FILTER_FLAG_*; with NEW_LISTENER
				  fd: socket that gets the listener by SCM_RIGHTS, PLAN_NO_FD: REPORT_LISTENER carries it.
				  After UMASK; right before EXEC with NO_NEW_PRIVS, otherwise before CAPABILITIES */
	STEP_BOUNDING,	       /* a: capabilities to keep in the bounding set */
	STEP_USER,	       /* a uid, b gid, data: uint32_t gids[]; mode 1: leaves the groups (setgroups is denied).
				  Keeps the permitted capabilities until CAPABILITIES, which must follow */
	STEP_CAPABILITIES,     /* a effective, b permitted, c inheritable, flags ambient */
	STEP_DIRECTORY,	       /* path: working directory; must be inside the root */
	STEP_FIND_PROGRAM,     /* path: argv[0], data: text, the value of PATH */
	STEP_AWAIT_START,      /* fd: listening SOCK_SEQPACKET socket; reports READY, then the peer that connects is told
				  instead of the launcher */
	STEP_INIT,	       /* stay as pid 1: reap, forward signals, end as the child ends; the child goes on with the plan */
	STEP_EXEC,	       /* data: list argv, source: list environment, b: bytes of source; path: the program, 0: what
				  FIND_PROGRAM found; a: descriptors from 3 on to leave open, all others are closed */

	/* Later additions, at the place their comment says. */
	STEP_PERSONALITY,      /* a: PER_*; before SECCOMP */
	STEP_SCHEDULER,	       /* data: struct sched_attr; before USER */
	STEP_IO_PRIORITY,      /* a: class << 13 | priority; before USER */
	STEP_CPU_AFFINITY,     /* data: mask, uint64_t[] */
	STEP_MEMORY_POLICY,    /* mode: MPOL_* with its flags; data: mask of nodes, uint64_t[] */
	STEP_TIME_OFFSETS,     /* data: lines "monotonic SECONDS NANOSECONDS\n", "boottime ..."; makes and enters a time
				  namespace, so CLONE_NEWTIME goes neither to clone nor to UNSHARE */
	STEP_LABEL,	       /* path: "exec", "apparmor/exec", "keycreate", "sockcreate" beneath /proc/self/attr; data: the
				  label, read back; before USER */
	STEP_STDIO_OWNER,      /* a uid: owner of those of descriptors 0 to 2 that are pipes; what refuses is left */
	STEP_SEND_ROOT,	       /* fd: socket that gets the prepared root by SCM_RIGHTS, PLAN_NO_FD: REPORT_ROOT carries it */
	STEP_END,	       /* the plan ends here, with exit code 0, and executes nothing */
	STEP_FUSE_ROOT,	       /* path: where to put it, on the host; a filesystem whose requests the launcher has answered
				  by a program of the host: REPORT_FUSE carries its device. fd: /dev/fuse, which is closed
				  afterwards; in a user namespace of its own the stage opens it: PLAN_NO_FD */

	STEP_KIND_COUNT,
};

enum plan_mount_flag {
	STEP_MOUNT_RECURSIVE = 1 << 0,	    /* bind: the whole tree below the source */
	STEP_MOUNT_ATTR_RECURSIVE = 1 << 1, /* attributes for the whole tree */
	STEP_MOUNT_COPY_UP = 1 << 2,	    /* tmpfs begins with what the path held */
	STEP_MOUNT_FILE = 1 << 3,	    /* with fd: the tree is no directory (a source is looked at) */
	STEP_MOUNT_IDMAP = 1 << 4,	    /* bind: mode is the index of a user namespace's descriptor that maps the ids */
	STEP_MOUNT_IDMAP_RECURSIVE = 1 << 5,
	STEP_MOUNT_KEEP_MODE = 1 << 6,	    /* tmpfs: its root gets mode and owner of the directory that it covers */
	STEP_MOUNT_NO_FOLLOW = 1 << 7,	    /* no link may stand in the path */
	STEP_MOUNT_OPTIONAL = 1 << 8,	    /* a refusal is a REPORT_NOTE, no failure */
};

enum plan_overlay_flag {
	PLAN_OVERLAY_USERXATTR = 1 << 0,
	PLAN_OVERLAY_VOLATILE = 1 << 1,
};

enum plan_enter {
	PLAN_ENTER_PIVOT,
	PLAN_ENTER_MOVE,   /* --no-pivot: the host's root is a ramdisk */
	PLAN_ENTER_CHROOT, /* no mount namespace of its own */
};

/* One report, one SOCK_SEQPACKET message. End of file without FAILED: the program was executed. */
#define REPORT_TEXT 488

enum report_kind {
	REPORT_FAILED = 1,
	REPORT_READY = 2,    /* AWAIT_START reached: the container is created */
	REPORT_FORKED = 3,   /* error: the pid of the child that goes on, as the launcher sees it */
	REPORT_WAITING = 4,  /* AWAIT reached */
	/* 5 was the time of a step. */
	REPORT_LISTENER = 6, /* with SCM_RIGHTS: the seccomp listener */
	REPORT_ROOT = 7,     /* with SCM_RIGHTS: the root */
	REPORT_NOTE = 8,     /* text: something worth a warning, not a failure */
	REPORT_FUSE = 9,     /* with SCM_RIGHTS: the device of FUSE_ROOT */
};

struct report_message {
	uint32_t kind;
	uint32_t step;
	int32_t error;	 /* errno, or 0 when the text says it all */
	uint32_t detail; /* enum report_detail */
	uint64_t time;	 /* CLOCK_MONOTONIC, nanoseconds */
	char text[REPORT_TEXT];
};

/* What errno alone does not say. Neither NONE nor NO_OVERLAY: the text is the whole sentence, its errno's words included. */
enum report_detail {
	DETAIL_NONE,
	DETAIL_NOT_FOUND,      /* the program: 127 */
	DETAIL_NOT_EXECUTABLE, /* the program: 126 */
	DETAIL_TOO_REVEALING,  /* proc or sysfs: the host masks parts of its own */
	DETAIL_BAD_PLAN,
	DETAIL_NO_OVERLAY,     /* OVERLAY_ROOT or FUSE_ROOT: refused as such; another kind of root may work */
};

#endif
