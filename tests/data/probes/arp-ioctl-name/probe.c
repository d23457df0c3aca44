// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <sched.h>
#include <suture/probe.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* One below IFNAMSIZ. */
static const char longest[] = "fifteen-letters";
_Static_assert(sizeof(longest) == IFNAMSIZ, "the longest name there can be");

/* Gives the loopback interface another name, in a namespace of its own, where it is down. */
static int rename_loopback(int fd)
{
	struct ifreq request = {.ifr_name = "lo"};

	memcpy(request.ifr_newname, longest, sizeof(longest));
	return ioctl(fd, SIOCSIFNAME, &request);
}

enum probe_answer probe(void)
{
	const struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(0x0a000001)}};
	struct arpreq request = {0};
	int fd = unshare(CLONE_NEWNET) == 0 ? socket(AF_INET, SOCK_DGRAM, 0) : -1;

	if (fd < 0 || rename_loopback(fd) != 0)
		return probe_unknown("rename the loopback interface");
	memcpy(&request.arp_pa, &address, sizeof(address));
	memcpy(request.arp_dev, "fifteen-letters-and-more", sizeof(request.arp_dev));
	if (ioctl(fd, SIOCGARP, &request) == 0)
		return probe_unknown("an entry of the ARP table that was not made");
	if (errno == ENODEV)
		return PROBE_OPEN;
	return errno == ENXIO ? PROBE_CLOSED : probe_unknown("SIOCGARP");
}
