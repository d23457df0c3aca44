// SPDX-License-Identifier: Apache-2.0
#include "repository/publisher.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>

#include "base/hash.h"
#include "patchset/patchset.h"
#include "patchset/statement.h"
#include "repository/layout.h"
#include "repository/policy.h"
#include "repository/verifier.h"

namespace suture {
namespace fs = std::filesystem;
using tuf::Role;
using tuf::SigningKey;
using tuf::Trusted;
namespace {

constexpr std::size_t kMostModule = 1u << 30;
constexpr std::size_t kMostManifest = 16u << 20;

fs::path metadata_folder(const fs::path& repository) {
  return repository / "metadata";
}

std::string versioned(std::int64_t version, Role role) {
  return std::to_string(version) + "." + tuf::role_name(role) + ".json";
}

fs::path key_file(const PublisherContext& context, Role role) {
  return context.keys / (std::string(tuf::role_name(role)) + ".pem");
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
  if (std::ranges::mismatch(repository, keys).in1 != repository.end()) return {};
  return fail("repository.keys-exposed", "use the keys in " + context.keys.string(),
              "they lie in the repository, which is served to everyone",
              "Give a folder outside of it, such as ~/.config/suture/keys.");
}

Result<FileLock> lock(const fs::path& repository) {
  return FileLock::acquire(repository / ".lock");
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

Result<Bytes> read_metadata(const fs::path& repository, const std::string& name, Role role) {
  return read_file(metadata_folder(repository) / name, tuf::size_limit(role));
}

/// What the repository says at present, expired or not; every signature, hash and version checked.
Result<Trusted> load(const fs::path& repository) {
  const std::string root = versioned(TRY(newest_root(repository)), Role::kRoot);
  Trusted state = TRY(tuf::trust_root(TRY(read_metadata(repository, root, Role::kRoot))));
  state = TRY(tuf::update_timestamp(state, TRY(read_metadata(repository, "timestamp.json", Role::kTimestamp)),
                                    tuf::kBeforeAnyExpiry));
  const std::string snapshot = versioned(state.timestamp->snapshot.version, Role::kSnapshot);
  state = TRY(tuf::update_snapshot(state, TRY(read_metadata(repository, snapshot, Role::kSnapshot)),
                                   tuf::kBeforeAnyExpiry));
  const std::string targets = versioned(state.snapshot->meta.at(tuf::kTargetsFile).version, Role::kTargets);
  return TRY(tuf::update_targets(state, TRY(read_metadata(repository, targets, Role::kTargets)),
                                 tuf::kBeforeAnyExpiry));
}

/// The role's key, which must be the one that the root names.
Result<SigningKey> load_key(const PublisherContext& context, Role role, const tuf::Root& root) {
  SigningKey key = TRY(SigningKey::load(key_file(context, role)));
  if (root.roles.at(role).key_ids.contains(key.public_key().id)) return key;
  return fail("repository.wrong-key", "sign with " + key_file(context, role).string(),
              "the repository's root does not name this key",
              "Give the folder of the keys that `suture repo init` was called with.");
}

/// Signs one document, writes it as `name` below `folder`, and says how the one above it describes it.
template <class Document>
Result<tuf::MetaFile> write_signed(const fs::path& folder, const std::string& name, const Document& document,
                                   const SigningKey& key) {
  const std::string text = TRY(tuf::sign(tuf::to_json(document), {&key}));
  TRY(write_file(folder / name, text));
  return tuf::MetaFile{document.version, text.size(), sha256_hex(as_bytes(text))};
}

/// What publishing signs with; the root stays as it is.
struct Keys {
  SigningKey targets;
  SigningKey snapshot;
  SigningKey timestamp;
};

/// Snapshot and timestamp anew, in the order that clients depend on; the last write shows all of it.
Result<void> write_snapshot_and_timestamp(const fs::path& folder, Trusted& state,
                                          const SigningKey& snapshot_key, const SigningKey& timestamp_key,
                                          const PublisherContext& context) {
  state.snapshot->version++;
  state.snapshot->expires = context.now + context.expiry.snapshot;
  state.timestamp->snapshot = TRY(write_signed(folder, versioned(state.snapshot->version, Role::kSnapshot),
                                               *state.snapshot, snapshot_key));
  state.timestamp->version++;
  state.timestamp->expires = context.now + context.expiry.timestamp;
  TRY(write_signed(folder, "timestamp.json", *state.timestamp, timestamp_key));
  return {};
}

Result<void> write_targets(const fs::path& folder, Trusted& state, const SigningKey& key,
                           const PublisherContext& context) {
  state.targets->version++;
  state.targets->expires = context.now + context.expiry.targets;
  state.snapshot->meta[tuf::kTargetsFile] =
      TRY(write_signed(folder, versioned(state.targets->version, Role::kTargets), *state.targets, key));
  return {};
}

Result<void> write_root(const fs::path& folder, Trusted& state, const SigningKey& key,
                        const PublisherContext& context) {
  state.root.version++;
  state.root.expires = context.now + context.expiry.root;
  TRY(write_signed(folder, versioned(state.root.version, Role::kRoot), state.root, key));
  return {};
}

/// What is to be published, read and checked against its own manifest.
struct Payload {
  Patchset manifest;
  Bytes manifest_bytes;
  Bytes module;
};

Result<Payload> read_payload(const fs::path& folder) {
  Payload payload;
  payload.manifest_bytes = TRY(read_file(folder / kManifestName, kMostManifest));
  payload.manifest = TRY(parse_patchset(as_text(payload.manifest_bytes)));
  const fs::path module = folder / payload.manifest.module_file;
  payload.module = TRY(read_file(module, kMostModule));
  if (payload.module.size() != payload.manifest.module_size ||
      sha256_hex(payload.module) != payload.manifest.module_sha256) {
    return fail("repository.module-differs", "publish " + module.string(),
                "its size or SHA-256 is not the one that its manifest names",
                "It was changed or cut off after the build: build the patchset again.");
  }
  return payload;
}

Result<AvailablePatchset> describe(const Payload& payload, const std::string& channel) {
  const Patchset& manifest = payload.manifest;
  AvailablePatchset patchset{.channel = channel,
                             .build_id = manifest.target.build_id,
                             .level = manifest.level,
                             .release = manifest.target.release,
                             .cves = manifest.cves()};
  const auto path = [&](std::string file) {
    return target_path({channel, manifest.target.build_id, manifest.level, std::move(file)});
  };
  patchset.manifest = {TRY(path(std::string(kManifestName))), sha256_hex(payload.manifest_bytes),
                       payload.manifest_bytes.size()};
  patchset.module = {TRY(path(manifest.module_file)), manifest.module_sha256, manifest.module_size};
  return patchset;
}

/// Who vouches for it, as an envelope: a qualifier, or the publisher, who gives a reason. Empty when nobody
/// does, and nobody has to.
Result<std::string> statement_about(const Payload& payload, const fs::path& folder,
                                    const PublisherContext& context, const std::string& unqualified) {
  const auto subjects = subjects_of(payload.manifest, sha256_hex(payload.manifest_bytes));
  if (!unqualified.empty()) {
    const Ed25519Private key = TRY(Ed25519Private::load(key_file(context, Role::kTargets)));
    const QualificationOverride decision{.reason = unqualified, .time = tuf::time_text(context.now)};
    return sign_statement({.subjects = subjects, .predicate = decision}, key);
  }
  const PublishingPolicy policy = TRY(read_policy(context.keys));
  auto statement = good_statement(policy, folder, subjects);
  if (!statement && !policy.qualification_required) return std::string();
  return statement;
}

Result<void> check_level(const tuf::Targets& targets, const AvailablePatchset& patchset) {
  const auto present = TRY(patchsets_in(targets, patchset.channel, patchset.build_id));
  if (present.empty() || present.back().level < patchset.level) return {};
  const std::string last = std::to_string(present.back().level);
  return fail("repository.level-not-higher",
              "publish level " + std::to_string(patchset.level) + " for " + patchset.release + " to " +
                  patchset.channel,
              "the channel holds level " + last + " for that kernel",
              "Levels only rise: build with `--level " + std::to_string(present.back().level + 1) + "`.");
}

/// Loads a key, or makes it where there is none yet.
template <class Key>
Result<Key> load_or_make_key(const fs::path& path, std::vector<fs::path>& made) {
  std::error_code error;
  if (fs::exists(path, error)) return Key::load(path);
  Key key = TRY(Key::generate());
  TRY(key.save(path));
  made.push_back(path);
  return key;
}

/// Who may vouch for patchsets, if that was not decided yet.
Result<void> make_policy(const PublisherContext& context, std::vector<fs::path>& made) {
  const fs::path file = context.keys / kPolicyFile;
  std::error_code error;
  if (fs::exists(file, error)) return {};
  const auto key = TRY(load_or_make_key<Ed25519Private>(context.keys / kQualifierKey, made));
  return write_file(file, policy_text(key.public_key()));
}

Result<void> check_new(const PublisherContext& context) {
  std::error_code error;
  if (!fs::exists(metadata_folder(context.repository), error)) return {};
  return fail("repository.exists", "make a repository in " + context.repository.string(),
              "there is one already", "`suture repo list` shows it; `suture repo renew` signs it anew.");
}

Result<void> make_key_folder(const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder, error)) return {};
  TRY(make_directories(folder));
  if (::chmod(folder.c_str(), 0700) != 0) return fail_errno("file.unwritable", "protect " + folder.string());
  return {};
}

/// Whether a document is in the last third of its time.
bool is_due(const PublisherContext& context, Role role, tuf::Time expires) {
  return expires - context.now < context.expiry.of(role) / 3;
}

}  // namespace

