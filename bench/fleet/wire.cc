// SPDX-License-Identifier: Apache-2.0
#include "wire.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <deque>

namespace suture::bench {
namespace {

/// Addresses of this machine to connect from: a closed connection keeps its port for a minute.
constexpr std::uint32_t kFirstSource = 0x7f000002;
constexpr std::uint32_t kSources = 200;

std::unexpected<Error> broken(std::string what, std::string why) {
  return fail("bench.wire", std::move(what), std::move(why));
}

std::optional<std::size_t> content_length(std::string_view header) {
  constexpr std::string_view kName = "\r\nContent-Length: ";
  const auto at = header.find(kName);
  if (at == header.npos) return 0;
  const std::string_view value = header.substr(at + kName.size());
  std::size_t length = 0;
  const auto [end, wrong] = std::from_chars(value.data(), value.data() + value.size(), length);
  if (wrong != std::errc{}) return std::nullopt;
  return length;
}

}  // namespace

struct Wire::CloseFile {
  explicit CloseFile(int given) : fd(given) {}
  CloseFile(const CloseFile&) = delete;
  CloseFile& operator=(const CloseFile&) = delete;
  ~CloseFile() { close(); }
  void close() {
    if (fd >= 0) ::close(std::exchange(fd, -1));
  }
  int fd;
};

struct Wire::Client {
  std::size_t number = 0;
  CloseFile socket{-1};
  std::unique_ptr<SSL, openssl::Free<SSL_free>> ssl{};
  std::unique_ptr<SSL_SESSION, openssl::Free<SSL_SESSION_free>> session{};
  bool shaken = false;
  bool idle = false;
  std::string_view out{};
  std::string in{};
};

Result<Wire> Wire::open(WireOptions options) {
  Context context;
  if (!options.ca.empty()) {
    context.reset(SSL_CTX_new(TLS_client_method()));
    if (!context || SSL_CTX_load_verify_locations(context.get(), options.ca.c_str(), nullptr) != 1) {
      return broken("read " + options.ca, "it holds no certificate");
    }
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context.get(), [](SSL* ssl, SSL_SESSION* session) {
      static_cast<Client*>(SSL_get_app_data(ssl))->session.reset(session);
      return 1;
    });
  }
  return Wire(std::move(options), std::move(context));
}

Result<void> Wire::connect(Client& client, int poll) {
  // As agents do; and a session that was broken off cannot be gone on with.
  if (client.ssl) SSL_shutdown(client.ssl.get());
  client.socket.close();
  client.in.clear();
  client.shaken = !context_;
  client.socket.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (client.socket.fd < 0) return fail_errno("bench.wire", "make a socket");
  const int one = 1;
  ::setsockopt(client.socket.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  ::setsockopt(client.socket.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  sockaddr_in source{};
  source.sin_family = AF_INET;
  source.sin_addr.s_addr = htonl(kFirstSource + static_cast<std::uint32_t>(connections_ % kSources));
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(options_.port);
  ::inet_pton(AF_INET, options_.address.c_str(), &server.sin_addr);
  if (::bind(client.socket.fd, reinterpret_cast<const sockaddr*>(&source), sizeof source) != 0 ||
      (::connect(client.socket.fd, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0 &&
       errno != EINPROGRESS)) {
    return fail_errno("bench.wire", "connect to the server");
  }
  connections_++;
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = &client}};
  if (::epoll_ctl(poll, EPOLL_CTL_ADD, client.socket.fd, &event) != 0) {
    return fail_errno("bench.wire", "watch a socket");
  }
  if (!context_) return {};
  client.ssl.reset(SSL_new(context_.get()));
  if (!client.ssl || SSL_set_fd(client.ssl.get(), client.socket.fd) != 1) {
    return broken("start TLS", "out of memory");
  }
  SSL_set_app_data(client.ssl.get(), &client);
  if (options_.resumes && client.session) SSL_set_session(client.ssl.get(), client.session.get());
  SSL_set_connect_state(client.ssl.get());
  return {};
}

/// False: there is nothing to do before the socket is ready.
Result<bool> Wire::shake_hands(Client& client) {
  ERR_clear_error();
  const int done = SSL_do_handshake(client.ssl.get());
  if (done == 1) {
    client.shaken = true;
    if (SSL_session_reused(client.ssl.get()) == 1) resumed_++;
    return true;
  }
  const int reason = SSL_get_error(client.ssl.get(), done);
  if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE) return false;
  return broken("shake hands with the server", "the handshake failed");
}

