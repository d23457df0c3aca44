// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "build/kbuild.h"
#include "elf/object.h"
#include "module/glue.h"

namespace suture {

/// Compiles the part of patch modules that is C. kbuild is asked once for each module's name, however many
/// modules are made.
class GlueCompiler {
 public:
  /// `source` is the target's tree. Both must outlive it.
  static Result<GlueCompiler> make(const Kbuild& kbuild, const std::filesystem::path& source);

  Result<elf::Object> compile(const GlueInput& input, const std::string& module_name);
  /// Asks kbuild now, so that copies of this process need not.
  Result<void> learn(const std::string& module_name);

 private:
  GlueCompiler(const Kbuild& kbuild, std::filesystem::path source)
      : kbuild_(&kbuild), source_(std::move(source)), folder_(kbuild.tree() / "suture-glue") {}

  const Kbuild* kbuild_;
  std::filesystem::path source_;
  std::filesystem::path folder_;
  std::map<std::string, UnitFlags> flags_;  ///< by module name
};

}  // namespace suture
