#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "kernel.h"
#include "trees.h"

static const struct {
	uint64_t attribute;
	unsigned long flag;
	unsigned long shown; /* as statvfs shows it */
} pairs[] = {
	{MOUNT_ATTR_RDONLY, MS_RDONLY, ST_RDONLY},
	{MOUNT_ATTR_NOSUID, MS_NOSUID, ST_NOSUID},
	{MOUNT_ATTR_NODEV, MS_NODEV, ST_NODEV},
	{MOUNT_ATTR_NOEXEC, MS_NOEXEC, ST_NOEXEC},
	{MOUNT_ATTR_NODIRATIME, MS_NODIRATIME, ST_NODIRATIME},
	{MOUNT_ATTR_NOSYMFOLLOW, MS_NOSYMFOLLOW, 0x2000},
};

unsigned long
mount_flags_of(uint64_t attributes)
{
	unsigned long flags = 0;

	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		if (attributes & pairs[i].attribute)
			flags |= pairs[i].flag;
	if ((attributes & MOUNT_ATTR__ATIME) == MOUNT_ATTR_NOATIME)
		flags |= MS_NOATIME;
	if ((attributes & MOUNT_ATTR__ATIME) == MOUNT_ATTR_STRICTATIME)
		flags |= MS_STRICTATIME;
	return flags;
}

bool
knows_detached_trees(void)
{
	static int known = -1;

	if (known < 0)
		known = sys_move_mount(-1, "", -1, "", 0) == 0 || errno != ENOSYS;
	return known != 0;
}

int
clone_tree(int source, bool recursive)
{
	if (!knows_detached_trees()) {
		errno = ENOSYS;
		return -1;
	}
	return sys_open_tree(source, "",
			     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0));
}

