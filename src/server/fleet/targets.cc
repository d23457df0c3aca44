// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/targets.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "fetch/fetcher.h"
#include "repository/verifier.h"

namespace suture::server {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kMostRoles = 65'536;

/// The number in "7.root.json".
std::optional<std::int64_t> root_version(const std::string& name) {
  std::int64_t version = 0;
  const auto [end, wrong] = std::from_chars(name.data(), name.data() + name.size(), version);
  if (wrong != std::errc{} || std::string_view(end) != ".root.json" || version < 1) return std::nullopt;
  return version;
}

/// The oldest that is there.
Result<std::int64_t> first_root(const fs::path& metadata) {
  std::optional<std::int64_t> first;
  std::error_code problem;
  for (auto at = fs::directory_iterator(metadata, problem); !problem && at != fs::directory_iterator();
       at.increment(problem)) {
    const auto version = root_version(at->path().filename().string());
    if (version) first = std::min(*version, first.value_or(*version));
  }
  if (first) return *first;
  return fail("repository.absent", "read " + metadata.string(), "there is no root.json",
              "Check the repository's folder.");
}

class Reader {
 public:
  explicit Reader(const fs::path& repository) : metadata_(repository / "metadata"), fetcher_(repository) {}

  Result<Targets> read() {
    TRY(follow_roots());
    trusted_ = TRY(tuf::update_timestamp(
        std::move(trusted_), TRY(fetch("timestamp.json", tuf::Role::kTimestamp)), tuf::kBeforeAnyExpiry));
    const auto snapshot = trusted_.timestamp->snapshot.version;
    trusted_ = TRY(tuf::update_snapshot(
        std::move(trusted_), TRY(fetch(tuf::versioned_name(snapshot, "snapshot"), tuf::Role::kSnapshot)),
        tuf::kBeforeAnyExpiry));
    // Before anything is moved: arguments come in no order.
    const Bytes targets = TRY(fetch_role("targets"));
    trusted_ = TRY(tuf::update_targets(std::move(trusted_), targets, tuf::kBeforeAnyExpiry));
    note_expiry(trusted_.root.expires);
    note_expiry(trusted_.timestamp->expires);
    note_expiry(trusted_.snapshot->expires);
    TRY(follow_delegations());
    return std::move(targets_);
  }

 private:
  Result<Bytes> fetch(const std::string& name, tuf::Role role) {
    return fetcher_.fetch("metadata/" + name, tuf::size_limit(role));
  }
  Result<Bytes> fetch_role(const std::string& role) {
    const auto meta = trusted_.snapshot->meta.find(tuf::document_name(role));
    if (meta == trusted_.snapshot->meta.end()) {
      return fail("repository.mix-and-match", "verify the " + role + " metadata",
                  "the snapshot does not name them");
    }
    return fetch(tuf::versioned_name(meta->second.version, role), tuf::Role::kTargets);
  }
  void note_expiry(Time expires) {
    if (targets_.expires == Time{} || expires < targets_.expires) targets_.expires = expires;
  }

  Result<void> follow_roots() {
    std::int64_t version = TRY(first_root(metadata_));
    trusted_ = TRY(tuf::trust_root(TRY(fetch(tuf::versioned_name(version, "root"), tuf::Role::kRoot))));
    for (;;) {
      const auto bytes = fetch(tuf::versioned_name(++version, "root"), tuf::Role::kRoot);
      if (!bytes && bytes.error().code == "repository.absent") return {};
      trusted_ = TRY(tuf::update_root(std::move(trusted_), TRY(bytes)));
    }
  }

  /// Every role below the top-level one, and the catalogs of each.
  Result<void> follow_delegations() {
    std::vector<std::string> roles{"targets"};
    std::set<std::string> seen;
    for (std::size_t i = 0; i < roles.size(); ++i) {
      TRY(read_catalogs(roles[i]));
      const auto delegations = tuf::targets_of(trusted_, roles[i]).delegations;
      if (!delegations) continue;
      for (const tuf::DelegatedRole& role : delegations->roles) {
        if (!seen.insert(role.name).second) continue;
        const Bytes bytes = TRY(fetch_role(role.name));
        trusted_ = TRY(
            tuf::update_delegated(std::move(trusted_), roles[i], role.name, bytes, tuf::kBeforeAnyExpiry));
        roles.push_back(role.name);
        if (roles.size() > kMostRoles) {
          return fail("repository.malformed", "follow the delegations", "there are too many");
        }
      }
    }
    return {};
  }

  Result<void> read_catalogs(const std::string& role) {
    const tuf::Targets& document = tuf::targets_of(trusted_, role);
    note_expiry(document.expires);
    for (const auto& [path, file] : document.files) {
      if (!path.ends_with("/" + std::string(kCatalogName)) || file.length > kMostCatalog) continue;
      const Stream stream = TRY(stream_of_role(role));
      const std::string prefix = stream.channel + "/" + stream.distribution + "/";
      if (!path.starts_with(prefix)) continue;
      const std::string build_id = path.substr(prefix.size(), path.rfind('/') - prefix.size());
      const Bytes bytes = TRY(fetcher_.fetch(stored_path(path, file.sha256), file.length));
      TRY(tuf::check_payload(path, file, bytes));
      Catalog catalog = TRY_IN(path, parse_catalog(as_text(bytes), stream, build_id));
      targets_.offered.emplace(TargetKey(build_id, stream.channel), offered_target(std::move(catalog)));
    }
    return {};
  }

  fs::path metadata_;
  FolderFetcher fetcher_;
  tuf::Trusted trusted_{};
  Targets targets_{};
};

}  // namespace

const OfferedTarget* Targets::find(const std::string& build_id, const std::string& channel) const {
  const auto found = offered.find({build_id, channel});
  return found == offered.end() ? nullptr : &found->second;
}

OfferedTarget offered_target(Catalog catalog) {
  OfferedTarget target{.catalog = std::move(catalog)};
  for (const AvailablePatchset& patchset : target.catalog.levels) {
    target.closed[patchset.level].insert(patchset.cves.begin(), patchset.cves.end());
    for (const std::string& cve : patchset.cves) {
      CveFix& fix = target.cves[cve];
      if (fix.level == 0 && !patchset.withdrawn) fix.level = patchset.level;
      fix.fixed = fix.fixed || std::ranges::find(patchset.fixed, cve) != patchset.fixed.end();
      fix.unaffected =
          fix.unaffected || std::ranges::find(patchset.unaffected, cve) != patchset.unaffected.end();
    }
  }
  return target;
}

Result<Targets> read_targets(const fs::path& repository) {
  return Reader(repository).read();
}

}  // namespace suture::server
