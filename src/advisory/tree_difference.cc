// SPDX-License-Identifier: Apache-2.0
#include "advisory/tree_difference.h"

#include "base/file.h"
#include "base/process.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kLargestDifference = 256u << 20;

}  // namespace

Result<std::vector<ChangedFile>> read_tree_difference(const fs::path& before, const fs::path& after) {
  const std::string what = "compare " + before.string() + " with " + after.string();
  for (const fs::path& tree : {before, after}) {
    std::error_code error;
    if (!fs::is_directory(tree, error)) return fail("advisory.trees", what, tree.string() + " is no folder");
  }
  // Under short names, so that paths in the diff begin as git's do.
  const TempDir work = TRY(TempDir::make("suture-trees-"));
  std::error_code error;
  for (const auto& [name, tree] : {std::pair{"a", before}, std::pair{"b", after}}) {
    fs::create_directory_symlink(fs::absolute(tree), work.path() / name, error);
    if (error) return fail("advisory.trees", what, error.message());
  }
  const Finished diff =
      TRY_IN(what, run({.argv = {"diff", "-r", "-N", "-U3", "-p", "--no-dereference", "a/", "b/"},
                        .directory = work.path(),
                        .environment = {{"LC_ALL", "C"}, {"TZ", "UTC"}},
                        .output_limit = kLargestDifference}));
  if (diff.status > 1) return fail("advisory.trees", what, diff.err);
  if (diff.out.empty()) return std::vector<ChangedFile>{};
  const auto text_in = [](const fs::path& tree) -> FileText {
    return [tree](const std::string& path) -> std::optional<std::string> {
      auto text = read_text_file(tree / path, kLargestDifference);
      if (!text) return std::nullopt;
      return std::move(*text);
    };
  };
  auto changed =
      TRY(read_changed_parts(diff.out, what, {.before = text_in(before), .after = text_in(after)}));
  // diff calls a file that is not there an empty one.
  for (ChangedFile& file : changed) {
    file.added = !fs::exists(before / file.path, error);
    file.removed = !fs::exists(after / file.path, error);
  }
  return changed;
}

}  // namespace suture
