// SPDX-License-Identifier: Apache-2.0
//
// Libraries within other files: linked statically, or compiled along. No package list knows them. Each of the
// ones here writes its version into its code's constants, so a copy can be told from a program that merely
// uses the shared library. Where headers put the same text into every user (OpenSSL does), something else
// that only the library itself has must be there as well.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/elf_content.h"
#include "base/file.h"

namespace suture {

struct EmbeddedLibrary {
  std::string library{};  ///< as Debian's source package is called: "openssl", "zlib", "expat"
  std::string version{};  ///< upstream's; empty: it is there, in a version that it does not tell
  std::string seen{};     ///< what tells so: a text or symbol of the file
  bool operator==(const EmbeddedLibrary&) const = default;
};

/// By name; a library that is there in two versions is there twice.
std::vector<EmbeddedLibrary> find_embedded(ByteView bytes, const ElfContent& content);

/// For parse_elf_content(): the symbols that find_embedded() wants to know of.
std::span<const std::string_view> symbols_of_libraries();

/// Names under which advisories speak of a library: "zlib" → "zlib", "zlib1g"; itself first.
std::vector<std::string> names_of_library(std::string_view library);

/// Whether the shared library of such a name is that library itself: "libz.so.1" is zlib.
bool is_library_itself(std::string_view library, std::string_view soname);

}  // namespace suture
