// SPDX-License-Identifier: Apache-2.0
//
// bench_fleet: a fleet of hosts that are not there, against a real server. bench/fleet.sh says what is
// measured with it. Each command prints one line of JSON.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "base/json.h"
#include "loads.h"
#include "server/fleet/store.h"
#include "simulated.h"

namespace {

using namespace suture;
using namespace suture::bench;

struct Arguments {
  WireOptions wire{};
  std::size_t clients = 64;
  std::size_t count = 50'000;
  std::uint64_t hosts = 75'000;
  std::uint64_t first = 0;
  std::uint64_t round = 1;
  double rate = 0;
  bool fresh = false;
  bool reports_only = false;
  std::string path = "/repository/metadata/timestamp.json";
  std::string etag{};
  std::string token{};
  std::string database{};
};

std::string authority(const Arguments& arguments) {
  return fmt::format("{}:{}", arguments.wire.address, arguments.wire.port);
}

Time now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

/// Which host the unit is of: all in turn, in an order that no database likes.
std::uint64_t host_of(const Arguments& arguments, std::size_t unit) {
  constexpr std::uint64_t kPrime = 1'000'003;
  return arguments.first + unit * kPrime % arguments.hosts;
}

Result<Json> run_steps(const Arguments& arguments, Steps::Plan plan) {
  auto wire = TRY(Wire::open(arguments.wire));
  const std::size_t units = plan.units;
  Steps steps(std::move(plan), arguments.clients);
  TRY(wire.run(steps, arguments.clients));
  if (steps.wrong() > 0) {
    return fail("bench.answer", "run the load",
                fmt::format("{} answers were wrong, the first: {}", steps.wrong(), steps.first_wrong()));
  }
  Durations& took = steps.durations();
  return Json{{"count", units},
              {"seconds", steps.seconds()},
              {"per_second", static_cast<double>(units) / steps.seconds()},
              {"connections", wire.connections()},
              {"resumed", wire.resumed()},
              {"p50_ms", took.at(0.5)},
              {"p99_ms", took.at(0.99)},
              {"p999_ms", took.at(0.999)},
              {"most_ms", took.at(1)}};
}

/// What an agent does at each check when nothing has changed: one look at timestamp.json, one signed report.
Result<Json> check_in(const Arguments& arguments) {
  // Signed before the clock runs: the agents' processors are not what is measured.
  std::vector<std::string> reports;
  reports.reserve(arguments.count);
  const auto first = std::chrono::duration_cast<std::chrono::microseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
  for (std::size_t i = 0; i < arguments.count; ++i) {
    const std::uint64_t round = arguments.round + i / arguments.hosts;
    reports.push_back(TRY(report_request(host_of(arguments, i), round, now(),
                                         first + static_cast<std::int64_t>(i), authority(arguments))));
  }
  const std::string look = get_request(arguments.path, arguments.etag, authority(arguments));
  Steps::Plan plan{.units = arguments.count, .rate = arguments.rate, .fresh = arguments.fresh};
  if (arguments.reports_only) {
    plan.text = [&](std::size_t unit, std::size_t) { return std::string_view(reports[unit]); };
    plan.statuses = {202};
  } else {
    plan.requests = 2;
    plan.text = [&](std::size_t unit, std::size_t request) {
      return std::string_view(request == 0 ? look : reports[unit]);
    };
    plan.statuses = {304, 202};
  }
  return run_steps(arguments, std::move(plan));
}

/// The same file again and again.
Result<Json> get(const Arguments& arguments) {
  const std::string request = get_request(arguments.path, arguments.etag, authority(arguments));
  return run_steps(arguments, {.units = arguments.count,
                               .rate = arguments.rate,
                               .fresh = arguments.fresh,
                               .text = [&](std::size_t, std::size_t) { return std::string_view(request); },
                               .statuses = {arguments.etag.empty() ? 200 : 304}});
}

/// The entity tag of a path, or the word for those who wait.
Result<std::string> ask(const Arguments& arguments, const std::string& path) {
  struct Once : Load {
    std::string request, header, body;
    bool ended = false;
    std::optional<std::string_view> next(std::size_t) override {
      return ended ? std::nullopt : std::optional<std::string_view>(request);
    }
    void answered(std::size_t, const Answer& answer) override {
      header = answer.header;
      body = answer.body;
      ended = true;
    }
    bool done() const override { return ended; }
  } once;
  once.request = get_request(path, "", authority(arguments));
  auto wire = TRY(Wire::open(arguments.wire));
  TRY(wire.run(once, 1));
  if (const auto at = once.header.find("ETag: "); at != once.header.npos) {
    return once.header.substr(at + 6, once.header.find('\r', at) - at - 6);
  }
  return json_string(TRY(parse_json(once.body, "the server's answer")), "after");
}

Result<Json> wake(const Arguments& arguments) {
  const std::string word = TRY(ask(arguments, "/api/v1/wake"));
  const std::string call = fmt::format(
      "POST /api/v1/wake HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Length: 0\r\n\r\n",
      authority(arguments), arguments.token);
  auto wire = TRY(Wire::open(arguments.wire));
  Waits waits(get_request("/api/v1/wake?after=" + word, "", authority(arguments)), call, arguments.count,
              arguments.rate > 0 ? arguments.rate : 2000);
  TRY(wire.run(waits, arguments.count + 1));
  if (waits.wrong() > 0) {
    return fail("bench.answer", "wake the hosts",
                fmt::format("{} answers were wrong, the first: {}", waits.wrong(), waits.first_wrong()));
  }
  return Json{{"count", arguments.count},
              {"seconds", waits.seconds()},
              {"p50_ms", waits.durations().at(0.5)},
              {"p99_ms", waits.durations().at(0.99)}};
}

/// A database of many hosts, made without a server.
Result<Json> fill(const Arguments& arguments) {
  const auto begin = Clock::now();
  auto store = TRY(server::Store::open(TRY(server::FleetDatabase::at(arguments.database, {}))));
  constexpr std::uint64_t kAtOnce = 1000;
  for (std::uint64_t i = 0; i < arguments.hosts; i += kAtOnce) {
    std::vector<server::Incoming> reports;
    for (std::uint64_t host = i; host < std::min(i + kAtOnce, arguments.hosts); ++host) {
      const Ed25519Private key = TRY(host_key(arguments.first + host));
      reports.push_back({.report = host_report(arguments.first + host, 0),
                         .signer = server::Signer{key.public_key().hex(), 1},
                         .at = std::chrono::system_clock::now()});
    }
    for (const auto& taken : store.add_all(reports)) TRY(taken);
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return Json{{"count", arguments.hosts}, {"seconds", seconds}};
}

using Command = Result<Json> (*)(const Arguments&);

void describe(CLI::App& app, Arguments& arguments, Command& chosen) {
  app.require_subcommand(1);
  const auto command = [&](const char* name, const char* words, Command run) {
    CLI::App* made = app.add_subcommand(name, words);
    made->callback([&chosen, run] { chosen = run; });
    return made;
  };
  const auto wire = [&](CLI::App* made) {
    made->add_option("--port", arguments.wire.port, "Of the server, on 127.0.0.1")->required();
    made->add_option("--ca", arguments.wire.ca, "TLS, with a certificate that this one vouches for");
    made->add_flag("--resume", arguments.wire.resumes, "A new connection goes on with the last session");
    made->add_option("--clients", arguments.clients, "At a time")->capture_default_str();
    made->add_option("--count", arguments.count, "How many are sent, or wait")->capture_default_str();
    made->add_option("--rate", arguments.rate, "A second; 0: as fast as the server answers");
    made->add_flag("--fresh", arguments.fresh, "Each request over a connection of its own");
    made->add_option("--path", arguments.path, "Of the file")->capture_default_str();
    made->add_option("--etag", arguments.etag, "That the client has");
    return made;
  };
  CLI::App* check = wire(command("check-in", "Hosts look at the repository and report", check_in));
  check->add_flag("--reports-only", arguments.reports_only, "They only report");
  check->add_option("--round", arguments.round, "How often they have been here")->capture_default_str();
  CLI::App* made = command("fill", "Puts hosts into a database", fill);
  made->add_option("--database", arguments.database, "Of suture-server")->required();
  for (CLI::App* each : {check, made}) {
    each->add_option("--hosts", arguments.hosts, "How many there are")->capture_default_str();
    each->add_option("--first", arguments.first, "Number of the first")->capture_default_str();
  }
  wire(command("get", "Clients read one file", get));
  wire(command("wake", "Hosts wait, and are called", wake))->add_option("--token", arguments.token, "");
  wire(command("etag", "Tells the tag of a file", [](const Arguments& given) -> Result<Json> {
    return Json{{"etag", TRY(ask(given, given.path))}};
  }));
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  Arguments arguments;
  Command run = nullptr;
  CLI::App app("Simulated hosts against a suture-server.", "bench_fleet");
  describe(app, arguments, run);
  CLI11_PARSE(app, argc, argv);
  const auto done = run(arguments);
  if (!done) {
    fmt::print(stderr, "bench_fleet: {}\n", done.error().message());
    return 1;
  }
  fmt::print("{}\n", done->dump());
  return 0;
}
