// SPDX-License-Identifier: Apache-2.0
//
// What the repository offers and what verdicts say, kept up to date: read again when the repository's
// timestamp or a file of verdicts changes, and exchanged as a whole. Whoever asks keeps what he was given for
// as long as he needs it. What cannot be read leaves what was known before.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "server/fleet/exposure.h"

namespace suture::server {

class KnowledgeBoard {
 public:
  using Snapshot = std::shared_ptr<const Knowledge>;

  /// Either may be empty: there is none. Reads nothing yet.
  KnowledgeBoard(std::filesystem::path repository, std::filesystem::path verdicts);

  /// Never null. From any thread.
  Snapshot now() const;

  /// Whether there is something new. Cheap while there is not. Of one thread at a time.
  bool look();

 private:
  bool look_at_repository(Knowledge& next);
  bool look_at_verdicts(Knowledge& next);

  std::filesystem::path repository_;
  std::filesystem::path verdicts_;
  std::string seen_repository_{};  ///< what the file system says of what was read last
  std::string seen_verdicts_{};
  mutable std::mutex mutex_;
  Snapshot now_ = std::make_shared<const Knowledge>();
};

}  // namespace suture::server
