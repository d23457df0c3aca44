// SPDX-License-Identifier: Apache-2.0
//
// Rollouts and policies as documents. What comes from clients is read strictly: an unknown member is an
// error, since a misspelt gate would be none.
#pragma once

#include "base/json_fwd.h"
#include "server/rollout/rollout.h"

namespace suture::server {

inline constexpr std::size_t kMostWaves = 32;
inline constexpr std::size_t kMostApprovers = 64;
inline constexpr std::size_t kMostMetrics = 8;
inline constexpr std::size_t kLongestName = 64;  ///< of policies, channels, groups, tags and people
inline constexpr std::size_t kLongestQuery = 1024;
inline constexpr std::size_t kLongestUrl = 512;
inline constexpr std::size_t kPolicyLimit = 64u << 10;  ///< bytes of a document

/// A rollout to be made.
struct NewRollout {
  std::string policy{};  ///< its name; else channel and course are given
  std::string channel{};
  Course course{};
  /// Also levels that an earlier rollout of the channel took back.
  bool again = false;
};

/// "policy.schema" says what is wrong.
Result<Policy> parse_policy(std::string_view text, std::string_view name);
/// "rollout.schema".
Result<NewRollout> parse_new_rollout(std::string_view text);
/// `{}` or `{"urgent": true}`, or nothing at all: for the next wave. "rollout.schema".
Result<bool> parse_approval(std::string_view text);

Json to_json(const Policy& policy);
Json to_json(const WaveCounts& counts);
Json to_json(const Approval& approval);
/// As the API shows it.
Json to_json(const Rollout& rollout);

/// As the database keeps it; what was written by another version is read as far as it is understood.
std::string stored_course(const Course& course);
Result<Course> course_from_store(const std::string& text);
std::string stored_progress(const Rollout& rollout);
Result<void> progress_from_store(const std::string& text, Rollout& rollout);

/// "12.5"
std::string percent_text(Share share);
/// "4h", "90m", "45s": what parse_duration() reads.
std::string duration_text(std::chrono::seconds time);

}  // namespace suture::server
