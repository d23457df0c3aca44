// SPDX-License-Identifier: Apache-2.0
#include "agent/history.h"

#include <fmt/format.h>

#include <chrono>

#include "agent/config.h"
#include "base/duration.h"
#include "base/json.h"
#include "base/terminal.h"
#include "base/time.h"
#include "cli/agent_request.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture history                            what was applied, taken back and refused on this host, and when
  suture history --since 7d
  suture history --since 2026-11-24 --json  in UTC; for a program
)";

struct Options {
  std::shared_ptr<AgentOptions> agent;
  std::string since;
};

/// An instant as events have it, or the beginning of one: texts of this form are ordered as times are.
Result<std::string> read_since(const std::string& text) {
  if (text.empty()) return text;
  if (const auto age = parse_duration(text)) {
    const Time now = wall_clock();
    // Before any event there can be, where the clock's own span ends.
    if (*age > now.time_since_epoch()) return std::string();
    return time_text(now - *age);
  }
  constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:ddZ";
  constexpr std::size_t kDay = 10;
  bool good = text.size() == kDay || text.size() == kForm.size();
  for (std::size_t i = 0; good && i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    good = kForm[i] == 'd' ? digit : text[i] == kForm[i];
  }
  if (good) return text;
  return fail("agent.history", "show what happened since " + text, "that is neither an age nor an instant",
              "Ages are like 12h or 7d, instants like 2026-11-24 or 2026-11-24T10:00:00Z.");
}

std::string level_text(std::uint32_t level) {
  return level == 0 ? "none" : std::to_string(level);
}

std::string levels_text(const Event& event) {
  if (event.from == event.to) return level_text(event.to);
  return level_text(event.from) + " -> " + level_text(event.to);
}

std::string coloured_what(const std::string& what) {
  if (what == "applied" || what == "confirmed" || what == "recovered") return coloured(what, Colour::kGreen);
  if (what == "failed" || what == "quarantined") return coloured(what, Colour::kRed);
  return coloured(what, Colour::kYellow);
}

std::string reason_text(const Event& event) {
  std::string text = event.reason;
  if (!event.code.empty()) text += " [" + event.code + "]";
  if (!event.engine.empty()) text += (text.empty() ? "by " : ", by ") + event.engine;
  return text;
}

Result<int> show(const Options& options, bool json) {
  const AgentConfig config = TRY(read_config(options.agent->config));
  const std::string since = TRY(read_since(options.since));
  std::vector<Event> events = TRY(read_history(config.state));
  std::erase_if(events, [&](const Event& event) { return event.time < since; });
  if (json) {
    Json list = Json::array();
    for (const Event& event : events) list.push_back(to_json(event));
    fmt::print("{}", json_text({{"events", std::move(list)}}));
    return kOk;
  }
  std::vector<std::vector<std::string>> rows;
  for (const Event& event : events) {
    rows.push_back({event.time, coloured_what(event.what), levels_text(event), reason_text(event)});
  }
  if (rows.empty()) {
    fmt::print("nothing has happened on this host\n");
  } else {
    fmt::print("{}", table({"TIME", "EVENT", "LEVEL", "REASON"}, rows));
  }
  return kOk;
}

}  // namespace

void add_history_command(CLI::App& app, Invocation& invocation) {
  CLI::App& command =
      *app.add_subcommand("history", "On a server: what was applied, taken back and refused, and when");
  command.footer(kExamples);
  const auto options = std::make_shared<Options>();
  options->agent = add_agent_options(command);
  command.add_option("--since", options->since, "Only what is not older: 12h, 7d, 2026-11-24")
      ->type_name("TIME");
  command.callback([&invocation, options] {
    invocation.action = [&invocation, options] { return show(*options, invocation.json); };
  });
}

}  // namespace suture::cli
