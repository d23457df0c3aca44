// SPDX-License-Identifier: Apache-2.0
//
// What the agent remembers between its runs: which patchset it wants in the kernel, whether an administrator
// took it back, and how the last attempt went. One small file, replaced in one step.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "patchset/patchset.h"
#include "patchset/plan.h"
#include "patchset/report.h"

namespace suture {

/// A patchset in the agent's own store. The hash is here, not only beside the module, so that a store that
/// was changed behind the agent's back is noticed.
struct StoredPatchset {
  std::string folder;  ///< name in the store
  std::string build_id;
  std::string module_sha256;
  std::string manifest_sha256;
  std::uint32_t level = 0;
  std::vector<std::string> cves;
  bool operator==(const StoredPatchset&) const = default;
};

Json to_json(const StoredPatchset& stored);
Result<StoredPatchset> stored_patchset_from_json(const Json& json);

/// Applied, and not proven yet: if the machine goes down before that, the patchset is taken for the cause.
struct Unconfirmed {
  std::uint32_t level = 0;
  std::string module_sha256{};
  std::string boot_id{};
  bool operator==(const Unconfirmed&) const = default;
};

/// Applied, and the kernel's log is read for what it brings about (agent/watch.cc).
struct Watched {
  std::uint32_t level = 0;
  std::string module_sha256{};
  std::string boot_id{};
  std::uint64_t after = 0;  ///< sequence number of the last record of the kernel's log that was judged
  bool operator==(const Watched&) const = default;
};

struct AgentState {
  std::optional<StoredPatchset> wanted{};  ///< what was applied last, and is applied again after a reboot
  bool held = false;                       ///< an administrator reverted: nothing is applied until told
  std::string engine{};         ///< that brought it into the kernel; earlier agents did not write that
  std::string applied_boot_id;  ///< the boot in which `wanted` was applied; empty: not
  std::string changed_at;
  std::string checked_at;
  std::uint32_t newest = 0;  ///< the level that the channel had for this host at the last check
  std::string waits{};       ///< why it is not applied, if the policy says so
  std::optional<std::uint32_t>
      pinned{};                ///< an administrator went back to this level: no higher one by the timer
  std::optional<Plan> plan{};  ///< the server's last one; whether it counts is the configuration's to say
  std::optional<Unconfirmed> unconfirmed{};
  std::string
      transitioning{};  ///< the boot in which the way to `wanted` was left under way; empty: it is over
  std::optional<Watched> watched{};
  std::map<std::string, std::uint32_t> quarantined{};       ///< levels that are not to come back, by module
  std::map<std::string, std::string> quarantine_reasons{};  ///< by module; none: it brought the machine down
  std::optional<ReportedError> error{};
  bool operator==(const AgentState&) const = default;
};

/// A host that never ran the agent has the default state.
Result<AgentState> read_state(const std::filesystem::path& file);
/// What happened between the state that is there and this one goes into the history first.
Result<void> write_state(const std::filesystem::path& file, const AgentState& state);

}  // namespace suture
