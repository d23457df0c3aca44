// SPDX-License-Identifier: Apache-2.0
//
// Questions about patchsets that a host answers by itself: list, info.
#include <fmt/format.h>

#include <algorithm>

#include "agent/known_catalog.h"
#include "base/json.h"
#include "base/terminal.h"
#include "cli/agent_request.h"
#include "cli/available_json.h"

namespace suture::cli {
namespace {

constexpr const char* kListExamples = R"(
Examples:
  suture list                               the levels that the channel has for this kernel
  suture info 7                             one of them
  suture cve CVE-2026-53249                 is this machine safe from it, and why?
)";

struct Options {
  std::shared_ptr<AgentOptions> agent;
  std::uint32_t level = 0;
};

struct View {
  Json status{};
  Catalog catalog{};
  std::uint32_t applied = 0;
};

Result<View> look(const Options& options) {
  View view{.status = TRY(request_status(*options.agent))};
  view.applied = static_cast<std::uint32_t>(TRY(json_integer(view.status, "level")));
  view.catalog = TRY(
      read_known_catalog(TRY(read_config(options.agent->config)), TRY(json_string(view.status, "build_id"))));
  return view;
}

bool is_quarantined(const View& view, std::uint32_t level) {
  const Json levels = view.status.value("quarantined", Json::array());
  return std::ranges::find(levels, Json(level)) != levels.end();
}

std::string state_of(const View& view, const AvailablePatchset& patchset) {
  if (patchset.level == view.applied) return patchset.withdrawn ? "applied, withdrawn" : "applied";
  if (patchset.withdrawn) return "withdrawn";
  if (is_quarantined(view, patchset.level)) return "quarantined";
  return patchset.level > view.applied ? "newer" : "older";
}

Json level_json(const View& view, const AvailablePatchset& patchset) {
  Json json = to_json(patchset);
  json["state"] = state_of(view, patchset);
  return json;
}

Result<int> list(const Options& options, bool json) {
  const View view = TRY(look(options));
  if (json) {
    Json levels = Json::array();
    for (const auto& patchset : view.catalog.levels) levels.push_back(level_json(view, patchset));
    fmt::print("{}", json_text({{"channel", view.catalog.stream.channel}, {"levels", std::move(levels)}}));
    return kOk;
  }
  std::vector<std::vector<std::string>> rows;
  for (const AvailablePatchset& patchset : view.catalog.levels) {
    rows.push_back({std::to_string(patchset.level), state_of(view, patchset), patchset.published,
                    std::to_string(patchset.cves.size()), human_size(patchset.module_bytes())});
  }
  if (rows.empty()) {
    fmt::print("channel \"{}\" had nothing for this kernel: `suture check` asks again\n",
               view.catalog.stream.channel);
  } else {
    fmt::print("{}", table({"LEVEL", "STATE", "PUBLISHED", "CVES", "SIZE"}, rows));
  }
  return kOk;
}

Result<int> info(const Options& options, bool json) {
  const View view = TRY(look(options));
  const AvailablePatchset* patchset = view.catalog.find(options.level);
  if (patchset == nullptr) {
    return fail("repository.no-level", "show level " + std::to_string(options.level),
                "the channel had no such level for this kernel", "`suture list` shows those that it had.");
  }
  if (json) {
    fmt::print("{}", json_text(level_json(view, *patchset)));
    return kOk;
  }
  fmt::print("level      {}, {}\n", patchset->level, state_of(view, *patchset));
  if (patchset->withdrawn)
    fmt::print("withdrawn  {}: {}\n", patchset->withdrawn->time, patchset->withdrawn->reason);
  fmt::print("channel    {}, since {}\n", patchset->stream.channel, patchset->published);
  fmt::print("kernel     {}, build-id {}\n", patchset->release, patchset->build_id);
  if (!patchset->effective_version.empty()) {
    fmt::print("effective  {}: all fixes of that version of the package are in it\n",
               patchset->effective_version);
  }
  const auto print_module = [](const RemoteFile& file) {
    fmt::print("module     {}, {}, SHA-256 {}\n", file.name, human_size(file.length), file.sha256);
  };
  print_module(patchset->module);
  for (const RemoteFile& file : patchset->more_modules) print_module(file);
  fmt::print("qualified  {}\n", patchset->qualified() ? "yes" : coloured("no", Colour::kRed));
  fmt::print("log entry  {}\n", patchset->log_index);
  fmt::print("closes     {}\n",
             patchset->cves.empty() ? "no CVE" : fmt::format("{}", fmt::join(patchset->cves, " ")));
  return kOk;
}

CLI::App& add(CLI::App& app, Invocation& invocation, const char* name, const char* help,
              const std::shared_ptr<Options>& options, Result<int> (*run)(const Options&, bool)) {
  CLI::App& command = *app.add_subcommand(name, help);
  command.footer(kListExamples);
  options->agent = add_agent_options(command);
  command.callback([&invocation, options, run] {
    invocation.action = [&invocation, options, run] { return run(*options, invocation.json); };
  });
  return command;
}

}  // namespace

void add_list_commands(CLI::App& app, Invocation& invocation) {
  add(app, invocation, "list", "On a server: the levels that the channel has for this kernel",
      std::make_shared<Options>(), list);
  const auto shown = std::make_shared<Options>();
  add(app, invocation, "info", "On a server: one of them", shown, info)
      .add_option("level", shown->level, "The level")
      ->required()
      ->type_name("LEVEL");
}

}  // namespace suture::cli
