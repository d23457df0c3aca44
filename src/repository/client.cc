// SPDX-License-Identifier: Apache-2.0
#include "repository/client.h"

#include <sys/stat.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/hash.h"
#include "base/json.h"
#include "patchset/patchset.h"
#include "repository/layout.h"
#include "repository/log_head.h"

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

/// Roles that are asked about one path: bounds what a tree of delegations makes us do (5.6.7.1).
constexpr std::size_t kMostRolesAsked = 32;
constexpr const char* kTimestampName = "timestamp.json";
/// Beside the roles' documents, all of which end with ".json": one of them is "log.json".
constexpr const char* kLogMemoryName = "log.head";

std::string name_of(Role role) {
  return tuf::role_name(role);
}

/// What this host knows of the log.
struct LogMemory {
  std::optional<LogHead> head{};
  std::set<std::string> proven{};  ///< entries that are in it
};

/// Beyond it, all is forgotten and proven again: a host asks about a few.
constexpr std::size_t kMostProven = 1000;

std::string entry_name(std::uint64_t index, const std::string& entry) {
  return std::to_string(index) + ":" + sha256_hex(as_bytes(entry));
}

/// One that is damaged counts for nothing.
LogMemory read_log_memory(const fs::path& file) {
  const auto text = read_text_file(file, 1u << 20);
  const Result<Json> json = text ? parse_json(*text, file.string()) : Json();
  if (!json) return {};
  const auto head = log_head_from_json(*json);
  const auto proven = json_array(*json, "proven");
  if (!head || !proven) return {};
  LogMemory memory{.head = *head};
  for (const Json& name : **proven) {
    if (name.is_string()) memory.proven.insert(name.get<std::string>());
  }
  return memory;
}

