// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <vector>

#include "base/error.h"
#include "elf/object.h"
#include "image/shipped_object.h"

namespace suture {

/// A module as shipped: a `.ko` file, plain or compressed as for the kernel image.
class ShippedModule final : public ShippedObject {
 public:
  /// "image.no-module" when the folder `lib/modules/RELEASE` has no file for it.
  static Result<ShippedModule> find_and_read(const std::filesystem::path& modules, std::string_view name);
  static Result<ShippedModule> parse(ByteView file, std::string name);

  /// As in the file, but with each section's relocations by offset.
  const elf::Object& object() const { return object_; }

  const std::string& name() const override { return name_; }
  std::vector<ShippedSymbol> find(std::string_view name) const override;
  std::vector<std::uint64_t> addresses_of(std::string_view name) const override;
  std::optional<ByteView> bytes(std::uint64_t address, std::size_t size) const override;
  std::optional<std::uint64_t> field(std::uint64_t address, std::size_t width, bool relative,
                                     bool is_signed) const override;

 private:
  ShippedModule(elf::Object object, std::string name);
  std::uint64_t address_of(std::uint32_t symbol) const;

  elf::Object object_;
  std::string name_;
  std::multimap<std::string, std::uint32_t, std::less<>> symbols_;  ///< name → index, in the file's order
};

}  // namespace suture
