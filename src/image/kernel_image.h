// SPDX-License-Identifier: Apache-2.0
//
// What is really running on a host: the kernel image as it was shipped. All addresses are as linked, before
// KASLR moves the kernel.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "image/address_space.h"
#include "image/kallsyms.h"

namespace suture {

class KernelImage {
 public:
  /// A bzImage or a plain vmlinux for x86-64.
  static Result<KernelImage> read(const std::filesystem::path& path);
  static Result<KernelImage> parse(ByteView file);

  KernelImage(KernelImage&&) = default;
  KernelImage& operator=(KernelImage&&) = default;
  // The views into the bytes would be left pointing to the original.
  KernelImage(const KernelImage&) = delete;
  KernelImage& operator=(const KernelImage&) = delete;

  /// GNU build-id, lower-case hexadecimal. What a host shows in /sys/kernel/notes.
  const std::string& build_id() const { return space_.build_id(); }
  /// "Linux version 6.1.0-47-cloud-amd64 (…) (gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0, …) #1 SMP …"
  const std::string& banner() const { return banner_; }
  /// As uname -r, from the banner.
  std::string release() const;

  /// All symbols, by address; those of one address in the kernel's own order.
  const std::vector<ImageSymbol>& symbols() const { return symbols_; }
  /// All symbols of that name in the kernel's order: index + 1 is the sympos, when there are several.
  std::vector<const ImageSymbol*> find(std::string_view name) const;
  /// The first symbol at exactly this address, or null.
  const ImageSymbol* symbol_at(std::uint64_t address) const;

  /// A symbol and how far it reaches: up to the next one of another address. That includes alignment padding,
  /// so compare with the size in an object's symbol table never for equality.
  struct Extent {
    const ImageSymbol* symbol = nullptr;
    std::uint64_t offset = 0;  ///< of the address asked for
    std::uint64_t reach = 0;
  };
  /// The last symbol that begins at or below `address`; nothing below the first one and beyond the last.
  std::optional<Extent> symbol_containing(std::uint64_t address) const;

  /// Bytes as shipped; nothing when some of them are not in the file (.bss, or no kernel address at all).
  /// The boot code still patches some of them: alternatives, static calls, ftrace sites.
  std::optional<ByteView> bytes(std::uint64_t address, std::size_t size) const {
    return space_.bytes(address, size);
  }

 private:
  KernelImage(Bytes vmlinux, AddressSpace space) : vmlinux_(std::move(vmlinux)), space_(std::move(space)) {}
  static Result<KernelImage> from_vmlinux(Bytes vmlinux);

  Bytes vmlinux_;
  AddressSpace space_;
  std::string banner_;
  std::vector<ImageSymbol> symbols_;
  std::vector<std::uint32_t> by_name_;  ///< indices into symbols_
};

}  // namespace suture
