// SPDX-License-Identifier: Apache-2.0
#include "repository/publisher.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <bit>
#include <ranges>

#include "base/hash.h"
#include "patchset/patchset.h"
#include "patchset/statement.h"
#include "repository/layout.h"
#include "repository/policy.h"

namespace suture {
namespace fs = std::filesystem;
using tuf::Role;
namespace {

constexpr std::size_t kMostManifest = 16u << 20;
constexpr unsigned kMostBins = 4096;

/// What is to be published, read and checked against its own manifest.
struct Payload {
  Patchset manifest;
  Bytes manifest_bytes;
  PatchsetFiles files{};
  std::string statement{};  ///< an envelope; empty: nobody vouches for it
};

Result<Payload> read_payload(const fs::path& folder) {
  Payload payload;
  payload.manifest_bytes = TRY(read_file(folder / kManifestName, kMostManifest));
  payload.manifest = TRY(parse_patchset(as_text(payload.manifest_bytes)));
  payload.files = TRY(read_files(payload.manifest, folder));
  if (const auto other = differing_file(payload.manifest, payload.files)) {
    return fail("repository.module-differs", "publish " + (folder / other->file).string(),
                "its size or SHA-256 is not the one that its manifest names",
                "It was changed or cut off after the build: build the patchset again.");
  }
  return payload;
}

std::vector<std::string> names_in(const std::map<std::string, std::string>& reasons) {
  const auto names = reasons | std::views::keys;
  return {names.begin(), names.end()};
}

AvailablePatchset describe(const Payload& payload, const std::string& channel, Time now) {
  const Patchset& manifest = payload.manifest;
  std::vector<RemoteFile> modules;
  for (const ModuleFile& named : manifest.files()) modules.push_back({named.file, named.sha256, named.size});
  return {.stream = {channel, manifest.target.distribution},
          .build_id = manifest.target.build_id,
          .release = manifest.target.release,
          .level = manifest.level,
          .published = time_text(now),
          .cves = manifest.cves(),
          .effective_version = manifest.effective_version,
          .fixed = names_in(manifest.fixed_cves()),
          .unaffected = names_in(manifest.unaffected_cves()),
          .manifest = {std::string(kManifestName), sha256_hex(payload.manifest_bytes),
                       payload.manifest_bytes.size()},
          .module = modules.front(),
          .more_modules = {modules.begin() + 1, modules.end()}};
}

/// A publisher's own word that it goes out without a qualification.
Result<std::string> overriding(const OwnedRepository& owned, const Stream& stream,
                               const std::map<std::string, std::string>& subjects,
                               const std::string& reason) {
  const QualificationOverride decision{.reason = reason, .time = time_text(owned.context().now)};
  const auto signers = owned.signers_of_stream(stream);
  const auto* key =
      signers.empty() ? nullptr : std::get_if<Ed25519Public>(&signers.front()->public_key().key);
  if (key == nullptr) {
    return fail(
        "repository.no-key", "publish to " + stream.channel,
        "no key of the channel, which has to sign the reason, is in " + owned.context().keys.string());
  }
  return sign_statement({.subjects = subjects, .predicate = decision}, *key,
                        [&](ByteView message) { return signers.front()->sign(message); });
}

/// Who vouches for it, as an envelope. Empty when nobody does, and nobody has to.
Result<std::string> statement_about(const OwnedRepository& owned, const Payload& payload,
                                    const Stream& stream, const fs::path& folder,
                                    const std::string& unqualified) {
  const std::string manifest_sha256 = sha256_hex(payload.manifest_bytes);
  if (!unqualified.empty())
    return overriding(owned, stream, subjects_of(payload.manifest, manifest_sha256), unqualified);
  const PublishingPolicy policy = TRY(read_policy(owned.context().keys));
  auto statement = good_statement(policy, folder, payload.manifest, manifest_sha256);
  if (!statement && !policy.qualification_required) return std::string();
  return statement;
}

Result<void> check_level(const Catalog& catalog, const AvailablePatchset& patchset) {
  if (catalog.levels.empty() || catalog.levels.back().level < patchset.level) return {};
  const std::uint32_t last = catalog.levels.back().level;
  return fail(
      "repository.level-not-higher",
      fmt::format("publish level {} for {} to {}", patchset.level, patchset.release, patchset.stream.channel),
      fmt::format("the channel has had level {} for that kernel", last),
      fmt::format("Levels only rise: build with `--level {}`.", last + 1));
}

Result<void> store(const OwnedRepository& owned, const AvailablePatchset& patchset, const Payload& payload) {
  const auto put = [&](const RemoteFile& file, ByteView bytes) {
    return write_file(owned.context().repository / patchset.stored(file), bytes);
  };
  TRY(put(patchset.manifest, payload.manifest_bytes));
  TRY(put(patchset.module, payload.files.at(patchset.module.name)));
  for (const RemoteFile& file : patchset.more_modules) TRY(put(file, payload.files.at(file.name)));
  if (patchset.statement) TRY(put(*patchset.statement, as_bytes(payload.statement)));
  return {};
}

Result<tuf::PublicKey> key_named(Keyring& keyring, const std::string& name, std::vector<fs::path>& made) {
  if (const auto signer = keyring.find(name)) return (*signer)->public_key();
  std::error_code error;
  // A file that is there and cannot be used is not one to write over.
  if (fs::exists(keyring.folder() / (name + ".pem"), error)) {
    return std::unexpected(*keyring.problem());
  }
  made.push_back(keyring.folder() / (name + ".pem"));
  return keyring.make(name);
}

/// Who may vouch for patchsets, if that was not decided yet.
Result<void> make_policy(const PublisherContext& context, std::vector<fs::path>& made) {
  const fs::path file = context.keys / kPolicyFile;
  const fs::path key_file = context.keys / kQualifierKey;
  std::error_code error;
  if (fs::exists(file, error)) return {};
  const bool present = fs::exists(key_file, error);
  const auto key = TRY(present ? Ed25519Private::load(key_file) : Ed25519Private::generate());
  if (!present) {
    TRY(key.save(key_file));
    made.push_back(key_file);
  }
  return write_file(file, policy_text(key.public_key()));
}

Result<void> make_key_folder(const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder, error)) return {};
  TRY(make_directories(folder));
  if (::chmod(folder.c_str(), 0700) != 0) return fail_errno("file.unwritable", "protect " + folder.string());
  return {};
}

