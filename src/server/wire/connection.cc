// SPDX-License-Identifier: Apache-2.0
//
// The only file that knows Beast's parser: bytes to Request, Response to bytes. Deadlines are set before each
// step of a request, never extended by a client's trickle of bytes.
#include "server/wire/connection.h"

#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <memory>

#include "server/routes.h"
#include "server/wire/client_address.h"
#include "server/wire/client_stream.h"
#include "server/wire/head_text.h"

namespace suture::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t kChunk = 64u << 10;
constexpr std::string_view kRepositoryPath = "/repository/";
constexpr std::string_view kWakePath = "/api/v1/wake";
constexpr std::string_view kMetricsPath = "/metrics";

/// A host that waits for a call. Lives until the last who may touch it has let go.
struct Waiter {
  explicit Waiter(const Executor& executor) : timer(executor) {}
  Timer timer;
  std::optional<WakeBoard::Reason> reason{};
};

Request request_of(http::request<http::string_body>& message) {
  const auto field = [&](auto name) { return std::string(message[name]); };
  return {.method = std::string(message.method_string()),
          .target = std::string(message.target()),
          .body = std::move(message.body()),
          .content_type = field(http::field::content_type),
          .content_encoding = field(http::field::content_encoding),
          .authorization = field(http::field::authorization),
          .accept_encoding = field(http::field::accept_encoding),
          .range = field(http::field::range),
          .if_range = field(http::field::if_range),
          .if_none_match = field(http::field::if_none_match),
          .host = field(http::field::host),
          .cookie = field(http::field::cookie),
          .csrf_token = field("X-CSRF-Token"),
          .origin = field(http::field::origin),
          .fetch_site = field("Sec-Fetch-Site"),
          .signature = {.host_id = field("Suture-Host-Id"),
                        .content_digest = field("Content-Digest"),
                        .signature_input = field("Signature-Input"),
                        .signature = field("Signature")}};
}

/// What to tell a client whose request could not be read; nothing when there is nobody to tell.
std::optional<Response> response_for_unreadable(const error_code& problem) {
  if (problem == http::error::end_of_stream || problem == http::error::partial_message) return std::nullopt;
  if (problem == http::error::body_limit) {
    return error_response(413, "request.too-large", "the body is longer than this server takes");
  }
  if (problem == http::error::header_limit || problem == http::error::buffer_overflow) {
    return error_response(431, "request.header-too-large", "the header is longer than this server takes");
  }
  if (problem.category() != http::make_error_code(http::error::end_of_stream).category()) return std::nullopt;
  return error_response(400, "request.malformed", problem.message());
}

/// One of several, for as long as it lives.
class Counted {
 public:
  explicit Counted(std::atomic<unsigned>& count) : count_(count), before_(count.fetch_add(1)) {}
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --count_; }
  unsigned before() const { return before_; }

 private:
  std::atomic<unsigned>& count_;
  unsigned before_;
};

/// One that waits, for as long as it does: not counted with those that ask.
class Waiting {
 public:
  Waiting(WakeBoard& board, WakeBoard::Place place, Connections& connections)
      : board_(board), place_(place), connections_(connections) {
    connections_.set_aside(true);
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() {
    board_.leave(place_);
    connections_.set_aside(false);
  }

 private:
  WakeBoard& board_;
  WakeBoard::Place place_;
  Connections& connections_;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Socket socket, Shared& shared, Connections& connections)
      : shared_(shared), connections_(connections), stream_(std::move(socket), shared.tls != nullptr) {}

  Task<void> run();
  Task<void> turn_away();
  /// In the connection's thread only.
  void cancel_if_idle() {
    if (idle_) stream_.cancel();
    if (waiter_) waiter_->timer.cancel();
  }

 private:
  Task<bool> secure();
  Task<bool> serve_one();
  Task<bool> read(http::request_parser<http::string_body>& parser);
  std::string client_of(const http::request<http::string_body>& message);
  Task<FileResponse> respond(Request& request);
  Task<Response> answer_slowly(const Request& request);
  Task<Response> hand_in(Request request, Target target);
  Task<Response> answer_wake(const Target& target);
  Task<Response> wait_for_call(std::string word);
  void watch_client(const std::shared_ptr<Waiter>& waiter);
  Task<bool> send(const FileResponse& answer, bool head, bool keep_alive);
  Task<bool> send_both(std::string_view head, std::string_view body);
  Task<bool> send_text(std::string_view text);
  Task<bool> send_file(std::string head, const OpenFile& file, ByteRange range);
  Task<void> close();

  Shared& shared_;
  Connections& connections_;
  ClientStream stream_;
  beast::flat_buffer buffer_;
  std::string client_{};  ///< address
  std::shared_ptr<Waiter> waiter_{};
  bool idle_ = false;
  bool refused_ = false;  ///< a request was answered before all of it was read
};

