// SPDX-License-Identifier: Apache-2.0
//
// The owner's own repository, opened to change it: a folder of static files which any web server can carry.
// It is locked while this object lives. What is edited goes out with commit(), and shows itself to clients in
// one step, the rename of timestamp.json; killed before that, nothing that a client can see has changed.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "repository/catalog.h"
#include "repository/change.h"
#include "repository/keyring.h"
#include "repository/merkle.h"
#include "repository/verifier.h"

namespace suture {

/// For how long each document may be believed once it is signed.
struct Expiry {
  std::chrono::seconds root = std::chrono::days(365);
  std::chrono::seconds targets = std::chrono::days(90);  ///< of channels, too
  std::chrono::seconds snapshot = std::chrono::days(7);  ///< of the log's head, too
  std::chrono::seconds timestamp = std::chrono::days(1);
};

/// What an owner's operation works with.
struct PublisherContext {
  std::filesystem::path repository;
  std::filesystem::path keys;  ///< folder (keyring.h)
  Expiry expiry{};
  Time now{};
  /// By default no key is encrypted, and new ones are not either.
  Passphrase passphrase = [](const std::string&, KeyUse) -> Result<std::string> { return std::string(); };
  /// Where a change is written for which keys are missing here; empty: it is an error then.
  std::filesystem::path request{};
};

/// What became of a change.
struct Committed {
  bool published = true;
  std::vector<std::string> waiting_for{};  ///< roles whose signatures are missing; it is in context.request
};

class OwnedRepository {
 public:
  /// "repository.absent" where there is none. Without a folder of keys it can be read, and is not locked.
  /// Checks every signature, hash and version that it reads; what has expired is taken all the same, for its
  /// owner to renew it.
  static Result<OwnedRepository> open(const PublisherContext& context);
  /// A new one, of nothing yet; "repository.exists".
  static Result<OwnedRepository> create(const PublisherContext& context);

  const tuf::Trusted& state() const { return state_; }
  const Keyring& keyring() const { return keyring_; }
  Keyring& keyring() { return keyring_; }
  const PublisherContext& context() const { return context_; }

  /// All that the targets metadata delegate to, but the log.
  std::vector<Stream> streams() const;
  bool has_stream(const Stream& stream) const;
  /// Those of its keys that are here.
  std::vector<const tuf::Signer*> signers_of_stream(const Stream& stream) const;
  /// "targets", a stream's role, or a bin: read when it is first asked for.
  Result<const tuf::Targets*> role(const std::string& name);
  /// The role that delegates to it; empty for "targets".
  static std::string delegator_of(const std::string& role);
  std::vector<std::string> bins_of(const Stream& stream) const;
  /// Every catalog that a stream has. `only`: of this kernel, if it is not empty.
  Result<std::vector<Catalog>> catalogs(const Stream& stream, const std::string& only = {});
  /// Without levels when the stream has none for that kernel. "repository.no-channel".
  Result<Catalog> catalog(const Stream& stream, const std::string& build_id);
  /// The log's, as the metadata say.
  const LogHead& log_head() const { return log_head_; }

  tuf::Root& edit_root();
  Result<tuf::Targets*> edit(const std::string& role);
  /// For a role that is not there yet.
  tuf::Targets& add_role(const std::string& role);
  Result<void> put_catalog(const Catalog& catalog);
  /// Returns the index that the entry will have.
  std::uint64_t add_log_entry(std::string entry);

  /// Signs and publishes what was edited; snapshot, timestamp and the log's head always as far as they must
  /// follow. With keys missing, the change goes to context.request, else "repository.no-key".
  /// `renew_snapshot` signs the snapshot even if nothing in it changed.
  Result<Committed> commit(bool renew_snapshot = false);
  /// Publishes a change that came back with its signatures. "change.stale", "change.inconsistent",
  /// "repository.bad-signature".
  Result<Committed> commit(const Change& change);

 private:
  OwnedRepository(PublisherContext context, Keyring keyring, std::optional<FileLock> lock)
      : context_(std::move(context)), keyring_(std::move(keyring)), lock_(std::move(lock)) {}

  inline static const std::string kRoot = "root";
  inline static const std::string kTargets = "targets";
  inline static const std::string kLog{kLogRole};

  Result<void> load();
  /// Of the role's document as it is published; 0: there is none.
  std::int64_t version_of(const std::string& role) const;
  /// A bin's entry in the snapshot has its version only: there are many, and hosts read them all.
  static bool is_bin(const std::string& role);
  // owned_commit.cc
  Result<tuf::RoleKeys> keys_for(const std::string& role) const;
  std::map<std::string, tuf::PublicKey> public_keys_for(const std::string& role) const;
  Result<Change> edited_change();
  Result<void> sign_here(Change& change) const;
  Result<std::vector<std::string>> unsigned_roles(const Change& change) const;
  Result<void> adopt(const Change& change);
  const tuf::Targets* known(const std::string& name) const;
  Result<void> check_attached(const Change& change) const;
  Result<Committed> write_out(const Change& change, bool renew_snapshot);
  Result<void> write_documents(const Change& change);
  Result<void> write_log(const Change& change);
  Result<void> write_snapshot_and_timestamp(bool renew_snapshot);
  Result<std::vector<const tuf::Signer*>> signers_of(tuf::Role role) const;

  PublisherContext context_;
  Keyring keyring_;
  std::optional<FileLock> lock_;
  std::filesystem::path metadata_{};
  tuf::Trusted state_{};
  tuf::Root old_root_{};  ///< what clients trust, while the root is edited
  LogHead log_head_{};
  std::set<std::string> edited_{};  ///< roles
  std::map<std::string, std::string> files_{};
  std::vector<std::string> entries_{};
};

/// The newest root of a repository in a folder. "repository.absent".
Result<std::filesystem::path> newest_root_file(const std::filesystem::path& repository);

/// SOURCE_DATE_EPOCH when it is set, so that the same input gives the same bytes; else the clock.
Result<Time> publishing_time();

}  // namespace suture
