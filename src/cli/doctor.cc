// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "agent/config.h"
#include "agent/control.h"
#include "base/json.h"
#include "base/terminal.h"
#include "base/time.h"
#include "cli/agent_request.h"
#include "engine/engine_support.h"
#include "engine/obstacles.h"
#include "fetch/http_fetcher.h"
#include "repository/verifier.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture doctor                             what stands in the way on this host, and what to do about it
  sudo suture doctor                        the same, with what only root may see
  suture doctor --offline --json            without asking the repository; for a program
)";

struct Options {
  std::shared_ptr<AgentOptions> agent;
  bool offline = false;
};

struct Finding {
  bool good = false;
  bool blocks = false;  ///< nothing can be applied like this
  std::string what{};
  std::string code{};
  std::string hint{};
};

Finding good(std::string what) {
  return {.good = true, .what = std::move(what)};
}

Finding bad(const Error& error) {
  return {.blocks = true, .what = error.what + ": " + error.why, .code = error.code, .hint = error.hint};
}

/// The root that the agent believes, or would begin with.
Finding look_at_root(const AgentConfig& config) {
  const auto limit = tuf::size_limit(tuf::Role::kRoot);
  auto bytes = read_file(config.state / "trusted/root.json", limit);
  if (!bytes) bytes = read_file(config.root, limit);
  if (!bytes) {
    Error error = std::move(bytes).error();
    error.hint = "Put the repository's metadata/1.root.json there, from a source that you trust.";
    return bad(error);
  }
  const auto trusted = tuf::trust_root(*bytes);
  if (!trusted) return bad(trusted.error());
  const auto now = wall_clock();
  if (trusted->root.expires <= now) {
    return {.what = "the trusted root expired at " + time_text(trusted->root.expires),
            .code = "repository.expired",
            .hint = "Is this machine's clock right? The repository must have a newer root by now."};
  }
  return good(fmt::format("the root of trust is version {}, until {}", trusted->root.version,
                          time_text(trusted->root.expires)));
}

Finding look_at_server(const AgentConfig& config, const std::string& url) {
  auto fetcher = HttpFetcher::open(url, http_options(config));
  if (!fetcher) return bad(fetcher.error());
  const auto timestamp = fetcher->fetch("metadata/timestamp.json", tuf::size_limit(tuf::Role::kTimestamp));
  if (!timestamp) {
    Finding finding = bad(timestamp.error());
    finding.blocks = false;
    return finding;
  }
  return good("the repository answers: " + url);
}

Finding look_at_space(const AgentConfig& config) {
  constexpr std::uintmax_t kEnough = 64u << 20;
  std::error_code error;
  const auto space = std::filesystem::space(config.state, error);
  if (error) {
    return {.what = "the state folder " + config.state.string() + ": " + error.message(),
            .code = "agent.state",
            .hint = "sutured makes it at its first start, as root."};
  }
  if (space.available < kEnough) {
    return {.what = fmt::format("{} has only {} left", config.state.string(), human_size(space.available)),
            .code = "agent.disk-full",
            .hint = "A patchset takes a few megabytes, twice while it is exchanged."};
  }
  return good(fmt::format("{} has {} left", config.state.string(), human_size(space.available)));
}

/// One that is not to be used stands in nobody's way while another one is.
void look_at_engines(const std::vector<std::string>& wanted, std::vector<Finding>& findings) {
  const auto named = [&](const EngineSupport& one) {
    return std::ranges::find(wanted, one.engine) != wanted.end();
  };
  const auto engines = find_engine_support({});
  const bool none =
      std::ranges::none_of(engines, [&](const EngineSupport& one) { return one.usable && named(one); });
  for (const EngineSupport& one : engines) {
    if (one.usable) {
      findings.push_back(good(fmt::format("engine {}: {}{}", one.engine, one.text,
                                          named(one) ? "" : "; agent.toml does not let it be used")));
    } else if (named(one)) {
      findings.push_back({.blocks = none,
                          .what = fmt::format("engine {} cannot be used: {}", one.engine, one.text),
                          .code = "engine.unusable",
                          .hint = none ? "Boot a kernel of the distribution that can be live patched." : ""});
    }
  }
}