Task<void> Connection::run() {
  bool open = co_await secure();
  while (open && !shared_.stopping) open = co_await serve_one();
  co_await close();
}

/// To speak TLS, if the server does. A client that stops half way, or goes on byte by byte, has as little
/// time as one that says nothing.
Task<bool> Connection::secure() {
  if (shared_.tls == nullptr) co_return true;
  if (shared_.stopping) co_return false;
  idle_ = true;
  stream_.expires_after(shared_.limits.handshake_timeout);
  const auto context = shared_.tls->context();
  const auto greeting = co_await stream_.start_tls(*context);
  idle_ = false;
  if (greeting == ClientStream::Greeting::kPlain) {
    const FileResponse refusal{error_response(400, "request.plain", "this port speaks HTTPS only")};
    refused_ = co_await send(refusal, false, false);
  }
  co_return greeting == ClientStream::Greeting::kTls;
}

/// Whoever would speak TLS is not told why: a handshake costs more than what it would be refused for.
Task<void> Connection::turn_away() {
  shared_.counters.turned_away();
  if (shared_.tls != nullptr) co_return;
  FileResponse full{error_response(503, "server.busy", "too many connections are open; try later")};
  full.response.headers["Retry-After"] = "5";
  co_await send(full, false, false);
  co_await stream_.finish();
}

Task<bool> Connection::serve_one() {
  http::request_parser<http::string_body> parser;
  parser.header_limit(shared_.limits.header_bytes);
  parser.body_limit(shared_.limits.body_bytes);
  const bool complete = co_await read(parser);
  if (!complete) co_return false;
  stream_.expires_never();
  Request request = request_of(parser.get());
  request.client = client_of(parser.get());
  const auto began = std::chrono::steady_clock::now();
  const std::string method = request.method;
  FileResponse answer = co_await respond(request);
  // A browser that has been here once never asks this host in the clear again.
  if (shared_.https) answer.response.headers.emplace("Strict-Transport-Security", "max-age=31536000");
  shared_.counters.answered(answer.response, std::chrono::steady_clock::now() - began);
  const bool keep_alive = parser.get().keep_alive() && !shared_.stopping;
  spdlog::debug("{} {}: {}", method, parser.get().target(), answer.response.status);
  const bool sent = co_await send(answer, method == "HEAD", keep_alive);
  if (!sent) co_return false;
  co_return keep_alive;
}

std::string Connection::client_of(const http::request<http::string_body>& message) {
  error_code gone;
  if (client_.empty()) client_ = plain_address(stream_.socket().remote_endpoint(gone).address().to_string());
  if (shared_.proxies.empty()) return client_;
  // A proxy may add a line of its own instead of adding to the one that is there.
  std::string forwarded;
  const auto [first, last] = message.equal_range("X-Forwarded-For");
  for (auto each = first; each != last; ++each) {
    forwarded.append(forwarded.empty() ? "" : ",").append(each->value());
  }
  return client_address(client_, forwarded, shared_.proxies);
}

/// False when the connection is of no further use; the client has then been told why.
Task<bool> Connection::read(http::request_parser<http::string_body>& parser) {
  error_code problem;
  idle_ = true;
  stream_.expires_after(shared_.limits.header_timeout);
  co_await http::async_read_header(stream_, buffer_, parser, asio::redirect_error(kAwait, problem));
  idle_ = false;
  if (!problem && !parser.is_done()) {
    stream_.expires_after(shared_.limits.body_timeout);
    if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
      const bool told = co_await send_text("HTTP/1.1 100 Continue\r\n\r\n");
      if (!told) co_return false;
    }
    co_await http::async_read(stream_, buffer_, parser, asio::redirect_error(kAwait, problem));
  }
  if (!problem) co_return true;
  FileResponse refusal;
  auto response = response_for_unreadable(problem);
  if (response) {
    refusal.response = std::move(*response);
    shared_.counters.answered(refusal.response, {});
    refused_ = co_await send(refusal, false, false);
  }
  co_return false;
}

// For what does not come to the API, which looks its routes up itself.
const Route* repository_route() {
  static const Route* const kRoute = find_route("GET", "/repository/PATH").route;
  return kRoute;
}

const Route* wake_route() {
  static const Route* const kRoute = find_route("GET", kWakePath).route;
  return kRoute;
}

asio::awaitable<Response, asio::thread_pool::executor_type> call_api(const Api& api, const Request& request) {
  co_return api.handle(request);
}

