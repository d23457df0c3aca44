// SPDX-License-Identifier: Apache-2.0
#include "advisory/source_tree.h"

#include <algorithm>
#include <array>

#include "base/file.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kKept = 48;
constexpr std::size_t kLargestSource = 16u << 20;

/// Folders that moved, and single files that did or that were cut into several, as `git log --follow` of the
/// kernel shows. Either side may be the older one.
constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kMoved{{
    {"fs/cifs/", "fs/smb/client/"},
    {"fs/ksmbd/", "fs/smb/server/"},
    {"fs/smbfs_common/", "fs/smb/common/"},
    {"kernel/futex.c", "kernel/futex/core.c"},
    {"kernel/futex.c", "kernel/futex/requeue.c"},
    {"kernel/futex.c", "kernel/futex/pi.c"},
    {"kernel/futex.c", "kernel/futex/waitwake.c"},
    {"fs/io_uring.c", "io_uring/io_uring.c"},
    {"fs/io_uring.c", "io_uring/net.c"},
    {"fs/io_uring.c", "io_uring/poll.c"},
    {"fs/io_uring.c", "io_uring/rw.c"},
    {"fs/io_uring.c", "io_uring/timeout.c"},
    {"fs/io_uring.c", "io_uring/kbuf.c"},
    {"fs/io-wq.c", "io_uring/io-wq.c"},
}};

}  // namespace

bool is_kernel_code(std::string_view path) {
  static constexpr std::array<std::string_view, 6> kOther{"Documentation/", "tools/",    "samples/",
                                                          "scripts/",       "LICENSES/", "usr/"};
  const std::string extension = fs::path(path).extension().string();
  return (extension == ".c" || extension == ".h" || extension == ".S") &&
         std::ranges::none_of(kOther, [&](std::string_view folder) { return path.starts_with(folder); });
}

bool SourceTree::has(const std::string& path) const {
  std::error_code error;
  return fs::is_regular_file(root_ / path, error);
}

std::shared_ptr<const SourceText> SourceTree::text(const std::string& path) const {
  const auto kept = std::ranges::find(kept_, path, [](const auto& entry) { return entry.first; });
  if (kept != kept_.end()) {
    kept_.splice(kept_.begin(), kept_, kept);
    return kept->second;
  }
  const Result<std::string> text = read_text_file(root_ / path, kLargestSource);
  if (!text) return nullptr;
  kept_.emplace_front(path, std::make_shared<const SourceText>(path, *text));
  if (kept_.size() > kKept) kept_.pop_back();
  return kept_.front().second;
}

bool SourceTree::defines_one(const std::string& path, const std::vector<std::string>& items) const {
  const std::shared_ptr<const SourceText> source = text(path);
  return source != nullptr &&
         std::ranges::any_of(items, [&](const std::string& item) { return !source->find(item).empty(); });
}

const std::multimap<std::string, std::string, std::less<>>& SourceTree::by_name() const {
  if (!by_name_.empty()) return by_name_;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(root_, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string path = entry->path().lexically_relative(root_).string();
    if (is_kernel_code(path)) by_name_.emplace(entry->path().filename().string(), path);
  }
  if (by_name_.empty()) by_name_.emplace(std::string(), std::string());  // not again
  return by_name_;
}

std::vector<std::string> SourceTree::find(const std::string& path,
                                          const std::vector<std::string>& items) const {
  if (has(path)) return {path};
  std::vector<std::string> found;
  const auto take = [&](const std::string& other, bool must_define) {
    if (has(other) && std::ranges::find(found, other) == found.end() &&
        (!must_define || defines_one(other, items)))
      found.push_back(other);
  };
  for (const auto& [one, other] : kMoved) {
    const bool folder = one.ends_with('/');
    if (path.starts_with(one)) take(std::string(other) + path.substr(one.size()), !folder);
    if (path.starts_with(other)) take(std::string(one) + path.substr(other.size()), !folder);
  }
  if (!found.empty()) return found;
  const auto [first, last] = by_name().equal_range(fs::path(path).filename().string());
  for (auto entry = first; entry != last; ++entry) take(entry->second, true);
  return found;
}

}  // namespace suture
