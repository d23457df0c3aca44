// SPDX-License-Identifier: Apache-2.0
//
// audit: what is open in the software that is installed here and runs, and what few steps close most of it.
#include "audit/audit.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "advisory/advisory_store.h"
#include "advisory/watch_config.h"
#include "agent/agent.h"
#include "agent/effective_kernel.h"
#include "agent/kernel_changelog.h"
#include "agent/verdicts.h"
#include "audit/audit_json.h"
#include "audit/steps.h"
#include "audit/voice_lines.h"
#include "base/json.h"
#include "base/terminal.h"
#include "cli/agent_request.h"
#include "engine/engine_choice.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture audit                              what to update first, and what to restart
  suture audit --findings                   each vulnerability, and by whom it is said
  suture audit --root /mnt                  the packages of an image that is mounted there
  suture audit --files /opt --files /srv    also copies of libraries in what lies there and nobody runs
  suture audit --advisories host.jsonl      with what sources say in a file, instead of the watch's store
  suture audit --json | jq -r '.restarts[].how'

Exit status: 0 nothing is open and nothing outdated runs; 10 something is.
)";

/// As documented in suture-audit(1).
constexpr int kOpen = 10;
constexpr std::size_t kShownSteps = 20;

struct Options {
  std::shared_ptr<AgentOptions> agent{};
  std::string advisories = WatchConfig{}.store();
  std::string root = "/";
  std::vector<std::string> files{};
  bool packages = false;
  bool findings = false;
};