std::chrono::seconds Expiry::of(Role role) const {
  switch (role) {
    case Role::kRoot:
      return root;
    case Role::kTargets:
      return targets;
    case Role::kSnapshot:
      return snapshot;
    case Role::kTimestamp:
      return timestamp;
  }
  return {};
}

Result<std::vector<fs::path>> init_repository(const PublisherContext& context) {
  TRY(check_keys_apart(context));
  TRY(check_new(context));
  TRY(make_directories(context.repository));
  const FileLock held = TRY(lock(context.repository));
  TRY(check_new(context));
  TRY(make_key_folder(context.keys));

  std::vector<fs::path> made;
  std::map<Role, SigningKey> keys;
  Trusted state{
      .root = {}, .timestamp = tuf::Timestamp(), .snapshot = tuf::Snapshot(), .targets = tuf::Targets()};
  for (const Role role : tuf::kRoles) {
    const SigningKey& key =
        keys.emplace(role, TRY(load_or_make_key<SigningKey>(key_file(context, role), made))).first->second;
    state.root.keys[key.public_key().id] = key.public_key();
    state.root.roles[role] = {{key.public_key().id}, 1};
  }
  TRY(make_policy(context, made));
  TempDir folder = TRY(TempDir::make(".metadata", context.repository));
  TRY(write_root(folder.path(), state, keys.at(Role::kRoot), context));
  TRY(write_targets(folder.path(), state, keys.at(Role::kTargets), context));
  TRY(write_snapshot_and_timestamp(folder.path(), state, keys.at(Role::kSnapshot), keys.at(Role::kTimestamp),
                                   context));
  // A temporary folder is for its owner alone; this one is for a web server.
  if (::chmod(folder.path().c_str(), 0755) != 0) return fail_errno("file.unwritable", "open up the metadata");
  TRY(folder.move_to(metadata_folder(context.repository)));
  return made;
}

