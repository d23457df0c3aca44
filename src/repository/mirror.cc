// SPDX-License-Identifier: Apache-2.0
#include "repository/mirror.h"

#include <algorithm>
#include <set>

#include "repository/owned.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

/// What a copy remembers of what it has seen, so that it never goes back.
fs::path state_folder(const fs::path& folder) {
  return folder / ".mirror";
}

/// Whether a file of this path never changes: its name has a hash or a version, or it is a full tile.
bool is_immutable(const std::string& path) {
  if (path.starts_with("patchsets/") || path.starts_with("targets/")) return true;
  if (path.starts_with("log/")) return !path.ends_with("/checkpoint");
  const std::string name = fs::path(path).filename();
  return path.starts_with("metadata/") && !name.empty() && name.front() >= '0' && name.front() <= '9';
}

/// Takes what cannot have changed from the copy, and asks the source for the rest.
class LayeredFetcher : public Fetcher {
 public:
  LayeredFetcher(Fetcher& source, const fs::path& folder) : source_(source), copy_(folder) {}
  Result<Bytes> fetch(const std::string& path, std::size_t max_length) override {
    if (use_copy && is_immutable(path)) {
      if (auto own = copy_.fetch(path, max_length)) return own;
    }
    return source_.fetch(path, max_length);
  }
  Result<std::optional<Bytes>> fetch_if_changed(const std::string& path, std::size_t max_length,
                                                std::string& validator) override {
    return source_.fetch_if_changed(path, max_length, validator);
  }
  bool use_copy = true;

 private:
  Fetcher& source_;
  FolderFetcher copy_;
};

/// What was learnt is remembered once all of it is in the copy: else an attempt that failed would forbid it
/// to become what it can be. The timestamp, which says most, comes last.
Result<void> keep_state(const fs::path& from, const fs::path& to) {
  std::vector<fs::path> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(from, error)) {
    const fs::path name = entry.path().filename();
    if (entry.is_regular_file(error) && name != ".lock") names.push_back(name);
  }
  if (error) return fail("file.unreadable", "look through " + from.string(), error.message());
  std::ranges::sort(names, {},
                    [](const fs::path& name) { return std::pair(name == "timestamp.json", name); });
  for (const fs::path& name : names) TRY(write_file(to / name, TRY(read_file(from / name))));
  return {};
}

Result<void> put(const fs::path& folder, const std::string& path, ByteView bytes, std::uint64_t& written) {
  const fs::path file = folder / path;
  const auto present = read_file(file, bytes.size());
  if (present && std::ranges::equal(*present, bytes)) return {};
  written++;
  return write_file(file, bytes);
}

}  // namespace

Result<MirrorReport> mirror_repository(Fetcher& source, const fs::path& folder, const fs::path& initial_root,
                                       Time now, const WalkProgress& progress) {
  TRY(make_directories(state_folder(folder)));
  const FileLock lock = TRY(FileLock::acquire(folder / ".lock"));
  LayeredFetcher fetcher(source, folder);
  MirrorReport report;
  const FileSink sink = [&](const std::string& path, ByteView bytes) {
    return put(folder, path, bytes, report.written);
  };
  const auto run = [&]() -> Result<WalkReport> {
    const TempDir state = TRY(TempDir::make(".mirror-next", folder));
    std::error_code error;
    fs::copy(state_folder(folder), state.path(), fs::copy_options::recursive, error);
    if (error) return fail("file.unreadable", "copy " + state_folder(folder).string(), error.message());
    RepositoryClient client = TRY(RepositoryClient::open(state.path(), fetcher, initial_root));
    TRY(client.refresh(now));
    WalkReport walk = TRY(walk_repository(client, fetcher, sink, progress));
    TRY(keep_state(state.path(), state_folder(folder)));
    return walk;
  };
  auto walked = run();
  if (!walked) {
    // A file of the copy may be damaged: once more, with nothing but the source's.
    fetcher.use_copy = false;
    walked = run();
  }
  report.walk = TRY(std::move(walked));
  return report;
}

Result<WalkReport> verify_repository(Fetcher& source, const fs::path& initial_root, Time now,
                                     const WalkProgress& progress) {
  const TempDir state = TRY(TempDir::make("suture-verify"));
  RepositoryClient client = TRY(RepositoryClient::open(state.path(), source, initial_root));
  TRY(client.refresh(now));
  return walk_repository(
      client, source, [](const std::string&, ByteView) { return Result<void>(); }, progress);
}

Result<Garbage> collect_garbage(const fs::path& folder, std::chrono::seconds grace, bool remove) {
  const FileLock lock = TRY(FileLock::acquire(folder / ".lock"));
  // All that the repository names, by its own newest root: this is its owner's disk.
  const fs::path root = TRY(newest_root_file(folder));
  FolderFetcher fetcher(folder);
  std::set<std::string> named;
  const FileSink sink = [&](const std::string& path, ByteView) -> Result<void> {
    named.insert(path);
    return {};
  };
  const TempDir state = TRY(TempDir::make("suture-gc"));
  RepositoryClient client = TRY(RepositoryClient::open(state.path(), fetcher, root));
  TRY(client.refresh(tuf::kBeforeAnyExpiry));
  TRY(walk_repository(client, fetcher, sink));

  Garbage garbage;
  const auto oldest = fs::file_time_type::clock::now() - grace;
  std::error_code error;
  for (const char* part : {"metadata", "targets", "patchsets", "log"}) {
    for (auto entry = fs::recursive_directory_iterator(folder / part, error);
         entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      if (error) return fail("file.unreadable", "look through " + folder.string(), error.message());
      if (!entry->is_regular_file(error)) continue;
      const std::string path = fs::relative(entry->path(), folder, error);
      // Hosts follow the roots one by one, from whichever they have.
      if (named.contains(path) || path.ends_with(".root.json")) continue;
      if (entry->last_write_time(error) > oldest) continue;
      garbage.files.push_back(path);
      garbage.bytes += entry->file_size(error);
    }
  }
  std::ranges::sort(garbage.files);
  if (!remove) return garbage;
  for (const std::string& path : garbage.files) {
    if (!fs::remove(folder / path, error) && error) {
      return fail("file.unwritable", "remove " + path, error.message());
    }
  }
  return garbage;
}

}  // namespace suture
