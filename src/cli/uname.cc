// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "agent/agent.h"
#include "agent/effective_kernel.h"
#include "base/json.h"
#include "cli/agent_request.h"
#include "engine/engine_choice.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture uname -r                           the release of a kernel with the same fixes, for scanners
  suture uname -v                           its version, where Debian's package version stands
  suture uname -a                           all that uname(1) prints, of that kernel
  suture uname --json | jq -r .package_version
)";

struct Options {
  std::shared_ptr<AgentOptions> agent;
  bool all = false, system = false, node = false, release = false, version = false, machine = false,
       operating_system = false;
};

Json to_json(const KernelNames& names) {
  return {{"system", names.system},
          {"release", names.release},
          {"version", names.version},
          {"machine", names.machine}};
}

/// In the order of uname(1), whatever the order of the options.
std::string line_of(const Options& options, const KernelNames& names) {
  const bool none = !(options.all || options.system || options.node || options.release || options.version ||
                      options.machine || options.operating_system);
  std::vector<std::string> words;
  const auto add = [&](bool asked, std::string word) {
    if (asked || options.all) words.push_back(std::move(word));
  };
  add(options.system, names.system);
  add(options.node, names.node);
  add(options.release || none, names.release);
  add(options.version, names.version);
  add(options.machine, names.machine);
  add(options.operating_system, "GNU/Linux");
  return fmt::format("{}", fmt::join(words, " "));
}

Result<int> show(const Options& options, bool json) {
  const AgentConfig config = TRY(read_config(options.agent->config));
  const EngineChoice engine(engine_options(config));
  const EffectiveKernel kernel = TRY(read_effective_kernel(config, engine, TRY(read_kernel_names())));
  if (json) {
    fmt::print("{}", json_text({{"booted", to_json(kernel.booted)},
                                {"effective", to_json(kernel.effective)},
                                {"level", kernel.level},
                                {"package_version",
                                 kernel.package_version.empty() ? Json() : Json(kernel.package_version)}}));
  } else {
    fmt::print("{}\n", line_of(options, kernel.effective));
  }
  return kOk;
}

}  // namespace

void add_uname_command(CLI::App& app, Invocation& invocation) {
  CLI::App& command =
      *app.add_subcommand("uname", "On a server: what uname(1) would say of a kernel with the same fixes");
  command.footer(kExamples);
  const auto options = std::make_shared<Options>();
  options->agent = add_agent_options(command);
  command.add_flag("-a,--all", options->all, "All of these, in this order");
  command.add_flag("-s,--kernel-name", options->system, "Linux");
  command.add_flag("-n,--nodename", options->node, "This machine's name");
  command.add_flag("-r,--kernel-release", options->release, "The release; printed when nothing is asked for");
  command.add_flag("-v,--kernel-version", options->version, "The version");
  command.add_flag("-m,--machine", options->machine, "The architecture");
  command.add_flag("-o,--operating-system", options->operating_system, "GNU/Linux");
  command.callback([&invocation, options] {
    invocation.action = [&invocation, options] { return show(*options, invocation.json); };
  });
}

}  // namespace suture::cli
