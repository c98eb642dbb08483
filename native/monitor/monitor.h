/* What the monitor's files share. */
#ifndef CRUN_SHARP_MONITOR_H
#define CRUN_SHARP_MONITOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <termios.h>

#include "descriptors.h"
#include "order.h"

#define EXIT_MONITOR 125

struct order {
	const char *bytes;
	const struct order_header *header;
	const struct order_action *actions;
	int first_fd;
};

/* NULL, or what is wrong with the order. */
const char *order_open(struct order *order, int first_fd);
const char *order_check(struct order *order, const char *bytes, size_t size);
const char *order_text(const struct order *order, uint32_t offset);
int order_fd(const struct order *order, uint32_t index);

int64_t milliseconds_now(void);
/* "2026-11-24T10:40:48.123456789Z" */
#define TIMESTAMP_SIZE 48
void write_timestamp(char text[TIMESTAMP_SIZE]);
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
int write_whole(int fd, const char *data, size_t size);

/* The log file: every line with its time and stream. */
struct log {
	int fd;
};
void log_open(struct log *log, const char *path);
void log_write(struct log *log, const char *stream, const char *data, size_t size);

/* Bytes on their way from one descriptor to another. */
#define FLOW_SIZE 32768
struct flow {
	int from; /* -1: ended */
	int to;	  /* -1: nobody wants it; what comes is read and dropped */
	size_t start, end;
	const char *stream; /* its name in the log, NULL: not logged */
	char message;	    /* enum attach_message for those attached */
	unsigned owed;	    /* bits: clients that did not take the last piece yet */
	struct log *log;
	bool hung_up; /* a terminal that nobody has open now, but may again */
	char bytes[FLOW_SIZE];
};
short flow_reads(const struct flow *flow);
short flow_writes(const struct flow *flow);
/* Takes what is there; false: nothing came. */
bool flow_read(struct flow *flow);
void flow_write(struct flow *flow);
bool flow_is_empty(const struct flow *flow);

/* Those attached. Each is a bit in flow->owed. */
#define MAX_CLIENTS 8
struct clients {
	int listener; /* -1: nobody may attach */
	int fds[MAX_CLIENTS];
	int64_t owed_since[MAX_CLIENTS];
};
void clients_open(struct clients *clients, int listener);
void clients_accept(struct clients *clients);
void client_close(struct clients *clients, int client, struct flow *output, struct flow *error);
/* The piece just read, to all; what does not fit now is tried again when the client can take it. */
void clients_send(struct clients *clients, struct flow *flow);
void client_retry(struct clients *clients, int client, struct flow *output, struct flow *error);
void clients_tell_exit(struct clients *clients, int code);
/* A client's message, without its first byte, which is answered; 0: nothing, -1: it is gone. */
int client_read(struct clients *clients, int client, char *bytes, size_t room, size_t *size);

/* The user's own terminal. */
struct own_terminal {
	bool is_raw;
	bool wanted;
	bool is_known; /* `before` holds what to go back to */
	struct termios before;
};
bool is_foreground(void);
void terminal_enter_raw(struct own_terminal *own);
void terminal_restore(struct own_terminal *own);
void terminal_copy_size(int terminal);
/* That of the user's terminal; false when there is none. */
bool terminal_size(struct winsize *size);

void write_record(const struct order *order, int status);
void carry_out(const struct order *order);
int remove_tree(const char *path);

/* Blocks all signals but those of our own faults; a descriptor that reads them. */
int take_signals(void);

int monitor_main(int argc, char **argv);
int attach_main(int argc, char **argv);

#endif
