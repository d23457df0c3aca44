// SPDX-License-Identifier: Apache-2.0
//
// The signed repository as a source of patchsets. All that handles remote bytes runs in a process without
// privileges (agent/unprivileged.h): it keeps its metadata in `repository`, leaves what it fetched in
// `repository/handover`, and the patchset in `spool`. The privileged process then verifies the same files
// again, from what it trusts itself, in `trusted` (agent/handed_over.h). Each check begins with both knowing
// the same: what the privileged process trusts.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/config.h"
#include "agent/failover.h"
#include "agent/source.h"
#include "repository/client.h"

namespace suture {

/// A client's state folder, by file names.
using KnownFiles = std::map<std::string, Bytes>;

class RepositorySource : public Source {
 public:
  explicit RepositorySource(AgentConfig config) : config_(std::move(config)) {}
  Result<Answer> ask(const Question& question) override;

  /// What the owner signed, by the files that were handed over. For tests, besides ask().
  Result<Catalog> verify(const Question& question) const;
  std::filesystem::path handover() const { return config_.state / "repository/handover"; }

 private:
  Result<std::string> fetch(const Question& question, const std::string& first) const;
  Result<Json> download(const Question& question, const KnownFiles& trusted,
                        const std::vector<std::string>& servers) const;
  Result<void> download_from(const Server& server, const Question& question, const KnownFiles& trusted) const;
  Choice decide(const Question& question, const Catalog& catalog) const;
  Result<Offer> take_over(const AvailablePatchset& newest, const std::string& known) const;

  AgentConfig config_;
};

}  // namespace suture
