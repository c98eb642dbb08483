/* Older and stricter kernels, played: a filter around a program and all that it starts. */
#define _GNU_SOURCE
#include "payload.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define MFD_EXEC_OR_NOEXEC 0x18
#define LONGEST 64

/* "memfd-flags": memfd_create knows neither MFD_EXEC nor MFD_NOEXEC_SEAL. "quota": it is used up, for whoever writes at an offset. */
static const struct {
	const char *name;
	unsigned number, argument, bits, error;
} calls[] = {
	{ "clone3", SYS_clone3, 0, 0, ENOSYS },
	{ "close_range", SYS_close_range, 0, 0, ENOSYS },
	{ "copy_file_range", SYS_copy_file_range, 0, 0, ENOSYS },
	{ "fsopen", SYS_fsopen, 0, 0, ENOSYS },
	{ "memfd-exec", SYS_memfd_create, 1, 0x10, EACCES },
	{ "memfd-flags", SYS_memfd_create, 1, MFD_EXEC_OR_NOEXEC, EINVAL },
	{ "mount_setattr", SYS_mount_setattr, 0, 0, ENOSYS },
	{ "move_mount", SYS_move_mount, 0, 0, ENOSYS },
	{ "open_tree", SYS_open_tree, 0, 0, ENOSYS },
	{ "openat2", SYS_openat2, 0, 0, ENOSYS },
	{ "pidfd_open", SYS_pidfd_open, 0, 0, ENOSYS },
	{ "quota", SYS_pwrite64, 0, 0, EDQUOT },
	{ "statx", SYS_statx, 0, 0, ENOSYS },
};

static int
complain(const char *what)
{
	fprintf(stderr, "payload: %s: %s\n", what, strerror(errno));
	return 125;
}

static int
install(struct sock_filter *filter, size_t used, unsigned flags)
{
	struct sock_fprog program = { .len = (unsigned short)used, .filter = filter };

	/* Root needs no promise, and newuidmap must stay able to gain its rights. */
	int installed = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	if (installed < 0 && errno == EACCES && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		installed = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	return installed;
}

/* without CALL,CALL... PROGRAM [ARGUMENT...]: these calls are not there. */
int
without(int count, char **arguments)
{
	struct sock_filter filter[8 * sizeof(calls) / sizeof(*calls)];
	size_t used = 0;

	(void)count;
	for (char *name = strtok(arguments[0], ","); name != NULL; name = strtok(NULL, ",")) {
		size_t i = 0;
		while (i < sizeof(calls) / sizeof(*calls) && strcmp(calls[i].name, name) != 0)
			i++;
		if (i == sizeof(calls) / sizeof(*calls)) {
			fprintf(stderr, "payload: no call '%s'\n", name);
			return 125;
		}
		filter[used++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
		filter[used++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i].number, 0, calls[i].bits ? 3 : 1);
		if (calls[i].bits) {
			filter[used++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0]) + 8 * calls[i].argument);
			filter[used++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, calls[i].bits, 0, 1);
		}
		filter[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | calls[i].error);
	}
	filter[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	if (install(filter, used, 0) < 0)
		return complain("seccomp");
	execvp(arguments[1], arguments + 1);
	return complain(arguments[1]);
}

static int
send_descriptor(int socket, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec byte = { .iov_base = "x", .iov_len = 1 };
	struct msghdr message = { .msg_iov = &byte, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	return sendmsg(socket, &message, 0) < 0 ? -1 : 0;
}

static int
receive_descriptor(int socket)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	char byte;
	struct iovec vector = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes) };
	int fd = -1;

	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) > 0 && CMSG_FIRSTHDR(&message) != NULL)
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

static int
is_refused(const struct seccomp_notif *call, char *types)
{
	char type[LONGEST] = "", list[LONGEST];
	void *there = (void *)(unsigned long)call->data.args[call->data.nr == SYS_mount ? 2 : 0];
	struct iovec remote = { .iov_base = there, .iov_len = 16 }, local = { .iov_base = type, .iov_len = 16 };

	if (there == NULL || process_vm_readv((pid_t)call->pid, &local, 1, &remote, 1, 0) < 0)
		return 0;
	snprintf(list, sizeof(list), "%s", types);
	for (char *name = strtok(list, ","); name != NULL; name = strtok(NULL, ","))
		if (strcmp(name, type) == 0)
			return 1;
	return 0;
}

/* refuse TYPE,TYPE... PROGRAM [ARGUMENT...]: file systems of these types cannot be mounted. For root. */
int
refuse(int count, char **arguments)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mount, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fsopen, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	int ends[2], status;

	(void)count;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return complain("socketpair");
	pid_t child = fork();
	if (child == 0) {
		int listener = install(filter, sizeof(filter) / sizeof(*filter), SECCOMP_FILTER_FLAG_NEW_LISTENER);
		if (listener < 0 || send_descriptor(ends[1], listener) < 0)
			_exit(complain("seccomp"));
		close(listener);
		execvp(arguments[1], arguments + 1);
		_exit(complain(arguments[1]));
	}
	close(ends[1]);
	struct pollfd listener = { .fd = receive_descriptor(ends[0]), .events = POLLIN };
	for (;;) {
		if (waitpid(child, &status, WNOHANG) == child)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		if (poll(&listener, 1, 20) <= 0 || !(listener.revents & POLLIN))
			continue;

		struct seccomp_notif call = { 0 };
		if (ioctl(listener.fd, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
			continue;
		struct seccomp_notif_resp answer = { .id = call.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
		if (is_refused(&call, arguments[0])) {
			answer.flags = 0;
			answer.error = -EPERM;
		}
		(void)ioctl(listener.fd, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	}
}
