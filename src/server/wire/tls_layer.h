// SPDX-License-Identifier: Apache-2.0
//
// TLS on a socket, made for a fleet of connections that wait: Asio's own layer keeps four buffers of 17 KiB
// for each. Here OpenSSL reads and writes the socket itself, and gives its buffers back when it is done with
// them; all that is left to do is to wait until the socket is ready, and to have a deadline.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "base/openssl.h"
#include "server/wire/io.h"

namespace suture::server {

/// One act at a time, in the thread that the socket is served by. Owned by a shared_ptr, and by nobody longer
/// than the socket lives.
class TlsLayer : public std::enable_shared_from_this<TlsLayer> {
 public:
  using error_code = boost::system::error_code;
  enum class Act { kHandshake, kRead, kWrite, kFinish };

  explicit TlsLayer(Socket& socket) : socket_(socket), deadline_(socket.get_executor()) {}
  TlsLayer(const TlsLayer&) = delete;
  TlsLayer& operator=(const TlsLayer&) = delete;

  /// Before the first act.
  error_code begin(SSL_CTX* context);
  bool established() const { return ssl_ && SSL_is_init_finished(ssl_.get()) == 1; }
  /// The connection ends then, whatever is under way.
  void expires_after(std::chrono::milliseconds time);
  void expires_never() { deadline_.expires_at(Timer::time_point::max()); }
  /// Ends a handshake or a read; none succeeds after that.
  void cancel();

  /// Handshake; or says that nothing more comes, without waiting for the client to say so, too.
  template <class Token>
  auto async_act(Act act, Token&& token) {
    return start(Step{*this, act, {}, {}}, std::forward<Token>(token));
  }
  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return start(Step{*this, Act::kRead, first_of<boost::asio::mutable_buffer>(buffers), {}},
                 std::forward<Token>(token));
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    Step step{*this, Act::kWrite, {}, {}};
    const auto first = first_of<boost::asio::const_buffer>(buffers);
    if (first.size() == boost::asio::buffer_size(buffers)) {
      step.data = {const_cast<void*>(first.data()), first.size()};  // NOLINT: only read from
    } else {
      // A header comes in many small pieces, of which each would become a record.
      step.joined.resize(std::min(boost::asio::buffer_size(buffers), kRecord));
      boost::asio::buffer_copy(boost::asio::buffer(step.joined), buffers);
    }
    return start(std::move(step), std::forward<Token>(token));
  }

 private:
  static constexpr std::size_t kRecord = 16u << 10;

  struct Outcome {
    enum class Wants { kNothing, kToRead, kToWrite } wants = Wants::kNothing;
    error_code problem{};
    std::size_t count = 0;
  };
  Outcome attempt(Act act, void* data, std::size_t size);

  struct Step {
    TlsLayer& layer;
    Act act;
    boost::asio::mutable_buffer data;
    std::string joined;
    enum class State { kFirst, kWaited, kDone } state = State::kFirst;
    Outcome outcome{};

    template <class Self>
    void operator()(Self& self, error_code problem = {}) {
      if (problem) return self.complete(problem, 0);
      if (state == State::kDone) return self.complete(outcome.problem, outcome.count);
      outcome = joined.empty() ? layer.attempt(act, data.data(), data.size())
                               : layer.attempt(act, joined.data(), joined.size());
      const bool first = std::exchange(state, State::kWaited) == State::kFirst;
      auto& socket = layer.socket_;
      if (outcome.wants == Outcome::Wants::kToRead) {
        socket.async_wait(Socket::wait_read, std::move(self));
      } else if (outcome.wants == Outcome::Wants::kToWrite) {
        socket.async_wait(Socket::wait_write, std::move(self));
      } else if (first) {
        // Whoever started this must have returned before it is told the outcome.
        state = State::kDone;
        boost::asio::post(std::move(self));
      } else {
        self.complete(outcome.problem, outcome.count);
      }
    }
  };

  template <class Buffer, class Buffers>
  static Buffer first_of(const Buffers& buffers) {
    for (auto at = boost::asio::buffer_sequence_begin(buffers);
         at != boost::asio::buffer_sequence_end(buffers); ++at) {
      if (const Buffer buffer = *at; buffer.size() > 0) return buffer;
    }
    return {};
  }
  template <class Token>
  auto start(Step step, Token&& token) {
    return boost::asio::async_compose<Token, void(error_code, std::size_t)>(std::move(step), token, socket_);
  }

  Socket& socket_;
  Timer deadline_;
  std::unique_ptr<SSL, openssl::Free<SSL_free>> ssl_{};
  bool cancelled_ = false;
};

}  // namespace suture::server