Task<FileResponse> Connection::respond(Request& request) {
  auto target = parse_target(request.target);
  if (shared_.files != nullptr && target && target->path.starts_with(kRepositoryPath)) {
    FileResponse file = shared_.files->handle(request, target->path.substr(kRepositoryPath.size()));
    file.response.route = repository_route();
    co_return file;
  }
  FileResponse answer;
  // routes.cc has both of these open to everybody. All else is decided where the database is.
  if (target && target->path == kWakePath && request.method == "GET") {
    answer.response = co_await answer_wake(*target);
    answer.response.route = wake_route();
    co_return answer;
  }
  const auto match = target ? find_route(request.method, target->path) : RouteMatch();
  if (match.route != nullptr && match.route->slow()) {
    answer.response = co_await answer_slowly(request);
    co_return answer;
  }
  if (target && Api::is_report(request, *target)) {
    answer.response = co_await hand_in(std::move(request), *std::move(target));
    co_return answer;
  }
  auto& pool = target && target->path == kMetricsPath ? shared_.counting : shared_.database;
  answer.response = co_await asio::co_spawn(pool, call_api(shared_.api, request), kAwait);
  co_return answer;
}

/// Reading it and its signature is the most of the work, and needs no database.
Task<Response> Connection::hand_in(Request request, Target target) {
  auto begin =
      [this, report = shared_.api.read_report(std::move(request), std::move(target))](auto handler) mutable {
        const auto executor = stream_.get_executor();
        const auto kept = std::make_shared<decltype(handler)>(std::move(handler));
        shared_.desk.hand_in(
            std::move(report),
            [executor, kept](Response response) {
              asio::post(executor, [kept, response = std::move(response)]() mutable {
                std::move (*kept)(std::move(response));
              });
            },
            executor);
      };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void(Response)>(
      std::move(begin), kAwait);
}

/// Beside the others, and so many at a time: those who would log in by the thousand only wait for each other.
Task<Response> Connection::answer_slowly(const Request& request) {
  constexpr unsigned kMostAtATime = 32;
  const Counted counted(shared_.slow_calls);
  if (counted.before() >= kMostAtATime) {
    Response full = error_response(503, "server.busy", "too many logins are under way; try later");
    full.headers["Retry-After"] = "5";
    co_return full;
  }
  co_return co_await asio::co_spawn(shared_.slow, call_api(shared_.api, request), kAwait);
}

Task<Response> Connection::answer_wake(const Target& target) {
  auto word = wake_word(target);
  if (!word) co_return response_for(word.error());
  co_return co_await wait_for_call(*std::move(word));
}

