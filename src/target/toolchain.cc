// SPDX-License-Identifier: Apache-2.0
#include "target/toolchain.h"

#include <algorithm>

namespace suture {
namespace fs = std::filesystem;
namespace {

std::string_view after_first_word(std::string_view text) {
  const std::size_t space = text.find(' ');
  return space == text.npos ? std::string_view{} : text.substr(space + 1);
}

void add(std::vector<std::string>& argv, std::initializer_list<std::string> words) {
  argv.insert(argv.end(), words);
}

/// A folder of the root as it is in there; links (`bin` to `usr/bin`) stay links.
void add_top(std::vector<std::string>& argv, const fs::path& root) {
  for (const char* name : {"usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "etc"}) {
    const fs::path path = root / name;
    const std::string inside = std::string("/") + name;
    std::error_code error;
    if (fs::is_symlink(path, error))
      add(argv, {"--symlink", fs::read_symlink(path, error).string(), inside});
    else if (fs::is_directory(path, error))
      add(argv, {"--ro-bind", path.string(), inside});
  }
}

}  // namespace

Command Toolchain::command(Command command, const BuildRootAccess& access) const {
  if (root_.empty()) return command;
  std::vector<std::string> argv{"bwrap", "--unshare-all", "--die-with-parent", "--clearenv"};
  add_top(argv, root_);
  add(argv, {"--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--setenv", "PATH", "/usr/bin:/bin"});
  for (const auto& [name, value] : command.environment) add(argv, {"--setenv", name, value});
  for (const fs::path& path : access.read) add(argv, {"--ro-bind", path.string(), path.string()});
  for (const fs::path& path : access.write) add(argv, {"--bind", path.string(), path.string()});
  if (!command.directory.empty()) add(argv, {"--chdir", command.directory.string()});
  argv.emplace_back("--");
  argv.insert(argv.end(), command.argv.begin(), command.argv.end());
  command.argv = std::move(argv);
  command.environment = {{"LC_ALL", "C"}};
  return command;
}

Result<Toolchain> Toolchain::of(const Target& target) {
  const std::string what = "check the compiler " + target.compiler;
  const std::string hint = "Build where " + target.compiler_version +
                           " is installed, or remove the target and add it again: that makes a build root.";
  std::vector<Toolchain> candidates{Toolchain({})};
  std::error_code error;
  if (!target.build_root.empty() && fs::exists(target.build_root, error))
    candidates.push_back(Toolchain(target.build_root));
  std::string other;
  std::string missing;
  for (Toolchain& candidate : candidates) {
    const auto finished = run_ok(
        candidate.command({.argv = {target.compiler, "--version"}, .environment = {{"LC_ALL", "C"}}}, {}));
    if (!finished) {
      missing = finished.error().why;
      if (!candidate.root().empty() && finished.error().code != "process.failed") {
        return fail("target.no-bubblewrap", "enter the build root " + candidate.root().string(), missing,
                    "Install the package bubblewrap.");
      }
      continue;
    }
    const std::string here = finished->out.substr(0, finished->out.find('\n'));
    // The first word is the name it was called by.
    if (after_first_word(here) == after_first_word(target.compiler_version)) return std::move(candidate);
    other = here;
  }
  if (other.empty()) return fail("target.compiler-missing", what, missing, hint);
  return fail("target.compiler-differs", what,
              "the kernel was built with \"" + target.compiler_version + "\", here is \"" + other + "\"",
              hint);
}

}  // namespace suture
