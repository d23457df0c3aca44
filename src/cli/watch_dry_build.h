// SPDX-License-Identifier: Apache-2.0
//
// `--dry-build` of `suture watch`: can a target be live patched with a vulnerability's fix? The fix is built
// as `suture build` would, in a folder that goes away. Answers are kept in the cache of the target store,
// since a fix says the same to the same kernel each time; what is no verdict (no compiler, no source) is not.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "advisory/advisory.h"
#include "advisory/code_change.h"
#include "advisory/patchable.h"
#include "base/terminal.h"
#include "build/build_cache.h"
#include "target/target.h"

namespace suture::cli {

class DryBuilder {
 public:
  /// `cache`: folder; empty: nothing is kept. `repository` and `diff` as for FixCode.
  DryBuilder(Target target, std::filesystem::path cache, std::filesystem::path repository,
             std::filesystem::path diff);

  /// Of the diffs that are at hand, the first that says more than that it is for other source. `packaged`:
  /// the code as a later version of the package has it, where nothing better is there; may be null, and is
  /// left alone where it may not all be the fix's.
  Patchable ask(const Advisory& advisory, const CodeChange* packaged, Progress& progress) const;
  /// When all is asked: keeps the cache from growing without end.
  void shrink_cache() const;

 private:
  struct FixText {
    std::string origin;  ///< for people
    std::string name;    ///< of the file, as authors would call it
    std::string text;
  };
  Result<std::vector<FixText>> texts(const Advisory& advisory, const CodeChange* packaged) const;
  Patchable answer(const FixText& fix, Progress& progress) const;
  Patchable build(const FixText& fix, Progress& progress) const;

  Target target_;
  std::filesystem::path folder_;  ///< of the cache
  BuildCache cache_;
  std::filesystem::path repository_;
  std::filesystem::path diff_;
};

/// For people: "yes: klp and stopmachine, 1 unit compiled; changes ip_options_get", and the reason of other
/// answers.
std::string patchable_text(const Patchable& patchable);

}  // namespace suture::cli