int
attach_tree(int tree, int target)
{
	return sys_move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

static int descriptor_names = -1;

void
keep_descriptor_names(void)
{
	if (descriptor_names < 0)
		descriptor_names = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* In an image without /proc the kept directory is the only one with such names: they are said relative to it. */
void
descriptor_path(int fd, char path[FD_PATH_SIZE])
{
	bool is_kept = descriptor_names >= 0 && fchdir(descriptor_names) == 0;

	(void)snprintf(path, FD_PATH_SIZE, "%s%d", is_kept ? "" : "/proc/self/fd/", fd);
}

int
mount_by_number(int source, int target, const char *type, unsigned long flags)
{
	char from[FD_PATH_SIZE], to[FD_PATH_SIZE];

	if (source >= 0)
		descriptor_path(source, from);
	descriptor_path(target, to);
	return mount(source >= 0 ? from : NULL, to, type, flags, NULL);
}

/* A remount sets all flags anew: those that are there already must be said again, or a user namespace is refused. */
static int
remount(int fd, uint64_t set, uint64_t clear)
{
	struct statvfs now;
	unsigned long flags = 0;

	if (fstatvfs(fd, &now) < 0)
		return -1;
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		if (now.f_flag & pairs[i].shown && !(clear & pairs[i].attribute))
			flags |= pairs[i].flag;
	if ((set & MOUNT_ATTR__ATIME) == 0 && (clear & MOUNT_ATTR__ATIME) == 0) {
		if (now.f_flag & ST_NOATIME)
			flags |= MS_NOATIME;
		if (now.f_flag & ST_RELATIME)
			flags |= MS_RELATIME;
	}
	return mount_by_number(-1, fd, NULL, MS_REMOUNT | MS_BIND | flags | mount_flags_of(set));
}

static int
mount_id_of(int fd)
{
	char path[64], text[512];
	const char *line;
	int id = -1;

	(void)snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
	AUTO_CLOSE int info = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = info < 0 ? -1 : read(info, text, sizeof text - 1);

	if (size <= 0)
		return -1;
	text[size] = 0;
	line = strstr(text, "mnt_id:");
	return line != NULL && sscanf(line, "mnt_id: %d", &id) == 1 ? id : -1;
}

/* mountinfo writes blanks, tabs, line ends and backslashes in octal. */
static void
unescape(char *path)
{
	char *to = path;

	for (const char *from = path; *from != 0; to++)
		if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] != 0 && from[3] != 0) {
			*to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	*to = 0;
}

/* A line at a time; one that is longer than the room is given in pieces. */
struct lines {
	int fd;
	size_t used, size;
	char bytes[4096];
};

static bool
next_line(struct lines *lines, char *line, size_t room)
{
	size_t length = 0;

	while (length + 1 < room) {
		if (lines->used == lines->size) {
			ssize_t size = read(lines->fd, lines->bytes, sizeof lines->bytes);

			if (size <= 0)
				break;
			lines->used = 0;
			lines->size = (size_t)size;
		}
		char byte = lines->bytes[lines->used++];
		if (byte == '\n') {
			line[length] = 0;
			return true;
		}
		line[length++] = byte;
	}
	line[length] = 0;
	return length > 0;
}

#define MOST_MOUNTS 1024

/* Parents come before their children in mountinfo, so one reading finds the whole tree. */
static int
remount_tree(int fd, uint64_t set, uint64_t clear)
{
	static int ids[MOST_MOUNTS];
	static char line[3 * PATH_MAX], path[PATH_MAX];
	static struct lines lines;
	size_t count = 0;
	bool is_top_seen = false;

	ids[count++] = mount_id_of(fd);
	AUTO_CLOSE int mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (mounts < 0)
		return -1;
	lines = (struct lines){.fd = mounts};
	while (next_line(&lines, line, sizeof line)) {
		int id, parent;

		if (sscanf(line, "%d %d %*s %*s %4095s", &id, &parent, path) != 3)
			continue;
		is_top_seen |= id == ids[0];
		size_t above = 0;
		while (above < count && ids[above] != parent)
			above++;
		if (above == count || id == ids[0])
			continue;
		if (count == MOST_MOUNTS) {
			errno = E2BIG;
			return -1;
		}
		ids[count++] = id;
		unescape(path);
		AUTO_CLOSE int below = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		/* Covered by another mount: nobody can get there. */
		if (below >= 0 && mount_id_of(below) == id && remount(below, set, clear) < 0)
			return -1;
	}
	errno = EINVAL;
	return is_top_seen ? remount(fd, set, clear) : -1;
}

int
change_attributes(int fd, uint64_t set, uint64_t clear, bool recursive)
{
	struct mount_attr attr = {.attr_set = set, .attr_clr = clear};

	if (set == 0 && clear == 0)
		return 0;
	/* The access time is one value of several bits, cleared as a whole. */
	if ((set | clear) & MOUNT_ATTR__ATIME)
		attr.attr_clr |= MOUNT_ATTR__ATIME;
	if (sys_mount_setattr(fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr) == 0)
		return 0;
	if (errno != ENOSYS)
		return -1;
	return recursive ? remount_tree(fd, set, clear) : remount(fd, set, clear);
}

int
change_propagation(int fd, unsigned long propagation)
{
	struct mount_attr attr = {.propagation = propagation & ~(unsigned long)MS_REC};

	if (propagation == 0)
		return 0;
	if (sys_mount_setattr(fd, "", AT_EMPTY_PATH | (propagation & MS_REC ? AT_RECURSIVE : 0), &attr) == 0)
		return 0;
	return errno == ENOSYS ? mount_by_number(-1, fd, NULL, propagation) : -1;
}

int
bind_by_path(const struct stage *stage, int source, int target, const char *path, bool recursive)
{
	if (mount_by_number(source, target, NULL, MS_BIND | (recursive ? MS_REC : 0)) < 0)
		return -1;
	return open_in_root(stage, path, O_PATH);
}

void
read_complaint(int fs, char complaint[160])
{
	char line[160];
	ssize_t size;

	complaint[0] = 0;
	int saved = errno;
	/* Lines are "e text", "w text", "i text"; the last error is the one that counts. */
	while ((size = read(fs, line, sizeof line - 1)) > 0) {
		line[size] = 0;
		line[strcspn(line, "\n")] = 0;
		if (line[0] == 'e' && line[1] == ' ')
			(void)snprintf(complaint, 160, "%.150s", line + 2);
	}
	errno = saved;
}

/* One of "a,b=c,d=\"e,f\"": takes it off the text. A quoted value may hold commas (labels do). */
static bool
next_option(const char **text, char option[4096])
{
	size_t length = 0;
	bool quoted = false;

	while (**text == ',')
		(*text)++;
	if (**text == 0)
		return false;
	for (; **text != 0 && (quoted || **text != ','); (*text)++) {
		if (**text == '"')
			quoted = !quoted;
		else if (length + 1 < 4096)
			option[length++] = **text;
	}
	option[length] = 0;
	return true;
}

static int
refused(struct stage *stage, const struct filesystem *wanted, const char *path, int fs, const char *option)
{
	int error = errno;
	char complaint[160] = "";

	if (fs >= 0)
		read_complaint(fs, complaint);
	/* The kernel counts mounts, not bytes. */
	if (error == ENOSPC)
		return fail_with(stage, error, DETAIL_NONE, "mount '%s' at '%s': fs.mount-max is reached", wanted->type, path);
	errno = error;
	if (option != NULL)
		return fail(stage, "mount '%s' at '%s': option '%s'%s%s", wanted->type, path, option, complaint[0] ? ": " : "",
			    complaint);
	return fail(stage, "mount '%s' at '%s'%s%s", wanted->type, path, complaint[0] ? ": " : "", complaint);
}

static bool
has_masks(const char *type)
{
	return strcmp(type, "proc") == 0 || strcmp(type, "sysfs") == 0;
}

static int
too_revealing(struct stage *stage, const struct filesystem *wanted, const char *path)
{
	return fail_with(stage, EPERM, DETAIL_TOO_REVEALING,
			 "mount '%s' at '%s': operation not permitted: the host masks parts of its own %s", wanted->type, path,
			 strcmp(wanted->type, "proc") == 0 ? "/proc" : "/sys");
}

int
detached_filesystem(struct stage *stage, const struct filesystem *wanted, const char *path)
{
	AUTO_CLOSE int fs = knows_detached_trees() ? sys_fsopen(wanted->type, FSOPEN_CLOEXEC) : -1;
	const char *options = wanted->options == NULL ? "" : wanted->options;
	char option[4096];

	if (fs < 0)
		return !knows_detached_trees() || errno == ENOSYS ? NO_SUCH_CALL : refused(stage, wanted, path, -1, NULL);
	if (sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", wanted->source == NULL ? wanted->type : wanted->source, 0) < 0)
		return refused(stage, wanted, path, fs, "source");

	while (next_option(&options, option)) {
		char *value = strchr(option, '=');

		if (value != NULL)
			*value++ = 0;
		if (sys_fsconfig(fs, value == NULL ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING, option, value, 0) < 0)
			return refused(stage, wanted, path, fs, option);
	}
	if (sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return refused(stage, wanted, path, fs, NULL);

	int tree = sys_fsmount(fs, FSMOUNT_CLOEXEC, (unsigned)wanted->attributes);
	if (tree >= 0)
		return tree;
	/* Attributes newer than fsmount of this kernel: set afterwards. */
	if (errno == EINVAL && wanted->attributes != 0) {
		tree = sys_fsmount(fs, FSMOUNT_CLOEXEC, 0);
		if (tree >= 0 && change_attributes(tree, wanted->attributes, 0, false) == 0)
			return tree;
		close_descriptor(&tree);
	}
	return errno == EPERM && has_masks(wanted->type) ? too_revealing(stage, wanted, path)
							  : refused(stage, wanted, path, fs, NULL);
}

/* Options that mount(2) takes as flags of the superblock. */
static unsigned long
superblock_flag(const char *option)
{
	static const struct {
		const char *name;
		unsigned long flag;
	} names[] = {
		{"ro", MS_RDONLY}, {"sync", MS_SYNCHRONOUS}, {"dirsync", MS_DIRSYNC},
		{"mand", MS_MANDLOCK}, {"lazytime", MS_LAZYTIME}, {"silent", MS_SILENT},
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(names[i].name, option) == 0)
			return names[i].flag;
	return 0;
}

int
mount_by_path(struct stage *stage, const struct filesystem *wanted, int target, const char *path)
{
	char to[FD_PATH_SIZE], data[4096] = "", option[4096];
	const char *options = wanted->options == NULL ? "" : wanted->options;
	unsigned long flags = mount_flags_of(wanted->attributes);
	size_t used = 0;

	while (next_option(&options, option)) {
		unsigned long flag = superblock_flag(option);

		flags |= flag;
		if (flag != 0 || strcmp(option, "rw") == 0)
			continue;
		int size = snprintf(data + used, sizeof data - used, "%s%s", used == 0 ? "" : ",", option);
		/* mount(2) cuts what does not fit, without a word. */
		if (size < 0 || used + (size_t)size >= sizeof data)
			return fail_with(stage, E2BIG, DETAIL_NONE, "mount '%s' at '%s': its options are too long", wanted->type, path);
		used += (size_t)size;
	}

	descriptor_path(target, to);
	if (mount(wanted->source == NULL ? wanted->type : wanted->source, to, wanted->type, flags, data) < 0)
		return errno == EPERM && has_masks(wanted->type) ? too_revealing(stage, wanted, path)
								  : refused(stage, wanted, path, -1, NULL);
	int mounted = open_in_root(stage, path, O_PATH);
	return mounted < 0 ? fail(stage, "open '%s', just mounted", path) : mounted;
}
