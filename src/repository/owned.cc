// SPDX-License-Identifier: Apache-2.0
#include "repository/owned.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "base/hash.h"
#include "base/time.h"
#include "repository/log_head.h"

namespace suture {
namespace fs = std::filesystem;
using tuf::Role;
using tuf::Signer;
namespace {

fs::path metadata_folder(const fs::path& repository) {
  return repository / "metadata";
}

fs::path resolved(const fs::path& path) {
  std::error_code error;
  const fs::path whole = fs::weakly_canonical(fs::absolute(path, error), error);
  return whole.has_filename() ? whole : whole.parent_path();
}

/// Keys below the repository would be served to everyone.
Result<void> check_keys_apart(const PublisherContext& context) {
  const fs::path repository = resolved(context.repository);
  const fs::path keys = resolved(context.keys);
  if (context.keys.empty() || std::ranges::mismatch(repository, keys).in1 != repository.end()) return {};
  return fail("repository.keys-exposed", "use the keys in " + context.keys.string(),
              "they lie in the repository, which is served to everyone",
              "Give a folder outside of it, such as ~/.config/suture/keys.");
}

/// The newest root on disk; the chain is for clients, the owner trusts his own disk.
Result<std::int64_t> newest_root(const fs::path& repository) {
  std::int64_t newest = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(metadata_folder(repository), error)) {
    const std::string name = entry.path().filename().string();
    std::int64_t version = 0;
    const auto [rest, problem] = std::from_chars(name.data(), name.data() + name.size(), version);
    if (problem == std::errc() && std::string_view(rest) == ".root.json") newest = std::max(newest, version);
  }
  if (newest > 0) return newest;
  return fail("repository.absent", "open the repository " + repository.string(),
              error ? error.message() : "it holds no root metadata",
              "Make one: `suture repo init " + repository.string() + " --keys FOLDER`.");
}

}  // namespace

Result<OwnedRepository> OwnedRepository::open(const PublisherContext& context) {
  TRY(check_keys_apart(context));
  TRY(newest_root(context.repository));  // before a lock file is left where no repository is
  Keyring keyring = TRY(Keyring::open(context.keys, context.passphrase));
  // Without keys there is nothing to change, and it may be on a medium that nobody can write to.
  std::optional<FileLock> lock;
  if (!context.keys.empty()) lock.emplace(TRY(FileLock::acquire(context.repository / ".lock")));
  OwnedRepository owned(context, std::move(keyring), std::move(lock));
  owned.metadata_ = metadata_folder(context.repository);
  TRY(owned.load());
  return owned;
}

Result<OwnedRepository> OwnedRepository::create(const PublisherContext& context) {
  TRY(check_keys_apart(context));
  const auto check_new = [&]() -> Result<void> {
    std::error_code error;
    if (!fs::exists(metadata_folder(context.repository) / "timestamp.json", error)) return {};
    return fail("repository.exists", "make a repository in " + context.repository.string(),
                "there is one already", "`suture repo status` shows it; `suture repo renew` signs it anew.");
  };
  TRY(check_new());
  Keyring keyring = TRY(Keyring::open(context.keys, context.passphrase));
  TRY(make_directories(metadata_folder(context.repository)));
  FileLock lock = TRY(FileLock::acquire(context.repository / ".lock"));
  TRY(check_new());
  OwnedRepository owned(context, std::move(keyring), std::move(lock));
  owned.metadata_ = metadata_folder(context.repository);
  owned.state_ = {.root = {},
                  .timestamp = tuf::Timestamp(),
                  .snapshot = tuf::Snapshot(),
                  .targets = tuf::Targets{.delegations = tuf::Delegations()}};
  return owned;
}

