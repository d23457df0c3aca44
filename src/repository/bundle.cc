// SPDX-License-Identifier: Apache-2.0
#include "repository/bundle.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "base/hash.h"
#include "base/json.h"
#include "repository/owned.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

constexpr const char* kListName = "bundle.json";
constexpr std::size_t kMostList = 256u << 20;
constexpr std::uint64_t kMostFile = 1u << 30;
constexpr std::uint64_t kMostFiles = 10'000'000;
constexpr std::size_t kBlock = 1u << 20;

using Writer = std::unique_ptr<archive, decltype(&archive_write_free)>;
using Reader = std::unique_ptr<archive, decltype(&archive_read_free)>;
using Entry = std::unique_ptr<archive_entry, decltype(&archive_entry_free)>;

std::unexpected<Error> failure(archive* handle, const std::string& what) {
  const char* words = archive_error_string(handle);
  return fail("bundle.malformed", what, words == nullptr ? "it cannot be read or written" : words);
}

/// Nothing that leads out of a repository's folder, and nothing hidden.
bool is_plain(std::string_view path) {
  constexpr std::string_view kParts[] = {"metadata/", "targets/", "patchsets/", "log/"};
  if (path.size() > 1024 || std::ranges::none_of(kParts, [&](auto part) { return path.starts_with(part); })) {
    return false;
  }
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (end == begin || path[begin] == '.') return false;
    begin = end + 1;
  }
  return std::ranges::all_of(path, [](unsigned char c) { return c > ' ' && c < 0x7f && c != '\\'; });
}

Result<void> write_member(archive* out, const std::string& path, ByteView bytes) {
  const Entry entry(archive_entry_new(), archive_entry_free);
  archive_entry_set_pathname(entry.get(), path.c_str());
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes.size()));
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0644);
  archive_entry_set_mtime(entry.get(), 0, 0);
  if (archive_write_header(out, entry.get()) != ARCHIVE_OK) return failure(out, "write " + path);
  for (std::size_t done = 0; done < bytes.size();) {
    const la_ssize_t put = archive_write_data(out, bytes.data() + done, bytes.size() - done);
    if (put <= 0) return failure(out, "write " + path);
    done += static_cast<std::size_t>(put);
  }
  return {};
}

Result<Reader> open_bundle(const fs::path& bundle) {
  Reader in(archive_read_new(), archive_read_free);
  archive_read_support_filter_zstd(in.get());
  archive_read_support_format_tar(in.get());
  if (archive_read_open_filename(in.get(), bundle.c_str(), kBlock) != ARCHIVE_OK) {
    return failure(in.get(), "open the bundle " + bundle.string());
  }
  return in;
}

/// The member's bytes, up to a limit that its header cannot raise.
Result<Bytes> read_member(archive* in, const std::string& path, std::uint64_t limit) {
  Bytes bytes;
  Bytes block(kBlock);
  for (;;) {
    const la_ssize_t got = archive_read_data(in, block.data(), block.size());
    if (got < 0) return failure(in, "read " + path + " of the bundle");
    if (got == 0) return bytes;
    if (bytes.size() + static_cast<std::size_t>(got) > limit) {
      return fail("bundle.too-large", "read " + path + " of the bundle",
                  "it is larger than " + std::to_string(limit) + " bytes");
    }
    bytes.insert(bytes.end(), block.begin(), block.begin() + got);
  }
}

/// Calls `take` with each member; false ends it.
Result<void> for_each_member(const fs::path& bundle,
                             const std::function<Result<bool>(archive*, const std::string&)>& take) {
  const Reader in = TRY(open_bundle(bundle));
  archive_entry* entry = nullptr;
  for (std::uint64_t count = 0; count < kMostFiles; count++) {
    const int status = archive_read_next_header(in.get(), &entry);
    if (status == ARCHIVE_EOF) return {};
    if (status != ARCHIVE_OK) return failure(in.get(), "read the bundle " + bundle.string());
    const char* path = archive_entry_pathname(entry);
    const bool plain = path != nullptr && archive_entry_filetype(entry) == AE_IFREG &&
                       archive_entry_hardlink(entry) == nullptr;
    if (!plain) return fail("bundle.malformed", "read the bundle " + bundle.string(), "not only plain files");
    if (!TRY(take(in.get(), path))) return {};
  }
  return fail("bundle.too-large", "read the bundle " + bundle.string(), "it has too many files");
}

/// The repository as `folder` has it, and beyond that what was unpacked beside it.
class BundleFetcher : public Fetcher {
 public:
  BundleFetcher(const fs::path& unpacked, const fs::path& folder) : unpacked_(unpacked), folder_(folder) {}
  Result<Bytes> fetch(const std::string& path, std::size_t max_length) override {
    auto bytes = unpacked_.fetch(path, max_length);
    if (bytes || bytes.error().code != "repository.absent" || path.ends_with("timestamp.json")) return bytes;
    return folder_.fetch(path, max_length);
  }

