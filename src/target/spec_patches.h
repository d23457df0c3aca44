// SPDX-License-Identifier: Apache-2.0
//
// Which patches a spec file applies to the source, and in which order. A spec is a program for rpmbuild,
// which would run any command that it holds; so it is only read, for the few forms that the kernels of
// distributions use, and anything else that may be a patch is refused.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace suture {

struct SpecPatch {
  std::string file;
  int strip = 1;          ///< as patch -p
  bool optional = false;  ///< left out by the spec if it has less than 10 lines
  bool operator==(const SpecPatch&) const = default;
};

/// `packaged`: names of the patches in the source package. Understood: PatchN: lines, %patch in its forms,
/// %autosetup, %autopatch, and the functions ApplyPatch and ApplyOptionalPatch of Fedora's kernels. Macros in
/// names stand for whatever makes them one of the packaged names. "target.spec-unsupported" says which line.
Result<std::vector<SpecPatch>> patches_of_spec(std::string_view spec,
                                               const std::vector<std::string>& packaged);

}  // namespace suture
