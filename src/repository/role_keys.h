// SPDX-License-Identifier: Apache-2.0
//
// Who may sign for a role: keys come, keys go, thresholds change. A stolen key is made worthless this way.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "repository/owned.h"

namespace suture {

struct KeyChange {
  std::string role{};  ///< "root", "targets", "snapshot", "timestamp", "log", or a channel
  std::vector<tuf::PublicKey> add{};
  std::vector<std::string> remove{};  ///< key ids, or their beginnings
  bool remove_others = false;         ///< leave only what is added
  std::optional<std::int64_t> threshold{};
};

/// Signs anew what the role signs, with the keys that it has afterwards. Root's keys, old and new, sign
/// changes of root, targets, snapshot and timestamp; the targets keys those of channels and log.
/// "repository.bad-role", "repository.no-such-key", "repository.bad-threshold".
Result<Committed> change_role_keys(const PublisherContext& context, const KeyChange& change);

/// A new key NAME.pem in the keyring takes the place of all that the role had. `name`: by default the role's
/// with the first number that is free.
struct Rotated {
  std::string name{};
  tuf::PublicKey key{};
  Committed committed{};
};
Result<Rotated> rotate_role(const PublisherContext& context, const std::string& role, std::string name = {});

}  // namespace suture
