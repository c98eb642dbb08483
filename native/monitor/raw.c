/* The user's terminal: raw while the container's own does the work of one, and never left so. */
#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "monitor.h"

/* In the background, reading would fail and changing modes would hurt whoever has the foreground. */
bool
is_foreground(void)
{
	pid_t group = tcgetpgrp(0);

	return group < 0 || group == getpgrp();
}

/* Called again after a stop: what to go back to is what was there the first time. */
void
terminal_enter_raw(struct own_terminal *own)
{
	struct termios raw;

	if (!own->wanted || !isatty(0) || !is_foreground())
		return;
	if (!own->is_known && tcgetattr(0, &own->before) < 0)
		return;
	own->is_known = true;
	raw = own->before;
	cfmakeraw(&raw);
	own->is_raw = tcsetattr(0, TCSANOW, &raw) == 0;
}

void
terminal_restore(struct own_terminal *own)
{
	if (own->is_raw)
		(void)tcsetattr(0, TCSANOW, &own->before);
	own->is_raw = false;
}

bool
terminal_size(struct winsize *size)
{
	for (int fd = 0; fd <= 2; fd++)
		if (ioctl(fd, TIOCGWINSZ, size) == 0)
			return size->ws_col != 0 || size->ws_row != 0;
	return false;
}

void
terminal_copy_size(int terminal)
{
	struct winsize size;

	if (terminal_size(&size))
		(void)ioctl(terminal, TIOCSWINSZ, &size);
}
