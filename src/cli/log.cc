// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "cli/command.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture log                                the last 100 lines of the agent's log
  suture log --follow
  suture log --since '2 hours ago' --lines 1000
  suture log --json                         as journalctl(1) writes it, one document a line
)";

struct Options {
  bool follow = false;
  std::uint32_t lines = 100;
  std::string since;
};

/// Where the service manager that keeps the journal is running: sd_booted(3).
bool is_under_systemd() {
  std::error_code error;
  return std::filesystem::is_directory("/run/systemd/system", error);
}

/// Becomes journalctl: its output may be endless, and its pager needs the terminal.
Result<int> show(const Options& options, bool json) {
  if (!is_under_systemd()) {
    return fail("agent.no-journal", "show the agent's log",
                "this machine does not run systemd, which keeps it",
                "sutured writes its log to standard error: look where whoever starts it sends that.");
  }
  const std::string lines = std::to_string(options.lines);
  std::vector<const char*> argv = {"journalctl", "--unit=sutured.service", "--lines", lines.c_str()};
  if (options.follow) argv.push_back("--follow");
  if (!options.since.empty()) {
    argv.push_back("--since");
    argv.push_back(options.since.c_str());
  }
  argv.push_back(json ? "--output=json" : "--output=short-iso");
  if (::isatty(STDOUT_FILENO) == 0) argv.push_back("--no-pager");
  argv.push_back(nullptr);
  ::execvp(argv.front(), const_cast<char* const*>(argv.data()));
  return fail_errno("agent.no-journal", "run journalctl", "It is part of systemd's package.");
}

}  // namespace

void add_log_command(CLI::App& app, Invocation& invocation) {
  CLI::App& command = *app.add_subcommand("log", "On a server: the agent's log, from the journal");
  command.footer(kExamples);
  const auto options = std::make_shared<Options>();
  command.add_flag("-f,--follow", options->follow, "Go on showing what is added");
  command.add_option("--lines", options->lines, "The last so many")
      ->check(CLI::Range(1u, 1'000'000u))
      ->capture_default_str();
  command.add_option("--since", options->since, "Not older than this, as journalctl(1) takes it")
      ->type_name("TIME");
  command.callback([&invocation, options] {
    invocation.action = [&invocation, options] { return show(*options, invocation.json); };
  });
}

}  // namespace suture::cli
