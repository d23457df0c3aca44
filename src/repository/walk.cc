// SPDX-License-Identifier: Apache-2.0
#include "repository/walk.h"

#include <algorithm>

#include "base/hash.h"
#include "repository/log_head.h"
#include "repository/log_reader.h"

namespace suture {
namespace {

constexpr std::size_t kMostRoles = 65'536;
constexpr std::uint64_t kMostTarget = 1u << 30;

/// Remembers what it fetched, for files that are known to be good only when all of them have been seen.
class RememberingFetcher : public Fetcher {
 public:
  explicit RememberingFetcher(Fetcher& inner) : inner_(inner) {}
  Result<Bytes> fetch(const std::string& path, std::size_t max_length) override {
    if (const auto found = files.find(path); found != files.end()) return found->second;
    Bytes bytes = TRY(inner_.fetch(path, max_length));
    files.emplace(path, bytes);
    return bytes;
  }
  std::map<std::string, Bytes> files;

 private:
  Fetcher& inner_;
};

class Walk {
 public:
  Walk(RepositoryClient& client, Fetcher& fetcher, const FileSink& sink, const WalkProgress& progress)
      : client_(client), fetcher_(fetcher), sink_(sink), progress_(progress), trusted_(client.trusted()) {}

  Result<WalkReport> run() {
    TRY(take_roots());
    const Bytes snapshot = TRY(take_document("snapshot", trusted_.snapshot->version, tuf::Role::kSnapshot));
    // The client has verified it, but perhaps not these bytes: they are fetched anew.
    trusted_ = TRY(tuf::update_snapshot(std::move(trusted_), snapshot, client_.time()));
    TRY(take_roles());
    for (const std::string& role : roles_) TRY(take_targets(role));
    TRY(take_log());
    // From the bottom up; the roots, which hosts follow one by one, just before the timestamp.
    std::ranges::reverse(documents_);
    for (const auto& [path, bytes] : documents_) TRY(hand_on(path, bytes));
    TRY(hand_on("metadata/timestamp.json", TRY(client_.timestamp_bytes())));
    return std::move(report_);
  }

 private:
  Result<void> hand_on(const std::string& path, ByteView bytes) {
    report_.files++;
    report_.bytes += bytes.size();
    if (progress_) progress_(report_.files, path);
    return sink_(path, bytes);
  }

  Result<Bytes> take_document(const std::string& role, std::int64_t version, tuf::Role kind) {
    const std::string path = "metadata/" + tuf::versioned_name(version, role);
    Bytes bytes = TRY(fetcher_.fetch(path, tuf::size_limit(kind)));
    documents_.emplace_back(path, bytes);
    return bytes;
  }

  /// All of them, from the first: there are hosts that have not looked for long.
  Result<void> take_roots() {
    const std::int64_t last = trusted_.root.version;
    std::vector<std::pair<std::string, Bytes>> roots;
    std::optional<tuf::Trusted> before;
    for (std::int64_t version = 1; version <= last; version++) {
      const std::string path = "metadata/" + tuf::versioned_name(version, "root");
      auto bytes = fetcher_.fetch(path, tuf::size_limit(tuf::Role::kRoot));
      if (!bytes && bytes.error().code == "repository.absent" && version < last) {
        // A repository may begin with a later one.
        roots.clear();
        before.reset();
        continue;
      }
      if (!bytes) return std::unexpected(std::move(bytes).error());
      before =
          before ? TRY_IN(path, tuf::update_root(*before, *bytes)) : TRY_IN(path, tuf::trust_root(*bytes));
      roots.emplace_back(path, *std::move(bytes));
    }
    if (!before || tuf::to_json(before->root) != tuf::to_json(trusted_.root)) {
      return fail("repository.root-chain", "verify the chain of roots",
                  "it does not lead to the root that is trusted");
    }
    // They are handed on in reverse.
    for (auto& root : roots) documents_.insert(documents_.begin(), std::move(root));
    return {};
  }

  Result<void> take_roles() {
    const auto now = client_.time();
    const auto version = trusted_.snapshot->meta.at(tuf::kTargetsFile).version;
    const Bytes targets = TRY(take_document("targets", version, tuf::Role::kTargets));
    trusted_ = TRY(tuf::update_targets(std::move(trusted_), targets, now));
    roles_.emplace_back("targets");
    for (std::size_t i = 0; i < roles_.size(); i++) {
      const std::string delegator = roles_[i];
      const auto delegations = tuf::targets_of(trusted_, delegator).delegations;
      if (!delegations) continue;
      for (const tuf::DelegatedRole& role : delegations->roles) {
        if (!seen_.insert(role.name).second) continue;
        const auto meta = trusted_.snapshot->meta.find(tuf::document_name(role.name));
        if (meta == trusted_.snapshot->meta.end()) {
          return fail("repository.mix-and-match", "verify the " + role.name + " metadata",
                      "the snapshot does not name them");
        }
        const Bytes bytes = TRY(take_document(role.name, meta->second.version, tuf::Role::kTargets));
        trusted_ = TRY(tuf::update_delegated(std::move(trusted_), delegator, role.name, bytes, now));
        roles_.push_back(role.name);
        if (roles_.size() > kMostRoles) {
          return fail("repository.malformed", "follow the delegations", "there are too many");
        }
      }
    }
    return {};
  }

