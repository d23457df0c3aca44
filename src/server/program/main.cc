// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "access_commands.h"
#include "backup_commands.h"
#include "base/duration.h"
#include "base/file.h"
#include "database_arguments.h"
#include "notify_options.h"
#include "rollout_commands.h"
#include "server/page/page.h"
#include "server/server.h"
#include "user_commands.h"

namespace {

using suture::Result;
using suture::server::Server;
using suture::server::ServerOptions;

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr std::size_t kTokenLeast = 16;
constexpr std::size_t kTokenMost = 4096;

struct Arguments {
  std::string listen = "127.0.0.1:8480";
  std::string repository;
  suture::server::DatabaseArguments database;
  std::uint64_t database_mebibytes = 4096;
  std::uint32_t reports_per_host = 100;
  std::uint32_t connections = 1024;
  unsigned threads = 2;
  std::string port_file;
  std::string token_file;
  std::string wake_token_file;
  std::vector<std::string> gate_urls;
  bool require_host_keys = false;
  std::string public_url;
  std::vector<std::string> proxies;
  bool require_totp = false;
  std::string oidc_issuer;
  std::string oidc_client;
  std::string oidc_secret_file;
  std::string oidc_role_claim = "groups";
  std::vector<std::string> oidc_roles;
  std::uint32_t waiting = 20'000;
  std::string tls_certificate;
  std::string tls_key;
  std::string verdicts;
  std::string silent_after = "12h";
  std::int64_t events_kept = 100'000;
  unsigned stop_seconds = 10;
  std::string log_level = "info";
  suture::server::NotifyArguments notify;
};

void describe(CLI::App& app, Arguments& arguments) {
  app.set_version_flag("--version", "suture-server " SUTURE_VERSION);
  app.add_option("--listen", arguments.listen, "Address and port; port 0 lets the kernel choose")
      ->type_name("ADDRESS:PORT")
      ->capture_default_str();
  app.add_option("--repository", arguments.repository, "Folder to serve under /repository/")
      ->type_name("DIR");
  suture::server::describe(app, arguments.database);
  app.add_option("--database-limit", arguments.database_mebibytes, "Most that the database may grow to")
      ->type_name("MIB")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  app.add_option("--reports-per-host", arguments.reports_per_host, "Reports kept of each host")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--connections", arguments.connections, "Open at a time; more are answered 503")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--threads", arguments.threads, "Threads that serve connections")
      ->type_name("N")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_option("--port-file", arguments.port_file, "File to write the port to, once it is open")
      ->type_name("FILE");
  // An empty variable in somebody's script must not mean a server without TLS, or one that is open.
  const auto named = [](const std::string& file) { return file.empty() ? "it names no file" : ""; };
  app.add_option("--report-token-file", arguments.token_file, "Take only reports with the bearer token in it")
      ->type_name("FILE")
      ->check(named);
  app.add_flag("--require-host-keys", arguments.require_host_keys,
               "Refuse reports that no key of a host's own has signed");
  app.add_option(
         "--gate-url", arguments.gate_urls,
         "Let gates of rollouts ask below this URL, a Prometheus server's or a webhook's; again for more")
      ->type_name("URL")
      ->allow_extra_args(false)
      ->check([](const std::string& url) {
        const bool known = url.starts_with("https://") || url.starts_with("http://");
        return known ? "" : "it begins neither with https:// nor with http://";
      });
  app.add_option("--waiting", arguments.waiting, "Hosts that may wait for a call at a time")
      ->type_name("N")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  app.add_option("--wake-token-file", arguments.wake_token_file,
                 "Call all hosts that wait, or forget a host's key, for whoever has the bearer token in it")
      ->type_name("FILE")
      ->check(named);
  app.add_option("--public-url", arguments.public_url,
                 "Where people find this server, as https://suture.example.org: behind a proxy, and for "
                 "links in notifications")
      ->type_name("URL");
  app.add_flag("--require-totp", arguments.require_totp,
               "Whoever logs in with a password may do nothing before a second factor is set up");
  app.add_option("--trusted-proxy", arguments.proxies,
                 "Believe this proxy's X-Forwarded-For; again for more of them")
      ->type_name("ADDRESS")
      ->allow_extra_args(false);
  app.add_option("--verdicts", arguments.verdicts,
                 "What `suture watch report --format openvex` wrote of kernels; a file, or a folder of them")
      ->type_name("PATH");
  app.add_option("--silent-after", arguments.silent_after, "Without a report for so long, a host is silent")
      ->type_name("TIME")
      ->capture_default_str();
  app.add_option("--events-kept", arguments.events_kept, "Events that are kept; older ones are dropped")
      ->type_name("N")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  auto* certificate =
      app.add_option(
             "--tls-certificate", arguments.tls_certificate,
             "Speak TLS with this certificate and those that lead to its root, PEM; SIGHUP reloads it")
          ->type_name("FILE")
          ->check(named);
  auto* key = app.add_option("--tls-key", arguments.tls_key, "The certificate's private key, PEM")
                  ->type_name("FILE")
                  ->check(named)
                  ->needs(certificate);
  certificate->needs(key);
  app.add_option("--stop-time", arguments.stop_seconds, "Time for responses under way when it is to stop")
      ->type_name("SECONDS")
      ->check(CLI::Range(0, 3600))
      ->capture_default_str();
  arguments.notify.describe(app);
  app.add_option("--log-level", arguments.log_level, "Least that is logged")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
}

