// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "agent/agent.h"
#include "agent/verdicts.h"
#include "base/cve_id.h"
#include "base/json.h"
#include "base/terminal.h"
#include "cli/agent_request.h"
#include "engine/engine_choice.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture cve CVE-2026-53249                 is this machine safe from it, and why?
  suture cve                                every CVE that anything on this host names
  suture cve --verdict open                 those that wait for a level
  suture cve --json | jq '.cves[] | select(.verdict == "patched") | .cve'

Exit status: 0 patched, fixed or not affected; 10 open (of several: one at least is); 11 unknown.
)";

/// As documented in suture-cve(1).
constexpr int kOpen = 10;
constexpr int kNotKnown = 11;

struct Options {
  std::shared_ptr<AgentOptions> agent;
  std::string cve;
  std::vector<std::string> verdicts;  ///< to show; none: all
};

Json to_json(const CveVerdict& verdict) {
  return {{"cve", verdict.cve},
          {"verdict", name_of(verdict.verdict)},
          {"why", verdict.why},
          {"level", verdict.level == 0 ? Json() : Json(verdict.level)}};
}

std::string coloured_name(Verdict verdict) {
  const bool bad = verdict == Verdict::kOpen || verdict == Verdict::kUnknown;
  return coloured(name_of(verdict), bad ? Colour::kRed : Colour::kGreen);
}

Result<HostKnowledge> look(const Options& options) {
  const AgentConfig config = TRY(read_config(options.agent->config));
  const EngineChoice engine(engine_options(config));
  HostKnowledge known = TRY(gather_knowledge(config, engine));
  known.changelog = read_kernel_changelog({}, known.kernel.release);
  return known;
}

/// A slip in the typing must not be answered with a verdict.
Result<std::string> read_cve(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (is_cve_id(text)) return text;
  return fail("agent.cve-id", "look for " + text, "that is no CVE identifier",
              "They look like CVE-2026-53249.");
}

Result<int> show_one(const Options& options, bool json) {
  const CveVerdict verdict = verdict_of(TRY(look(options)), TRY(read_cve(options.cve)));
  if (json) {
    fmt::print("{}", json_text(to_json(verdict)));
  } else {
    fmt::print("{}: {}, {}\n", verdict.cve, coloured_name(verdict.verdict), verdict.why);
  }
  if (verdict.verdict == Verdict::kOpen) return kOpen;
  return verdict.verdict == Verdict::kUnknown ? kNotKnown : kOk;
}

Result<int> show_all(const Options& options, bool json) {
  std::vector<CveVerdict> all = verdicts(TRY(look(options)));
  const bool open = std::ranges::any_of(all, [](const CveVerdict& v) { return v.verdict == Verdict::kOpen; });
  std::erase_if(all, [&](const CveVerdict& verdict) {
    return !options.verdicts.empty() &&
           std::ranges::find(options.verdicts, name_of(verdict.verdict)) == options.verdicts.end();
  });
  if (json) {
    Json list = Json::array();
    for (const CveVerdict& verdict : all) list.push_back(to_json(verdict));
    fmt::print("{}", json_text({{"cves", std::move(list)}}));
    return open ? kOpen : kOk;
  }
  std::vector<std::vector<std::string>> rows;
  for (const CveVerdict& verdict : all)
    rows.push_back({verdict.cve, coloured_name(verdict.verdict), verdict.why});
  if (rows.empty()) {
    fmt::print("nothing that is known here names such a CVE: `suture check` asks the repository\n");
  } else {
    fmt::print("{}", table({"CVE", "VERDICT", "WHY"}, rows));
  }
  return open ? kOpen : kOk;
}

}  // namespace

void add_cve_command(CLI::App& app, Invocation& invocation) {
  CLI::App& command = *app.add_subcommand("cve", "On a server: is it safe from a vulnerability, and why");
  command.footer(kExamples);
  const auto options = std::make_shared<Options>();
  options->agent = add_agent_options(command);
  CLI::Option* cve =
      command.add_option("cve", options->cve, "Its identifier; without one, all that are known");
  cve->type_name("CVE");
  command.add_option("--verdict", options->verdicts, "Of all, those with this verdict; again for more")
      ->type_name("VERDICT")
      ->check(CLI::IsMember({"patched", "fixed", "not-affected", "open"}))
      ->excludes(cve);
  command.callback([&invocation, options] {
    invocation.action = [&invocation, options] {
      return options->cve.empty() ? show_all(*options, invocation.json) : show_one(*options, invocation.json);
    };
  });
}

}  // namespace suture::cli
