// SPDX-License-Identifier: Apache-2.0
//
// The signed repository as a source of patchsets. All that handles remote bytes runs in a process without
// privileges (agent/unprivileged.h): it keeps the metadata in `repository` and leaves the patchset in
// `spool`. Which patchset it is to be, the privileged process then reads from the signatures
// (agent/signed_word.h).
#pragma once

#include "agent/config.h"
#include "agent/source.h"

namespace suture {

class RepositorySource : public Source {
 public:
  explicit RepositorySource(AgentConfig config) : config_(std::move(config)) {}
  Result<std::optional<Offer>> newest(const RunningKernel& kernel, const std::string& known) override;

 private:
  Result<Json> download(const RunningKernel& kernel, const std::string& known) const;

  AgentConfig config_;
};

}  // namespace suture
