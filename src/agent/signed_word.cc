// SPDX-License-Identifier: Apache-2.0
#include "agent/signed_word.h"

#include "agent/unprivileged.h"
#include "repository/verifier.h"

namespace suture {
namespace fs = std::filesystem;
using tuf::Role;
using tuf::Trusted;
namespace {

/// As many as the repository's client follows at a time.
constexpr int kMostNewRoots = 256;

fs::path trusted_root(const AgentConfig& config) {
  return config.state / "root.json";
}

Result<Trusted> read_root(const fs::path& path) {
  return tuf::trust_root(TRY(read_file(path, tuf::size_limit(Role::kRoot))));
}

Result<Trusted> begin_trust(const AgentConfig& config) {
  if (auto own = read_root(trusted_root(config))) return own;
  return TRY_IN("begin to trust the repository", read_root(config.root));
}

Result<Trusted> follow_roots(const AgentConfig& config) {
  Trusted trusted = TRY(begin_trust(config));
  for (int i = 0; i < kMostNewRoots; ++i) {
    const fs::path next = roots_folder(config) / (std::to_string(trusted.root.version + 1) + ".root.json");
    // A root that does not follow ends the chain: what it might have allowed is then not believed.
    const auto bytes = read_handed_over_up_to(next, tuf::size_limit(Role::kRoot));
    if (!bytes) break;
    auto longer = tuf::update_root(trusted, *bytes);
    if (!longer) break;
    trusted = *std::move(longer);
    TRY(write_file(trusted_root(config), *bytes));
  }
  return trusted;
}

}  // namespace

fs::path roots_folder(const AgentConfig& config) {
  return config.state / "repository" / "roots";
}

Result<std::vector<AvailablePatchset>> read_signed_word(const AgentConfig& config,
                                                        const std::string& build_id,
                                                        std::chrono::system_clock::time_point now_exact) {
  const auto now = std::chrono::floor<std::chrono::seconds>(now_exact);
  const auto document = [&](Role role) {
    const fs::path path = config.state / "repository" / (std::string(tuf::role_name(role)) + ".json");
    return read_handed_over_up_to(path, tuf::size_limit(role));
  };
  Trusted trusted = TRY(follow_roots(config));
  TRY(tuf::check_fresh(Role::kRoot, trusted.root.expires, now));
  trusted = TRY(tuf::update_timestamp(std::move(trusted), TRY(document(Role::kTimestamp)), now));
  trusted = TRY(tuf::update_snapshot(std::move(trusted), TRY(document(Role::kSnapshot)), now));
  trusted = TRY(tuf::update_targets(std::move(trusted), TRY(document(Role::kTargets)), now));
  return patchsets_in(*trusted.targets, config.channel, build_id);
}

}  // namespace suture