Result<void> check_bins(unsigned bins) {
  if (std::has_single_bit(bins) && bins <= kMostBins) return {};
  return fail("repository.bad-bins", "make a repository with " + std::to_string(bins) + " bins",
              "their number is a power of two up to " + std::to_string(kMostBins));
}

/// The stream's role, its bins, and who signs them. The bins share out the hashes of paths evenly.
void delegate_stream(OwnedRepository& owned, tuf::Targets& top, const Stream& stream,
                     const std::map<std::string, tuf::PublicKey>& keys, const tuf::RoleKeys& signers,
                     unsigned bins) {
  tuf::Delegations& above = *top.delegations;
  above.keys.insert(keys.begin(), keys.end());
  above.roles.push_back(
      {.name = stream_role(stream), .keys = signers, .terminating = true, .paths = {stream_pattern(stream)}});
  tuf::Targets& targets = owned.add_role(stream_role(stream));
  targets.delegations = tuf::Delegations{.keys = keys};
  unsigned digits = 1;
  while ((1u << (4 * digits)) < bins) digits++;
  const unsigned each = (1u << (4 * digits)) / bins;
  for (unsigned bin = 0; bin < bins; bin++) {
    tuf::DelegatedRole role{.name = bin_role(stream, bin, bins), .keys = signers, .terminating = true};
    for (unsigned i = 0; i < each; i++) {
      role.path_hash_prefixes.push_back(fmt::format("{:0{}x}", bin * each + i, digits));
    }
    owned.add_role(role.name);
    targets.delegations->roles.push_back(std::move(role));
  }
}

RoleState role_state(const std::string& name, const tuf::Targets& targets, const tuf::RoleKeys& keys) {
  return {name, targets.version, targets.expires, keys.threshold, {keys.key_ids.begin(), keys.key_ids.end()}};
}

}  // namespace

Result<std::vector<fs::path>> init_repository(const PublisherContext& context, const NewRepository& wanted) {
  TRY(check_bins(wanted.bins));
  for (const std::string& channel : wanted.channels) {
    for (const std::string& distribution : wanted.distributions) TRY(check_stream({channel, distribution}));
  }
  OwnedRepository owned = TRY(OwnedRepository::create(context));
  TRY(make_key_folder(context.keys));
  std::vector<fs::path> made;
  tuf::Root& root = owned.edit_root();
  for (const Role role : tuf::kRoles) {
    const tuf::PublicKey key = TRY(key_named(owned.keyring(), tuf::role_name(role), made));
    root.keys[key.id] = key;
    root.roles[role] = {{key.id}, 1};
  }
  tuf::Targets& top = *TRY(owned.edit("targets"));
  for (const std::string& channel : wanted.channels) {
    const tuf::PublicKey key = TRY(key_named(owned.keyring(), channel, made));
    for (const std::string& distribution : wanted.distributions) {
      delegate_stream(owned, top, {channel, distribution}, {{key.id, key}}, {{key.id}, 1}, wanted.bins);
    }
  }
  const std::string log(kLogRole);
  const tuf::PublicKey key = TRY(key_named(owned.keyring(), log, made));
  top.delegations->keys[key.id] = key;
  top.delegations->roles.push_back(
      {.name = log, .keys = {{key.id}, 1}, .terminating = true, .paths = {std::string(kCheckpointPath)}});
  owned.add_role(log).expires = context.now + context.expiry.snapshot;
  TRY(make_policy(context, made));
  TRY(owned.commit());
  return made;
}

