// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/kernel_image.h"
#include "image/shipped_object.h"

namespace suture {

/// vmlinux as shipped. `image` must outlive it.
class ShippedKernel final : public ShippedObject {
 public:
  explicit ShippedKernel(const KernelImage& image) : image_(image) {}

  const std::string& name() const override { return name_; }
  std::vector<ShippedSymbol> find(std::string_view name) const override;
  std::vector<std::uint64_t> addresses_of(std::string_view name) const override;
  std::optional<ByteView> bytes(std::uint64_t address, std::size_t size) const override {
    return image_.bytes(address, size);
  }
  std::optional<std::uint64_t> field(std::uint64_t address, std::size_t width, bool relative,
                                     bool is_signed) const override;

 private:
  const KernelImage& image_;
  std::string name_ = "vmlinux";
};

}  // namespace suture
