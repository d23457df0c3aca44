// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <suture/probe.h>
#include <sys/socket.h>

/* A request for a network emulator, as it goes over the wire. */
struct netem_request {
	struct nlmsghdr header;
	struct tcmsg qdisc;
	struct nlattr kind;
	char kind_name[8];
	struct nlattr options;
	struct tc_netem_qopt basic;
	struct nlattr slot;
	struct tc_netem_slot slot_value;
};
_Static_assert(sizeof(struct netem_request) == 120 && offsetof(struct netem_request, slot_value) == 80,
	       "no holes");

/* 0 or the kernel's error. */
static int make_netem(int64_t slot_delay, uint16_t flags)
{
	struct netem_request request = {
	    .header = {.nlmsg_len = sizeof(request),
		       .nlmsg_type = RTM_NEWQDISC,
		       .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags)},
	    /* The loopback is the first device of a namespace. */
	    .qdisc = {.tcm_ifindex = 1, .tcm_handle = 1U << 16, .tcm_parent = TC_H_ROOT},
	    .kind = {.nla_len = sizeof(struct nlattr) + sizeof("netem"), .nla_type = TCA_KIND},
	    .kind_name = "netem",
	    .options = {.nla_len = sizeof(request) - offsetof(struct netem_request, options),
			.nla_type = TCA_OPTIONS},
	    .basic = {.limit = 1000},
	    .slot = {.nla_len = sizeof(request) - offsetof(struct netem_request, slot),
		     .nla_type = TCA_NETEM_SLOT},
	    .slot_value = {.min_delay = slot_delay, .max_delay = slot_delay}};
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		uint8_t more[512];
	} reply = {0};
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	ssize_t got;

	if (fd < 0 || send(fd, &request, sizeof(request), 0) < 0)
		return errno;
	got = recv(fd, &reply, sizeof(reply), 0);
	close(fd);
	if (got < (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr)) || reply.header.nlmsg_type != NLMSG_ERROR)
		return EBADMSG;
	return -reply.error.error;
}

enum probe_answer probe(void)
{
	const int64_t millisecond = 1000000;

	if (unshare(CLONE_NEWNET) != 0)
		return probe_unknown("a network namespace");
	errno = make_netem(millisecond, NLM_F_CREATE | NLM_F_EXCL);
	if (errno != 0)
		return probe_unknown("a netem qdisc");
	errno = make_netem(-millisecond, 0);
	if (errno == 0)
		return PROBE_OPEN;
	return errno == EINVAL ? PROBE_CLOSED : probe_unknown("a netem qdisc with a negative delay");
}