Result<Committed> add_channel(const PublisherContext& context, const Stream& stream) {
  TRY(check_stream(stream));
  OwnedRepository owned = TRY(OwnedRepository::open(context));
  if (owned.has_stream(stream)) {
    return fail("repository.exists", "add the channel " + stream.channel + " for " + stream.distribution,
                "the repository has it already");
  }
  tuf::Targets& top = *TRY(owned.edit("targets"));
  // As many bins as the others have; and the keys that the channel has by now.
  std::size_t bins = NewRepository().bins;
  std::map<std::string, tuf::PublicKey> keys;
  tuf::RoleKeys signers;
  for (const Stream& other : owned.streams()) {
    TRY(owned.role(stream_role(other)));
    bins = owned.bins_of(other).size();
    if (other.channel != stream.channel) continue;
    signers = top.delegations->find(stream_role(other))->keys;
    for (const std::string& id : signers.key_ids) keys[id] = top.delegations->keys.at(id);
  }
  if (signers.key_ids.empty()) {
    std::vector<fs::path> made;
    const tuf::PublicKey key = TRY(key_named(owned.keyring(), stream.channel, made));
    keys = {{key.id, key}};
    signers = {{key.id}, 1};
  }
  delegate_stream(owned, top, stream, keys, signers, static_cast<unsigned>(bins));
  return owned.commit();
}

Result<Published> publish_patchset(const PublisherContext& context, const fs::path& folder,
                                   const std::string& channel, const std::string& unqualified) {
  Payload payload = TRY_IN("publish " + folder.string(), read_payload(folder));
  AvailablePatchset patchset = describe(payload, channel, context.now);
  TRY(check_stream(patchset.stream));
  for (const RemoteFile& file : patchset.files()) {
    TRY(check_payload_place(patchset.build_id, patchset.level, file.name));
  }
  OwnedRepository owned = TRY(OwnedRepository::open(context));
  Catalog catalog = TRY(owned.catalog(patchset.stream, patchset.build_id));
  TRY(check_level(catalog, patchset));
  payload.statement = TRY(statement_about(owned, payload, patchset.stream, folder, unqualified));
  if (!payload.statement.empty()) {
    const std::string name(unqualified.empty() ? kQualificationName : kOverrideName);
    patchset.statement = RemoteFile{name, sha256_hex(as_bytes(payload.statement)), payload.statement.size()};
    if (!unqualified.empty()) TRY(write_file(folder / name, payload.statement));
  }
  TRY(store(owned, patchset, payload));
  patchset.log_index = owned.add_log_entry(publication_entry(patchset));
  catalog.release = patchset.release;
  catalog.levels.push_back(patchset);
  TRY(owned.put_catalog(catalog));
  return Published{std::move(patchset), TRY(owned.commit())};
}

Result<RepositoryState> read_repository(const fs::path& repository) {
  OwnedRepository owned = TRY(OwnedRepository::open({.repository = repository, .keys = {}}));
  const tuf::Trusted& state = owned.state();
  RepositoryState read{.log = owned.log_head()};
  const auto top = [&](Role role, std::int64_t version, Time expires) {
    const tuf::RoleKeys& keys = state.root.roles.at(role);
    read.roles.push_back(
        {tuf::role_name(role), version, expires, keys.threshold, {keys.key_ids.begin(), keys.key_ids.end()}});
  };
  top(Role::kRoot, state.root.version, state.root.expires);
  top(Role::kTimestamp, state.timestamp->version, state.timestamp->expires);
  top(Role::kSnapshot, state.snapshot->version, state.snapshot->expires);
  top(Role::kTargets, state.targets->version, state.targets->expires);
  for (const tuf::DelegatedRole& delegated : tuf::Delegations(*state.targets->delegations).roles) {
    read.roles.push_back(role_state(delegated.name, *TRY(owned.role(delegated.name)), delegated.keys));
    const auto stream = stream_of_role(delegated.name);
    if (!stream) continue;
    for (const std::string& bin : owned.bins_of(*stream)) {
      RoleState& shown = read.roles.back();
      shown.expires = std::min(shown.expires, TRY(owned.role(bin))->expires);
    }
    for (const Catalog& catalog : TRY(owned.catalogs(*stream))) {
      read.patchsets.insert(read.patchsets.end(), catalog.levels.begin(), catalog.levels.end());
    }
  }
  return read;
}

}  // namespace suture
