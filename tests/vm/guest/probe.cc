// SPDX-License-Identifier: Apache-2.0
//
// Is the hole open? Does what only an unpatched kernel allows, harmless in itself; without privileges, where
// the hole is open to those who have none.
//
//   probe CVE-2026-53249      prints "open" or "closed"; exit status 0 when it could tell
#include <grp.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/perf_event.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/vm_sockets.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <string_view>

// Needs what stands above, and does not say so.
#include <linux/sctp.h>

namespace {

enum class Answer { kOpen, kClosed, kUnknown };

Answer unknown(const char* what) {
  std::fprintf(stderr, "probe: %s: %s\n", what, std::strerror(errno));
  return Answer::kUnknown;
}

/// What is allowed before the fix and refused with EPERM after.
Answer from_setsockopt(int result, const char* what) {
  if (result == 0) return Answer::kOpen;
  return errno == EPERM ? Answer::kClosed : unknown(what);
}

/// A loose source route as IP option, which needs CAP_NET_RAW since the fix.
Answer ip_options() {
  const int socket_fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (socket_fd < 0) return unknown("socket");
  const std::uint8_t route[] = {131, 7, 4, 127, 0, 0, 1, 0};
  return from_setsockopt(setsockopt(socket_fd, IPPROTO_IP, IP_OPTIONS, route, sizeof route), "IP_OPTIONS");
}

/// A classic BPF filter on a TCP socket.
Answer tcp_filter() {
  const int socket_fd = socket(AF_INET, SOCK_STREAM, 0);
  if (socket_fd < 0) return unknown("socket");
  sock_filter accept_all[] = {{BPF_RET | BPF_K, 0, 0, 0xffff}};
  const sock_fprog program{.len = 1, .filter = accept_all};
  return from_setsockopt(setsockopt(socket_fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program),
                         "SO_ATTACH_FILTER");
}

/// A minimum above the maximum must not raise the size beyond the maximum.
Answer vsock_buffer() {
  const int socket_fd = socket(AF_VSOCK, SOCK_STREAM, 0);
  if (socket_fd < 0) return unknown("socket");
  const auto set = [&](int option, std::uint64_t value) {
    return setsockopt(socket_fd, AF_VSOCK, option, &value, sizeof value);
  };
  if (set(SO_VM_SOCKETS_BUFFER_MAX_SIZE, 1000) != 0) return unknown("SO_VM_SOCKETS_BUFFER_MAX_SIZE");
  if (set(SO_VM_SOCKETS_BUFFER_MIN_SIZE, 100000) != 0) return unknown("SO_VM_SOCKETS_BUFFER_MIN_SIZE");
  std::uint64_t size = 0;
  socklen_t length = sizeof size;
  if (getsockopt(socket_fd, AF_VSOCK, SO_VM_SOCKETS_BUFFER_SIZE, &size, &length) != 0)
    return unknown("SO_VM_SOCKETS_BUFFER_SIZE");
  if (size == 100000) return Answer::kOpen;
  return size == 1000 ? Answer::kClosed : unknown("a size that is neither");
}

/// Gives the loopback interface another name, for which it must be down.
bool rename_loopback(int socket_fd, const char* name) {
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  if (ioctl(socket_fd, SIOCGIFFLAGS, &request) != 0) return errno == ENODEV;  // it was renamed before
  request.ifr_flags &= static_cast<short>(~IFF_UP);
  if (ioctl(socket_fd, SIOCSIFFLAGS, &request) != 0) return false;
  std::strcpy(request.ifr_newname, name);
  return ioctl(socket_fd, SIOCSIFNAME, &request) == 0;
}

/// A device name that nothing ends is cut to the longest one there can be, which then is found.
Answer arp_device_name() {
  constexpr const char* kLongest = "fifteen-letters";
  static_assert(std::string_view(kLongest).size() + 1 == IFNAMSIZ);
  const int socket_fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (socket_fd < 0 || !rename_loopback(socket_fd, kLongest)) return unknown("rename the loopback interface");
  arpreq request{};
  reinterpret_cast<sockaddr_in&>(request.arp_pa) = {
      .sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(0x0a000001)}, .sin_zero = {}};
  std::memcpy(request.arp_dev, "fifteen-letters-and-more", sizeof request.arp_dev);
  if (ioctl(socket_fd, SIOCGARP, &request) == 0)
    return unknown("an entry of the ARP table that was not made");
  if (errno == ENODEV) return Answer::kOpen;
  return errno == ENXIO ? Answer::kClosed : unknown("SIOCGARP");
}

