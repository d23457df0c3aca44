// SPDX-License-Identifier: Apache-2.0
//
// What of a kernel the code of a source file is in: the image, which modules, or nothing, as its
// configuration has it. Symbols tell at once, and without a compiler: the kernel has those of the functions
// that were compiled into it. Where they do not tell (a file of few functions, whose names others have as
// well), kbuild is asked, which needs the target's compiler and a second or more for a file. What Makefiles
// as text do not tell is kept in the cache, for the next process.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "build/build_cache.h"
#include "build/include_graph.h"
#include "build/kbuild.h"
#include "build/makefile_text.h"
#include "target/target.h"

namespace suture {

class BuiltUnits {
 public:
  /// The objects of this kernel ("vmlinux", modules as in /proc/modules) that have a symbol of that name.
  using Definers = std::function<std::vector<std::string>(const std::string& function)>;

  BuiltUnits(const Target& target, BuildCache cache, Definers definers);

  /// None: this kernel is built without it. Of a header, what the first unit is in that includes it and is
  /// built. "build.object-unknown" when neither symbols nor kbuild can tell.
  Result<std::vector<std::string>> objects_of(const std::string& file);

 private:
  using Objects = Result<std::vector<std::string>>;
  Objects find(const std::string& file);
  Objects find_anew(const std::string& file);
  std::optional<std::vector<std::string>> kept(const std::string& key) const;
  const Result<IncludeGraph>& graph();
  Objects of_unit(const std::string& unit);
  Result<std::optional<std::vector<std::string>>> at_once(const std::string& unit);
  /// Nothing when they do not say it plainly.
  std::optional<std::vector<std::string>> by_makefiles(const std::string& unit);
  Objects of_header(const std::string& header);
  /// Nothing when symbols do not tell.
  Result<std::optional<std::vector<std::string>>> by_symbols(const std::string& unit) const;
  Objects by_kbuild(const std::string& unit);

  Target target_;
  BuildCache cache_;
  Definers definers_;
  MakefileTexts makefiles_;
  std::optional<Result<Kbuild>> kbuild_;
  std::optional<Result<IncludeGraph>> graph_;
  std::map<std::string, Objects> known_;
};

}  // namespace suture