void look_at_kernel(const std::vector<std::string>& engines, std::vector<Finding>& findings) {
  const auto kernel = read_running_kernel({});
  findings.push_back(kernel ? good("runs " + kernel->release + ", build-id " + kernel->build_id)
                            : bad(kernel.error()));
  const auto obstacles = find_obstacles({}, nullptr, engines);
  for (const Obstacle& obstacle : obstacles) {
    findings.push_back(
        {.blocks = obstacle.blocks, .what = obstacle.text, .code = obstacle.code, .hint = obstacle.hint});
  }
  if (obstacles.empty()) findings.push_back(good("nothing else patches this kernel, and ftrace is on"));
}

void look_at_agent(const AgentConfig& config, std::vector<Finding>& findings) {
  const auto answer = ask_daemon(config.socket, "status", std::chrono::seconds(2));
  // A busy daemon, or one that we may not ask, is running too.
  if (answer || answer.error().code != "control.absent") {
    findings.push_back(good("sutured is running"));
  } else {
    findings.push_back({.what = "sutured is not running",
                        .code = "control.absent",
                        .hint = "`systemctl enable --now sutured`"});
  }
  const auto status = answer ? json_object(*answer, "status") : Result<const Json*>(nullptr);
  if (!status || *status == nullptr) return;
  if (const auto error = json_object(**status, "error")) {
    findings.push_back({.what = "the last attempt failed: " + json_string(**error, "message").value_or("?"),
                        .code = json_string(**error, "code").value_or("?")});
  }
}

std::vector<Finding> examine(const Options& options) {
  std::vector<Finding> findings;
  const auto config = read_config(options.agent->config);
  const std::vector<std::string> engines = config ? config->engines : AgentConfig{}.engines;
  look_at_kernel(engines, findings);
  look_at_engines(engines, findings);
  if (!config) {
    findings.push_back(bad(config.error()));
    return findings;
  }
  findings.push_back(look_at_root(*config));
  if (const auto distribution = distribution_of(*config)) {
    findings.push_back(good("follows " + config->channel + " for " + *distribution));
  } else {
    findings.push_back(bad(distribution.error()));
  }
  if (!options.offline) {
    for (const std::string& url : repository_servers(*config))
      findings.push_back(look_at_server(*config, url));
  }
  findings.push_back(look_at_space(*config));
  look_at_agent(*config, findings);
  return findings;
}

Result<int> doctor(const Options& options, bool json) {
  const std::vector<Finding> findings = examine(options);
  bool blocked = false;
  Json all = Json::array();
  for (const Finding& finding : findings) {
    blocked |= finding.blocks;
    const char* state = finding.good ? "good" : finding.blocks ? "blocks" : "warning";
    all.push_back({{"state", state}, {"what", finding.what}, {"code", finding.code}, {"hint", finding.hint}});
    if (json) continue;
    const std::string mark = finding.good     ? coloured("ok     ", Colour::kGreen)
                             : finding.blocks ? coloured("blocks ", Colour::kRed)
                                              : coloured("warning", Colour::kYellow);
    fmt::print("{}  {}{}\n", mark, finding.what, finding.code.empty() ? "" : " [" + finding.code + "]");
    if (!finding.hint.empty()) fmt::print("         {}\n", finding.hint);
  }
  if (json) fmt::print("{}", json_text({{"blocked", blocked}, {"findings", std::move(all)}}));
  return blocked ? kFailed : kOk;
}

}  // namespace

void add_doctor_command(CLI::App& app, Invocation& invocation) {
  CLI::App& command = *app.add_subcommand("doctor", "On a server: what stands in the way of live patches");
  command.footer(kExamples);
  const auto options = std::make_shared<Options>();
  options->agent = add_agent_options(command);
  command.add_flag("--offline", options->offline, "Do not ask the repository");
  command.callback([&invocation, options] {
    invocation.action = [&invocation, options] { return doctor(*options, invocation.json); };
  });
}

}  // namespace suture::cli
