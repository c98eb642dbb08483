#ifndef PAYLOAD_H
#define PAYLOAD_H

#include <stddef.h>

/* Prints bytes so that any name fits on one line: graphic ASCII as it is, all else as \xHH. */
void print_escaped(const void *bytes, size_t size);

int tree(int count, char **arguments);
int look(int count, char **arguments);
int call(int count, char **arguments);
int spend(int count, char **arguments);

int without(int count, char **arguments);
int refuse(int count, char **arguments);

#endif
