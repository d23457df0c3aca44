// SPDX-License-Identifier: Apache-2.0
//
// Functions of a kernel as it was shipped, as listings: vmlinux by its kallsyms, modules by their
// relocations.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/error.h"
#include "delta/disassembly.h"
#include "delta/object_code.h"
#include "image/kernel_image.h"
#include "image/shipped_module.h"
#include "target/target.h"

namespace suture::cli {

/// A function as livepatch names it.
struct ShippedFunction {
  std::string object = "vmlinux";
  std::string name;
  std::uint32_t sympos = 0;  ///< 0: the name is unique, else counted from 1
  std::uint64_t size = 0;    ///< bytes; 0 when that is not known
};

class ShippedCode {
 public:
  explicit ShippedCode(Target target) : target_(std::move(target)) {}

  const Target& target() const { return target_; }

  /// "inspect.no-function", and "inspect.ambiguous-function" when sympos is 0 and several have the name.
  /// `expected`: names in the code that this will be compared with. Of several symbols at one address the one
  /// that is expected is shown, and a small number is taken for a per-CPU variable only if that is.
  Result<Listing> list(const ShippedFunction& function, Syntax syntax, const std::set<std::string>& expected);

 private:
  Result<Listing> list_kernel(const ShippedFunction& function, Syntax syntax,
                              const std::set<std::string>& expected);
  Result<Listing> list_module(const ShippedFunction& function, Syntax syntax);

  Target target_;
  std::optional<KernelImage> image_;
  std::map<std::string, ShippedModule> modules_;
};

}  // namespace suture::cli
