// SPDX-License-Identifier: Apache-2.0
#include "audit/files_on_disk.h"

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <memory>

#include "audit/elf_content.h"
#include "audit/package_list.h"

namespace suture {
namespace {

/// A program or shared library. Object files are a part of one at most, and say nothing of what runs.
bool is_program(ByteView head) {
  constexpr std::size_t kType = offsetof(Elf64_Ehdr, e_type);  // of 32 bits, too
  if (!parse_elf_content(head) || head.size() < sizeof(Elf32_Ehdr) || head[kType + 1] != 0) return false;
  return head[kType] == ET_EXEC || head[kType] == ET_DYN;
}

class Searcher {
 public:
  Searcher(const std::set<std::string>& known, Progress* progress, const DiskSearchLimits& limits)
      : known_(known), progress_(progress), limits_(limits) {}

  void search(OpenFile folder, const std::string& path) {
    device_ = folder.identity().device;
    walk(std::move(folder), path, 0);
  }

  FilesOnDisk take() {
    std::ranges::sort(found_.files, {}, &CodeFile::path);
    return std::move(found_);
  }

 private:
  /// As many folders are open as they are deep.
  void walk(OpenFile folder, const std::string& path, std::size_t depth) {  // NOLINT(misc-no-recursion)
    if (!folders_.insert(folder.identity()).second) return;
    for (const std::string& name : names_in(folder)) {
      struct stat status {};
      if (fstatat(folder.fd(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
      const std::string below = path + "/" + name;
      if (S_ISREG(status.st_mode)) look_at(folder, name, below);
      if (S_ISDIR(status.st_mode)) enter(folder, name, below, depth + 1);
    }
  }

  std::vector<std::string> names_in(const OpenFile& folder) {
    std::vector<std::string> names;
    const int again = openat(folder.fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(again < 0 ? nullptr : fdopendir(again), closedir);
    if (entries == nullptr) {
      if (again >= 0) close(again);
      ++found_.left_out;
      return names;
    }
    while (const dirent* entry = readdir(entries.get())) {
      const std::string name = static_cast<const char*>(entry->d_name);
      if (name == "." || name == "..") continue;
      if (names_ == limits_.names) {
        ++found_.left_out;
        break;
      }
      ++names_;
      names.push_back(name);
    }
    std::ranges::sort(names);
    return names;
  }

  void enter(const OpenFile& folder, const std::string& name,
             const std::string& path,  // NOLINT(misc-no-recursion)
             std::size_t depth) {
    const int fd =
        openat(folder.fd(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || depth > limits_.depth) {
      if (fd >= 0) close(fd);
      ++found_.left_out;
      return;
    }
    OpenFile below(fd);
    if (below.identity().device != device_) {
      ++found_.left_out;
      return;
    }
    walk(std::move(below), path, depth);
  }

  void look_at(const OpenFile& folder, const std::string& name, const std::string& path) {
    if (known_.contains(std::string(merged_name(path)))) return;
    // Not by their names, which are anybody's.
    if (progress_ != nullptr)
      progress_->step(fmt::format("files on the disk: {} of {}", found_.files.size(), names_));
    const auto file = open_plain_file_at(folder, name);
    if (!file) {
      ++found_.left_out;
      return;
    }
    // A second name of the same file says nothing new.
    if (!files_.insert(file->identity()).second) return;
    const auto head = file->read(0, 64);
    if (!head || !is_program(*head)) return;
    const std::uint64_t size = file->size();
    if (size > limits_.file || found_.files.size() == limits_.files || size > limits_.bytes - bytes_) {
      ++found_.left_out;
      return;
    }
    bytes_ += size;
    const auto whole = file->read(0, static_cast<std::size_t>(size));
    if (!whole) return;
    const auto content = parse_elf_content(*whole, symbols_of_libraries());
    if (!content) return;
    found_.files.push_back({.path = path,
                            .state = CodeState::kOnDisk,
                            .build_id = content->build_id,
                            .soname = content->soname,
                            .embedded = find_embedded(*whole, *content)});
  }

  const std::set<std::string>& known_;
  Progress* progress_;
  const DiskSearchLimits& limits_;
  FilesOnDisk found_;
  std::set<FileIdentity> files_;
  std::set<FileIdentity> folders_;
  std::uint64_t device_ = 0;
  std::uint64_t bytes_ = 0;
  std::size_t names_ = 0;
};

}  // namespace

Result<FilesOnDisk> find_files_on_disk(const RootFolder& root,
                                       const std::vector<std::filesystem::path>& folders,
                                       const std::set<std::string>& known, Progress* progress,
                                       const DiskSearchLimits& limits) {
  Searcher searcher(known, progress, limits);
  for (const std::filesystem::path& folder : folders) {
    OpenFile opened = TRY(root.open_folder(folder));
    std::string path = folder.lexically_normal().string();
    while (path.ends_with('/')) path.pop_back();
    searcher.search(std::move(opened), path);
  }
  return searcher.take();
}

}  // namespace suture
