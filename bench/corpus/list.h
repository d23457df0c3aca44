// SPDX-License-Identifier: Apache-2.0
//
// The list of a corpus: which source files, each a unit of the kernel, are to be tried.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace suture::corpus {

struct Entry {
  std::string object;  ///< what the list says that it is part of: "vmlinux" or "vsock.ko"
  std::string unit;    ///< "net/vmw_vsock/af_vsock.c"
  bool operator==(const Entry&) const = default;

  /// The unit as the name of a file: "net__vmw_vsock__af_vsock.c".
  std::string file_name() const;
};

/// Lines "OBJECT UNIT"; empty ones and those that begin with # are left out. "corpus.list-malformed" names
/// the line.
Result<std::vector<Entry>> parse_list(std::string_view text, std::string_view name);

/// Those whose unit contains the pattern.
std::vector<Entry> matching(std::vector<Entry> entries, std::string_view pattern);

}  // namespace suture::corpus