Result<AvailablePatchset> publish_patchset(const PublisherContext& context, const fs::path& folder,
                                           const std::string& channel, const std::string& unqualified) {
  TRY(check_keys_apart(context));
  const Payload payload = TRY_IN("publish " + folder.string(), read_payload(folder));
  AvailablePatchset patchset = TRY(describe(payload, channel));

  TRY(newest_root(context.repository));  // before a lock file is left where no repository is
  const FileLock held = TRY(lock(context.repository));
  Trusted state = TRY(load(context.repository));
  TRY(check_level(*state.targets, patchset));
  const Keys keys{TRY(load_key(context, Role::kTargets, state.root)),
                  TRY(load_key(context, Role::kSnapshot, state.root)),
                  TRY(load_key(context, Role::kTimestamp, state.root))};
  const std::string statement = TRY(statement_about(payload, folder, context, unqualified));
  if (!statement.empty()) {
    const std::string_view name = unqualified.empty() ? kQualificationName : kOverrideName;
    patchset.statement = {TRY(target_path({channel, patchset.build_id, patchset.level, std::string(name)})),
                          sha256_hex(as_bytes(statement)), statement.size()};
    if (!unqualified.empty()) TRY(write_file(folder / name, statement));
  }

  const auto store = [&](const RemoteFile& file, ByteView bytes) {
    return write_file(context.repository / stored_path(file.path, file.sha256), bytes);
  };
  TRY(store(patchset.manifest, payload.manifest_bytes));
  TRY(store(patchset.module, payload.module));
  if (!statement.empty()) TRY(store(patchset.statement, as_bytes(statement)));
  state.targets = TRY(with_patchset(*std::move(state.targets), patchset));
  const fs::path metadata = metadata_folder(context.repository);
  TRY(write_targets(metadata, state, keys.targets, context));
  TRY(write_snapshot_and_timestamp(metadata, state, keys.snapshot, keys.timestamp, context));
  return patchset;
}

