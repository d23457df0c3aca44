// SPDX-License-Identifier: Apache-2.0
#include "build/shipped_target.h"

#include "base/file.h"

namespace suture {

Result<ShippedTarget> ShippedTarget::read(const Target& target) {
  ShippedTarget shipped;
  shipped.module_folder_ = target.modules;
  shipped.image_ = std::make_unique<KernelImage>(TRY(KernelImage::read(target.image)));
  if (shipped.image_->build_id() != target.id.build_id) {
    return fail("build.image-differs", "read " + target.image.string(), "its build-id is not the target's",
                "the target's files were changed; remove the target and add it again");
  }
  shipped.kernel_ = std::make_unique<ShippedKernel>(*shipped.image_);
  shipped.exports_ = TRY(parse_exports(TRY(read_text_file(target.headers / "Module.symvers", 64u << 20))));
  return shipped;
}

Result<const ShippedObject*> ShippedTarget::object(const std::string& name) {
  if (name == "vmlinux") return kernel_.get();
  auto& module = modules_[name];
  if (!module)
    module = std::make_unique<ShippedModule>(TRY(ShippedModule::find_and_read(module_folder_, name)));
  return module.get();
}

std::optional<std::uint32_t> ShippedTarget::module_layout_version() const {
  const auto found = exports_.find("module_layout");
  if (found == exports_.end()) return std::nullopt;
  return found->second.crc;
}

Result<std::uint32_t> ShippedTarget::version_of(const std::string& symbol) const {
  const auto found = exports_.find(symbol);
  if (found != exports_.end()) return found->second.crc;
  return fail("build.symbol-unknown", "link the module", symbol + " is not exported by this kernel");
}

}  // namespace suture
