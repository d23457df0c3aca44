// SPDX-License-Identifier: Apache-2.0
//
// For which functions a kernel's image and its modules have symbols. A function without one was inlined, or
// is not there.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "elf/object.h"
#include "target/target.h"

namespace suture {

class TargetSymbols {
 public:
  /// What else is to be read of a module; `name` as in /proc/modules, `folder` below `kernel`.
  using EachModule =
      std::function<void(const std::string& name, const std::string& folder, const elf::Object& module)>;

  /// Reads the image and all modules, a few seconds' work.
  static Result<TargetSymbols> read(const Target& target, const EachModule& each_module = {});

  /// "vmlinux" and modules as in /proc/modules; what gcc made of a function (foo.isra.0, foo.part.0) counts
  /// as it.
  std::vector<std::string> objects_with(const std::string& function) const;
  bool has(const std::string& object, const std::string& function) const;

 private:
  void add(const std::string& symbol, std::uint16_t object);

  std::vector<std::string> objects_;
  std::unordered_map<std::string, std::vector<std::uint16_t>> of_;  ///< indices into objects_
};

}  // namespace suture
