/* The bench's own program, in a VM, beside a container or inside one: see main.c. */
#ifndef CRUN_SHARP_GUEST_H
#define CRUN_SHARP_GUEST_H

/* init ORDERS HALT: pid 1 of a virtual machine; HALT is "off" or "reboot". */
int guest_init(int count, char **arguments);

/* ladder [OPTION...] -- PROGRAM [ARGUMENT...]: a program behind chosen kernel features, see ladder.c. */
int guest_ladder(int count, char **arguments);

/* probe hello|wait|syscalls COUNT|compute COUNT: something to run in every contestant. */
int guest_probe(int count, char **arguments);

#endif
