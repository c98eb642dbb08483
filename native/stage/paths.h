/* Paths in the container's root: resolved once, then only descriptors. */
#ifndef CRUN_SHARP_PATHS_H
#define CRUN_SHARP_PATHS_H

#include <limits.h>

#include "stage.h"

/* Opens `path` beneath `root`. A path that leaves it, by `..` or a link, comes back into it; magic links lead nowhere. */
int open_beneath(int root, const char *path, int flags);
/* The same, and no link at all may stand in the path. */
int open_without_links(int root, const char *path, int flags);

int open_in_root(const struct stage *stage, const char *path, int flags);

/* An O_PATH descriptor of the directory; what is missing on the way is made. */
int make_directories(const struct stage *stage, const char *path, mode_t mode);
/* An O_PATH descriptor to mount on: a directory or, if missing, an empty file. */
int make_target(const struct stage *stage, const char *path, bool directory);
/* The directory that holds the path's last component, made if missing. A path that has none fails with EINVAL. */
int make_parent(const struct stage *stage, const char *path, char name[NAME_MAX + 1]);

/* A procfs that nobody can have mounted over. */
int private_proc(struct stage *stage);
/* A file of it, for writing; "self/..." is the stage's own. */
int open_proc(struct stage *stage, const char *path, int flags);

int read_entries(int directory, int (*visit)(void *context, int directory, const char *name, unsigned char type),
		 void *context);

#endif
