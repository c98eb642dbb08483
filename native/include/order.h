/*
 * The monitor's order: what it holds and what it owes when the process ends.
 *
 * One flat buffer in a sealed memfd, laid out like the plan (plan.h): offsets
 * from the start, 0 means absent, strings end in NUL, lists are counted.
 *
 * The launcher executes into the monitor: argv {"monitor", "FIRST"}, FIRST
 * being the descriptor with the order and those after it the order's, by index.
 * So the process to watch is a child of the monitor, and 0, 1, 2 are the user's.
 *
 * Monitor/OrderLayout.cs mirrors this file; a test compares both with the compiler.
 */
#ifndef CRUN_SHARP_ORDER_H
#define CRUN_SHARP_ORDER_H

#include <stdint.h>

#define ORDER_MAGIC 0x31444f43u /* "COD1" */
#define ORDER_MAX_SIZE (1u << 20)
#define ORDER_MAX_ACTIONS 256u
#define ORDER_MAX_FDS 64u
#define ORDER_NO_FD UINT32_MAX

/* Index of the descriptor with the order itself; others count from 1. */
#define ORDER_FD_ORDER 0

enum order_flag {
	ORDER_STDIN = 1 << 0,	       /* hand descriptor 0 on to the terminal or to `input`; without it 0 is never read */
	ORDER_RAW = 1 << 1,	       /* descriptor 0, if a terminal, is raw meanwhile; only sensible with `terminal` */
	ORDER_FORWARD_SIGNALS = 1 << 2, /* what the monitor is sent goes to the process; without it the first ends both */
	ORDER_SILENT = 1 << 3,	       /* 1 and 2 get nothing (detached: only the log does) */
	ORDER_LEAVE_PROCESS = 1 << 4,  /* the process is not the container's first: cleanup does not wait for the others */
	ORDER_STDIN_ONCE = 1 << 5,     /* end of input closes `input` (pipes) or sends the end-of-file character (terminal) */
	ORDER_DETACH_KEYS = 1 << 6,    /* mode "attach": ctrl-p ctrl-q leaves the process alone and ends with 0 */
};

struct order_header {
	uint32_t magic;
	uint32_t size; /* of the whole buffer */
	uint32_t flags;
	uint32_t fd_count; /* with ORDER_FD_ORDER */
	int32_t pid;	   /* the child to wait for */
	uint32_t pidfd;	   /* index, or ORDER_NO_FD: the monitor opens one */
	uint32_t terminal; /* index: the pty's master, or ORDER_NO_FD */
	uint32_t input;	   /* index: write end of a pipe that is the process's 0, or ORDER_NO_FD */
	uint32_t output;   /* index: read end of a pipe that is the process's 1, or ORDER_NO_FD */
	uint32_t error;	   /* index: the same of its 2 */
	uint32_t ready;	   /* index: gets one NUL byte and is closed once the monitor holds everything, or ORDER_NO_FD */
	uint32_t record;   /* string: path of the exit record, replaced whole, or 0 */
	uint32_t log;	   /* string: path of a file to append output to, or 0 */
	uint32_t attach;   /* index of a SOCK_SEQPACKET socket, 0 or ORDER_NO_FD: none. See below */
	uint32_t action_count;
	uint32_t actions; /* offset, a multiple of 8 */
};

/*
 * The exit record, one line:
 *   {"pid":12,"exitCode":137,"signal":9,"exitedAt":"2026-11-24T10:40:48.123456789Z"}
 * exitCode is 128 + signal when signal is not 0.
 *
 * A line of the log (as the kubelet's):
 *   2026-11-24T10:40:48.123456789Z stdout F text
 * P instead of F: the line goes on in the next.
 */

/*
 * Attaching. The monitor listens on `attach`; whoever connects as the same user gets the output from then on and may
 * send input. In argv {"attach", "FIRST"} the same program is such a client: its order has the connected socket as
 * `attach`, flags STDIN, RAW, FORWARD_SIGNALS, DETACH_KEYS, and nothing else. It ends with the process's code, with 0
 * when it was detached, with 125 when the monitor is gone.
 *
 * Each message is one byte that says what it is, and what belongs to it.
 */
enum attach_message {
	ATTACH_INPUT = 'i',  /* to the monitor: bytes */
	ATTACH_END = 'e',    /* to the monitor: no more input (heeded with ORDER_STDIN_ONCE) */
	ATTACH_SIZE = 'w',   /* to the monitor: uint16_t rows, columns */
	ATTACH_SIGNAL = 's', /* to the monitor: uint8_t number */
	ATTACH_OUTPUT = 'o', /* from the monitor: bytes of 1 or of the terminal */
	ATTACH_ERROR = 'r',  /* from the monitor: bytes of 2 */
	ATTACH_EXIT = 'x',   /* from the monitor: uint8_t exit code; cleaning up is done, nothing follows */
};

struct order_action {
	uint32_t kind;
	uint32_t path;
	uint32_t data;
	uint32_t data_size;
	uint32_t fd; /* index, or ORDER_NO_FD */
	uint32_t flags;
	uint64_t a;
};

/* Done in this order once the record is written. A failure is told on descriptor 2 and does not stop the next. */
enum order_kind {
	ACTION_NONE,
	ACTION_KILL,	      /* fd: pidfd. SIGKILL, and reaped when it is a child */
	ACTION_REMOVE_TREE,   /* path: with all that is below; no link is followed, nothing mounted is entered. Absent is fine */
	ACTION_REMOVE_CGROUP, /* path: a cgroup directory and those below it; tried again while the kernel lets go of it.
				 flags 1: kill what still runs in it */
	ACTION_UNLINK,	      /* path: a file. Absent is fine */
	ACTION_UNMOUNT,	      /* path: MNT_DETACH, not following a link. Not mounted is fine */
	ACTION_RUN,	      /* path: program, data: list argv, a: seconds or 0; waits for it. Its environment is the monitor's */
	ACTION_KIND_COUNT,
};

#endif