 private:
  FolderFetcher unpacked_;
  FolderFetcher folder_;
};

}  // namespace

Result<BundleReport> export_bundle(const fs::path& folder, const fs::path& bundle, const fs::path& since,
                                   Time now, const WalkProgress& progress) {
  const std::set<std::string> known = since.empty() ? std::set<std::string>() : TRY(listed_in(since));
  FolderFetcher source(folder);
  const fs::path root = TRY(newest_root_file(folder));
  // Twice: the list is the first member. The second time the bytes are those that were verified.
  std::map<std::string, std::string> files;
  std::vector<std::string> order;
  const FileSink note = [&](const std::string& path, ByteView bytes) -> Result<void> {
    if (files.emplace(path, sha256_hex(bytes)).second) order.push_back(path);
    return {};
  };
  const TempDir state = TRY(TempDir::make("suture-export"));
  RepositoryClient client = TRY(RepositoryClient::open(state.path(), source, root));
  TRY(client.refresh(now));
  TRY(walk_repository(client, source, note, progress));

  const fs::path unfinished = bundle.string() + ".unfinished";
  const Writer out(archive_write_new(), archive_write_free);
  archive_write_set_format_pax_restricted(out.get());
  archive_write_add_filter_zstd(out.get());
  if (archive_write_open_filename(out.get(), unfinished.c_str()) != ARCHIVE_OK) {
    return failure(out.get(), "write " + unfinished.string());
  }
  BundleReport report{.listed = files.size()};
  TRY(write_member(out.get(), kListName, as_bytes(json_text({{"files", order}}))));
  for (const std::string& path : order) {
    const bool mutable_file = path == "metadata/timestamp.json" || path == "log/checkpoint";
    if (known.contains(path) && !mutable_file) continue;
    const Bytes bytes = TRY(source.fetch(path, kMostFile));
    if (sha256_hex(bytes) != files.at(path)) {
      return fail("bundle.changed", "write " + bundle.string(), "the repository changed meanwhile",
                  "Try again.");
    }
    TRY(write_member(out.get(), path, bytes));
    report.files++;
  }
  if (archive_write_close(out.get()) != ARCHIVE_OK) return failure(out.get(), "write " + unfinished.string());
  std::error_code error;
  fs::rename(unfinished, bundle, error);
  if (error) return fail("file.unwritable", "write " + bundle.string(), error.message());
  report.size = fs::file_size(bundle, error);
  return report;
}

Result<std::set<std::string>> listed_in(const fs::path& bundle) {
  std::set<std::string> listed;
  const std::string what = "read the list of " + bundle.string();
  bool found = false;
  TRY(for_each_member(bundle, [&](archive* in, const std::string& path) -> Result<bool> {
    if (path != kListName) return false;
    const Bytes bytes = TRY(read_member(in, path, kMostList));
    const Json json = TRY_IN(what, parse_json(as_text(bytes), kListName, {.bytes = kMostList, .depth = 4}));
    for (const Json& item : *TRY_IN(what, json_array(json, "files"))) {
      if (!item.is_string()) return fail("bundle.malformed", what, "an entry is not a string");
      listed.insert(item.get<std::string>());
    }
    found = true;
    return false;
  }));
  if (found) return listed;
  return fail("bundle.malformed", what, "it does not begin with " + std::string(kListName));
}

Result<void> unpack_bundle(const fs::path& bundle, const fs::path& folder) {
  return for_each_member(bundle, [&](archive* in, const std::string& path) -> Result<bool> {
    if (path == kListName) return true;
    if (!is_plain(path)) {
      return fail("bundle.malformed", "read the bundle " + bundle.string(),
                  "the path \"" + path.substr(0, 200) + "\" is none of a repository's");
    }
    TRY(write_file(folder / path, TRY(read_member(in, path, kMostFile))));
    return true;
  });
}

Result<MirrorReport> import_bundle(const fs::path& bundle, const fs::path& folder,
                                   const fs::path& initial_root, Time now, const WalkProgress& progress) {
  TRY(listed_in(bundle));
  TRY(make_directories(folder));
  // Beside the repository, so that a full disk is found out there and not in the system's temporary folder.
  const TempDir unpacked = TRY(TempDir::make(".import", folder));
  TRY(unpack_bundle(bundle, unpacked.path()));
  BundleFetcher source(unpacked.path(), folder);
  return mirror_repository(source, folder, initial_root, now, progress);
}

}  // namespace suture
