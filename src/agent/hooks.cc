// SPDX-License-Identifier: Apache-2.0
#include "agent/hooks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "base/process.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kOutputLimit = 1u << 20;
constexpr std::size_t kReasonLimit = 512;
constexpr const char* kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The last line that says something, as one that can stand in a report: control characters are blanks.
std::string last_line(std::string text) {
  const auto blank = [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.back())) text.pop_back();
  std::string line = text.substr(text.rfind('\n') + 1).substr(0, kReasonLimit);
  std::ranges::replace_if(
      line, [](unsigned char c) { return c < ' ' || c > '~'; }, ' ');
  return line;
}

}  // namespace

Result<std::vector<std::string>> parse_command(std::string_view text) {
  std::istringstream words{std::string(text)};
  std::vector<std::string> command;
  for (std::string word; words >> word;) command.push_back(word);
  if (!command.empty() && command.front().starts_with('/')) return command;
  return fail("agent.config", "read a command", "\"" + std::string(text) + "\" is no absolute path");
}

Result<void> require_safe(const fs::path& program) {
  const std::string what = "run " + program.string();
  const auto refused = [&](const std::string& why) {
    return fail("agent.command-unsafe", what, why, "It runs as root, so only root may be able to change it.");
  };
  struct stat file {};
  struct stat folder {};
  if (::stat(program.c_str(), &file) != 0) return fail_errno("agent.command-unsafe", what);
  if (!S_ISREG(file.st_mode)) return refused("it is no plain file");
  if (file.st_uid != 0 && file.st_uid != ::geteuid()) return refused("it is not owned by root");
  if ((file.st_mode & (S_IWGRP | S_IWOTH)) != 0) return refused("others than its owner may write it");
  // A link may lead elsewhere: it is the folder of the file itself that counts, too.
  std::error_code error;
  for (const fs::path& at : {program.parent_path(), fs::canonical(program, error).parent_path()}) {
    if (::stat(at.c_str(), &folder) != 0) return fail_errno("agent.command-unsafe", what);
    if ((folder.st_mode & S_IWOTH) != 0) return refused("anybody may write the folder " + at.string());
  }
  return {};
}

Result<void> run_hook(const std::vector<std::string>& command, const HookFacts& facts,
                      std::chrono::seconds timeout) {
  TRY(require_safe(command.front()));
  const auto finished = run({.argv = command,
                             .directory = "/",
                             .environment = {{"PATH", kPath},
                                             {"SUTURE_ACTION", facts.action},
                                             {"SUTURE_LEVEL", std::to_string(facts.level)},
                                             {"SUTURE_FROM_LEVEL", std::to_string(facts.from_level)},
                                             {"SUTURE_CVES", fmt::format("{}", fmt::join(facts.cves, " "))},
                                             {"SUTURE_KERNEL", facts.kernel}},
                             .clean_environment = true,
                             .timeout = timeout,
                             .output_limit = kOutputLimit});
  if (!finished && finished.error().code == "process.not-started") return std::unexpected(finished.error());
  const std::string what = "run " + command.front();
  if (!finished) return fail("agent.command-failed", what, finished.error().why);
  if (finished->status == 0) return {};
  std::string why = last_line(finished->err.empty() ? finished->out : finished->err);
  if (why.empty()) why = "exit status " + std::to_string(finished->status);
  return fail("agent.command-failed", what, why);
}

}  // namespace suture