/// What the repository says at present, expired or not; every signature, hash and version checked.
Result<void> OwnedRepository::load() {
  const auto read = [&](const std::string& name, Role role) {
    return read_file(metadata_ / name, tuf::size_limit(role));
  };
  const auto now = tuf::kBeforeAnyExpiry;
  const std::string root = tuf::versioned_name(TRY(newest_root(context_.repository)), kRoot);
  state_ = TRY(tuf::trust_root(TRY(read(root, Role::kRoot))));
  state_ = TRY(tuf::update_timestamp(state_, TRY(read("timestamp.json", Role::kTimestamp)), now));
  const std::string snapshot = tuf::versioned_name(state_.timestamp->snapshot.version, "snapshot");
  state_ = TRY(tuf::update_snapshot(state_, TRY(read(snapshot, Role::kSnapshot)), now));
  const std::string targets = tuf::versioned_name(version_of(kTargets), kTargets);
  state_ = TRY(tuf::update_targets(state_, TRY(read(targets, Role::kTargets)), now));
  old_root_ = state_.root;
  if (!state_.targets->delegations) state_.targets->delegations.emplace();
  if (state_.targets->delegations->find(kLog) == nullptr) return {};
  const auto& files = TRY(role(kLog))->files;
  if (const auto found = files.find(std::string(kCheckpointPath)); found != files.end()) {
    log_head_ = TRY(log_head_from_json(found->second.custom));
  }
  return {};
}

std::int64_t OwnedRepository::version_of(const std::string& role) const {
  if (role == kRoot) return state_.root.version;
  const auto found = state_.snapshot->meta.find(tuf::document_name(role));
  return found == state_.snapshot->meta.end() ? 0 : found->second.version;
}

bool OwnedRepository::is_bin(const std::string& role) {
  return std::ranges::count(role, '~') == 2;
}

std::string OwnedRepository::delegator_of(const std::string& role) {
  if (role == kTargets) return {};
  return is_bin(role) ? role.substr(0, role.rfind('~')) : kTargets;
}

std::vector<Stream> OwnedRepository::streams() const {
  std::vector<Stream> all;
  for (const tuf::DelegatedRole& role : state_.targets->delegations->roles) {
    if (const auto stream = stream_of_role(role.name)) all.push_back(*stream);
  }
  return all;
}

bool OwnedRepository::has_stream(const Stream& stream) const {
  return state_.targets->delegations->find(stream_role(stream)) != nullptr;
}

std::vector<const Signer*> OwnedRepository::signers_of_stream(const Stream& stream) const {
  const tuf::DelegatedRole* role = state_.targets->delegations->find(stream_role(stream));
  return role == nullptr ? std::vector<const Signer*>() : keyring_.of(role->keys);
}

Result<const tuf::Targets*> OwnedRepository::role(const std::string& name) {
  if (name == kTargets) return &*state_.targets;
  if (!state_.delegated.contains(name)) {
    const std::string delegator = delegator_of(name);
    TRY(role(delegator));
    const fs::path file = metadata_ / tuf::versioned_name(version_of(name), name);
    const Bytes bytes = TRY(read_file(file, tuf::size_limit(Role::kTargets)));
    state_ = TRY(tuf::update_delegated(std::move(state_), delegator, name, bytes, tuf::kBeforeAnyExpiry));
  }
  return &state_.delegated.at(name);
}

std::vector<std::string> OwnedRepository::bins_of(const Stream& stream) const {
  std::vector<std::string> bins;
  const auto found = state_.delegated.find(stream_role(stream));
  if (found == state_.delegated.end() || !found->second.delegations) return bins;
  for (const tuf::DelegatedRole& bin : found->second.delegations->roles) bins.push_back(bin.name);
  return bins;
}

