// SPDX-License-Identifier: Apache-2.0
//
// Which folders kbuild comes to under a target's configuration, and what their Makefiles list.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "build/kbuild.h"
#include "build/reaching_makefiles.h"

namespace suture {

namespace fs = std::filesystem;

/// Lines "suture-list: FOLDER WORD...", which make prints for suture-list.mk.
Kbuild::ByFolder Kbuild::read_lists(const std::string& out) {
  ByFolder lists;
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(kList)) continue;
    std::istringstream words(line.substr(kList.size()));
    std::string folder;
    words >> folder;
    std::vector<std::string>& listed = lists[folder];
    for (std::string word; words >> word;) listed.push_back(word);
  }
  return lists;
}

/// What the Makefiles of these folders list: objects, or with "suture-subdirs" the folders that kbuild enters
/// from there. A Makefile that fails has no entry.
Result<Kbuild::Lists> Kbuild::ask_for_lists(const std::vector<std::string>& folders,
                                            std::string_view list) const {
  const Finished make =
      TRY(ask(make_command({"suture-lists", fmt::format("SUTURE_FOLDERS={}", fmt::join(folders, " ")),
                            fmt::format("SUTURE_LIST={}", list)})));
  return Lists{.of = read_lists(make.out), .complaints = make.err};
}

/// Objects that a Makefile lists which is in no folder above them, by what their paths come to.
Result<Kbuild::Faraway> Kbuild::listed_from_afar() const {
  const std::vector<std::string> folders = TRY(reaching_makefiles(target_.source));
  const Lists lists = TRY(ask_for_lists(folders, "suture-list"));
  Faraway objects;
  for (const auto& [folder, listed] : lists.of) {
    for (const std::string& object : listed) {
      const std::string path = fs::path(object).lexically_normal().string();
      if (path != object) objects.try_emplace(path, Place{.folder = folder, .object = object});
    }
  }
  std::vector<std::string> silent;
  std::ranges::copy_if(folders, std::back_inserter(silent),
                       [&](const std::string& folder) { return !lists.of.contains(folder); });
  TRY(check_not_entered(silent, lists.complaints));
  return objects;
}

/// A Makefile that another one includes may be none by itself (drivers/accel/habanalabs/common). But what one
/// lists that kbuild reads must be known before a unit is taken for one that this kernel lacks.
Result<void> Kbuild::check_not_entered(const std::vector<std::string>& silent,
                                       const std::string& complaints) const {
  std::set<std::string> above;
  for (const std::string& folder : silent) above.merge(makefiles_above(folder));
  if (above.empty()) return {};
  const Lists entered = TRY(ask_for_lists({above.begin(), above.end()}, "suture-subdirs"));
  for (const std::string& folder : silent) {
    // Up to the first that answers: kbuild would come through it.
    fs::path path = folder_above(fs::path(folder).parent_path());
    while (!path.empty() && !entered.of.contains(path.string())) path = folder_above(path.parent_path());
    const auto found = entered.of.find(path.string());
    const bool comes_by =
        found == entered.of.end() || std::ranges::any_of(found->second, [&](const std::string& next) {
          return folder == next || folder.starts_with(next + "/");
        });
    if (!comes_by) continue;
    return fail("build.kbuild-failed", "ask kbuild what the Makefile of " + folder + " lists",
                complaints.empty() ? "it does not say" : complaints.substr(0, 2000));
  }
  return {};
}

/// The nearest folder, from this one upward, that has a Makefile; empty when there is none.
fs::path Kbuild::folder_above(fs::path folder) const {
  std::error_code error;
  while (!folder.empty() && !fs::exists(target_.source / folder / "Makefile", error) &&
         !fs::exists(target_.source / folder / "Kbuild", error))
    folder = folder.parent_path();
  return folder;
}

/// All folders above this one that have a Makefile, but for the top; none for one that is not in the source.
std::set<std::string> Kbuild::makefiles_above(const fs::path& folder) const {
  std::set<std::string> above;
  if (folder.is_absolute() || folder.native().starts_with("..")) return above;
  for (fs::path path = folder_above(folder.parent_path()); !path.empty();
       path = folder_above(path.parent_path()))
    above.insert(path.string());
  return above;
}

/// A folder has a Makefile whether or not the configuration leads there. `entered`: what the Makefiles above
/// enter. The top enters what has no folder above, and arch/x86/Makefile is no list of objects, so what it
/// adds is taken for entered.
bool Kbuild::is_entered(const fs::path& folder, const ByFolder& entered) const {
  const fs::path parent = folder.parent_path();
  if (parent.empty() || folder == "arch/x86" || parent == "arch/x86") return true;
  return std::ranges::any_of(makefiles_above(folder), [&](const std::string& above) {
    const auto list = entered.find(above);
    return list != entered.end() && std::ranges::find(list->second, folder.string()) != list->second.end() &&
           is_entered(above, entered);
  });
}

}  // namespace suture
