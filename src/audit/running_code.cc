// SPDX-License-Identifier: Apache-2.0
#include "audit/running_code.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <tuple>

#include "audit/elf_content.h"
#include "audit/mappings.h"

namespace suture {
namespace {

constexpr std::size_t kLargestMaps = 64u << 20;
constexpr std::size_t kSmall = 64u << 10;
constexpr std::size_t kLargestCode = 160u << 20;
constexpr std::size_t kHead = 64u << 10;  // headers and notes, of which linkers put the notes first
constexpr std::size_t kMostFiles = 100'000;
constexpr std::size_t kMostRoots = 1024;
constexpr std::size_t kLongestName = 64;

std::optional<std::int64_t> process_id(const std::string& name) {
  std::int64_t pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (error != std::errc{} || end != name.data() + name.size() || pid <= 0) return std::nullopt;
  return pid;
}

/// Seconds since 1970 at boot, from the line "btime" of /proc/stat.
std::int64_t boot_time(const std::filesystem::path& proc) {
  const auto stat = read_text_file(proc / "stat", kLargestMaps);
  if (!stat) return 0;
  const std::size_t at = stat->find("\nbtime ");
  if (at == std::string::npos) return 0;
  std::int64_t time = 0;
  std::from_chars(stat->data() + at + 7, stat->data() + stat->size(), time);
  return time;
}

std::optional<FileIdentity> identity_of(const std::filesystem::path& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
  return FileIdentity{.device = status.st_dev, .inode = status.st_ino};
}

/// A mapped file, as one of the processes has it.
struct Seen {
  std::int64_t pid = 0;
  MappedCode code{};
};

class Collector {
 public:
  Collector(const RunningPlaces& places, Progress* progress) : places_(places), progress_(progress) {}

  Result<RunningCode> run() {
    code_.roots.push_back(TRY(RootFolder::open(places_.root)));
    root_index_.emplace(code_.roots[0].identity(), 0);
    own_namespace_ = identity_of(places_.proc / "self/ns/mnt");
    boot_time_ = boot_time(places_.proc);
    const RootFolder proc = TRY(RootFolder::open(places_.proc));
    std::vector<std::int64_t> pids;
    for (const std::string& name : TRY(proc.names("/", 10'000'000))) {
      const auto pid = process_id(name);
      if (pid && (places_.pids.empty() || std::ranges::find(places_.pids, *pid) != places_.pids.end()))
        pids.push_back(*pid);
    }
    std::ranges::sort(pids);
    for (std::size_t i = 0; i < pids.size(); ++i) {
      if (progress_ != nullptr) progress_->step("processes", i, pids.size());
      read_process(pids[i]);
    }
    std::size_t done = 0;
    for (auto& [key, file] : files_) {
      if (progress_ != nullptr) progress_->step("mapped files", done++, files_.size());
      look_at(file);
      if (!file.code) continue;
      code_.files.push_back(std::move(file.file));
    }
    return std::move(code_);
  }

 private:
  struct Pending {
    CodeFile file{};
    Seen seen{};
    bool code = true;  ///< false: it is no program or library
  };

  std::filesystem::path of(std::int64_t pid) const { return places_.proc / std::to_string(pid); }

  void read_process(std::int64_t pid) {
    const std::filesystem::path folder = of(pid);
    const auto maps = read_text_file(folder / "maps", kLargestMaps);
    if (!maps) {
      // Gone meanwhile, or somebody else's.
      if (identity_of(folder)) ++code_.hidden;
      return;
    }
    const MappedCodes mapped = mapped_code(parse_mappings(*maps));
    code_.left_out += mapped.left_out;
    if (mapped.files.empty()) return;  // a thread of the kernel's
    RunningProcess process{.pid = pid};
    const auto root = root_of(pid);
    if (!root) {
      ++code_.hidden;
      return;
    }
    process.root = *root;
    if (const auto name = read_text_file(folder / "comm", kSmall))
      process.name = name->substr(0, std::min(name->find('\n'), kLongestName));
    if (const auto group = read_text_file(folder / "cgroup", kSmall))
      process.owner = owner_of_control_group(*group);
    if (const auto stat = read_text_file(folder / "stat", kSmall); stat && boot_time_ != 0) {
      if (const std::int64_t ticks = start_ticks(*stat); ticks >= 0)
        process.began = boot_time_ + ticks / sysconf(_SC_CLK_TCK);
    }
    code_.processes.push_back(std::move(process));
    for (const MappedCode& file : mapped.files) note(pid, file);
  }

  void note(std::int64_t pid, const MappedCode& code) {
    const std::size_t process = code_.processes.size() - 1;
    const std::size_t root = code_.processes[process].root;
    const auto key = std::tuple(root, code.path, code.inode, code.deleted);
    auto found = files_.find(key);
    if (found == files_.end()) {
      if (files_.size() == kMostFiles) {
        ++code_.left_out;
        return;
      }
      found = files_
                  .emplace(key, Pending{.file = {.root = root, .path = code.path},
                                        .seen = {.pid = pid, .code = code}})
                  .first;
    }
    auto& processes = found->second.file.processes;
    if (processes.empty() || processes.back() != process) processes.push_back(process);
  }

