// SPDX-License-Identifier: Apache-2.0
#include "server/wire/client_stream.h"

#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <boost/asio/redirect_error.hpp>

namespace suture::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// The type of a record in which a handshake begins. No other protocol that people speak by mistake begins
/// so.
constexpr char kHandshakeRecord = 0x16;

}  // namespace

Task<ClientStream::Greeting> ClientStream::start_tls(asio::ssl::context& context) {
  error_code problem;
  co_await tcp_.socket().async_wait(Socket::wait_read, asio::redirect_error(kAwait, problem));
  if (problem) co_return Greeting::kFailed;
  char first = 0;
  const ssize_t got = ::recv(tcp_.socket().native_handle(), &first, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got == 0) co_return Greeting::kFailed;
  if (got == 1 && first != kHandshakeRecord) {
    tls_.reset();
    co_return Greeting::kPlain;
  }
  problem = tls_->begin(context.native_handle());
  if (!problem) {
    co_await tls_->async_act(TlsLayer::Act::kHandshake, asio::redirect_error(kAwait, problem));
  }
  if (!problem) co_return Greeting::kTls;
  spdlog::debug("a TLS handshake failed: {}", problem.message());
  co_return Greeting::kFailed;
}

Task<void> ClientStream::finish() {
  error_code problem;
  if (tls_ && tls_->established()) {
    co_await tls_->async_act(TlsLayer::Act::kFinish, asio::redirect_error(kAwait, problem));
  }
  tcp_.socket().shutdown(tcp::socket::shutdown_send, problem);
}

}  // namespace suture::server
