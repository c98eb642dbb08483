/* What the stage's files share. One process, one plan, no allocation. */
#ifndef CRUN_SHARP_STAGE_H
#define CRUN_SHARP_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "plan.h"

#define AUTO_CLOSE __attribute__((cleanup(close_descriptor)))
#define PRINTF(format, first) __attribute__((format(printf, format, first)))

void close_descriptor(const int *fd);

struct plan {
	const char *bytes;
	const struct plan_header *header;
	const struct plan_step *steps;
	int first_fd;
};

/* Reads and checks the plan behind `fd`; NULL, or what is wrong with it. */
const char *plan_open(struct plan *plan, int first_fd);
const char *plan_text(const struct plan *plan, uint32_t offset);
int plan_fd(const struct plan *plan, uint32_t index);

struct stage {
	struct plan plan;
	uint32_t current;
	int report; /* who is told: the launcher, later whoever connects to start */
	int root;   /* the prepared tree, -1 until it is there */
	bool entered;
	const char *program; /* found by STEP_FIND_PROGRAM */
};

typedef int (*step_function)(struct stage *stage, const struct plan_step *step);

/* Each answers -1, having told the launcher, so that a step can end in it. */
int fail(struct stage *stage, const char *format, ...) PRINTF(2, 3);
int fail_with(struct stage *stage, int error, uint32_t detail, const char *format, ...) PRINTF(4, 5);
int report_ready(struct stage *stage);

/* In the root. A path that leaves it, by `..` or a link, comes back into it. */
int open_in_root(const struct stage *stage, const char *path, int flags);
int make_directories(const struct stage *stage, const char *path, mode_t mode);
int open_parent(const struct stage *stage, const char *path, const char **last);
int make_target(const struct stage *stage, const char *path, bool directory);
int private_proc(void);
void descriptor_path(int fd, char path[32]);

/* Mount trees. */
int attach(int tree, int target);
int clone_tree(const char *source, bool recursive);
int new_filesystem(struct stage *stage, const char *type, const char *source, const char *options, uint64_t attributes);

step_function step_of(uint32_t kind);

#define STEP(name) int name(struct stage *stage, const struct plan_step *step)
STEP(await);
STEP(write_descriptor);
STEP(join_namespace);
STEP(unshare_namespaces);
STEP(become);
STEP(new_session);
STEP(set_host_name);
STEP(set_domain_name);
STEP(loopback_up);
STEP(set_propagation);
STEP(bind_root);
STEP(overlay_root);
STEP(mount_filesystem);
STEP(bind_mount);
STEP(make_directory);
STEP(make_device);
STEP(make_symlink);
STEP(write_file);
STEP(make_console);
STEP(enter_root);
STEP(root_propagation);
STEP(read_only_root);
STEP(mask_path);
STEP(read_only_path);
STEP(write_sysctl);
STEP(set_rlimit);
STEP(oom_score);
STEP(session_keyring);
STEP(set_umask);
STEP(parent_death);
STEP(no_new_privs);
STEP(install_seccomp);
STEP(drop_bounding);
STEP(become_user);
STEP(set_capabilities);
STEP(enter_directory);
STEP(find_program);
STEP(await_start);
STEP(exec_program);
#undef STEP

#endif
