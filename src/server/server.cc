// SPDX-License-Identifier: Apache-2.0
#include "server/server.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <charconv>
#include <deque>
#include <thread>

#include "server/notify/courier.h"
#include "server/notify/metrics.h"
#include "server/rollout/rollouts.h"
#include "server/wire/client_address.h"
#include "server/wire/connection.h"

namespace suture::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

std::unexpected<Error> bad_endpoint(std::string_view text, std::string why) {
  return fail("server.listen", "read the address \"" + std::string(text) + "\"", std::move(why),
              "write it as 127.0.0.1:8080 or [::1]:8080");
}

void log_exception(const std::exception_ptr& exception) {
  if (!exception) return;
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& problem) {
    spdlog::error("the server takes no more connections: {}", problem.what());
  }
}

Result<void> listen_on(Acceptor& acceptor, const Endpoint& endpoint) {
  const std::string what = fmt::format("listen on {} port {}", endpoint.address, endpoint.port);
  error_code problem;
  const auto address = asio::ip::make_address(endpoint.address, problem);
  if (problem) return fail("server.listen", what, problem.message());
  const tcp::endpoint target(address, endpoint.port);
  acceptor.open(target.protocol(), problem);
  if (!problem) acceptor.set_option(asio::socket_base::reuse_address(true), problem);
  if (!problem) acceptor.bind(target, problem);
  if (!problem) acceptor.listen(asio::socket_base::max_listen_connections, problem);
  if (problem) return fail("server.listen", what, problem.message());
  return {};
}

Task<void> accept_loop(std::deque<asio::io_context>& queues, Acceptor& acceptor, Shared& shared,
                       Connections& connections) {
  for (std::size_t turn = 0; !shared.stopping; ++turn) {
    Socket socket(queues[turn % queues.size()]);
    error_code problem;
    co_await acceptor.async_accept(socket, asio::redirect_error(kAwait, problem));
    if (problem == asio::error::operation_aborted) co_return;
    if (problem) {
      // Out of descriptors, mostly: a moment for connections to end, instead of a busy loop.
      spdlog::error("accept a connection: {}", problem.message());
      Timer pause(acceptor.get_executor(), std::chrono::milliseconds(100));
      co_await pause.async_wait(asio::redirect_error(kAwait, problem));
      continue;
    }
    serve_connection(std::move(socket), shared, connections);
  }
}

Task<void> look_loop(WakeBoard& board, Shared& shared, Timer& timer) {
  while (!shared.stopping) {
    error_code problem;
    timer.expires_after(shared.limits.look_time);
    co_await timer.async_wait(asio::redirect_error(kAwait, problem));
    if (problem) co_return;
    board.look();
  }
}

/// One for each thread that serves connections.
std::deque<asio::io_context> queues_for(unsigned threads) {
  std::deque<asio::io_context> queues;
  for (unsigned i = 0; i < std::max(1u, threads); ++i) queues.emplace_back(1);
  return queues;
}

/// A database that is away may come; one that is not ours never will be.
Result<void> look_at(const FleetDatabase& database) {
  const auto there = database.look();
  if (there || !database.is_shared() || there.error().code != "store.unavailable") return there;
  spdlog::error("{}", there.error().message());
  spdlog::warn("the server starts without its database, and answers 503 until that is there");
  return {};
}

std::filesystem::path timestamp_of(const std::filesystem::path& repository) {
  return repository.empty() ? repository : repository / "metadata/timestamp.json";
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos) return bad_endpoint(text, "it has no port");
  std::string_view address = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool bracketed = address.starts_with('[') && address.ends_with(']');
  if (bracketed) address = address.substr(1, address.size() - 2);

  Endpoint endpoint;
  const auto [end, wrong] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (wrong != std::errc{} || end != port.data() + port.size()) {
    return bad_endpoint(text, "the port is not a number from 0 to 65535");
  }
  error_code problem;
  const auto parsed = asio::ip::make_address(std::string(address), problem);
  if (problem || parsed.is_v6() != bracketed) return bad_endpoint(text, "it is not a numeric address");
  endpoint.address = parsed.to_string();
  return endpoint;
}