Result<std::vector<Role>> renew_repository(const PublisherContext& context) {
  TRY(check_keys_apart(context));
  TRY(newest_root(context.repository));
  const FileLock held = TRY(lock(context.repository));
  Trusted state = TRY(load(context.repository));
  const SigningKey snapshot = TRY(load_key(context, Role::kSnapshot, state.root));
  const SigningKey timestamp = TRY(load_key(context, Role::kTimestamp, state.root));

  // The keys of root and targets are often kept offline, away from where this runs every day.
  std::vector<Role> waiting;
  const fs::path metadata = metadata_folder(context.repository);
  for (const Role role : {Role::kRoot, Role::kTargets}) {
    const bool is_root = role == Role::kRoot;
    if (!is_due(context, role, is_root ? state.root.expires : state.targets->expires)) continue;
    std::error_code error;
    if (!fs::exists(key_file(context, role), error)) {
      waiting.push_back(role);
      continue;
    }
    const SigningKey key = TRY(load_key(context, role, state.root));
    TRY(is_root ? write_root(metadata, state, key, context) : write_targets(metadata, state, key, context));
  }
  TRY(write_snapshot_and_timestamp(metadata, state, snapshot, timestamp, context));
  return waiting;
}

Result<RepositoryState> read_repository(const fs::path& repository) {
  const Trusted state = TRY(load(repository));
  return RepositoryState{{{Role::kRoot, state.root.version, state.root.expires},
                          {Role::kTimestamp, state.timestamp->version, state.timestamp->expires},
                          {Role::kSnapshot, state.snapshot->version, state.snapshot->expires},
                          {Role::kTargets, state.targets->version, state.targets->expires}},
                         TRY(patchsets_in(*state.targets, {}, {}))};
}

Result<tuf::Time> publishing_time() {
  const char* text = std::getenv("SOURCE_DATE_EPOCH");
  if (text == nullptr || *text == '\0') {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  }
  const std::string_view digits(text);
  // Up to the last second of the year 9999, as metadata has four digits for it.
  constexpr std::int64_t kLast = 253'402'300'799 - 100LL * 366 * 86'400;
  std::int64_t seconds = 0;
  const auto [rest, problem] = std::from_chars(digits.begin(), digits.end(), seconds);
  if (problem != std::errc() || rest != digits.end() || seconds < 0 || seconds > kLast) {
    return fail("repository.bad-time", "read SOURCE_DATE_EPOCH", "it is not a time in seconds since 1970");
  }
  return tuf::Time(std::chrono::seconds(seconds));
}

}  // namespace suture
