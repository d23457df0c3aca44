// SPDX-License-Identifier: Apache-2.0
//
// Reads what people write about waves and gates. Each member is checked for its type and range, and what is
// not known is refused.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/json_fwd.h"
#include "server/rollout/rollout.h"

namespace suture::server {

class CourseReader {
 public:
  /// Errors have this code, and say that this was tried.
  CourseReader(std::string code, std::string what) : code_(std::move(code)), what_(std::move(what)) {}

  /// The members of a course, and those in `others`, which the caller reads.
  Result<Course> course(const Json& json, std::initializer_list<std::string_view> others = {}) const;
  Result<std::string> name(const Json& json, const char* key) const;
  Result<bool> flag(const Json& json, const char* key) const;  ///< false when it is not there
  Result<std::chrono::seconds> duration(const Json& json, const char* key, std::chrono::seconds absent,
                                        std::chrono::seconds most) const;
  Result<void> only(const Json& json, std::initializer_list<std::string_view> known,
                    std::initializer_list<std::string_view> others = {}) const;
  std::unexpected<Error> bad(std::string why) const { return fail(code_, what_, std::move(why)); }

 private:
  Result<Wave> wave(const Json& json, const Gates& gates) const;
  Result<Gates> gates(const Json& json, Gates gates) const;
  Result<MetricGate> metric(const Json& json) const;
  Result<Approvals> approvals(const Json& json) const;
  Result<Share> share(const Json& json, const char* key) const;
  Result<std::string> text(const Json& json, const char* key, std::size_t most) const;

  std::string code_;
  std::string what_;
};

/// Letters, digits and "-_.@", a letter or digit first, up to kLongestName.
bool is_plain_name(std::string_view text);

}  // namespace suture::server