/// Runs a program that does nothing on an Ethernet frame of IPv4; 0 or the error.
int run_on_frame(std::uint32_t frame_size) {
  bpf_insn instructions[2]{};
  instructions[0].code = BPF_ALU64 | BPF_MOV | BPF_K;  // r0 = 0
  instructions[1].code = BPF_JMP | BPF_EXIT;
  bpf_attr load{};
  load.prog_type = BPF_PROG_TYPE_SCHED_CLS;
  load.insn_cnt = 2;
  load.insns = reinterpret_cast<std::uint64_t>(instructions);
  load.license = reinterpret_cast<std::uint64_t>("GPL");
  const long program = syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load);
  if (program < 0) return errno;
  std::uint8_t frame[64]{};
  frame[12] = 0x08;  // ETH_P_IP is 0x0800
  bpf_attr run{};
  run.test.prog_fd = static_cast<std::uint32_t>(program);
  run.test.data_in = reinterpret_cast<std::uint64_t>(frame);
  run.test.data_size_in = frame_size;
  const int error = syscall(SYS_bpf, BPF_PROG_TEST_RUN, &run, sizeof run) == 0 ? 0 : errno;
  close(static_cast<int>(program));
  return error;
}

/// A frame that ends where its IPv4 header would begin. One that has the header must run in any case.
Answer bpf_short_frame() {
  constexpr std::uint32_t kEthernet = 14;
  constexpr std::uint32_t kIpv4 = 20;
  errno = run_on_frame(kEthernet + kIpv4);
  if (errno != 0) return unknown("BPF_PROG_TEST_RUN with a whole header");
  errno = run_on_frame(kEthernet);
  if (errno == 0) return Answer::kOpen;
  return errno == EINVAL ? Answer::kClosed : unknown("BPF_PROG_TEST_RUN");
}

/// A file descriptor, or -1.
int open_event(bool text_poke) {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_DUMMY;
  attributes.exclude_kernel = 1;
  attributes.text_poke = text_poke ? 1 : 0;
  return static_cast<int>(syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0));
}

/// Being told of changes of the kernel's code, with addresses. /proc/sys/kernel/perf_event_paranoid must be
/// 2, as it is upstream: Debian's 3 refuses any event.
Answer text_poke_event() {
  if (open_event(false) < 0) return unknown("perf_event_open without text_poke");
  if (open_event(true) >= 0) return Answer::kOpen;
  return errno == EACCES ? Answer::kClosed : unknown("perf_event_open");
}

/// Two sockets on the loopback, each of which demands that DATA chunks are authenticated; -1 or the one that
/// connected.
int connected_sctp() {
  const int listener = socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);
  const int client = socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);
  if (listener < 0 || client < 0) return -1;
  for (const int socket_fd : {listener, client}) {
    const sctp_assoc_value enable{.assoc_id = 0, .assoc_value = 1};
    const sctp_authchunk data{.sauth_chunk = 0};
    if (setsockopt(socket_fd, IPPROTO_SCTP, SCTP_AUTH_SUPPORTED, &enable, sizeof enable) != 0 ||
        setsockopt(socket_fd, IPPROTO_SCTP, SCTP_AUTH_CHUNK, &data, sizeof data) != 0)
      return -1;
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* where = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener, where, length) != 0 || listen(listener, 1) != 0 ||
      getsockname(listener, where, &length) != 0 || connect(client, where, length) != 0)
    return -1;
  return client;
}

/// A buffer with room for the head of the answer, and none for the chunks that are written behind it.
Answer sctp_auth_chunks() {
  const int socket_fd = connected_sctp();
  if (socket_fd < 0) return unknown("SCTP on the loopback");
  alignas(sctp_authchunks) std::uint8_t buffer[256]{};
  const auto ask = [&](socklen_t length) {
    std::fill(std::begin(buffer), std::end(buffer), std::uint8_t{0});
    return getsockopt(socket_fd, IPPROTO_SCTP, SCTP_PEER_AUTH_CHUNKS, buffer, &length);
  };
  std::uint32_t chunks = 0;
  if (ask(sizeof buffer) != 0) return unknown("SCTP_PEER_AUTH_CHUNKS");
  std::memcpy(&chunks, buffer + offsetof(sctp_authchunks, gauth_number_of_chunks), sizeof chunks);
  // The unpatched kernel compares the length with the number of chunks alone.
  if (chunks == 0 || chunks > sizeof(sctp_authchunks)) return unknown("the peer's number of chunks");
  if (ask(sizeof(sctp_authchunks)) == 0) return Answer::kOpen;
  return errno == EINVAL ? Answer::kClosed : unknown("SCTP_PEER_AUTH_CHUNKS, short");
}