Result<std::string> parse_public_url(std::string_view text) {
  const std::string_view host = text.starts_with("https://")  ? text.substr(8)
                                : text.starts_with("http://") ? text.substr(7)
                                                              : std::string_view();
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || std::string_view("-.:[]").contains(c);
  };
  if (!host.empty() && std::ranges::all_of(host, plain)) return std::string(text);
  return fail("server.public-url", "read the address \"" + std::string(text) + "\"",
              "it is not http:// or https:// and a host in lower case",
              "write it as https://suture.example.org");
}

Result<std::string> parse_proxy(std::string_view text) {
  std::string address = plain_address(text);
  if (!address.empty()) return address;
  return fail("server.proxy", "read the address \"" + std::string(text) + "\"",
              "it is not a numeric address");
}

bool is_public(const Endpoint& endpoint) {
  error_code problem;
  const auto address = asio::ip::make_address(endpoint.address, problem);
  if (problem || address.is_loopback()) return false;
  if (address.is_v6()) {
    const auto bytes = address.to_v6().to_bytes();
    const bool unique_local = (bytes[0] & 0xfe) == 0xfc;
    return !unique_local && !address.to_v6().is_link_local();
  }
  // RFC 1918, and RFC 3927 for those without a server that gives addresses.
  const auto number = address.to_v4().to_uint();
  return number >> 24 != 10 && number >> 20 != 0xac1 && number >> 16 != 0xc0a8 && number >> 16 != 0xa9fe;
}

// The order of members is the order of life: connections live in `queues`, and use all that stands above
// them.
struct Server::Running {
  Running(ServerOptions given, Store opened, AccessStore tokens, People who, FleetGauges gauges,
          RolloutStore steered, Outbox messages, std::optional<StaticFiles> folder,
          std::unique_ptr<Tls> identity)
      : options(std::move(given)),
        store(std::move(opened)),
        access_store(std::move(tokens)),
        people(std::move(who)),
        files(std::move(folder)),
        tls(std::move(identity)),
        metrics(std::move(gauges), metric_sources()),
        rollouts(std::move(steered), store, &board,
                 {.repository = options.repository, .gate_urls = options.gate_urls}),
        outbox(std::move(messages)) {}
  ~Running() { stop(); }

  void run();
  void stop();
  Metrics::Sources metric_sources();

  ServerOptions options;
  Store store;
  AccessStore access_store;
  People people;
  std::optional<StaticFiles> files;
  std::unique_ptr<Tls> tls;
  Access access{access_store, {.report = options.report_token, .wake = options.wake_token}, {}, &people};
  WakeBoard board{timestamp_of(options.repository), options.limits.waiting};
  WakeRelay relay{options.database, board};
  Metrics metrics;
  Rollouts rollouts;
  KnowledgeBoard knowledge{options.repository, options.verdicts};
  FleetWatch fleet_watch{store, knowledge, options.fleet};
  Outbox outbox;
  Postman postman{options.notify.postman};
  Courier courier{outbox, postman, metrics.counters()};
  Notifications notifications{outbox, courier, postman.rules()};
  Api api{{.store = store,
           .access = access,
           .people = &people,
           .board = &board,
           .relay = &relay,
           .page = options.page,
           .require_host_keys = options.require_host_keys,
           .metrics = &metrics,
           .knowledge = &knowledge,
           .notifications = &notifications,
           .rollouts = &rollouts}};
  Connections connections;
  asio::thread_pool database{options.database.most_at_once()};
  asio::thread_pool counting{1};
  asio::thread_pool slow{2};
  ReportDesk desk{api, database};
  Shared shared{api,
                files ? &*files : nullptr,
                database,
                counting,
                slow,
                metrics.counters(),
                desk,
                board,
                tls.get(),
                options.limits,
                options.proxies,
                people.policy.secure()};
  std::deque<asio::io_context> queues = queues_for(options.threads);  ///< the first one accepts, too
  Acceptor acceptor{queues.front()};
  Timer looking{queues.front()};
  std::uint16_t port = 0;
  std::vector<std::jthread> threads;
};

