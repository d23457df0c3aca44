// SPDX-License-Identifier: Apache-2.0
//
// Whether a target has a hole, and on what evidence.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "advisory/patchable.h"
#include "advisory/reach.h"

namespace suture {

/// The states of VEX (CISA, Minimum Requirements for VEX, 2023).
enum class Standing : std::uint8_t { kAffected, kFixed, kNotAffected, kUnderInvestigation };

/// VEX's justifications of not_affected.
enum class Justification : std::uint8_t {
  kNone,
  kComponentNotPresent,
  kVulnerableCodeNotPresent,
  kVulnerableCodeNotInExecutePath,
  kVulnerableCodeCannotBeControlled,
  kInlineMitigationsAlreadyExist,
};

/// One thing that was seen, or said.
struct Evidence {
  enum class Kind : std::uint8_t {
    kSource,         ///< lines of the target's source
    kConfiguration,  ///< what its configuration builds
    kImage,          ///< symbols of its image or module
    kVersion,        ///< a range of versions
    kChangelog,      ///< the package's own changelog
    kStatement,      ///< somebody's conclusion
  };
  Kind kind = Kind::kSource;
  Standing speaks_for = Standing::kUnderInvestigation;
  std::string text{};  ///< a sentence
  std::string file{};
  std::uint32_t line = 0;  ///< 0: of the file as a whole
  std::string function{};
  std::string by{};  ///< the source that said it; empty: seen here
};

/// Where in the kernel the code of the fix is.
struct CodePlace {
  std::string file{};
  std::string object{};  ///< "vmlinux", or a module as in /proc/modules
  std::string function{};
  bool has_symbol = false;
  std::vector<std::string> inlined_into{};  ///< functions with symbols, of one that has none
};

struct Finding {
  std::string cve{};
  std::string target{};  ///< release
  Standing standing = Standing::kUnderInvestigation;
  Justification justification = Justification::kNone;
  std::string reason{};  ///< one sentence, with file, function and line
  std::vector<Evidence> evidence{};
  std::vector<CodePlace> places{};
  std::optional<Patchable> patchable{};  ///< where somebody asked a builder
  std::vector<ObjectReach> reach{};      ///< of the objects of these; says nothing of the standing
};

/// Takes in what a build of the fix said. Where the compiled code is the same with it, nothing of the hole is
/// in this kernel, whatever its source's lines say.
void take_build(Finding& finding, Patchable patchable);

/// "affected", "fixed", "not_affected", "under_investigation"
std::string_view name_of(Standing standing);
/// "vulnerable_code_not_present", …; empty for none.
std::string_view name_of(Justification justification);

}  // namespace suture
