// SPDX-License-Identifier: Apache-2.0
#include "repository/client.h"

#include <sys/stat.h>

#include <algorithm>

#include "patchset/patchset.h"
#include "repository/layout.h"

namespace suture {
namespace fs = std::filesystem;
using tuf::Role;
using tuf::Trusted;
namespace {

/// More new roots than any repository has; bounds what a hostile mirror makes us do (5.3.3).
constexpr int kMostNewRoots = 256;
constexpr std::uint64_t kMostPayload = 1u << 30;

Result<Trusted> load_root(const fs::path& path) {
  return tuf::trust_root(TRY(read_file(path, tuf::size_limit(Role::kRoot))));
}

/// The manifest is about the patchset that the metadata promised: its owner signed both, but a mistake in
/// publishing must not reach a kernel.
Result<void> check_manifest(const Patchset& manifest, const AvailablePatchset& promised) {
  const bool same = manifest.level == promised.level && manifest.target.build_id == promised.build_id &&
                    manifest.module_sha256 == promised.module.sha256 &&
                    manifest.module_size == promised.module.length &&
                    promised.module.path.ends_with("/" + manifest.module_file);
  if (same) return {};
  return fail("repository.inconsistent", "verify " + promised.manifest.path,
              "the manifest tells another level, kernel or module than the repository's metadata",
              "The repository was published wrongly: tell its owner.");
}

}  // namespace

Result<RepositoryClient> RepositoryClient::open(fs::path state, Fetcher& fetcher,
                                                const fs::path& initial_root) {
  TRY(make_directories(state));
  const fs::path own = state / "root.json";
  auto trusted = load_root(own);
  if (!trusted && !initial_root.empty()) {
    trusted = TRY_IN("begin to trust the repository", load_root(initial_root));
    TRY(write_file(own, TRY(read_file(initial_root, tuf::size_limit(Role::kRoot)))));
  }
  if (!trusted) {
    Error error = std::move(trusted).error().in("open the repository's trusted state");
    error.code = "repository.no-root";
    error.hint = "Copy the repository's metadata/1.root.json to " + own.string() +
                 ", from a source that you trust, not from the network.";
    return std::unexpected(std::move(error));
  }
  return RepositoryClient(std::move(state), fetcher, *std::move(trusted));
}

fs::path RepositoryClient::cached(Role role) const {
  return state_ / (std::string(tuf::role_name(role)) + ".json");
}

Result<Bytes> RepositoryClient::fetch_metadata(const std::string& name, Role role,
                                               const tuf::MetaFile* described) const {
  std::size_t limit = tuf::size_limit(role);
  if (described != nullptr && described->length) limit = std::min<std::uint64_t>(limit, *described->length);
  const std::string path = "metadata/" + name;
  Bytes bytes = TRY(fetcher_->fetch(path, limit));
  if (bytes.size() > limit) {
    return fail("repository.too-large", "fetch " + path,
                "it is larger than " + std::to_string(limit) + " bytes");
  }
  return bytes;
}

Result<void> RepositoryClient::refresh(std::chrono::system_clock::time_point now_exact) {
  const auto now = std::chrono::floor<std::chrono::seconds>(now_exact);
  fresh_ = false;
  const FileLock lock = TRY(FileLock::acquire(state_ / ".lock"));
  TRY(follow_root_chain(now));
  load_cached();
  TRY(refresh_timestamp(now));
  TRY(refresh_snapshot(now));
  TRY(refresh_targets(now));
  fresh_ = true;
  return {};
}

Result<void> RepositoryClient::follow_root_chain(tuf::Time now) {
  for (int i = 0;; i++) {
    const std::string name = std::to_string(trusted_.root.version + 1) + ".root.json";
    auto bytes = fetch_metadata(name, Role::kRoot, nullptr);
    if (!bytes && bytes.error().code == "repository.absent") break;
    if (!bytes) return std::unexpected(std::move(bytes).error());
    if (i == kMostNewRoots) {
      return fail("repository.root-chain", "fetch " + name, "there are too many new roots");
    }
    // Loaded first, so that a change of their keys makes them forgotten.
    load_cached();
    const bool had_timestamp = trusted_.timestamp.has_value();
    trusted_ = TRY(tuf::update_root(trusted_, *bytes));
    if (had_timestamp && !trusted_.timestamp) {
      std::error_code ignored;
      fs::remove(cached(Role::kTimestamp), ignored);
      fs::remove(cached(Role::kSnapshot), ignored);
    }
    TRY(write_file(cached(Role::kRoot), *bytes));
  }
  return tuf::check_fresh(Role::kRoot, trusted_.root.expires, now);
}

/// Brings in what this host believed before. A file that is damaged, or no longer signed by the right keys,
/// counts for nothing, and is fetched anew.
void RepositoryClient::load_cached() {
  const auto read = [this](Role role) { return read_file(cached(role), tuf::size_limit(role)); };
  trusted_ = Trusted{.root = std::move(trusted_.root)};
  if (const auto bytes = read(Role::kTimestamp)) {
    auto next = tuf::update_timestamp(trusted_, *bytes, tuf::kBeforeAnyExpiry);
    if (next) trusted_ = *std::move(next);
  }
  if (const auto bytes = read(Role::kSnapshot)) {
    auto next = tuf::update_cached_snapshot(trusted_, *bytes);
    if (next) trusted_ = *std::move(next);
  }
}

Result<void> RepositoryClient::refresh_timestamp(tuf::Time now) {
  const Bytes bytes = TRY(fetch_metadata("timestamp.json", Role::kTimestamp, nullptr));
  const std::int64_t before = trusted_.timestamp ? trusted_.timestamp->version : 0;
  trusted_ = TRY(tuf::update_timestamp(trusted_, bytes, now));
  if (trusted_.timestamp->version == before) return {};
  return write_file(cached(Role::kTimestamp), bytes);
}

Result<void> RepositoryClient::refresh_snapshot(tuf::Time now) {
  const tuf::MetaFile described = trusted_.timestamp->snapshot;
  if (const auto bytes = read_file(cached(Role::kSnapshot), tuf::size_limit(Role::kSnapshot))) {
    auto unchanged = tuf::update_snapshot(trusted_, *bytes, now);
    if (unchanged) {
      trusted_ = *std::move(unchanged);
      return {};
    }
  }
  const std::string name = std::to_string(described.version) + ".snapshot.json";
  const Bytes bytes = TRY(fetch_metadata(name, Role::kSnapshot, &described));
  trusted_ = TRY(tuf::update_snapshot(trusted_, bytes, now));
  return write_file(cached(Role::kSnapshot), bytes);
}

Result<void> RepositoryClient::refresh_targets(tuf::Time now) {
  const tuf::MetaFile described = trusted_.snapshot->meta.at(tuf::kTargetsFile);
  if (const auto bytes = read_file(cached(Role::kTargets), tuf::size_limit(Role::kTargets))) {
    auto unchanged = tuf::update_targets(trusted_, *bytes, now);
    if (unchanged) {
      trusted_ = *std::move(unchanged);
      return {};
    }
  }
  const std::string name = std::to_string(described.version) + "." + tuf::kTargetsFile;
  const Bytes bytes = TRY(fetch_metadata(name, Role::kTargets, &described));
  trusted_ = TRY(tuf::update_targets(trusted_, bytes, now));
  return write_file(cached(Role::kTargets), bytes);
}

Result<std::vector<AvailablePatchset>> RepositoryClient::patchsets(std::string_view channel,
                                                                   std::string_view build_id) const {
  if (!fresh_) {
    return fail("repository.not-refreshed", "list the repository's patchsets",
                "what is known was not verified against the repository yet");
  }
  return patchsets_in(*trusted_.targets, channel, build_id);
}

Result<Bytes> RepositoryClient::fetch_target(const RemoteFile& file) const {
  if (file.length > kMostPayload) {
    return fail("repository.too-large", "fetch " + file.path, "it is larger than 1 GiB");
  }
  Bytes bytes = TRY(fetcher_->fetch(stored_path(file.path, file.sha256), file.length));
  TRY(tuf::check_payload(file.path, {file.length, file.sha256, nullptr}, bytes));
  return bytes;
}

Result<fs::path> RepositoryClient::download(const AvailablePatchset& patchset, const fs::path& folder) {
  const Bytes manifest_bytes = TRY(fetch_target(patchset.manifest));
  const Patchset manifest = TRY_IN("read " + patchset.manifest.path, parse_patchset(as_text(manifest_bytes)));
  TRY(check_manifest(manifest, patchset));

  TempDir unfinished = TRY(TempDir::make("download", folder));
  TRY(write_file(unfinished.path() / manifest.module_file, TRY(fetch_target(patchset.module))));
  TRY(write_file(unfinished.path() / kManifestName, manifest_bytes));
  ::chmod(unfinished.path().c_str(), 0755);

  fs::path finished = folder / level_text(patchset.level);
  std::error_code error;
  fs::remove_all(finished, error);
  if (error) return fail("file.unwritable", "replace " + finished.string(), error.message());
  TRY(unfinished.move_to(finished));
  return finished;
}

tuf::Time RepositoryClient::expires() const {
  tuf::Time first = trusted_.root.expires;
  if (trusted_.timestamp) first = std::min(first, trusted_.timestamp->expires);
  if (trusted_.snapshot) first = std::min(first, trusted_.snapshot->expires);
  if (trusted_.targets) first = std::min(first, trusted_.targets->expires);
  return first;
}

}  // namespace suture
