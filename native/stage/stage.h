/* What the stage's files share. One process, one plan; memory beyond the stack only by mmap, for lists. */
#ifndef CRUN_SHARP_STAGE_H
#define CRUN_SHARP_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "plan.h"

#define AUTO_CLOSE __attribute__((cleanup(close_descriptor)))
#define PRINTF(text, first) __attribute__((format(printf, text, first)))

/* What the launcher reads as: the container was not even tried. */
#define EXIT_STAGE 125

int stage_main(int argc, char **argv);

void close_descriptor(const int *fd);

struct plan {
	const char *bytes;
	const struct plan_header *header;
	const struct plan_step *steps;
	int first_fd;
};

/* Reads and checks the plan behind `first_fd`; NULL, or what is wrong with it. */
const char *plan_open(struct plan *plan, int first_fd);
const char *plan_check(struct plan *plan, const char *bytes, size_t size);
const char *plan_text(const struct plan *plan, uint32_t offset);
const char *plan_data(const struct plan *plan, const struct plan_step *step);
int plan_fd(const struct plan *plan, uint32_t index);

struct stage {
	struct plan plan;
	uint32_t current;
	int report; /* who is told: the launcher, later whoever connects to start */
	int root;   /* the prepared tree, -1 until it is there */
	int proc;   /* the private procfs, -1 until it is needed */
	int empty;  /* a read-only empty directory that masks others, -1 until it is needed */
	bool entered;
	bool finished;
	mode_t umask;		   /* the program's */
	char program[4096];	   /* found by STEP_FIND_PROGRAM */
};

typedef int (*step_function)(struct stage *stage, const struct plan_step *step);

/* The first two answer -1, having told the launcher, so that a step can end in them. */
int fail(struct stage *stage, const char *format, ...) PRINTF(2, 3);
int fail_with(struct stage *stage, int error, uint32_t detail, const char *format, ...) PRINTF(4, 5);
void note(struct stage *stage, const char *format, ...) PRINTF(2, 3);
void report_kind(struct stage *stage, uint32_t kind, int value);
int report_descriptor(struct stage *stage, uint32_t kind, int fd);
int send_descriptor(int socket, const void *bytes, size_t size, int fd);

step_function step_of(uint32_t kind);

#define STEP(name) int name(struct stage *stage, const struct plan_step *step)
STEP(await);
STEP(write_descriptor);
STEP(join_namespace);
STEP(unshare_namespaces);
STEP(become);
STEP(go_on_in_child);
STEP(new_session);
STEP(set_stdio);
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
STEP(run_hook);
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
STEP(stay_as_init);
STEP(exec_program);
STEP(set_personality);
STEP(set_scheduler);
STEP(set_io_priority);
STEP(set_cpu_affinity);
STEP(set_memory_policy);
STEP(set_time_offsets);
STEP(set_label);
STEP(own_stdio);
STEP(send_root);
STEP(end_plan);
#undef STEP

#endif
