/* An order for the monitor, put together; and the engine's part of becoming it. */
#ifndef CRUN_SHARP_WATCH_H
#define CRUN_SHARP_WATCH_H

#include "order.h"
#include "test.h"

struct watch {
	struct order_header header;
	struct order_action actions[8];
	char bytes[2048];
	uint32_t used;
	int fds[8];
};

void begin_order(struct watch *watch, int pid, uint32_t flags);
uint32_t order_bytes(struct watch *watch, const char *bytes, size_t size);
uint32_t order_path(struct watch *watch, const char *name);
uint32_t order_descriptor(struct watch *watch, int fd);
void order_action_on(struct watch *watch, uint32_t kind, const char *name);
_Noreturn void become_monitor(struct watch *watch, const int stdio[3]);
_Noreturn void become_mode(struct watch *watch, const char *name, const int stdio[3]);
/* Reads the terminal until the text has come, or fails. */
void expect(int user, const char *expected);
/* sh -c in a session of its own, on these streams (-1: ours). */
int start_script(const char *script, int input, int output, int error);

#endif
