// SPDX-License-Identifier: Apache-2.0
//
// Is the hole open that a fix with callbacks or shadow variables closes?
//
//   author netlabel     a mask of 2 bytes for an IPv4 address of 4, as root
//   author zombie       /proc of a task that has ended and was not dumpable, without privileges
//   author dumpable     the same of one that was dumpable: must stay "open"
//   author eventpoll    makes and frees event polls, some inside of others; prints "done"
//
// Prints "open" or "closed"; exit status 0 when it could tell.
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

int unknown(const char* what) {
  std::fprintf(stderr, "author: %s: %s\n", what, std::strerror(errno));
  return 1;
}

int answer(bool open) {
  std::puts(open ? "open" : "closed");
  return 0;
}

/// A generic netlink message, built up attribute by attribute.
class Message {
 public:
  Message(std::uint16_t family, std::uint8_t command) {
    nlmsghdr header{};
    header.nlmsg_type = family;
    header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    append(&header, sizeof header);
    const genlmsghdr generic{.cmd = command, .version = 1, .reserved = 0};
    append(&generic, sizeof generic);
  }

  void add(std::uint16_t type, const void* data, std::size_t size) {
    const nlattr attribute{.nla_len = static_cast<std::uint16_t>(sizeof(nlattr) + size), .nla_type = type};
    append(&attribute, sizeof attribute);
    append(data, size);
  }

  /// What came back first: an answer, or 0 and what went wrong in `error`.
  std::vector<std::uint8_t> ask(int& error) {
    const auto length = static_cast<std::uint32_t>(bytes_.size());
    std::memcpy(bytes_.data(), &length, sizeof length);
    const int socket_fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
    std::vector<std::uint8_t> reply(16384);
    error = errno;
    if (socket_fd < 0) return {};
    if (send(socket_fd, bytes_.data(), bytes_.size(), 0) < 0) {
      error = errno;
      close(socket_fd);
      return {};
    }
    const ssize_t got = recv(socket_fd, reply.data(), reply.size(), 0);
    close(socket_fd);
    reply.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    nlmsghdr header{};
    if (reply.size() < sizeof header) return {};
    std::memcpy(&header, reply.data(), sizeof header);
    if (header.nlmsg_type != NLMSG_ERROR) return reply;
    std::memcpy(&error, reply.data() + sizeof header, sizeof error);
    error = -error;
    return {};
  }

 private:
  void append(const void* data, std::size_t size) {
    const auto* from = static_cast<const std::uint8_t*>(data);
    bytes_.insert(bytes_.end(), from, from + size);
    bytes_.resize((bytes_.size() + 3) / 4 * 4);
  }

  std::vector<std::uint8_t> bytes_;
};

/// 0: there is none.
std::uint16_t family_id(const char* name) {
  Message message(GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
  message.add(CTRL_ATTR_FAMILY_NAME, name, std::strlen(name) + 1);
  int error = 0;
  const std::vector<std::uint8_t> reply = message.ask(error);
  std::size_t at = sizeof(nlmsghdr) + sizeof(genlmsghdr);
  while (at + sizeof(nlattr) <= reply.size()) {
    nlattr attribute{};
    std::memcpy(&attribute, reply.data() + at, sizeof attribute);
    std::uint16_t id = 0;
    if (attribute.nla_type == CTRL_ATTR_FAMILY_ID && at + sizeof attribute + sizeof id <= reply.size()) {
      std::memcpy(&id, reply.data() + at + sizeof attribute, sizeof id);
      return id;
    }
    if (attribute.nla_len < sizeof attribute) break;
    at += (attribute.nla_len + 3u) / 4 * 4;
  }
  return 0;
}

/// net/netlabel/netlabel_unlabeled.h: STATICADDDEF with IPV4ADDR, IPV4MASK, SECCTX. Who lets the lengths pass
/// goes on to the security context, which is one of no security module.
int netlabel() {
  constexpr std::uint8_t kStaticAddDefault = 6;
  constexpr std::uint16_t kIpv4Address = 4;
  constexpr std::uint16_t kIpv4Mask = 5;
  constexpr std::uint16_t kContext = 7;
  const std::uint16_t family = family_id("NLBL_UNLBL");
  if (family == 0) return unknown("NLBL_UNLBL");
  Message message(family, kStaticAddDefault);
  const std::array<std::uint8_t, 4> bytes{127, 0, 0, 9};
  message.add(kIpv4Address, bytes.data(), 4);
  message.add(kIpv4Mask, bytes.data(), 2);
  message.add(kContext, "no:such:context", 16);
  int error = 0;
  message.ask(error);
  std::fprintf(stderr, "author: netlabel says: %s\n", std::strerror(error));
  if (error == EPERM) return 1;
  return answer(error != ERANGE);
}

/// Its user namespace is told to who might trace it.
int zombie(bool dumpable) {
  constexpr unsigned kNobody = 65534;
  if (getuid() == 0 && (setgid(kNobody) != 0 || setuid(kNobody) != 0)) return unknown("setuid");
  // A change of credentials makes a process not dumpable; its child is to be like one that was started
  // afresh.
  if (prctl(PR_SET_DUMPABLE, 1) != 0) return unknown("PR_SET_DUMPABLE");
  const pid_t child = fork();
  if (child < 0) return unknown("fork");
  if (child == 0) {
    if (!dumpable) prctl(PR_SET_DUMPABLE, 0);
    _exit(0);
  }
  siginfo_t info{};
  if (waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) != 0) return unknown("waitid");
  std::array<char, 64> target{};
  const std::string link = "/proc/" + std::to_string(child) + "/ns/user";
  const bool told = readlink(link.c_str(), target.data(), target.size() - 1) > 0;
  const int error = errno;
  waitpid(child, nullptr, 0);
  errno = error;
  if (!told && error != EACCES) return unknown(link.c_str());
  return answer(told);
}

int eventpoll() {
  for (int i = 0; i < 200; ++i) {
    const int outer = epoll_create1(0);
    const int inner = epoll_create1(0);
    epoll_event event{};
    event.events = EPOLLIN;
    if (outer < 0 || inner < 0 || epoll_ctl(outer, EPOLL_CTL_ADD, inner, &event) != 0)
      return unknown("epoll");
    close(i % 2 == 0 ? outer : inner);
    close(i % 2 == 0 ? inner : outer);
  }
  std::puts("done");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc == 2 ? argv[1] : "";
  if (what == "netlabel") return netlabel();
  if (what == "zombie") return zombie(false);
  if (what == "dumpable") return zombie(true);
  if (what == "eventpoll") return eventpoll();
  std::fprintf(stderr, "usage: author netlabel|zombie|dumpable|eventpoll\n");
  return 2;
}