Metrics::Sources Server::Running::metric_sources() {
  Metrics::Sources sources{
      .board = &board, .knowledge = &knowledge, .timestamp = timestamp_of(options.repository)};
  if (tls) sources.certificate_end = [this] { return tls->expires_at(); };
  return sources;
}

void Server::Running::run() {
  fleet_watch.start();
  courier.start();
  asio::co_spawn(queues.front(), accept_loop(queues, acceptor, shared, connections), log_exception);
  asio::co_spawn(queues.front(), look_loop(board, shared, looking), log_exception);
  rollouts.start();
  for (asio::io_context& queue : queues) {
    threads.emplace_back([&queue] {
      const auto even_without_work = asio::make_work_guard(queue);
      queue.run();
    });
  }
}

void Server::Running::stop() {
  if (shared.stopping.exchange(true)) return;
  rollouts.stop();
  asio::post(queues.front(), [this] {
    error_code ignored;
    acceptor.close(ignored);
    looking.cancel();
  });
  connections.wake_all();
  if (!connections.wait_until_empty(options.limits.stop_grace)) {
    spdlog::warn("some responses did not end in time and are cut off");
  }
  relay.end();
  for (asio::io_context& queue : queues) queue.stop();
  threads.clear();
  database.join();
  counting.join();
  slow.join();
  desk.close();
  fleet_watch.stop();
  courier.stop();
}

Server::Server(std::unique_ptr<Running> running) : running_(std::move(running)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(ServerOptions options) {
  TRY(look_at(options.database));
  auto store = TRY(Store::open(options.database, options.store_limits));
  auto access_store = TRY(AccessStore::open(options.database, options.store_limits));
  auto gauges = TRY(FleetGauges::open(options.database, options.store_limits));
  auto outbox =
      TRY(Outbox::open(options.database, options.store_limits, options.notify.times, options.notify.fleet));
  auto people = TRY(People::open(options.database, options.store_limits,
                                 {.https = !options.tls_certificate.empty(),
                                  .require_totp = options.require_totp,
                                  .public_url = options.public_url}));
  if (!options.oidc.issuer.empty()) people.oidc = TRY(Oidc::open(options.oidc));
  auto rollout_store = TRY(RolloutStore::open(options.database, options.store_limits));
  std::optional<StaticFiles> files;
  if (!options.repository.empty()) files.emplace(TRY(StaticFiles::open(options.repository)));
  std::unique_ptr<Tls> tls;
  if (!options.tls_certificate.empty()) {
    tls = TRY(Tls::load({.certificate = options.tls_certificate, .key = options.tls_key}));
  } else if (is_public(options.listen)) {
    spdlog::warn("without TLS, whoever is on the way can read and change what is said here");
  }
  auto running = std::make_unique<Running>(std::move(options), std::move(store), std::move(access_store),
                                           std::move(people), std::move(gauges), std::move(rollout_store),
                                           std::move(outbox), std::move(files), std::move(tls));
  // The database may be away for now; the first report is to have its plan where it is not.
  if (const auto read = running->rollouts.refresh(); !read) spdlog::warn("{}", read.error().message());
  TRY(listen_on(running->acceptor, running->options.listen));
  error_code problem;
  running->port = running->acceptor.local_endpoint(problem).port();
  if (running->access.open_to_all()) {
    spdlog::warn(
        "there is neither a user nor an API token: whoever can connect reads the fleet; suture-server user "
        "add"
        " closes it");
  }
  running->run();
  return std::unique_ptr<Server>(new Server(std::move(running)));
}

std::uint16_t Server::port() const {
  return running_->port;
}

std::size_t Server::waiting() const {
  return running_->board.waiting();
}

Result<void> Server::reload() {
  if (running_->tls) TRY(running_->tls->reload());
  return {};
}

void Server::stop() {
  running_->stop();
}

}  // namespace suture::server
