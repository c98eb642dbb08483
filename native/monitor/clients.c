/* Those attached to a running process: they get what it says and may speak to it. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "monitor.h"

/* Who takes nothing for so long is let go, or a stopped client would stop the process. */
#define PATIENCE_MILLISECONDS 10000

void
clients_open(struct clients *clients, int listener)
{
	clients->listener = listener;
	for (int i = 0; i < MAX_CLIENTS; i++)
		clients->fds[i] = -1;
}

static bool
is_one_of_us(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof peer;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && (peer.uid == geteuid() || peer.uid == 0);
}

void
clients_accept(struct clients *clients)
{
	int fd = accept4(clients->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	for (int i = 0; i < MAX_CLIENTS; i++)
		if (clients->fds[i] < 0 && is_one_of_us(fd)) {
			clients->fds[i] = fd;
			return;
		}
	close_descriptor(&fd);
}

void
client_close(struct clients *clients, int client, struct flow *output, struct flow *error)
{
	close_descriptor(&clients->fds[client]);
	clients->fds[client] = -1;
	output->owed &= ~(1u << client);
	error->owed &= ~(1u << client);
}

/* False: it cannot take it now. A client that is gone counts as having taken it. */
static bool
send_piece(int fd, char message, const char *bytes, size_t size)
{
	struct iovec parts[2] = {{.iov_base = &message, .iov_len = 1}, {.iov_base = (void *)bytes, .iov_len = size}};
	struct msghdr whole = {.msg_iov = parts, .msg_iovlen = 2};

	return sendmsg(fd, &whole, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0 || (errno != EAGAIN && errno != ENOBUFS);
}

void
clients_send(struct clients *clients, struct flow *flow)
{
	for (int i = 0; i < MAX_CLIENTS; i++)
		if (clients->fds[i] >= 0 && !send_piece(clients->fds[i], flow->message, flow->bytes, flow->end)) {
			flow->owed |= 1u << i;
			clients->owed_since[i] = milliseconds_now();
		}
}

void
client_retry(struct clients *clients, int client, struct flow *output, struct flow *error)
{
	struct flow *flows[] = {output, error};
	unsigned bit = 1u << client;

	for (int i = 0; i < 2; i++)
		if (flows[i]->owed & bit && send_piece(clients->fds[client], flows[i]->message, flows[i]->bytes, flows[i]->end))
			flows[i]->owed &= ~bit;
	if ((output->owed | error->owed) & bit && milliseconds_now() - clients->owed_since[client] > PATIENCE_MILLISECONDS)
		client_close(clients, client, output, error);
}

int
client_read(struct clients *clients, int client, char *bytes, size_t room, size_t *size)
{
	char message;
	struct iovec parts[2] = {{.iov_base = &message, .iov_len = 1}, {.iov_base = bytes, .iov_len = room}};
	struct msghdr whole = {.msg_iov = parts, .msg_iovlen = 2};
	ssize_t got = recvmsg(clients->fds[client], &whole, MSG_DONTWAIT);

	if (got <= 0)
		return got < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
	*size = (size_t)got - 1;
	return (unsigned char)message;
}

void
clients_tell_exit(struct clients *clients, int code)
{
	char byte = (char)code;

	for (int i = 0; i < MAX_CLIENTS; i++) {
		struct pollfd client = {.fd = clients->fds[i], .events = POLLOUT};

		if (clients->fds[i] < 0)
			continue;
		(void)poll(&client, 1, 1000);
		(void)send_piece(clients->fds[i], ATTACH_EXIT, &byte, 1);
		close_descriptor(&clients->fds[i]);
	}
}
