// SPDX-License-Identifier: Apache-2.0
#include "build/patched_tree.h"

#include <fmt/format.h>

#include "build/line_numbers.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

}  // namespace

Result<PatchedTree> PatchedTree::make(const fs::path& pristine, const std::vector<Fix>& fixes) {
  PatchedTree tree(TRY(TempDir::make("suture-tree")), pristine);
  TRY(make_directories(tree.root_));
  TRY(tree.copy_files(fixes));
  for (const Fix& fix : fixes) tree.fits_.push_back(TRY(fit_fix(fix, tree.root_, pristine)));
  TRY(tree.keep_line_numbers());
  TRY(tree.link_siblings());
  return tree;
}

Result<void> PatchedTree::copy_files(const std::vector<Fix>& fixes) {
  for (const Fix& fix : fixes) {
    for (const DiffFile& file : fix.files) {
      if (!patched_.insert(file.path).second) continue;
      TRY(make_directories((root_ / file.path).parent_path()));
      std::error_code error;
      if (!fs::is_regular_file(pristine_ / file.path, error)) continue;
      if (!fs::copy_file(pristine_ / file.path, root_ / file.path, error)) {
        return fail("file.write", "copy " + file.path, error.message());
      }
      // Sources may be read-only; patch(1) needs to write.
      fs::permissions(root_ / file.path, fs::perms::owner_write, fs::perm_options::add, error);
    }
  }
  return {};
}

Result<void> PatchedTree::keep_line_numbers() const {
  for (const std::string& file : patched_) {
    const bool is_source = file.ends_with(".c") || file.ends_with(".h");
    std::error_code error;
    if (is_source && fs::exists(pristine_ / file, error) && fs::exists(root_ / file, error))
      TRY(suture::keep_line_numbers(pristine_ / file, root_ / file));
  }
  return {};
}

Result<void> PatchedTree::link_siblings() const {
  std::set<fs::path> folders{fs::path{}};
  for (const std::string& file : patched_) {
    for (fs::path folder = fs::path(file).parent_path(); !folder.empty(); folder = folder.parent_path())
      folders.insert(folder);
  }
  for (const fs::path& folder : folders) {
    std::error_code error;
    if (!fs::is_directory(pristine_ / folder, error)) continue;
    for (fs::directory_iterator entry(pristine_ / folder, error), end; !error && entry != end;
         entry.increment(error)) {
      const fs::path name = folder / entry->path().filename();
      const fs::path link = root_ / name;
      if (patched_.contains(name.string()) || folders.contains(name)) continue;
      fs::create_symlink(entry->path(), link, error);
      if (error) return fail("file.write", "make the link " + link.string(), error.message());
    }
    if (error) return fail("file.read", "list " + (pristine_ / folder).string(), error.message());
  }
  return {};
}

Result<void> PatchedTree::check_files_read(const std::vector<fs::path>& files) const {
  std::error_code error;
  const fs::path real_root = fs::weakly_canonical(pristine_, error);
  for (const fs::path& file : files) {
    const fs::path real = fs::weakly_canonical(file, error);
    const std::string in_tree = real.lexically_relative(real_root).string();
    if (!patched_.contains(in_tree)) continue;
    return fail("build.overlay-escape", "compile the patched source",
                fmt::format("{} was read as it is without the fix", in_tree),
                "it is included by a path that leads out of the patched tree");
  }
  return {};
}

}  // namespace suture
