/* The steps, each in the file of its topic, and what those files lend one another. */
#ifndef CRUN_SHARP_STEPS_H
#define CRUN_SHARP_STEPS_H

#include "stage.h"

int write_proc(struct stage *stage, const char *path, const void *data, size_t size);

/* Before anything else is executed: what our callers ignored or blocked is none of its business. */
void reset_signals(void);
/* Every descriptor from `first` on is closed at exec. */
int close_at_exec(struct stage *stage, unsigned first);
/*
 * Descriptors and umask as the program will have them. Called before a seccomp program that may forbid the calls for
 * it, and before exec.
 */
int seal_process(struct stage *stage);
/* "no such file or directory": errno's words as runc prints them. */
const char *lower_error(int error, char buffer[128]);
/* Pointers into a list, ended by NULL; memory that is never given back. */
char **list_pointers(const char *list, size_t size);

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
STEP(fuse_root);
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
