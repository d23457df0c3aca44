// SPDX-License-Identifier: Apache-2.0
//
// A server on the loopback address that takes every report and answers it as the test wants it, with TLS or
// without: for answers that a real one does not give.
#pragma once

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "../server/certificate.h"

namespace suture {

class AnsweringServer {
 public:
  /// Without a certificate it speaks plain HTTP.
  explicit AnsweringServer(const server::TestCertificate* certificate = nullptr) {
    if (certificate != nullptr) {
      context_.reset(SSL_CTX_new(TLS_server_method()));
      const std::string key = certificate->key_pem();
      const openssl::Memory memory(BIO_new_mem_buf(key.data(), static_cast<int>(key.size())));
      const openssl::Key private_key(PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr));
      SSL_CTX_use_certificate(context_.get(), certificate->x509());
      SSL_CTX_use_PrivateKey(context_.get(), private_key.get());
    }
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, generic, length) != 0 || ::listen(listener_, 8) != 0 ||
        ::getsockname(listener_, generic, &length) != 0) {
      throw std::runtime_error("cannot listen");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  AnsweringServer(const AnsweringServer&) = delete;
  AnsweringServer& operator=(const AnsweringServer&) = delete;
  ~AnsweringServer() {
    // Ends the accept() under way, and all that come.
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }

  std::string url() const {
    return (context_ ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port_);
  }
  void answer(const std::string& body) {
    const std::scoped_lock lock(mutex_);
    body_ = body;
  }
  /// The bodies of all reports so far.
  std::vector<std::string> reports() const {
    const std::scoped_lock lock(mutex_);
    return reports_;
  }

 private:
  using Context = std::unique_ptr<SSL_CTX, openssl::Free<SSL_CTX_free>>;
  using Connection = std::unique_ptr<SSL, openssl::Free<SSL_free>>;

  void serve() {
    for (;;) {
      const int fd = ::accept(listener_, nullptr, nullptr);
      if (fd < 0) return;
      Connection connection;
      bool good = true;
      if (context_) {
        connection.reset(SSL_new(context_.get()));
        SSL_set_fd(connection.get(), fd);
        good = SSL_accept(connection.get()) == 1;
      }
      if (good) serve_one(connection.get(), fd);
      if (good && connection) SSL_shutdown(connection.get());
      ::close(fd);
    }
  }
  static int read_some(SSL* connection, int fd, char* buffer, int size) {
    if (connection != nullptr) return SSL_read(connection, buffer, size);
    return static_cast<int>(::recv(fd, buffer, static_cast<std::size_t>(size), 0));
  }
  void serve_one(SSL* connection, int fd) {
    std::string request;
    char buffer[4096];
    std::size_t whole = std::string::npos;
    std::size_t head = 0;
    while (request.size() < whole) {
      const int got = read_some(connection, fd, buffer, sizeof buffer);
      if (got <= 0) return;
      request.append(buffer, static_cast<std::size_t>(got));
      const std::size_t end = request.find("\r\n\r\n");
      if (whole != std::string::npos || end == std::string::npos) continue;
      head = end + 4;
      const std::string name = "\r\nContent-Length: ";
      const std::size_t length = request.find(name);
      whole = head + (length < end ? std::stoul(request.substr(length + name.size())) : 0);
    }
    std::string text;
    {
      const std::scoped_lock lock(mutex_);
      reports_.push_back(request.substr(head));
      text = "HTTP/1.1 202 Accepted\r\nContent-Length: " + std::to_string(body_.size()) +
             "\r\nConnection: close\r\n\r\n" + body_;
    }
    if (connection != nullptr) {
      SSL_write(connection, text.data(), static_cast<int>(text.size()));
    } else {
      static_cast<void>(::send(fd, text.data(), text.size(), MSG_NOSIGNAL));
    }
  }

  Context context_;
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::string body_ = R"({"accepted": true})";
  std::vector<std::string> reports_;
  std::thread thread_;
};

}  // namespace suture