  /// The kernel shows the names of another mount namespace as they are there. Services of their own namespace
  /// mostly have the host's root all the same.
  std::optional<std::size_t> root_of(std::int64_t pid) {
    const auto there = identity_of(of(pid) / "ns/mnt");
    if (!there || !own_namespace_ || *there == *own_namespace_) return 0;
    auto root = RootFolder::open(of(pid) / "root");
    if (!root) return std::nullopt;
    const auto [found, added] = root_index_.emplace(root->identity(), code_.roots.size());
    if (added) {
      if (code_.roots.size() == kMostRoots) {
        root_index_.erase(found);
        return std::nullopt;
      }
      code_.roots.push_back(*std::move(root));
    }
    return found->second;
  }

  /// The file itself, through the mapping; for root alone.
  std::optional<OpenFile> open_mapped(const Seen& seen) const {
    auto file = open_plain_file(of(seen.pid) / "map_files" /
                                fmt::format("{:x}-{:x}", seen.code.start, seen.code.end));
    if (!file) return std::nullopt;
    return *std::move(file);
  }

  /// The beginning of it, out of the process's memory.
  Bytes mapped_head(const Seen& seen) const {
    if (seen.code.head == 0) return {};
    const int fd = open((of(seen.pid) / "mem").c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return {};
    const OpenFile memory(fd);
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(seen.code.head_size, kHead));
    return memory.read(seen.code.head, size).value_or(Bytes{});
  }

  void take_content(Pending& pending, ByteView bytes, bool whole) {
    const auto content =
        parse_elf_content(bytes, whole ? symbols_of_libraries() : std::span<const std::string_view>{});
    if (!content) {
      pending.code = !content.error().code.ends_with("not-elf");
      return;
    }
    pending.file.build_id = content->build_id;
    pending.file.soname = content->soname;
    if (whole) pending.file.embedded = find_embedded(bytes, *content);
  }

  void take_file(Pending& pending, const OpenFile& file) {
    const bool whole = file.size() <= kLargestCode;
    if (!whole) ++code_.left_out;
    const auto bytes = file.read(0, whole ? static_cast<std::size_t>(file.size()) : kHead);
    if (bytes) take_content(pending, *bytes, whole);
  }

  static std::string build_id_of(const OpenFile& file) {
    const auto head = file.read(0, kHead);
    if (!head) return "";
    const auto content = parse_elf_content(*head);
    return content ? content->build_id : "";
  }

  void look_at(Pending& pending) {
    CodeFile& file = pending.file;
    MappedCode& code = pending.seen.code;
    const RootFolder& root = code_.roots[file.root];
    // A name that ends like the kernel's mark by itself.
    if (const auto marked = root.identity(file.path + " (deleted)");
        code.deleted && marked && marked->inode == code.inode) {
      file.path += " (deleted)";
      code.deleted = false;
    }
    const auto now = root.open_file(file.path);
    if (!code.deleted && now && now->identity().inode == code.inode) {
      file.state = CodeState::kCurrent;
      take_file(pending, *now);
      return;
    }
    if (const auto mapped = open_mapped(pending.seen)) {
      take_file(pending, *mapped);
    } else {
      const Bytes head = mapped_head(pending.seen);
      if (!head.empty() || !code.deleted) take_content(pending, head, false);
    }
    if (!pending.code) return;
    if (now) file.current_build_id = build_id_of(*now);
    file.state = state_of(file, code.deleted, now.has_value());
    if (file.state == CodeState::kCurrent) file.current_build_id.clear();
  }

  /// Where file systems are laid over each other, the mapped file's number is not that of the name's. The
  /// build-ids tell, and without those only the kernel's mark does.
  static CodeState state_of(const CodeFile& file, bool deleted, bool there) {
    if (there && !file.build_id.empty() && !file.current_build_id.empty())
      return file.build_id == file.current_build_id ? CodeState::kCurrent : CodeState::kReplaced;
    if (!deleted) return CodeState::kUnknown;
    return there ? CodeState::kReplaced : CodeState::kDeleted;
  }

  const RunningPlaces& places_;
  Progress* progress_;
  RunningCode code_;
  std::map<FileIdentity, std::size_t> root_index_;
  std::map<std::tuple<std::size_t, std::string, std::uint64_t, bool>, Pending> files_;
  std::optional<FileIdentity> own_namespace_;
  std::int64_t boot_time_ = 0;
};

}  // namespace

Result<RunningCode> read_running_code(const RunningPlaces& places, Progress* progress) {
  return Collector(places, progress).run();
}

std::string_view name_of(CodeState state) {
  switch (state) {
    case CodeState::kCurrent:
      return "current";
    case CodeState::kReplaced:
      return "replaced";
    case CodeState::kDeleted:
      return "deleted";
    case CodeState::kUnknown:
      return "unknown";
    case CodeState::kOnDisk:
      return "on-disk";
  }
  return "unknown";
}

std::int64_t start_ticks(std::string_view stat) {
  const std::size_t bracket = stat.rfind(')');
  if (bracket == stat.npos) return -1;
  stat.remove_prefix(bracket + 1);
  // The third field comes next.
  for (int field = 3; field <= 22; ++field) {
    stat.remove_prefix(std::min(stat.find_first_not_of(' '), stat.size()));
    if (field == 22) break;
    stat.remove_prefix(std::min(stat.find(' '), stat.size()));
  }
  std::int64_t ticks = -1;
  const auto [end, error] = std::from_chars(stat.data(), stat.data() + stat.size(), ticks);
  return error == std::errc{} && ticks >= 0 ? ticks : -1;
}

}  // namespace suture
