// SPDX-License-Identifier: Apache-2.0
//
// Where patchsets come from.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "engine/host.h"
#include "patchset/patchset.h"

namespace suture {

/// The newest patchset that the source has for a kernel.
struct Offer {
  bool known = false;  ///< it is the one that the caller has; the rest is empty
  Patchset patchset{};
  std::string manifest{};          ///< its bytes, as they are to be stored
  std::filesystem::path folder{};  ///< holds the module, which is still to be verified
};

class Source {
 public:
  virtual ~Source() = default;
  /// Nothing when it has none for this kernel. `known` is the SHA-256 of the module that the caller has and
  /// does not need again; may be empty.
  virtual Result<std::optional<Offer>> newest(const RunningKernel& kernel, const std::string& known) = 0;
};

}  // namespace suture
