// SPDX-License-Identifier: Apache-2.0
//
// Link-time addresses of a vmlinux, and the bytes which the file ships for them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"

namespace suture {

/// A stretch of addresses with bytes in the file.
struct Stretch {
  std::uint64_t address = 0;
  ByteView bytes;
};

/// View of an ELF executable; the file's bytes must outlive it.
class AddressSpace {
 public:
  /// `elf` may be longer than the ELF file in it. "image.malformed" for any header that points outside.
  static Result<AddressSpace> parse(ByteView elf);

  /// What is shipped for these addresses; nothing when any of them is not loaded from the file. Memory that
  /// starts out as zero (.bss) is not, even where a linker wrote its zeros into the file.
  std::optional<ByteView> bytes(std::uint64_t address, std::size_t size) const;

  /// In address order, not overlapping.
  const std::vector<Stretch>& stretches() const { return stretches_; }
  /// GNU build-id, lower-case hexadecimal; empty when the notes hold none.
  const std::string& build_id() const { return build_id_; }

 private:
  std::vector<Stretch> stretches_;
  std::string build_id_;
};

}  // namespace suture