Result<bool> Wire::write(Client& client) {
  while (!client.out.empty()) {
    std::size_t put = 0;
    if (client.ssl) {
      ERR_clear_error();
      const int done = SSL_write_ex(client.ssl.get(), client.out.data(), client.out.size(), &put);
      if (done != 1) {
        if (SSL_get_error(client.ssl.get(), done) == SSL_ERROR_WANT_WRITE) return false;
        return broken("send a request", "TLS broke");
      }
    } else {
      const ssize_t sent = ::send(client.socket.fd, client.out.data(), client.out.size(), MSG_NOSIGNAL);
      if (sent < 0 && (errno == EAGAIN || errno == ENOTCONN)) return false;
      if (sent < 0) return fail_errno("bench.wire", "send a request");
      put = static_cast<std::size_t>(sent);
    }
    client.out.remove_prefix(put);
  }
  return true;
}

/// True: an answer was complete.
Result<bool> Wire::read(Client& client, Load& load) {
  for (;;) {
    std::array<char, 32u << 10> bytes;
    std::size_t got = 0;
    if (client.ssl) {
      ERR_clear_error();
      const int done = SSL_read_ex(client.ssl.get(), bytes.data(), bytes.size(), &got);
      if (done != 1) {
        if (SSL_get_error(client.ssl.get(), done) == SSL_ERROR_WANT_READ) return false;
        return broken("read an answer", "the server closed the connection");
      }
    } else {
      const ssize_t count = ::recv(client.socket.fd, bytes.data(), bytes.size(), 0);
      if (count < 0 && errno == EAGAIN) return false;
      if (count < 0) return fail_errno("bench.wire", "read an answer");
      if (count == 0) return broken("read an answer", "the server closed the connection");
      got = static_cast<std::size_t>(count);
    }
    client.in.append(bytes.data(), got);
    const auto blank = client.in.find("\r\n\r\n");
    if (blank == client.in.npos) continue;
    const std::string_view header = std::string_view(client.in).substr(0, blank + 2);
    Answer answer{.status = std::atoi(client.in.c_str() + sizeof "HTTP/1.1"), .header = header, .body = {}};
    const bool bare = answer.status == 304 || answer.status == 204;
    const auto length = bare ? 0 : content_length(header);
    if (!length) return broken("read an answer", "its length is malformed");
    if (client.in.size() < blank + 4 + *length) continue;
    answer.body = std::string_view(client.in).substr(blank + 4, *length);
    client.idle = true;
    load.answered(client.number, answer);
    client.in.clear();
    return true;
  }
}

Result<bool> Wire::act(Client& client, Load& load) {
  if (!client.shaken && !TRY(shake_hands(client))) return false;
  if (!client.out.empty() && !TRY(write(client))) return false;
  return client.idle ? false : TRY(read(client, load));
}

/// As far as it goes without waiting.
Result<void> Wire::move_on(Client& client, Load& load, int poll) {
  for (;;) {
    if (client.idle) {
      const auto request = load.next(client.number);
      if (!request) return {};
      client.out = *request;
      client.idle = false;
      if (client.socket.fd < 0 || load.reconnects(client.number)) TRY(connect(client, poll));
    }
    if (!TRY(act(client, load))) return {};
  }
}

Result<void> Wire::run(Load& load, std::size_t clients, std::chrono::seconds patience) {
  const CloseFile poll(::epoll_create1(EPOLL_CLOEXEC));
  connections_ = resumed_ = 0;
  std::deque<Client> all(clients);
  for (std::size_t i = 0; i < clients; ++i) {
    all[i].number = i;
    all[i].idle = true;
    TRY(move_on(all[i], load, poll.fd));
  }
  std::array<epoll_event, 256> events{};
  while (!load.done()) {
    const auto again = load.ask_again();
    const auto until = again ? std::max(*again - Clock::now(), Clock::duration(0)) : patience;
    const auto seconds = std::chrono::floor<std::chrono::seconds>(until);
    const timespec time{.tv_sec = seconds.count(),
                        .tv_nsec = std::chrono::nanoseconds(until - seconds).count()};
    const int count = ::epoll_pwait2(poll.fd, events.data(), static_cast<int>(events.size()), &time, nullptr);
    if (count < 0 && errno != EINTR) return fail_errno("bench.wire", "wait for the server");
    if (count == 0 && !again) return broken("wait for the server", "nothing came for too long");
    for (int i = 0; i < count; ++i) {
      TRY(move_on(*static_cast<Client*>(events[static_cast<std::size_t>(i)].data.ptr), load, poll.fd));
    }
    if (!again) continue;
    for (Client& client : all) {
      if (client.idle) TRY(move_on(client, load, poll.fd));
    }
  }
  return {};
}

}  // namespace suture::bench