/// A request for a network emulator, as it goes over the wire.
struct NetemRequest {
  nlmsghdr header;
  tcmsg qdisc;
  nlattr kind;
  char kind_name[8];
  nlattr options;
  tc_netem_qopt basic;
  nlattr slot;
  tc_netem_slot slot_value;
};
static_assert(sizeof(NetemRequest) == 120 && offsetof(NetemRequest, slot_value) == 80, "no holes");

/// 0 or the kernel's error.
int make_netem(std::int64_t slot_delay, std::uint16_t flags) {
  constexpr std::uint16_t kLoopback = 1;  // index of the first device of a namespace
  constexpr std::uint16_t kNameLength = sizeof(nlattr) + sizeof "netem";
  NetemRequest request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_NEWQDISC;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
  request.qdisc.tcm_ifindex = kLoopback;
  request.qdisc.tcm_handle = 1U << 16;
  request.qdisc.tcm_parent = TC_H_ROOT;
  request.kind = {.nla_len = kNameLength, .nla_type = TCA_KIND};
  std::memcpy(request.kind_name, "netem", sizeof "netem");
  request.options = {.nla_len = sizeof request - offsetof(NetemRequest, options), .nla_type = TCA_OPTIONS};
  request.basic.limit = 1000;
  request.slot = {.nla_len = sizeof request - offsetof(NetemRequest, slot), .nla_type = TCA_NETEM_SLOT};
  request.slot_value.min_delay = slot_delay;
  request.slot_value.max_delay = slot_delay;
  const int socket_fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  if (socket_fd < 0 || send(socket_fd, &request, sizeof request, 0) < 0) return errno;
  struct {
    nlmsghdr header;
    nlmsgerr error;
    std::uint8_t more[512];
  } reply{};
  const ssize_t got = recv(socket_fd, &reply, sizeof reply, 0);
  close(socket_fd);
  if (got < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(nlmsgerr))) || reply.header.nlmsg_type != NLMSG_ERROR)
    return EBADMSG;
  return -reply.error.error;
}

/// A slot of the past. In a namespace of its own, whose loopback carries nothing.
Answer netem_negative_slot() {
  if (unshare(CLONE_NEWNET) != 0) return unknown("a network namespace");
  constexpr std::int64_t kMillisecond = 1'000'000;
  errno = make_netem(kMillisecond, NLM_F_CREATE | NLM_F_EXCL);
  if (errno != 0) return unknown("a netem qdisc");
  errno = make_netem(-kMillisecond, 0);
  if (errno == 0) return Answer::kOpen;
  return errno == EINVAL ? Answer::kClosed : unknown("a netem qdisc with a negative delay");
}

struct Probe {
  std::string_view name;
  Answer (*ask)();
  bool as_root = false;
};

constexpr Probe kProbes[] = {
    {"CVE-2026-53249", ip_options},
    {"CVE-2026-53236", tcp_filter},
    {"CVE-2026-46234", vsock_buffer},
    {"CVE-2026-53004", sctp_auth_chunks},
    {"CVE-2026-98655", text_poke_event},
    {"CVE-2026-53074", bpf_short_frame, true},
    {"netem-validate-slot", netem_negative_slot, true},
    {"arp-ioctl-name", arp_device_name, true},
};

bool give_up_privileges() {
  constexpr unsigned kNobody = 65534;
  return getuid() != 0 || (setgroups(0, nullptr) == 0 && setgid(kNobody) == 0 && setuid(kNobody) == 0);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view name = argc == 2 ? argv[1] : "";
  const auto* const probe = std::ranges::find(kProbes, name, &Probe::name);
  if (probe == std::end(kProbes)) {
    std::fprintf(stderr, "usage: probe NAME\n");
    for (const Probe& known : kProbes) std::fprintf(stderr, "  %s\n", known.name.data());
    return 1;
  }
  if (!probe->as_root && !give_up_privileges()) {
    std::perror("probe: setuid");
    return 2;
  }
  const Answer answer = probe->ask();
  if (answer == Answer::kUnknown) return 1;
  std::puts(answer == Answer::kOpen ? "open" : "closed");
  return 0;
}
