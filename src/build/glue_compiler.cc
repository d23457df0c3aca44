// SPDX-License-Identifier: Apache-2.0
#include "build/glue_compiler.h"

namespace suture {

Result<GlueCompiler> GlueCompiler::make(const Kbuild& kbuild, const std::filesystem::path& source) {
  GlueCompiler glue(kbuild, source);
  TRY(make_directories(glue.folder_));
  return glue;
}

Result<void> GlueCompiler::learn(const std::string& module_name) {
  if (flags_.contains(module_name)) return {};
  // kbuild only makes what it finds the source of.
  TRY(write_file(folder_ / (module_name + ".c"), ""));
  flags_.emplace(module_name, TRY(kbuild_->module_flags(folder_, module_name)));
  return {};
}

Result<elf::Object> GlueCompiler::compile(const GlueInput& input, const std::string& module_name) {
  TRY(learn(module_name));
  // A folder for each, since processes may compile at the same time.
  const TempDir folder = TRY(TempDir::make("module", folder_));
  const std::filesystem::path file = folder.path() / (module_name + ".c");
  const std::filesystem::path object = folder.path() / (module_name + ".o");
  TRY(write_file(file, TRY(glue_source(input))));
  TRY(kbuild_->compile(flags_.at(module_name), source_, file, object));
  return elf::read_object(object);
}

}  // namespace suture