void describe_sign_on(CLI::App& app, Arguments& arguments) {
  const auto named = [](const std::string& value) { return value.empty() ? "it is empty" : ""; };
  auto* issuer = app.add_option("--oidc-issuer", arguments.oidc_issuer,
                                "Let people log in by this OpenID Connect provider; needs --public-url")
                     ->type_name("URL")
                     ->check(named)
                     ->needs("--public-url");
  auto* client = app.add_option("--oidc-client-id", arguments.oidc_client, "Who this server is there")
                     ->type_name("ID")
                     ->check(named)
                     ->needs(issuer);
  issuer->needs(client);
  app.add_option("--oidc-client-secret", arguments.oidc_secret_file, "File with the secret for that")
      ->type_name("FILE")
      ->check(named)
      ->needs(issuer);
  app.add_option("--oidc-role-claim", arguments.oidc_role_claim, "Claim of the ID token that lists groups")
      ->type_name("NAME")
      ->capture_default_str()
      ->needs(issuer);
  auto* roles = app.add_option("--oidc-role", arguments.oidc_roles,
                               "Role of a group, * for whoever logs in there; again for more")
                    ->type_name("GROUP=ROLE")
                    ->allow_extra_args(false)
                    ->needs(issuer);
  issuer->needs(roles);
}

Result<suture::server::OidcOptions> sign_on_of(const Arguments& arguments) {
  suture::server::OidcOptions options;
  options.issuer = arguments.oidc_issuer;
  options.client_id = arguments.oidc_client;
  if (!arguments.oidc_secret_file.empty()) {
    options.client_secret = TRY(suture::read_text_file(arguments.oidc_secret_file, kTokenMost));
    options.client_secret.resize(
        std::min(options.client_secret.find_last_not_of("\r\n") + 1, options.client_secret.size()));
  }
  options.role_claim = arguments.oidc_role_claim;
  for (const std::string& text : arguments.oidc_roles)
    options.roles.push_back(TRY(suture::server::parse_oidc_role(text)));
  options.redirect_url = arguments.public_url + "/api/v1/oidc/callback";
  return options;
}

Result<std::string> read_token(const std::string& file) {
  std::string token = TRY(suture::read_text_file(file, kTokenMost));
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
  const bool plain = std::ranges::all_of(token, [](unsigned char c) { return c > ' ' && c < 0x7f; });
  if (token.size() < kTokenLeast || !plain) {
    return suture::fail("server.token", "read the token in " + file,
                        fmt::format("it is not one line of {} or more printable characters", kTokenLeast),
                        "make one with: openssl rand -hex 32");
  }
  return token;
}

Result<std::chrono::seconds> silence_of(const std::string& text) {
  const auto time = suture::parse_duration(text);
  if (time && *time >= std::chrono::minutes(1)) return *time;
  return suture::fail("server.silent-after", "read --silent-after " + text,
                      "it is not a time of a minute or more, such as 90m, 12h, 2d");
}

