// SPDX-License-Identifier: Apache-2.0
#include "server/wire/tls_layer.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <cerrno>

namespace suture::server {
namespace {

namespace asio = boost::asio;

// OpenSSL's own BIO for sockets would raise SIGPIPE where the client is gone.

int fd_of(BIO* bio) {
  return static_cast<Socket*>(BIO_get_data(bio))->native_handle();
}

int read_socket(BIO* bio, char* data, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t got = ::recv(fd_of(bio), data, static_cast<std::size_t>(size), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  return static_cast<int>(got);
}

int write_socket(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t put = ::send(fd_of(bio), data, static_cast<std::size_t>(size), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (put < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(put);
}

long control_socket(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* socket_method() {
  static const auto method = [] {
    std::unique_ptr<BIO_METHOD, openssl::Free<BIO_meth_free>> made(
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "suture socket"));
    if (made) {
      BIO_meth_set_read(made.get(), read_socket);
      BIO_meth_set_write(made.get(), write_socket);
      BIO_meth_set_ctrl(made.get(), control_socket);
    }
    return made;
  }();
  return method.get();
}

TlsLayer::error_code openssl_problem() {
  const unsigned long reason = ERR_get_error();
  ERR_clear_error();
  // The client went without a word.
  if (reason == 0) return asio::error::connection_reset;
  return {static_cast<int>(reason), asio::error::get_ssl_category()};
}

}  // namespace

TlsLayer::error_code TlsLayer::begin(SSL_CTX* context) {
  ERR_clear_error();
  ssl_.reset(SSL_new(context));
  BIO* const bio = ssl_ && socket_method() != nullptr ? BIO_new(socket_method()) : nullptr;
  if (bio == nullptr) return asio::error::no_memory;
  BIO_set_data(bio, &socket_);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_accept_state(ssl_.get());
  SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return {};
}

void TlsLayer::expires_after(std::chrono::milliseconds time) {
  deadline_.expires_after(time);
  deadline_.async_wait([weak = weak_from_this()](const error_code& problem) {
    const auto self = weak.lock();
    // It may have been put off after this call was on its way.
    if (problem || !self || self->deadline_.expiry() > std::chrono::steady_clock::now()) return;
    error_code ignored;
    self->socket_.close(ignored);
  });
}

void TlsLayer::cancel() {
  cancelled_ = true;
  error_code ignored;
  socket_.cancel(ignored);
}

TlsLayer::Outcome TlsLayer::attempt(Act act, void* data, std::size_t size) {
  const bool reads = act == Act::kHandshake || act == Act::kRead;
  if (cancelled_ && reads) return {.problem = asio::error::operation_aborted};
  const bool moves = act == Act::kRead || act == Act::kWrite;
  if (moves && size == 0) return {};
  ERR_clear_error();
  Outcome outcome;
  int done = 0;
  switch (act) {
    case Act::kHandshake:
      done = SSL_do_handshake(ssl_.get());
      break;
    case Act::kRead:
      done = SSL_read_ex(ssl_.get(), data, size, &outcome.count);
      break;
    case Act::kWrite:
      done = SSL_write_ex(ssl_.get(), data, size, &outcome.count);
      break;
    case Act::kFinish:
      // As if the client had said it already: one that keeps its connections for later answers only when it
      // wants to use this one again.
      SSL_set_shutdown(ssl_.get(), SSL_get_shutdown(ssl_.get()) | SSL_RECEIVED_SHUTDOWN);
      done = SSL_shutdown(ssl_.get());
      break;
  }
  if (done == 1) return outcome;
  switch (SSL_get_error(ssl_.get(), done)) {
    case SSL_ERROR_WANT_READ:
      outcome.wants = Outcome::Wants::kToRead;
      break;
    case SSL_ERROR_WANT_WRITE:
      outcome.wants = Outcome::Wants::kToWrite;
      break;
    case SSL_ERROR_ZERO_RETURN:
      outcome.problem = asio::error::eof;
      break;
    default:
      outcome.problem = openssl_problem();
  }
  return outcome;
}

}  // namespace suture::server
