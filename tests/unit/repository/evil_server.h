// SPDX-License-Identifier: Apache-2.0
//
// A web server of an attacker's, on a real socket: serves a folder, and for single paths whatever does harm.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/hash.h"

namespace suture::test {

class EvilServer {
 public:
  /// What becomes of a request for a path. The default is what a good server does.
  struct Manner {
    std::optional<Bytes> bytes{};      ///< in place of the file
    int status = 200;                  ///< another one, with no file
    std::string redirect{};            ///< to this address
    std::optional<std::size_t> cut{};  ///< the connection breaks after so much of the file …
    int cuts = 1 << 30;                ///< … for this many answers
    bool ranges = true;                ///< false: sends all, whatever was asked for
    std::uint64_t endless = 0;         ///< the answer is as long as that
    bool endless_headers = false;
    bool drip = false;      ///< a byte a second
    bool tags = true;       ///< sends entity tags, and heeds them
    std::string headers{};  ///< more of them, each with its line break
  };
  struct Request {
    std::string path{};  ///< "metadata/timestamp.json"
    std::uint64_t first = 0;
    std::string if_none_match{};
    std::string if_modified_since{};
    int status = 0;
    std::uint64_t sent = 0;  ///< bytes of the body
  };

  explicit EvilServer(std::filesystem::path folder) : folder_(std::move(folder)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* place = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, place, size) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, place, &size) != 0) {
      throw std::runtime_error("no socket for the test's server");
    }
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { run(); });
  }
  EvilServer(const EvilServer&) = delete;
  EvilServer& operator=(const EvilServer&) = delete;
  ~EvilServer() {
    stopped_ = true;
    thread_.join();
    ::close(listener_);
  }

  const std::string& url() const { return url_; }
  void serve(const std::filesystem::path& folder) {
    const std::scoped_lock lock(mutex_);
    folder_ = folder;
  }
  void behave(const std::string& path, Manner manner) {
    const std::scoped_lock lock(mutex_);
    manners_[path] = std::move(manner);
  }
  void answer(const std::string& path, std::string_view text) {
    behave(path, {.bytes = Bytes(text.begin(), text.end())});
  }
  void behave_well() {
    const std::scoped_lock lock(mutex_);
    manners_.clear();
    requests_.clear();
  }
  /// Waits until the last one is done with.
  std::vector<Request> requests() {
    for (;; std::this_thread::yield()) {
      const std::scoped_lock lock(mutex_);
      if (!busy_) return requests_;
    }
  }
  std::uint64_t sent(const std::string& path) {
    std::uint64_t sum = 0;
    for (const Request& request : requests()) sum += request.path == path ? request.sent : 0;
    return sum;
  }

 private:
  void run() {
    while (!stopped_) {
      pollfd waiting{listener_, POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) continue;
      set_busy(true);
      const int small = 64 << 10;
      ::setsockopt(connection, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
      answer_one(connection);
      ::close(connection);
      set_busy(false);
    }
  }
  void set_busy(bool busy) {
    const std::scoped_lock lock(mutex_);
    busy_ = busy;
  }

  static bool put(int connection, std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  static std::string header(const std::string& head, const std::string& name) {
    const auto at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const auto begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }

  void answer_one(int connection) {
    std::string head;
    char block[4096];
    while (head.find("\r\n\r\n") == std::string::npos) {
      pollfd waiting{connection, POLLIN, 0};
      if (stopped_ || ::poll(&waiting, 1, 2000) <= 0) return;
      const ssize_t got = ::recv(connection, block, sizeof block, 0);
      if (got <= 0) return;
      head.append(block, static_cast<std::size_t>(got));
    }
    Request request{.path = head.substr(5, head.find(' ', 5) - 5),
                    .if_none_match = header(head, "If-None-Match"),
                    .if_modified_since = header(head, "If-Modified-Since")};
    const std::string range = header(head, "Range");
    if (range.starts_with("bytes=")) request.first = std::stoull(range.substr(6));
    Manner manner;
    std::filesystem::path file;
    {
      const std::scoped_lock lock(mutex_);
      if (const auto found = manners_.find(request.path); found != manners_.end()) {
        manner = found->second;
        if (found->second.cuts > 0) found->second.cuts--;
      }
      file = folder_ / request.path;
    }
    reply(connection, manner, file, request);
    const std::scoped_lock lock(mutex_);
    requests_.push_back(request);
  }

  void reply(int connection, const Manner& manner, const std::filesystem::path& file, Request& request) {
    const auto begin = [&](int status, std::uint64_t length, const std::string& more) {
      request.status = status;
      return put(connection, "HTTP/1.1 " + std::to_string(status) +
                                 " x\r\nConnection: close\r\nContent-Length: " + std::to_string(length) +
                                 "\r\n" + more + "\r\n");
    };
    if (!manner.redirect.empty()) {
      begin(302, 0, "Location: " + manner.redirect + "\r\n");
      return;
    }
    if (manner.endless_headers) {
      request.status = 200;
      put(connection, "HTTP/1.1 200 x\r\n");
      while (!stopped_ && put(connection, "X-More: " + std::string(1000, 'x') + "\r\n")) request.sent += 1010;
      return;
    }
    if (manner.endless > 0) {
      begin(200, manner.endless, "");
      const std::string part(16 << 10, ' ');
      while (!stopped_ && request.sent < manner.endless && put(connection, part)) request.sent += part.size();
      return;
    }
    const auto bytes = manner.bytes ? *manner.bytes : read_file(file).value_or(Bytes());
    const int status =
        manner.status != 200 || manner.bytes || std::filesystem::is_regular_file(file) ? manner.status : 404;
    if (status != 200) {
      begin(status, 0, "");
      return;
    }
    const std::string tag = manner.tags ? "\"" + sha256_hex(bytes).substr(0, 16) + "\"" : "";
    if (!tag.empty() && request.if_none_match == tag) {
      begin(304, 0, "ETag: " + tag + "\r\n");
      return;
    }
    const std::string more = (tag.empty() ? "" : "ETag: " + tag + "\r\n") + manner.headers;
    std::string_view body = as_text(bytes);
    if (manner.ranges && request.first > 0) {
      if (request.first >= body.size()) {
        begin(416, 0, "");
        return;
      }
      begin(206, body.size() - request.first,
            more + "Content-Range: bytes " + std::to_string(request.first) + "-" +
                std::to_string(body.size() - 1) + "/" + std::to_string(body.size()) + "\r\n");
      body.remove_prefix(request.first);
    } else {
      begin(200, body.size(), more);
    }
    if (manner.cut && manner.cuts > 0) body = body.substr(0, *manner.cut);
    if (!manner.drip) {
      if (put(connection, body)) request.sent += body.size();
      return;
    }
    for (const char c : body) {
      if (stopped_ || !put(connection, {&c, 1})) return;
      request.sent++;
      pollfd gone{connection, POLLIN | POLLRDHUP, 0};
      if (::poll(&gone, 1, 1000) > 0) return;
    }
  }

  std::filesystem::path folder_;
  int listener_ = -1;
  std::string url_;
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;
  bool busy_ = false;
  std::map<std::string, Manner> manners_;
  std::vector<Request> requests_;
  std::thread thread_;
};

}  // namespace suture::test