Result<void> write_log_memory(const fs::path& file, LogMemory memory) {
  if (memory.proven.size() > kMostProven) memory.proven.clear();
  Json json = log_head_json(memory.head.value());
  json["proven"] = memory.proven;
  return write_file(file, json_text(json));
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

fs::path RepositoryClient::cached(const std::string& role) const {
  return state_ / tuf::document_name(role);
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

Result<void> RepositoryClient::refresh(Time now) {
  now_ = now;
  fresh_ = false;
  new_timestamp_.reset();
  const FileLock lock = TRY(FileLock::acquire(state_ / ".lock"));
  if (!TRY(is_unchanged(now_))) {
    TRY(follow_root_chain(now_));
    load_cached();
    TRY(refresh_timestamp(now_));
    TRY(refresh_snapshot(now_));
  }
  TRY(load_role({}, name_of(Role::kTargets)));
  fresh_ = true;
  return {};
}

/// Whether the repository still says what this host knows, and may believe. One request.
Result<bool> RepositoryClient::is_unchanged(Time now) {
  load_cached();
  const bool known = trusted_.timestamp && trusted_.snapshot &&
                     trusted_.timestamp->snapshot.version == trusted_.snapshot->version &&
                     tuf::check_fresh("root", trusted_.root.expires, now) &&
                     tuf::check_fresh("timestamp", trusted_.timestamp->expires, now) &&
                     tuf::check_fresh("snapshot", trusted_.snapshot->expires, now);
  const fs::path own = cached(name_of(Role::kTimestamp));
  std::string validator = known ? read_text_file(state_ / "timestamp.etag", 1024).value_or("") : "";
  const std::size_t limit = tuf::size_limit(Role::kTimestamp);
  auto bytes = TRY(fetcher_->fetch_if_changed(std::string("metadata/") + kTimestampName, limit, validator));
  if (!bytes) return known;
  if (bytes->size() > limit) {
    return fail("repository.too-large", "fetch metadata/timestamp.json",
                "it is larger than " + std::to_string(limit) + " bytes");
  }
  const auto before = read_file(own, limit);
  if (known && before && *before == *bytes) return true;
  new_timestamp_ = std::move(bytes);
  // Written before the document that it belongs to: with that one missing, it is not believed.
  TRY(write_file(state_ / "timestamp.etag", validator));
  return false;
}

Result<void> RepositoryClient::follow_root_chain(Time now) {
  for (int i = 0;; i++) {
    const std::string name = tuf::versioned_name(trusted_.root.version + 1, name_of(Role::kRoot));
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
      fs::remove(cached(name_of(Role::kTimestamp)), ignored);
      fs::remove(cached(name_of(Role::kSnapshot)), ignored);
    }
    TRY(write_file(cached(name_of(Role::kRoot)), *bytes));
  }
  return tuf::check_fresh("root", trusted_.root.expires, now);
}

/// Brings in what this host believed before. A file that is damaged, or no longer signed by the right keys,
/// counts for nothing, and is fetched anew.
void RepositoryClient::load_cached() {
  const auto read = [this](Role role) { return read_file(cached(name_of(role)), tuf::size_limit(role)); };
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

Result<void> RepositoryClient::refresh_timestamp(Time now) {
  const Bytes bytes = new_timestamp_ ? *std::exchange(new_timestamp_, std::nullopt)
                                     : TRY(fetch_metadata(kTimestampName, Role::kTimestamp, nullptr));
  const std::int64_t before = trusted_.timestamp ? trusted_.timestamp->version : 0;
  trusted_ = TRY(tuf::update_timestamp(trusted_, bytes, now));
  if (trusted_.timestamp->version == before) return {};
  return write_file(cached(name_of(Role::kTimestamp)), bytes);
}

Result<void> RepositoryClient::refresh_snapshot(Time now) {
  const tuf::MetaFile described = trusted_.timestamp->snapshot;
  const fs::path own = cached(name_of(Role::kSnapshot));
  if (const auto bytes = read_file(own, tuf::size_limit(Role::kSnapshot))) {
    auto unchanged = tuf::update_snapshot(trusted_, *bytes, now);
    if (unchanged) {
      trusted_ = *std::move(unchanged);
      return {};
    }
  }
  const std::string name = tuf::versioned_name(described.version, name_of(Role::kSnapshot));
  const Bytes bytes = TRY(fetch_metadata(name, Role::kSnapshot, &described));
  trusted_ = TRY(tuf::update_snapshot(trusted_, bytes, now));
  return write_file(own, bytes);
}

/// The document of a targets role: of this host if it is still the one that the snapshot names. Without a
/// delegator it is the top-level role's.
Result<void> RepositoryClient::load_role(const std::string& delegator, const std::string& role) {
  const auto update = [&](ByteView bytes) {
    return delegator.empty() ? tuf::update_targets(trusted_, bytes, now_)
                             : tuf::update_delegated(trusted_, delegator, role, bytes, now_);
  };
  if (const auto bytes = read_file(cached(role), tuf::size_limit(Role::kTargets))) {
    auto unchanged = update(*bytes);
    if (unchanged) {
      trusted_ = *std::move(unchanged);
      return {};
    }
  }
  const auto described = trusted_.snapshot->meta.find(tuf::document_name(role));
  if (described == trusted_.snapshot->meta.end()) {
    return fail("repository.mix-and-match", "fetch the " + role + " metadata",
                "the snapshot metadata do not name it");
  }
  const std::string name = tuf::versioned_name(described->second.version, role);
  const Bytes bytes = TRY(fetch_metadata(name, Role::kTargets, &described->second));
  trusted_ = TRY(update(bytes));
  return write_file(cached(role), bytes);
}

Result<std::optional<tuf::TargetFile>> RepositoryClient::find_target(const std::string& path) {
  if (!fresh_) {
    return fail("repository.not-refreshed", "look for " + path + " in the repository",
                "what is known was not verified against the repository yet");
  }
  // Depth first, in the order of the delegations: the next to ask is at the end.
  std::vector<std::pair<std::string, std::string>> to_ask = {{"", name_of(Role::kTargets)}};
  std::set<std::string> asked;
  while (!to_ask.empty() && asked.size() < kMostRolesAsked) {
    const auto [delegator, role] = std::move(to_ask.back());
    to_ask.pop_back();
    if (!asked.insert(role).second) continue;
    if (!delegator.empty()) TRY(load_role(delegator, role));
    const tuf::Targets& targets = tuf::targets_of(trusted_, role);
    if (const auto found = targets.files.find(path); found != targets.files.end()) return found->second;
    if (!targets.delegations) continue;
    std::vector<std::pair<std::string, std::string>> next;
    for (const tuf::DelegatedRole& delegated : targets.delegations->roles) {
      if (!delegated.covers(path)) continue;
      next.emplace_back(role, delegated.name);
      if (!delegated.terminating) continue;
      to_ask.clear();
      break;
    }
    to_ask.insert(to_ask.end(), next.rbegin(), next.rend());
  }
  return std::nullopt;
}

Result<Bytes> RepositoryClient::fetch_target(const std::string& path, const tuf::TargetFile& file) const {
  if (file.length > kMostPayload) return fail("repository.too-large", "fetch " + path, "it is over 1 GiB");
  Bytes bytes = TRY(fetcher_->fetch(stored_path(path, file.sha256), file.length));
  TRY(tuf::check_payload(path, file, bytes));
  return bytes;
}

Result<Catalog> RepositoryClient::catalog(const Stream& stream, const std::string& build_id) {
  TRY(check_stream(stream));
  const std::string path = catalog_path(stream, build_id);
  const auto file = TRY(find_target(path));
  if (!file) return Catalog{.stream = stream, .build_id = build_id};
  const fs::path own = state_ / kOwnCatalogName;
  auto bytes = read_file(own, kMostCatalog);
  if (!bytes || !tuf::check_payload(path, *file, *bytes)) {
    if (file->length > kMostCatalog) return fail("repository.too-large", "fetch " + path, "it is over 4 MiB");
    bytes = TRY(fetch_target(path, *file));
    TRY(write_file(own, *bytes));
  }
  return parse_catalog(as_text(*bytes), stream, build_id);
}

/// What the signed metadata say of the log at present; nothing where there is none.
Result<std::optional<LogHead>> RepositoryClient::current_log_head() {
  const auto checkpoint = TRY(find_target(std::string(kCheckpointPath)));
  if (!checkpoint) return std::nullopt;
  return TRY(log_head_from_json(checkpoint->custom));
}

Result<void> RepositoryClient::check_logged(const AvailablePatchset& patchset) {
  const auto head = TRY(current_log_head());
  LogMemory memory = read_log_memory(state_ / kLogMemoryName);
  if (!head && !memory.head) return {};
  if (!head) {
    return fail("log.gone", "check the transparency log",
                "the repository had one, and its metadata no longer name it",
                "Ask its owner; nothing new is accepted from it until then.");
  }
  std::vector<std::pair<std::uint64_t, std::string>> entries = {
      {patchset.log_index, publication_entry(patchset)}};
  if (const auto& withdrawn = patchset.withdrawn) {
    entries.emplace_back(withdrawn->log_index, withdrawal_entry(patchset, *withdrawn));
  }
  // What was proven once is in every log that this one has grown to.
  std::erase_if(entries, [&](const auto& entry) {
    return memory.proven.contains(entry_name(entry.first, entry.second));
  });
  if (memory.head == head && entries.empty()) return {};
  LogReader log = TRY(LogReader::open(*fetcher_, *head));
  if (memory.head && memory.head != head) TRY(log.prove_consistency(*memory.head));
  for (const auto& [index, entry] : entries) {
    TRY(log.prove_inclusion(index, as_bytes(entry)));
    memory.proven.insert(entry_name(index, entry));
  }
  memory.head = head;
  return write_log_memory(state_ / kLogMemoryName, memory);
}

Result<Bytes> RepositoryClient::fetch_payload(const AvailablePatchset& patchset,
                                              const RemoteFile& file) const {
  const std::string path = patchset.stored(file);
  if (file.length > kMostPayload) return fail("repository.too-large", "fetch " + path, "it is over 1 GiB");
  const fs::path partial = state_ / "partial";
  const fs::path own = partial / file.sha256;
  TRY(make_directories(partial));
  TRY(fetcher_->fetch_file(path, file.length, own));
  Bytes bytes = TRY(read_file(own, file.length));
  const auto good = tuf::check_payload(path, {file.length, file.sha256, nullptr}, bytes);
  // Whole or wrong, it has no use as a beginning any more.
  std::error_code ignored;
  fs::remove(own, ignored);
  if (!good) return std::unexpected(good.error());
  return bytes;
}

Result<fs::path> RepositoryClient::download(const AvailablePatchset& patchset, const fs::path& folder) {
  TRY(check_logged(patchset));
  const Bytes manifest_bytes = TRY(fetch_payload(patchset, patchset.manifest));
  const Patchset manifest =
      TRY_IN("read " + patchset.stored(patchset.manifest), parse_patchset(as_text(manifest_bytes)));
  TRY(check_manifest(manifest, patchset));

  TempDir unfinished = TRY(TempDir::make("download", folder));
  TRY(write_file(unfinished.path() / patchset.module.name, TRY(fetch_payload(patchset, patchset.module))));
  for (const RemoteFile& file : patchset.more_modules)
    TRY(write_file(unfinished.path() / file.name, TRY(fetch_payload(patchset, file))));
  TRY(write_file(unfinished.path() / kManifestName, manifest_bytes));
  ::chmod(unfinished.path().c_str(), 0755);

  fs::path finished = folder / level_text(patchset.level);
  std::error_code error;
  fs::remove_all(finished, error);
  if (error) return fail("file.unwritable", "replace " + finished.string(), error.message());
  TRY(unfinished.move_to(finished));
  fs::remove_all(state_ / "partial", error);
  return finished;
}

Result<Bytes> RepositoryClient::timestamp_bytes() const {
  return read_file(cached(name_of(Role::kTimestamp)), tuf::size_limit(Role::kTimestamp));
}

Time RepositoryClient::expires() const {
  Time first = trusted_.root.expires;
  if (trusted_.timestamp) first = std::min(first, trusted_.timestamp->expires);
  if (trusted_.snapshot) first = std::min(first, trusted_.snapshot->expires);
  if (trusted_.targets) first = std::min(first, trusted_.targets->expires);
  for (const auto& [role, targets] : trusted_.delegated) first = std::min(first, targets.expires);
  return first;
}

std::optional<LogHead> checked_log_head(const fs::path& state) {
  return read_log_memory(state / kLogMemoryName).head;
}

Result<void> check_manifest(const Patchset& manifest, const AvailablePatchset& promised) {
  std::vector<RemoteFile> modules;
  for (const ModuleFile& named : manifest.files()) modules.push_back({named.file, named.sha256, named.size});
  std::vector<RemoteFile> expected = promised.more_modules;
  expected.insert(expected.begin(), promised.module);
  const bool same = manifest.level == promised.level && manifest.target.build_id == promised.build_id &&
                    modules == expected;
  if (same) return {};
  return fail("repository.inconsistent", "verify " + promised.stored(promised.manifest),
              "the manifest tells another level, kernel or modules than the repository's metadata",
              "The repository was published wrongly: tell its owner.");
}

}  // namespace suture