/// The news that the request itself had come may arrive only now, long after it was read; so it is looked at
/// what there is to be read.
void Connection::watch_client(const std::shared_ptr<Waiter>& waiter) {
  stream_.socket().async_wait(
      Socket::wait_read, [self = shared_from_this(), waiter](const error_code& problem) {
        if (problem == asio::error::operation_aborted || self->waiter_ != waiter) return;
        char byte = 0;
        const ssize_t got = ::recv(self->stream_.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return self->watch_client(waiter);
        // It closed, or says something out of turn.
        waiter->timer.cancel();
      });
}

/// Costs no thread, and no memory for a request that has been read: there may be a fleet of these.
Task<Response> Connection::wait_for_call(std::string word) {
  const auto executor = stream_.get_executor();
  const auto waiter = std::make_shared<Waiter>(executor);
  const auto place = shared_.board.enter(word, [executor, waiter](WakeBoard::Reason reason) {
    asio::post(executor, [waiter, reason] {
      waiter->reason = reason;
      waiter->timer.cancel();
    });
  });
  if (const auto* reason = std::get_if<WakeBoard::Reason>(&place)) {
    co_return wake_response(shared_.board.word(), *reason);
  }
  if (std::holds_alternative<WakeBoard::Full>(place)) {
    Response full = error_response(503, "server.busy", "too many hosts wait; try later");
    full.headers["Retry-After"] = "60";
    co_return full;
  }
  const Waiting waiting(shared_.board, std::get<WakeBoard::Place>(place), connections_);
  buffer_.shrink_to_fit();
  waiter_ = waiter;
  watch_client(waiter);
  error_code ended;
  waiter->timer.expires_after(shared_.limits.wake_time);
  if (!shared_.stopping) {
    co_await waiter->timer.async_wait(asio::redirect_error(kAwait, ended));
  }
  stream_.socket().cancel(ended);
  waiter_.reset();
  if (waiter->reason) co_return wake_response(shared_.board.word(), *waiter->reason);
  Response nothing;
  nothing.status = 204;
  co_return nothing;
}

Task<bool> Connection::send(const FileResponse& answer, bool head, bool keep_alive) {
  const Response& response = answer.response;
  const std::uint64_t length =
      answer.file ? answer.range.last - answer.range.first + 1 : response.body.size();
  std::string text = head_text(response, length, keep_alive);
  // What is short goes out in one piece: to send, and to be woken up by what comes, costs more than to copy.
  if (!head && !answer.file && response.body.size() <= kChunk) text += response.body;
  if (!head && answer.file && answer.file->in_memory() != nullptr) {
    const auto body = std::string_view(*answer.file->in_memory()).substr(answer.range.first, length);
    co_return co_await send_both(text, body);
  }
  if (!head && answer.file) {
    co_return co_await send_file(std::move(text), *answer.file, answer.range);
  }
  const bool begun = co_await send_text(text);
  if (!begun || head || response.body.size() <= kChunk) co_return begun;
  const bool sent = co_await send_text(response.body);
  co_return sent;
}

/// Neither is long.
Task<bool> Connection::send_both(std::string_view head, std::string_view body) {
  const std::array parts{asio::buffer(head.data(), head.size()), asio::buffer(body.data(), body.size())};
  error_code problem;
  stream_.expires_after(shared_.limits.write_timeout);
  co_await asio::async_write(stream_, parts, asio::redirect_error(kAwait, problem));
  co_return !problem;
}

Task<bool> Connection::send_text(std::string_view text) {
  while (!text.empty()) {
    const auto part = text.substr(0, kChunk);
    error_code problem;
    stream_.expires_after(shared_.limits.write_timeout);
    co_await asio::async_write(stream_, asio::buffer(part.data(), part.size()),
                               asio::redirect_error(kAwait, problem));
    if (problem) co_return false;
    text.remove_prefix(part.size());
  }
  co_return true;
}

/// A file that has shrunk since it was opened leaves only one honest way out: a connection cut short.
Task<bool> Connection::send_file(std::string head, const OpenFile& file, ByteRange range) {
  std::string chunk = std::move(head);
  for (std::uint64_t at = range.first; at <= range.last;) {
    const std::size_t before = chunk.size();
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(kChunk, range.last - at + 1));
    chunk.resize(before + wanted);
    const auto count = file.read(at, std::span(chunk).subspan(before));
    if (!count || *count == 0) {
      spdlog::error("a file of the repository ended early while it was being sent");
      co_return false;
    }
    chunk.resize(before + *count);
    const bool sent = co_await send_text(chunk);
    if (!sent) co_return false;
    at += *count;
    chunk.clear();
  }
  co_return true;
}

/// Closing with unread bytes in the socket would reset the connection, and the client might never read why
/// its request was refused. So the rest of a refused one is read for a moment first.
Task<void> Connection::close() {
  constexpr std::size_t kMostDrained = 4u << 20;
  error_code problem;
  std::vector<char> waste(4096);
  stream_.expires_after(std::chrono::seconds(2));
  co_await stream_.finish();
  for (std::size_t drained = 0; refused_ && !problem && drained < kMostDrained;) {
    drained +=
        co_await stream_.bare().async_read_some(asio::buffer(waste), asio::redirect_error(kAwait, problem));
  }
  stream_.close();
}

/// A place among the open connections, held while the coroutine's frame lives.
class Presence {
 public:
  Presence(Connections& connections, std::optional<Connections::Place> place)
      : connections_(connections), place_(place) {}
  Presence(Presence&& other) noexcept
      : connections_(other.connections_), place_(std::exchange(other.place_, std::nullopt)) {}
  Presence& operator=(Presence&&) = delete;
  ~Presence() {
    if (place_) connections_.leave(*place_);
  }
  explicit operator bool() const { return place_.has_value(); }

 private:
  Connections& connections_;
  std::optional<Connections::Place> place_;
};

Task<void> serve(std::shared_ptr<Connection> connection, Presence presence) {
  if (presence) {
    co_await connection->run();
  } else {
    co_await connection->turn_away();
  }
}

/// One client's exception (out of memory, say) ends that connection and nothing else.
void log_exception(const std::exception_ptr& exception) {
  if (!exception) return;
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& problem) {
    spdlog::error("a connection ended with: {}", problem.what());
  }
}

}  // namespace

void serve_connection(Socket socket, Shared& shared, Connections& connections) try {
  error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  const auto executor = socket.get_executor();
  const auto connection = std::make_shared<Connection>(std::move(socket), shared, connections);
  const auto wake = [executor, weak = std::weak_ptr(connection)] {
    asio::post(executor, [weak] {
      if (const auto alive = weak.lock()) alive->cancel_if_idle();
    });
  };
  Presence presence(connections, connections.enter(wake, shared.limits.connections));
  asio::co_spawn(executor, serve(connection, std::move(presence)), log_exception);
} catch (...) {
  // Others go on being accepted.
  log_exception(std::current_exception());
}

}  // namespace suture::server
