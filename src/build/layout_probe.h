// SPDX-License-Identifier: Apache-2.0
//
// How a structure lies in memory before and after a fix: the compiler is given the unit's text up to the
// structure's definition, and an object of it, and tells by debug information.
//
// A kernel's units share their objects, so what one definition means in one unit it means in all which are
// compiled for the same machine. It is asked once for each pair of definitions and each set of such flags.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/file.h"
#include "build/kbuild.h"
#include "build/text_effect.h"
#include "delta/debug_info.h"

namespace suture {

/// For use by several threads at once.
class LayoutProbe {
 public:
  static Result<LayoutProbe> make(const Kbuild& kbuild);

  /// As CompareLayouts wants it. A text that does not compile is one of those that cannot be told.
  std::optional<LayoutChange> compare(const UnitFlags& flags, const StructureChange& change);

 private:
  LayoutProbe(const Kbuild& kbuild, TempDir folder) : kbuild_(&kbuild), folder_(std::move(folder)) {}
  Result<std::optional<LayoutChange>> ask(const UnitFlags& flags, const StructureChange& change) const;
  Result<DebugInfo> debug_info(const UnitFlags& flags, std::string_view text, const std::string& type) const;

  const Kbuild* kbuild_;
  TempDir folder_;
  std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();
  std::map<std::string, std::optional<LayoutChange>> known_;
};

}  // namespace suture
