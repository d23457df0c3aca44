// SPDX-License-Identifier: Apache-2.0
#include "agent/config.h"

#include <fmt/format.h>
#include <unistd.h>

#include "base/json.h"
#include "base/terminal.h"
#include "cli/agent_request.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture config explain                     every setting, its value here, and which file says so
  suture config get install
  sudo suture config set install 24h        only what has been in the channel for a day
  sudo suture config set window 'Sat,Sun 02:00-05:00' && sudo systemctl reload-or-restart sutured
  sudo suture config set window ''          take it out again
)";

struct Options {
  std::shared_ptr<AgentOptions> agent;
  std::string name;
  std::string value;
};

Json to_json(const Setting& setting) {
  return {{"name", setting.name},
          {"value", setting.origin.empty() ? Json() : Json(setting.value)},
          {"origin", setting.origin.empty() ? Json() : Json(setting.origin)},
          {"meaning", setting.meaning}};
}

Result<int> explain(const Options& options, bool json) {
  const auto settings = TRY(explain_config(options.agent->config));
  if (json) {
    Json all = Json::array();
    for (const Setting& setting : settings) all.push_back(to_json(setting));
    fmt::print("{}", json_text({{"settings", std::move(all)}}));
    return kOk;
  }
  std::vector<std::vector<std::string>> rows;
  for (const Setting& setting : settings) {
    const bool said = !setting.origin.empty();
    rows.push_back({setting.name, said ? coloured(setting.value, Colour::kBold) : "default",
                    said ? setting.origin : "", coloured(setting.meaning, Colour::kDim)});
  }
  fmt::print("{}", table({"SETTING", "VALUE", "FROM", "MEANING"}, rows));
  return kOk;
}

Result<int> get(const Options& options, bool json) {
  for (const Setting& setting : TRY(explain_config(options.agent->config))) {
    if (setting.name != options.name) continue;
    if (json) {
      fmt::print("{}", json_text(to_json(setting)));
    } else {
      fmt::print("{}\n", setting.origin.empty() ? "default" : setting.value);
    }
    return kOk;
  }
  return fail("agent.config", "get " + options.name, "there is no such setting",
              "`suture config explain` lists them.");
}

Result<int> set(const Options& options, bool json) {
  if (::geteuid() != 0 && options.agent->config == kDefaultConfig) {
    return fail("engine.not-root", "set " + options.name, "only root may configure the agent",
                "Run it with sudo.");
  }
  TRY(set_in_config(options.agent->config, options.name, options.value));
  if (json) {
    fmt::print("{}", json_text({{"name", options.name}, {"value", options.value}}));
  } else {
    fmt::print("{}; a running agent reads it when it is started again\n",
               options.value.empty() ? options.name + " is the default's again"
                                     : options.name + " = " + options.value);
  }
  return kOk;
}

}  // namespace

void add_config_command(CLI::App& app, Invocation& invocation) {
  CLI::App& config =
      *app.add_subcommand("config", "On a server: the agent's settings, and where they are from");
  config.require_subcommand(1);
  config.fallthrough();
  config.footer(kExamples);
  const auto options = std::make_shared<Options>();
  options->agent = add_agent_options(config);
  const auto add = [&](const char* name, const char* help, Result<int> (*run)(const Options&, bool)) {
    CLI::App* command = config.add_subcommand(name, help);
    command->callback([&invocation, options, run] {
      invocation.action = [&invocation, options, run] { return run(*options, invocation.json); };
    });
    return command;
  };
  add("explain", "Every setting, and which file says so", explain);
  add("get", "The value of one", get)
      ->add_option("setting", options->name, "Its name")
      ->required()
      ->type_name("NAME");
  CLI::App* command = add("set", "Set one, in a drop-in of its own (root)", set);
  command->add_option("setting", options->name, "Its name")->required()->type_name("NAME");
  command->add_option("value", options->value, "Its value; empty: the default")
      ->required()
      ->type_name("VALUE");
}

}  // namespace suture::cli
