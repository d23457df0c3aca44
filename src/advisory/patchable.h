// SPDX-License-Identifier: Apache-2.0
//
// Whether a running kernel can be given a fix: what a build said of which nothing is kept. The build itself
// is no business of this part.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json_fwd.h"

namespace suture {

struct Patchable {
  enum class Answer : std::uint8_t {
    kYes,
    kNotNeeded,    ///< the kernel's source has the fix, or none of what it changes is in the kernel
    kNeedsAuthor,  ///< not as the fix stands: a person has to write it for this kernel, or for one that runs
    kNo,           ///< refused
    kUnknown,      ///< nobody can tell here: no diff, no compiler, no source. No verdict.
  };
  struct Function {
    std::string object{};  ///< "vmlinux", or a module as in /proc/modules
    std::string name{};
    bool operator==(const Function&) const = default;
  };

  Answer answer = Answer::kUnknown;
  std::string fix{};                   ///< what was built: "commit 98a2046d155f", a file's name
  std::vector<std::string> engines{};  ///< that there would be a module for: "klp", "stopmachine"
  std::vector<Function> functions{};   ///< that would be replaced
  std::size_t units = 0;               ///< compiled for it, before and after the fix
  std::string code{};                  ///< reason code, of any other answer than yes
  std::string reason{};                ///< its sentence
  std::string hint{};                  ///< what to do; may be empty
  std::vector<std::string> notes{};    ///< what the build noticed
  bool operator==(const Patchable&) const = default;
};

/// "yes", "not_needed", "needs_author", "no", "unknown"
std::string_view name_of(Patchable::Answer answer);

/// Of those that are equally urgent, what can be done now comes first: 0 for yes, more for less.
int order_of(const Patchable* patchable);

Json to_json(const Patchable& patchable);
/// "advisory.schema" when it is none.
Result<Patchable> patchable_from_json(const Json& json);

}  // namespace suture