Result<ServerOptions> options_of(const Arguments& arguments) {
  constexpr std::uint64_t kPagesPerMebibyte = 256;
  ServerOptions options;
  options.listen = TRY(suture::server::parse_endpoint(arguments.listen));
  options.repository = arguments.repository;
  options.page = suture::server::built_page();
  options.database = TRY(suture::server::database_of(arguments.database));
  options.threads = arguments.threads;
  options.limits.connections = arguments.connections;
  options.store_limits.reports_per_host = arguments.reports_per_host;
  options.store_limits.database_pages =
      static_cast<std::uint32_t>(arguments.database_mebibytes * kPagesPerMebibyte);
  if (!arguments.token_file.empty()) options.report_token = TRY(read_token(arguments.token_file));
  options.verdicts = arguments.verdicts;
  options.fleet.silence.after = TRY(silence_of(arguments.silent_after));
  options.fleet.events_kept = arguments.events_kept;
  options.require_host_keys = arguments.require_host_keys;
  options.require_totp = arguments.require_totp;
  if (!arguments.oidc_issuer.empty()) options.oidc = TRY(sign_on_of(arguments));
  if (!arguments.public_url.empty()) {
    options.public_url = TRY(suture::server::parse_public_url(arguments.public_url));
  }
  for (const std::string& proxy : arguments.proxies) {
    options.proxies.push_back(TRY(suture::server::parse_proxy(proxy)));
  }
  options.gate_urls = arguments.gate_urls;
  options.limits.waiting = arguments.waiting;
  options.limits.stop_grace = std::chrono::seconds(arguments.stop_seconds);
  options.tls_certificate = arguments.tls_certificate;
  options.tls_key = arguments.tls_key;
  options.notify = TRY(arguments.notify.options(options.public_url));
  if (!arguments.wake_token_file.empty()) options.wake_token = TRY(read_token(arguments.wake_token_file));
  return options;
}

/// To standard error. The journal has its own times, so a line has none there.
void set_up_log(const std::string& level) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("suture-server"));
  spdlog::set_level(spdlog::level::from_str(level));
  const bool journal = std::getenv("JOURNAL_STREAM") != nullptr;
  spdlog::set_pattern(journal ? "%l: %v" : "%Y-%m-%dT%H:%M:%SZ %^%l%$ %v", spdlog::pattern_time_type::utc);
}

/// Each host that waits holds a connection. The soft limit of most systems is 1024, for programs that use
/// select(2).
void allow_many_files() {
  struct rlimit files {};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

/// The signals that steer the server are taken by sigwait, so no thread may die of them.
sigset_t block_steering_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

Result<void> announce(const Server& server, const Arguments& arguments) {
  const std::string port = fmt::format("{}\n", server.port());
  if (!arguments.port_file.empty()) TRY(suture::write_file(arguments.port_file, port));
  fmt::print("{}", port);
  std::fflush(stdout);
  spdlog::info("serving on port {}", server.port());
  sd_notify(0, "READY=1");
  return {};
}

/// A broken file is no reason to end what works.
void reload(Server& server) {
  sd_notify(0, "RELOADING=1");
  if (const auto done = server.reload(); !done) {
    spdlog::error("the server goes on with the TLS certificate that it has: {}", done.error().message());
  }
  sd_notify(0, "READY=1");
}

Result<void> serve(const Arguments& arguments) {
  const sigset_t signals = block_steering_signals();
  allow_many_files();
  const auto server = TRY(Server::start(TRY(options_of(arguments))));
  TRY(announce(*server, arguments));
  for (int signal = SIGHUP; signal == SIGHUP;) {
    sigwait(&signals, &signal);
    if (signal == SIGHUP) reload(*server);
  }
  sd_notify(0, "STOPPING=1");
  spdlog::info("stopping");
  server->stop();
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Serves a Suture repository and takes the agents' reports.", "suture-server");
  describe(app, arguments);
  describe_sign_on(app, arguments);
  suture::server::AccessCommands commands(app, arguments.database);
  suture::server::BackupCommands backups(app, arguments.database);
  suture::server::UserCommands users(app, arguments.database);
  suture::server::RolloutCommands rollouts(app, arguments.database, arguments.repository);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  set_up_log(arguments.log_level);
  auto command = commands.run();
  if (!command) command = backups.run();
  if (!command) command = users.run();
  if (!command) command = rollouts.run();
  const auto done = command ? *command : serve(arguments);
  if (done) return 0;
  fmt::print(stderr, "suture-server: {}\n", done.error().message());
  return kFailed;
}
