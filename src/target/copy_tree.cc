// SPDX-License-Identifier: Apache-2.0
#include "target/copy_tree.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/file.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

/// Whether the file is now a clone of the other; on most file systems it cannot be.
bool clone_file(const fs::path& from, const fs::path& to) {
  const int in = ::open(from.c_str(), O_RDONLY | O_CLOEXEC);
  if (in < 0) return false;
  struct stat status {};
  ::fstat(in, &status);
  const int out = ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, status.st_mode & 0777);
  const bool cloned = out >= 0 && ::ioctl(out, FICLONE, in) == 0;
  if (out >= 0) ::close(out);
  ::close(in);
  if (out >= 0 && !cloned) ::unlink(to.c_str());
  return cloned;
}

/// Where a link really ends, links on the way and all, as a path below `root`.
bool stays_inside(const fs::path& link, const fs::path& root) {
  std::error_code error;
  const fs::path end = fs::weakly_canonical(link, error);
  const fs::path to = error ? fs::path() : fs::read_symlink(link, error);
  if (error || to.is_absolute()) return false;
  return std::ranges::mismatch(root, end).in1 == root.end();
}

/// Calls `visit` with each entry that is to be taken and its path below `from`.
template <class Visit>
Result<void> walk(const fs::path& from, const TreeCopy& how, Visit visit) {
  std::error_code error;
  for (fs::recursive_directory_iterator entry(from, error), end; !error && entry != end;
       entry.increment(error)) {
    const fs::path below = entry->path().lexically_relative(from);
    if (!how.wanted || how.wanted(below)) {
      TRY(visit(*entry, below));
    } else {
      entry.disable_recursion_pending();
    }
  }
  if (error) return fail("file.unreadable", "read the folder " + from.string(), error.message());
  return {};
}

}  // namespace

Result<void> copy_one_file(const fs::path& from, const fs::path& to, bool hard_links) {
  std::error_code error;
  // What a link would name is its end, since links themselves can have several names, too.
  const fs::path file = fs::canonical(from, error);
  if (!error && hard_links) {
    fs::create_hard_link(file, to, error);
    if (!error) return {};
    error.clear();
  }
  if (error) return fail("file.unreadable", "read " + from.string(), error.message());
  if (clone_file(file, to)) return {};
  fs::copy_file(file, to, error);
  if (error) return fail("file.unwritable", "copy " + from.string() + " to " + to.string(), error.message());
  return {};
}

Result<void> copy_tree(const fs::path& from, const fs::path& to, const TreeCopy& how) {
  std::error_code error;
  const fs::path root = fs::canonical(from, error);
  if (error) return fail("file.unreadable", "read the folder " + from.string(), error.message());
  TRY(make_directories(to));
  return walk(root, how, [&](const fs::directory_entry& entry, const fs::path& below) -> Result<void> {
    std::error_code failed;
    if (entry.is_symlink(failed)) {
      if (stays_inside(entry.path(), root)) {
        fs::copy_symlink(entry.path(), to / below, failed);
      } else if (how.refuse_links_outside) {
        return fail("target.link-outside", "copy " + entry.path().string(),
                    "the link leads out of " + from.string(), "Replace it with what it leads to.");
      }
    } else if (entry.is_directory(failed)) {
      fs::create_directory(to / below, failed);
    } else if (entry.is_regular_file(failed)) {
      return copy_one_file(entry.path(), to / below, how.hard_links);
    }
    if (failed) return fail("file.unwritable", "copy " + entry.path().string(), failed.message());
    return {};
  });
}

std::uint64_t bytes_to_copy(const fs::path& from, const TreeCopy& how) {
  if (how.hard_links) return 0;
  std::uint64_t bytes = 0;
  const auto counted =
      walk(from, how, [&](const fs::directory_entry& entry, const fs::path&) -> Result<void> {
        std::error_code error;
        if (!entry.is_symlink(error) && entry.is_regular_file(error)) bytes += entry.file_size(error);
        return {};
      });
  // What cannot be read is complained of by the copy itself.
  if (!counted) return 0;
  return bytes;
}

}  // namespace suture
