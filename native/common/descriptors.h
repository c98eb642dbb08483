#ifndef CRUN_SHARP_DESCRIPTORS_H
#define CRUN_SHARP_DESCRIPTORS_H

#include <stddef.h>

#define AUTO_CLOSE __attribute__((cleanup(close_descriptor)))

/* Keeps errno; a negative descriptor is none. */
void close_descriptor(const int *fd);
int send_descriptor(int socket, const void *bytes, size_t size, int fd);

#endif
