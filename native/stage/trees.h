/* Mount trees, as descriptors; and what kernels without them need instead. */
#ifndef CRUN_SHARP_TREES_H
#define CRUN_SHARP_TREES_H

#include "paths.h"

/* Detached trees are of use only with move_mount; kernels have all or none, a sandbox's filter may not. */
bool knows_detached_trees(void);
/* A detached copy of what `source` (O_PATH) shows, -1 with ENOSYS where the kernel has no such thing. */
int clone_tree(int source, bool recursive);
/* Mounts a detached tree on `target` (O_PATH). */
int attach_tree(int tree, int target);
/* A name of the descriptor, for older calls that take nothing but paths. Changes the working directory. */
#define FD_PATH_SIZE 32
void descriptor_path(int fd, char path[FD_PATH_SIZE]);
/* mount(2) by descriptors, for the older ways; `source` -1: none. */
int mount_by_number(int source, int target, const char *type, unsigned long flags);
/* Before the host's /proc goes away: the older ways still need its names of descriptors. */
void keep_descriptor_names(void);
/*
 * Sets and clears MOUNT_ATTR_* on the mount at `fd`; by remounting on kernels before 5.12, one mount after another,
 * which needs a tree that is attached: EINVAL where it is not.
 */
int change_attributes(int fd, uint64_t set, uint64_t clear, bool recursive);
/* MS_SHARED and the like, MS_REC with them. */
int change_propagation(int fd, unsigned long propagation);
/* Binds without detached trees: gives an O_PATH descriptor of the new mount, found again at `path`. */
int bind_by_path(const struct stage *stage, int source, int target, const char *path, bool recursive);

unsigned long mount_flags_of(uint64_t attributes);

/*
 * A new filesystem, detached or mounted on `target`, which `path` names. Answers its descriptor, -1 having told the
 * launcher, or NO_SUCH_CALL where the kernel knows no detached ones (before 5.2).
 */
#define NO_SUCH_CALL -2
struct filesystem {
	const char *type;
	const char *source; /* NULL: the type */
	const char *options;
	uint64_t attributes;
};
int detached_filesystem(struct stage *stage, const struct filesystem *wanted, const char *path);
int mount_by_path(struct stage *stage, const struct filesystem *wanted, int target, const char *path);
/* What the kernel wrote about a refused option, or "". */
void read_complaint(int fs, char complaint[160]);

int copy_up(int from, int to);

/* The pieces of a root, in root.c; each answers -1 having told the launcher. */
int open_directory(struct stage *stage, const char *path);
int bind_onto_itself(struct stage *stage, const char *path, int directory, bool recursive);
int take_root(struct stage *stage, int root, const char *path);

#endif