  Result<void> take_targets(const std::string& role) {
    for (const auto& [path, file] : tuf::targets_of(trusted_, role).files) {
      if (file.length > kMostTarget)
        return fail("repository.too-large", "verify " + path, "it is over 1 GiB");
      const std::string stored = stored_path(path, file.sha256);
      const Bytes bytes = TRY(fetcher_.fetch(stored, file.length));
      TRY(tuf::check_payload(path, file, bytes));
      if (path.ends_with("/" + std::string(kCatalogName))) TRY(take_catalog(role, path, as_text(bytes)));
      if (path == kCheckpointPath) {
        report_.log = TRY(log_head_from_json(file.custom));
        checkpoint_ = bytes;
      }
      TRY(hand_on(stored, bytes));
    }
    return {};
  }

  Result<void> take_catalog(const std::string& role, const std::string& path, std::string_view text) {
    const Stream stream = TRY(stream_of_role(role));
    const std::string_view folder = std::string_view(path).substr(0, path.rfind('/'));
    const Catalog catalog =
        TRY_IN("verify " + path, parse_catalog(text, stream, folder.substr(folder.rfind('/') + 1)));
    for (const AvailablePatchset& patchset : catalog.levels) {
      for (const RemoteFile& file : patchset.files()) TRY(take_payload(patchset, file));
      report_.patchsets.push_back(patchset);
    }
    return {};
  }

  Result<void> take_payload(const AvailablePatchset& patchset, const RemoteFile& file) {
    const std::string path = patchset.stored(file);
    // The same in several channels.
    if (!payloads_.insert(path).second) return {};
    if (file.length > kMostTarget) return fail("repository.too-large", "verify " + path, "it is over 1 GiB");
    const Bytes bytes = TRY(fetcher_.fetch(path, file.length));
    TRY(tuf::check_payload(path, {file.length, file.sha256, nullptr}, bytes));
    if (file == patchset.manifest) {
      TRY(check_manifest(TRY_IN("read " + path, parse_patchset(as_text(bytes))), patchset));
    }
    return hand_on(path, bytes);
  }

  Result<void> take_log() {
    if (!report_.log) return {};
    RememberingFetcher remembering(fetcher_);
    LogReader log = TRY(LogReader::open(remembering, *report_.log));
    TRY(log.audit());
    TRY(log.read_entries(0, [&](std::uint64_t, ByteView entry) -> Result<void> {
      report_.log_entries.emplace_back(as_text(entry));
      return {};
    }));
    TRY(check_logged());
    for (const auto& [path, bytes] : remembering.files) TRY(hand_on(path, bytes));
    // For tools that know nothing of TUF: a copy of the target.
    const std::string copy = std::string(kLogPrefix) + "checkpoint";
    if (fetcher_.fetch(copy, 64u << 10)) TRY(hand_on(copy, checkpoint_));
    return {};
  }

  Result<void> check_logged() {
    std::vector<bool> listed(report_.log_entries.size());
    const auto expect = [&](const std::string& entry, std::uint64_t index) -> Result<void> {
      if (index < listed.size() && report_.log_entries[index] == entry) {
        listed[index] = true;
        return {};
      }
      return fail("log.not-included", "look for entry " + std::to_string(index) + " in the log",
                  "another stands there than " + entry,
                  "Somebody publishes past the log: do not use what the entry speaks of.");
    };
    for (const AvailablePatchset& patchset : report_.patchsets) {
      TRY(expect(publication_entry(patchset), patchset.log_index));
      if (const auto& withdrawn = patchset.withdrawn) {
        TRY(expect(withdrawal_entry(patchset, *withdrawn), withdrawn->log_index));
      }
    }
    report_.unlisted = static_cast<std::uint64_t>(std::ranges::count(listed, false));
    return {};
  }

  RepositoryClient& client_;
  Fetcher& fetcher_;
  const FileSink& sink_;
  const WalkProgress& progress_;
  tuf::Trusted trusted_;
  std::vector<std::string> roles_{};
  std::set<std::string> seen_{};
  std::set<std::string> payloads_{};
  std::vector<std::pair<std::string, Bytes>> documents_{};
  Bytes checkpoint_{};
  WalkReport report_{};
};

}  // namespace

Result<WalkReport> walk_repository(RepositoryClient& client, Fetcher& fetcher, const FileSink& sink,
                                   const WalkProgress& progress) {
  return Walk(client, fetcher, sink, progress).run();
}

Result<void> check_older_head(Fetcher& fetcher, const LogHead& older, const LogHead& head) {
  LogReader log = TRY(LogReader::open(fetcher, head));
  TRY(log.prove_consistency(older));
  return {};
}

}  // namespace suture
