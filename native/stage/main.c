/* One static program, several lives; argv[0] says which. It is never started by hand. */
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "monitor.h"
#include "stage.h"

/* Kept weak: a build without native/holder has no such mode. */
int holder_main(int argc, char **argv) __attribute__((weak));

/* A container's filter may refuse even the end, which libc would then ask for for ever: a trap cannot be refused. */
static _Noreturn void
leave(int code)
{
	(void)syscall(SYS_exit_group, code);
	__builtin_trap();
}

int
main(int argc, char **argv)
{
	if (argc < 1)
		return EXIT_STAGE;
	if (strcmp(argv[0], "stage") == 0)
		leave(stage_main(argc, argv));
	if (strcmp(argv[0], "monitor") == 0)
		return monitor_main(argc, argv);
	if (strcmp(argv[0], "attach") == 0)
		return attach_main(argc, argv);
	if (strcmp(argv[0], "holder") == 0 && holder_main != NULL)
		return holder_main(argc, argv);
	return EXIT_STAGE;
}