Result<std::vector<Catalog>> OwnedRepository::catalogs(const Stream& stream, const std::string& only) {
  if (!has_stream(stream)) {
    std::string known;
    for (const Stream& other : streams()) known += " " + other.channel + "/" + other.distribution;
    return fail("repository.no-channel", "use the channel " + stream.channel + " for " + stream.distribution,
                "the repository has none; it has:" + (known.empty() ? " none at all" : known),
                "`suture repo add-channel REPOSITORY " + stream.channel + " --distribution " +
                    stream.distribution + "` makes it.");
  }
  const tuf::Targets& top = *TRY(role(stream_role(stream)));
  std::vector<Catalog> found;
  const std::string wanted = only.empty() ? std::string() : catalog_path(stream, only);
  for (const tuf::DelegatedRole& bin :
       top.delegations ? top.delegations->roles : std::vector<tuf::DelegatedRole>()) {
    if (!only.empty() && !bin.covers(wanted)) continue;
    for (const auto& [path, file] : TRY(role(bin.name))->files) {
      if (!only.empty() && path != wanted) continue;
      const Bytes bytes = TRY(read_file(context_.repository / stored_path(path, file.sha256), kMostCatalog));
      TRY(tuf::check_payload(path, file, bytes));
      const std::string_view folder = std::string_view(path).substr(0, path.rfind('/'));
      found.push_back(TRY(parse_catalog(as_text(bytes), stream, folder.substr(folder.rfind('/') + 1))));
    }
  }
  return found;
}

Result<Catalog> OwnedRepository::catalog(const Stream& stream, const std::string& build_id) {
  auto found = TRY(catalogs(stream, build_id));
  if (!found.empty()) return std::move(found.front());
  return Catalog{.stream = stream, .build_id = build_id};
}

tuf::Root& OwnedRepository::edit_root() {
  if (edited_.insert(kRoot).second) {
    state_.root.version++;
    state_.root.expires = context_.now + context_.expiry.root;
  }
  return state_.root;
}

Result<tuf::Targets*> OwnedRepository::edit(const std::string& name) {
  TRY(role(name));
  tuf::Targets& targets = name == kTargets ? *state_.targets : state_.delegated.at(name);
  if (edited_.insert(name).second) {
    targets.version++;
    if (name != kTargets) targets.role = name;
    targets.expires = context_.now + (name == kLog ? context_.expiry.snapshot : context_.expiry.targets);
  }
  return &targets;
}

tuf::Targets& OwnedRepository::add_role(const std::string& name) {
  edited_.insert(name);
  return state_.delegated[name] = {
             .version = 1, .expires = context_.now + context_.expiry.targets, .role = name};
}

Result<void> OwnedRepository::put_catalog(const Catalog& catalog) {
  const std::string path = catalog_path(catalog.stream, catalog.build_id);
  const std::string text = catalog_text(catalog);
  // What cannot be read back must not be signed.
  TRY(parse_catalog(text, catalog.stream, catalog.build_id));
  const tuf::Targets& top = *TRY(role(stream_role(catalog.stream)));
  const auto& bins = top.delegations->roles;
  const auto bin = std::ranges::find_if(bins, [&](const auto& one) { return one.covers(path); });
  if (bin == bins.end()) return fail("repository.malformed", "publish " + path, "no bin covers it");
  const tuf::TargetFile file{text.size(), sha256_hex(as_bytes(text)), nullptr};
  const std::string name = bin->name;
  TRY(edit(name))->files[path] = file;
  files_[stored_path(path, file.sha256)] = text;
  return {};
}

std::uint64_t OwnedRepository::add_log_entry(std::string entry) {
  entries_.push_back(std::move(entry));
  return log_head_.size + entries_.size() - 1;
}

Result<fs::path> newest_root_file(const fs::path& repository) {
  return metadata_folder(repository) / tuf::versioned_name(TRY(newest_root(repository)), "root");
}

Result<Time> publishing_time() {
  const char* text = std::getenv("SOURCE_DATE_EPOCH");
  if (text == nullptr || *text == '\0') return wall_clock();
  const std::string_view digits(text);
  // Up to the last second of the year 9999, as metadata has four digits for it.
  constexpr std::int64_t kLast = 253'402'300'799 - 100LL * 366 * 86'400;
  std::int64_t seconds = 0;
  const auto [rest, problem] = std::from_chars(digits.begin(), digits.end(), seconds);
  if (problem != std::errc() || rest != digits.end() || seconds < 0 || seconds > kLast) {
    return fail("repository.bad-time", "read SOURCE_DATE_EPOCH", "it is not a time in seconds since 1970");
  }
  return Time(std::chrono::seconds(seconds));
}

}  // namespace suture
