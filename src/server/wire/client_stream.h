// SPDX-License-Identifier: Apache-2.0
//
// A client's bytes, through TLS or as they are: one stream for all that reads requests and writes responses.
// A deadline covers everything that happens below it, the steps of a handshake included.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <chrono>
#include <memory>
#include <utility>

#include "server/wire/io.h"
#include "server/wire/tls_layer.h"

namespace suture::server {

class ClientStream {
  using Tcp = boost::beast::basic_stream<boost::asio::ip::tcp, Executor>;

 public:
  using executor_type = Tcp::executor_type;

  /// With `tls`, nothing may be read or written before start_tls().
  ClientStream(Socket socket, bool tls) : tcp_(std::move(socket)) {
    if (tls) tls_ = std::make_shared<TlsLayer>(tcp_.socket());
  }
  ClientStream(const ClientStream&) = delete;
  ClientStream& operator=(const ClientStream&) = delete;

  enum class Greeting {
    kTls,
    kPlain,  ///< the client speaks something else, which the stream carries then
    kFailed,
  };
  Task<Greeting> start_tls(boost::asio::ssl::context& context);
  /// Says that nothing more comes. Does not wait for the client to say so, too.
  Task<void> finish();

  executor_type get_executor() { return tcp_.get_executor(); }
  Socket& socket() { return tcp_.socket(); }
  /// Without TLS around it, to read what nobody wants to know.
  Tcp& bare() { return tcp_; }
  void expires_after(std::chrono::milliseconds time) {
    tls_ ? tls_->expires_after(time) : tcp_.expires_after(time);
  }
  /// Until the next time that there is a deadline.
  void expires_never() { tls_ ? tls_->expires_never() : tcp_.expires_never(); }
  void cancel() { tls_ ? tls_->cancel() : tcp_.cancel(); }
  void close() { tcp_.close(); }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token)
      -> decltype(std::declval<Tcp&>().async_read_some(buffers, std::forward<Token>(token))) {
    if (tls_) return tls_->async_read_some(buffers, std::forward<Token>(token));
    return tcp_.async_read_some(buffers, std::forward<Token>(token));
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token)
      -> decltype(std::declval<Tcp&>().async_write_some(buffers, std::forward<Token>(token))) {
    if (tls_) return tls_->async_write_some(buffers, std::forward<Token>(token));
    return tcp_.async_write_some(buffers, std::forward<Token>(token));
  }

 private:
  Tcp tcp_;
  std::shared_ptr<TlsLayer> tls_{};
};

}  // namespace suture::server
