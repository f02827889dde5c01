#include "net/hops.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

enum { SYN = 512, IPV4_TIME_TO_LIVE = 8, IPV6_HOP_LIMIT = 7 };

void hops_keep(int listener)
{
    int on = 1;

    setsockopt(listener, IPPROTO_TCP, TCP_SAVE_SYN, &on, sizeof on);
}

int hops_left(int fd)
{
    unsigned char syn[SYN]; /* from the IP header on */
    socklen_t size = sizeof syn;
    int left;

    if (getsockopt(fd, IPPROTO_TCP, TCP_SAVED_SYN, syn, &size) < 0 || size <= IPV4_TIME_TO_LIVE)
        return HOPS_MAX;
    left = syn[0] >> 4 == 4 ? syn[IPV4_TIME_TO_LIVE] : syn[IPV6_HOP_LIMIT];
    return left > HOPS_MAX ? HOPS_MAX : left;
}

/* The option of the other family fails, and does no harm. */
void hops_begin_with(int fd, int hops)
{
    setsockopt(fd, IPPROTO_IP, IP_TTL, &hops, sizeof hops);
    setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &hops, sizeof hops);
}
