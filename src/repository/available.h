// SPDX-License-Identifier: Apache-2.0
//
// Patchsets as targets metadata list them: each manifest's target carries, as custom data, the level, the
// kernel's release, the CVEs, and the name of the module beside it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "repository/metadata.h"

namespace suture {

struct RemoteFile {
  std::string path{};  ///< TUF target path: "stable/<build-id>/000001/patchset.json"
  std::string sha256{};
  std::uint64_t length = 0;
};

struct AvailablePatchset {
  std::string channel{};
  std::string build_id{};
  std::uint32_t level = 0;
  std::string release{};
  std::vector<std::string> cves{};
  RemoteFile manifest{};
  RemoteFile module{};
  RemoteFile
      statement{};  ///< who vouches for it: qualification.json or override.json; without a path: nobody
  bool qualified() const;
};

/// By channel, build-id and rising level. An empty channel or build-id stands for any.
Result<std::vector<AvailablePatchset>> patchsets_in(const tuf::Targets& targets, std::string_view channel,
                                                    std::string_view build_id);

/// The targets metadata with one more patchset.
Result<tuf::Targets> with_patchset(tuf::Targets targets, const AvailablePatchset& patchset);

}  // namespace suture
