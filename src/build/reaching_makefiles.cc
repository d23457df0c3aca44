// SPDX-License-Identifier: Apache-2.0
#include "build/reaching_makefiles.h"

#include <algorithm>
#include <string_view>

#include "base/process.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

bool is_of_this_kernel(std::string_view folder) {
  for (const std::string_view part : {"tools", "samples", "scripts", "Documentation"}) {
    if (folder == part || folder.starts_with(std::string(part) + "/")) return false;
  }
  return !folder.empty() && (!folder.starts_with("arch/") || folder.starts_with("arch/x86/"));
}

}  // namespace

Result<std::vector<std::string>> reaching_makefiles(const fs::path& tree) {
  const Finished grep =
      TRY(run({.argv = {"grep", "-r", "-l", "-E", "-Z", "--include=Makefile", "--include=Kbuild", "-e",
                        R"(^[^#]*\.\.)", "-e", "^[ \t]*-?include[ \t]", "."},
               .directory = tree,
               .environment = {{"LC_ALL", "C"}, {"GREP_OPTIONS", ""}}}));
  if (grep.status > 1)
    return fail("build.kbuild-failed", "look for Makefiles that list objects of other folders",
                grep.err.substr(0, 2000));
  std::vector<std::string> folders;
  for (std::string_view rest = grep.out; !rest.empty();) {
    const std::string_view file = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(file.size() + 1, rest.size()));
    const std::string folder = fs::path(file).lexically_normal().parent_path().string();
    if (is_of_this_kernel(folder)) folders.push_back(folder);
  }
  std::ranges::sort(folders);
  folders.erase(std::ranges::unique(folders).begin(), folders.end());
  return folders;
}

}  // namespace suture
