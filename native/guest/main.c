/*
 * crun-sharp-guest MODE ...: one static program that needs nothing of the root filesystem it is started in.
 *   init     the first process of a virtual machine: mounts, starts a program, says how it ended, halts
 *   ladder   a program started behind one kernel feature after the other, without a runtime
 *   probe    what is measured inside: a first byte, a long wait, many system calls, much arithmetic
 */
#include <stdio.h>
#include <string.h>

#include "guest.h"

int
main(int count, char **arguments)
{
	if (count >= 2 && strcmp(arguments[1], "init") == 0)
		return guest_init(count - 2, arguments + 2);
	if (count >= 2 && strcmp(arguments[1], "ladder") == 0)
		return guest_ladder(count - 2, arguments + 2);
	if (count >= 2 && strcmp(arguments[1], "probe") == 0)
		return guest_probe(count - 2, arguments + 2);
	fputs("usage: crun-sharp-guest init|ladder|probe ...\n", stderr);
	return 2;
}