/// The names of files and processes are their owners': nothing of them reaches the terminal but letters.
std::string shown(std::string_view text) {
  std::string result(text);
  std::ranges::replace_if(
      result, [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return result;
}

/// Where there is no agent, or it may not be asked, the kernel is what was booted.
KernelState kernel_state(const Options& options) {
  KernelState state;
  const auto names = read_kernel_names();
  if (!names) return state;
  state.release = names->release;
  state.package_version = debian_version_of(" " + names->version + " ").value_or("");
  const auto config = read_config(options.agent->config);
  if (!config) return state;
  const EngineChoice engine(engine_options(*config));
  if (const auto effective = read_effective_kernel(*config, engine, *names);
      effective && effective->effective != effective->booted)
    state.effective_version = effective->package_version;
  if (const auto known = gather_knowledge(*config, engine)) {
    for (const CveVerdict& one : verdicts(*known)) {
      if (one.verdict == Verdict::kPatched) state.patched.insert(one.cve);
    }
  }
  return state;
}

/// SQLite's files begin so.
bool is_store(const std::string& path) {
  std::string head(15, '\0');
  std::ifstream file(path, std::ios::binary);
  return file.read(head.data(), static_cast<std::streamsize>(head.size())) && head == "SQLite format 3";
}

Result<AdvisoryLookup> lookup_in_lines(const std::string& path) {
  const auto lines = std::make_shared<VoiceLines>();
  TRY(lines->add_file(path));
  if (lines->broken() != 0) {
    fmt::print(stderr, "{} lines are no advisories and were left out; the first: {}\n", lines->broken(),
               shown(lines->first_problem()));
  }
  return [lines](const std::string& name) { return lines->about(name); };
}

/// What `suture watch sync` has stored, which is not made here, where nobody syncs; or lines in a file.
Result<AdvisoryLookup> lookup_of(const Options& options) {
  if (std::error_code unused; !std::filesystem::exists(options.advisories, unused)) {
    return fail("audit.no-store", "read the advisories in " + options.advisories, "there is no such file",
                "`suture watch sync` makes it; --advisories names another one.");
  }
  if (!is_store(options.advisories)) return lookup_in_lines(options.advisories);
  const auto store = std::make_shared<AdvisoryStore>(TRY(AdvisoryStore::open(options.advisories)));
  return [store](const std::string& name) { return store->about_package(name); };
}

std::string in_root(const Audit& audit, std::size_t root) {
  return root == 0 ? "" : " in " + audit.roots[root].name;
}

void show_head(const Audit& audit) {
  for (const AuditedRoot& root : audit.roots) {
    const std::string distribution = root.distribution.name.empty() ? "unknown" : root.distribution.name;
    if (root.problem.empty()) {
      fmt::print("{}: {}, {} packages\n", shown(root.name), shown(distribution), root.packages);
    } else {
      fmt::print("{}: {}, packages unknown: {}\n", shown(root.name), shown(distribution), root.problem);
    }
  }
  if (audit.processes != 0)
    fmt::print("{} processes run code of {} files\n", audit.processes, audit.mapped_files);
  fmt::print("{} advisories are about what is here\n", audit.advisories);
  if (audit.hidden != 0) {
    fmt::print("{} processes may not be looked at{}\n", audit.hidden,
               geteuid() == 0 ? ", with the capabilities that root has here" : ": as root, all may");
  }
  if (audit.searched != 0)
    fmt::print("{} programs and libraries that nothing runs were searched for copies\n", audit.searched);
  if (audit.left_out != 0)
    fmt::print("{} files were not looked into: too large, too many, or not ours to open\n", audit.left_out);
  if (!audit.kernel) return;
  const AuditedKernel& kernel = *audit.kernel;
  const auto open = std::ranges::count_if(audit.findings, [](const SoftwareFinding& one) {
    return one.kind == SoftwareFinding::Kind::kKernel && one.judgement.standing == Standing::kAffected;
  });
  fmt::print("kernel {}: {} open, {} closed by a live patch, {} closed by booting what is installed ({})\n",
             shown(kernel.state.release), open, kernel.closed_live, kernel.closed_reboot, kernel.newest);
}

void show_steps(const Audit& audit) {
  const std::size_t affected = count(audit, Standing::kAffected);
  fmt::print("\n{} open, {} uncertain\n", affected, count(audit, Standing::kUnderInvestigation));
  if (audit.steps.empty()) return;
  std::vector<std::vector<std::string>> rows;
  for (const AuditStep& step : audit.steps) {
    if (rows.size() == kShownSteps) break;
    rows.push_back({std::to_string(step.closes), fmt::format("{}/{}", step.so_far, affected),
                    step.exploited == 0 ? "" : std::to_string(step.exploited),
                    step.score == 0 ? "" : fmt::format("{:.1f}", step.score), shown(step.how)});
  }
  fmt::print("\n{}", table({"CLOSES", "SO FAR", "EXPLOITED", "CVSS", "STEP"}, rows));
  if (audit.steps.size() > kShownSteps)
    fmt::print("and {} more steps (--json has all)\n", audit.steps.size() - kShownSteps);
}

void show_restarts(const Audit& audit) {
  if (audit.restarts.empty()) return;
  std::vector<std::vector<std::string>> rows;
  for (const Restart& restart : audit.restarts) {
    const std::string more =
        restart.outdated.size() == 1 ? "" : fmt::format(" and {} more", restart.outdated.size() - 1);
    rows.push_back({std::to_string(restart.closes), shown(restart.names.front()),
                    shown(restart.outdated.front()) + more,
                    shown(how_to_restart(restart.owner, restart.pids) + in_root(audit, restart.root))});
  }
  fmt::print("\nStill run by the old code:\n{}", table({"CLOSES", "PROCESS", "OUTDATED", "HOW"}, rows));
}

void show_copies(const Audit& audit) {
  std::vector<std::vector<std::string>> rows;
  for (const AuditedFile& file : audit.files) {
    const std::string state = file.file.state == CodeState::kOnDisk ? " (on disk, not running)" : "";
    const std::string where = shown(file.file.path) + in_root(audit, file.file.root) + state;
    const std::string package = file.package.empty() ? "none" : file.package;
    if (!file.same_as.empty()) rows.push_back({where, package, "same as " + shown(file.same_as)});
    for (const EmbeddedLibrary& one : file.file.embedded)
      rows.push_back({where, package, one.library + " " + (one.version.empty() ? "?" : one.version)});
  }
  if (!rows.empty())
    fmt::print("\nCopies of libraries in other files:\n{}", table({"FILE", "PACKAGE", "HAS"}, rows));
}

void show_findings(const Audit& audit) {
  std::vector<std::vector<std::string>> rows;
  for (const SoftwareFinding& one : audit.findings) {
    rows.push_back(
        {one.cve, one.urgency.exploited ? "exploited" : "",
         one.urgency.score == 0 ? "" : fmt::format("{:.1f}", one.urgency.score),
         std::string(name_of(one.judgement.standing)),
         shown((one.path.empty() ? "" : one.path + ": ") + one.judgement.reason + in_root(audit, one.root))});
  }
  if (!rows.empty()) fmt::print("\n{}", table({"CVE", "", "CVSS", "STANDING", "WHY"}, rows));
}

Result<int> run_audit(const Options& options, bool json) {
  const bool here = options.root == "/";
  AuditRequest request{.places = {.root = options.root}, .processes = here && !options.packages};
  // Of an image, names are within it.
  for (const std::string& folder : options.files)
    request.folders.push_back(here ? std::filesystem::absolute(folder) : std::filesystem::path("/") / folder);
  request.advisories = TRY(lookup_of(options));
  if (here) request.kernel = kernel_state(options);
  Audit result;
  {
    Progress progress("audit");
    result = TRY(audit(request, &progress));
  }
  if (json) {
    fmt::print("{}", json_text(to_json(result)));
  } else {
    show_head(result);
    show_steps(result);
    show_restarts(result);
    show_copies(result);
    if (options.findings) show_findings(result);
  }
  return count(result, Standing::kAffected) != 0 || !result.restarts.empty() ? kOpen : kOk;
}

}  // namespace

void add_audit_command(CLI::App& app, Invocation& invocation) {
  CLI::App& command =
      *app.add_subcommand("audit", "On a server: which holes its software has, and what closes most of them");
  command.footer(kExamples);
  const auto options = std::make_shared<Options>();
  options->agent = add_agent_options(command);
  command
      .add_option("--advisories", options->advisories,
                  "What `suture watch sync` has stored, or a file with one voice a line")
      ->type_name("FILE");
  command
      .add_option("--root", options->root, "An image mounted there, of which only the packages are looked at")
      ->type_name("FOLDER");
  command
      .add_option(
          "--files", options->files,
          "Also look for copies of libraries in files that nobody runs, in that folder; again for more")
      ->type_name("FOLDER")
      ->allow_extra_args(false);
  command.add_flag("--packages", options->packages, "Packages and kernel only, not what runs");
  command.add_flag("--findings", options->findings, "List each vulnerability");
  command.callback([&invocation, options] {
    invocation.action = [&invocation, options] { return run_audit(*options, invocation.json); };
  });
}

}  // namespace suture::cli
