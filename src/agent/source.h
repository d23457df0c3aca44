// SPDX-License-Identifier: Apache-2.0
//
// Where patchsets come from.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "engine/host.h"
#include "patchset/patchset.h"

namespace suture {

/// The patchset that the source has for a kernel.
struct Offer {
  bool known = false;  ///< it is the one that the caller has; the rest is empty
  Patchset patchset{};
  std::string manifest{};          ///< its bytes, as they are to be stored
  std::filesystem::path folder{};  ///< holds the module, which is still to be verified
};

struct Answer {
  /// What the host is to have: the highest level that was not withdrawn. Nothing when there is none.
  std::optional<Offer> offer{};
  /// Levels that the channel's owner has taken back, and why.
  std::map<std::uint32_t, std::string> withdrawn{};
};

class Source {
 public:
  virtual ~Source() = default;
  /// `known` is the SHA-256 of the module that the caller has and does not need again; may be empty.
  virtual Result<Answer> ask(const RunningKernel& kernel, const std::string& known) = 0;
};

}  // namespace suture
