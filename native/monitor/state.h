/* The monitor itself: one for the process. */
#ifndef CRUN_SHARP_STATE_H
#define CRUN_SHARP_STATE_H

#include "monitor.h"

struct monitor {
	struct order order;
	int process; /* pidfd, or -1 */
	int signals;
	int terminal;
	struct own_terminal own;
	struct log log;
	struct flow input, output, error;
	struct clients clients;
	bool ended, recorded;
	bool reads_input; /* of the user; its end is still to come */
	int status;
	int64_t ended_at, last_output;
};

extern struct monitor monitor;

bool has_flag(uint32_t flag);
/* Takes note of whoever ended. */
void reap(void);
void read_signals(void);
/* A signal to the process. */
void send_on(int number);

void set_up_flows(void);
/* One round of carrying. */
void serve(void);
/* After the end: nothing is left to carry, nor will be. */
bool is_drained(int64_t now);

#endif
