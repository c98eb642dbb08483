/* The standard streams, and the terminal among them. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <termios.h>
#include <unistd.h>

#include "kernel.h"
#include "steps.h"
#include "trees.h"

/* STEP_STDIO */
int
set_stdio(struct stage *stage, const struct plan_step *step)
{
	if (step->a > 2)
		return fail_with(stage, EINVAL, DETAIL_BAD_PLAN, "descriptor %llu is no standard stream", (unsigned long long)step->a);
	if (dup2(plan_fd(&stage->plan, step->fd), (int)step->a) < 0)
		return fail(stage, "make descriptor %d a standard stream", plan_fd(&stage->plan, step->fd));
	return 0;
}

/* Opens the multiplexer of the container's devpts; whatever else stands at that name is refused. */
static int
open_terminal(struct stage *stage)
{
	struct statfs fs;

	AUTO_CLOSE int multiplexer = open_without_links(stage->root, "/dev/pts/ptmx", O_PATH | O_NOFOLLOW);
	if (multiplexer < 0)
		return fail(stage, "open '/dev/pts/ptmx'");
	if (fstatfs(multiplexer, &fs) < 0 || fs.f_type != DEVPTS_SUPER_MAGIC)
		return fail_with(stage, ENODEV, DETAIL_NONE, "'/dev/pts' of the container is no devpts");

	/* Opened anew by name: the two opens see the same file system, whatever the name leads to then. */
	int terminal = open_without_links(stage->root, "/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW);
	if (terminal < 0)
		return fail(stage, "open '/dev/pts/ptmx'");
	if (fstatfs(terminal, &fs) < 0 || fs.f_type != DEVPTS_SUPER_MAGIC) {
		close_descriptor(&terminal);
		return fail_with(stage, ENODEV, DETAIL_NONE, "'/dev/pts' of the container is no devpts");
	}
	return terminal;
}

/* By TIOCGPTPEER: a name like /dev/pts/0 could be anybody's. */
static int
open_peer(struct stage *stage, int terminal)
{
	int unlocked = 0;

	if (ioctl(terminal, TIOCSPTLCK, &unlocked) < 0)
		return fail(stage, "unlock the terminal");
	int peer = ioctl(terminal, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return peer < 0 ? fail(stage, "open the terminal's other end") : peer;
}

static int
bind_console(struct stage *stage, const char *path, int peer)
{
	char name[NAME_MAX + 1];
	struct stat status;

	/* Never through a link: docker's images may have /dev/console point anywhere. */
	AUTO_CLOSE int parent = make_parent(stage, path, name);
	if (parent < 0)
		return fail(stage, "make the directory of '%s'", path);
	AUTO_CLOSE int made = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (made < 0 && errno != EEXIST)
		return fail(stage, "make '%s'", path);
	AUTO_CLOSE int target = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (target < 0 || fstat(target, &status) < 0)
		return fail(stage, "open '%s'", path);
	if (S_ISLNK(status.st_mode) || S_ISDIR(status.st_mode))
		return fail_with(stage, EEXIST, DETAIL_NONE, "'%s' of the image is a %s", path,
				 S_ISLNK(status.st_mode) ? "symbolic link" : "directory");

	AUTO_CLOSE int tree = clone_tree(peer, false);
	if (tree < 0 && errno == ENOSYS)
		tree = bind_by_path(stage, peer, target, path, false);
	else if (tree >= 0 && attach_tree(tree, target) < 0)
		return fail(stage, "bind the terminal at '%s'", path);
	return tree < 0 ? fail(stage, "bind the terminal at '%s'", path) : 0;
}

/* STEP_CONSOLE */
int
make_console(struct stage *stage, const struct plan_step *step)
{
	AUTO_CLOSE int terminal = open_terminal(stage);
	if (terminal < 0)
		return -1;
	AUTO_CLOSE int peer = open_peer(stage, terminal);
	if (peer < 0)
		return -1;

	if (step->a != 0 || step->b != 0) {
		struct winsize size = {.ws_col = (unsigned short)step->a, .ws_row = (unsigned short)step->b};

		if (ioctl(terminal, TIOCSWINSZ, &size) < 0)
			return fail(stage, "set the terminal's size");
	}
	if (step->c != 0 && fchown(peer, (uid_t)step->c, (gid_t)-1) < 0)
		return fail(stage, "give the terminal to user %llu", (unsigned long long)step->c);
	if (step->path != 0 && bind_console(stage, plan_text(&stage->plan, step->path), peer) < 0)
		return -1;

	int socket = plan_fd(&stage->plan, step->fd);
	if (send_descriptor(socket, "/dev/ptmx", 9, terminal) < 0)
		return fail(stage, "hand the terminal over");
	/* Its receiver may wait for the end of the message. */
	close_descriptor(&socket);

	for (int fd = 0; fd <= 2; fd++)
		if (dup2(peer, fd) < 0)
			return fail(stage, "make the terminal a standard stream");
	if (ioctl(0, TIOCSCTTY, 0) < 0)
		return fail(stage, "make the terminal the session's");
	return 0;
}

/*
 * STEP_STDIO_OWNER: so that the user can open /dev/stdout again. Pipes alone: the caller's terminal, files and null
 * device stay his, since a user of the same number on the host would get them.
 */
int
own_stdio(struct stage *stage, const struct plan_step *step)
{
	(void)stage;
	for (int fd = 0; fd <= 2; fd++) {
		struct stat status;

		if (fstat(fd, &status) < 0 || status.st_uid == step->a)
			continue;
		if (!S_ISFIFO(status.st_mode) && !S_ISSOCK(status.st_mode))
			continue;
		(void)fchown(fd, (uid_t)step->a, (gid_t)-1);
	}
	return 0;
}
