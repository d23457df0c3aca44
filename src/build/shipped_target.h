// SPDX-License-Identifier: Apache-2.0
//
// The kernel of a target as it is shipped: its image, its modules and what it exports. Read once, asked for
// each unit.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "image/kernel_image.h"
#include "image/shipped_kernel.h"
#include "image/shipped_module.h"
#include "module/exports.h"
#include "target/target.h"

namespace suture {

class ShippedTarget {
 public:
  /// "build.image-differs" when the image is not the one which the target was recorded with.
  static Result<ShippedTarget> read(const Target& target);

  const ShippedKernel& kernel() const { return *kernel_; }
  const Exports& exports() const { return exports_; }
  /// "vmlinux", or a module as in /proc/modules, which is read when it is asked for. "image.no-module".
  Result<const ShippedObject*> object(const std::string& name);
  /// What modules must say of struct module; nothing when the kernel asks for no versions
  /// (CONFIG_MODVERSIONS).
  std::optional<std::uint32_t> module_layout_version() const;
  /// The version (CRC) of an exported symbol. "build.symbol-unknown".
  Result<std::uint32_t> version_of(const std::string& symbol) const;

 private:
  ShippedTarget() = default;

  std::filesystem::path module_folder_;
  std::unique_ptr<KernelImage> image_;
  std::unique_ptr<ShippedKernel> kernel_;
  std::map<std::string, std::unique_ptr<ShippedModule>> modules_;
  Exports exports_;
};

}  // namespace suture
