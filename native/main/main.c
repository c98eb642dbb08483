/*
 * The engine's first lines, before the .NET runtime exists: afterwards the
 * process has many threads, and such a process may not join a user namespace.
 */
#include "../launch/launch.h"
#include "join.h"

/* The .NET half. */
int __managed__Main(int argc, char **argv);

int
main(int argc, char **argv)
{
	note_main();
	if (needs_namespace(argc, argv))
		join_namespace();

	note_runtime();
	return __managed__Main(argc, argv);
}
