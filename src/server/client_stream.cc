// SPDX-License-Identifier: Apache-2.0
#include "server/client_stream.h"

#include <openssl/ssl.h>
#include <spdlog/spdlog.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/detect_ssl.hpp>

namespace suture::server {

namespace asio = boost::asio;
using boost::system::error_code;

asio::awaitable<ClientStream::Greeting> ClientStream::start_tls(asio::ssl::context& context,
                                                                boost::beast::flat_buffer& buffer) {
  error_code problem;
  const bool hello = co_await boost::beast::async_detect_ssl(
      tcp_, buffer, asio::redirect_error(asio::use_awaitable, problem));
  if (problem) co_return Greeting::kFailed;
  if (!hello) co_return Greeting::kPlain;
  tls_.emplace(tcp_, context);
  const std::size_t used = co_await tls_->async_handshake(asio::ssl::stream_base::server, buffer.data(),
                                                          asio::redirect_error(asio::use_awaitable, problem));
  if (problem) {
    spdlog::debug("a TLS handshake failed: {}", problem.message());
    co_return Greeting::kFailed;
  }
  buffer.consume(used);
  co_return Greeting::kTls;
}

asio::awaitable<void> ClientStream::finish() {
  error_code problem;
  if (tls_ && SSL_is_init_finished(tls_->native_handle()) == 1) {
    // As if the client had said it already: a client that keeps its connections for later answers only when
    // it wants to use this one again.
    SSL_set_shutdown(tls_->native_handle(), SSL_RECEIVED_SHUTDOWN);
    co_await tls_->async_shutdown(asio::redirect_error(asio::use_awaitable, problem));
  }
  tcp_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, problem);
}

}  // namespace suture::server
