// SPDX-License-Identifier: Apache-2.0
//
// Is the hole open? Does, without privileges, what only an unpatched kernel allows; harmless in itself.
//
//   probe CVE-2026-53249      prints "open" or "closed"; exit status 0 when it could tell
#include <grp.h>
#include <linux/filter.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string_view>

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

}  // namespace

int main(int argc, char** argv) {
  const std::string_view cve = argc == 2 ? argv[1] : "";
  constexpr unsigned kNobody = 65534;
  if (getuid() == 0 && (setgroups(0, nullptr) != 0 || setgid(kNobody) != 0 || setuid(kNobody) != 0)) {
    std::perror("probe: setuid");
    return 2;
  }
  Answer answer = Answer::kUnknown;
  if (cve == "CVE-2026-53249")
    answer = ip_options();
  else if (cve == "CVE-2026-53236")
    answer = tcp_filter();
  else if (cve == "CVE-2026-46234")
    answer = vsock_buffer();
  else
    std::fprintf(stderr, "usage: probe CVE-2026-53249|CVE-2026-53236|CVE-2026-46234\n");
  if (answer == Answer::kUnknown) return 1;
  std::puts(answer == Answer::kOpen ? "open" : "closed");
  return 0;
}
