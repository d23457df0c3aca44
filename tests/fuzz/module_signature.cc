// SPDX-License-Identifier: Apache-2.0
//
// What stands behind a module. Whatever it is, the parts are within the file, make it up again where they are
// well formed, and what is said of the signer can be shown to people.
#include <algorithm>
#include <cstdlib>

#include "module/signature.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const suture::ByteView file(data, size);
  const auto parts = suture::split_module(file);
  const suture::ByteView message = parts && parts->is_signed() ? parts->signature : file;
  if (parts && parts->is_signed() &&
      !std::ranges::equal(suture::join_module(parts->module, parts->signature), file))
    std::abort();
  const auto info = suture::read_signature(message);
  if (!info) return 0;
  const auto is_plain = [](unsigned char c) { return c >= ' ' && c < 0x7f; };
  if (info->signer.empty() || info->hash.empty() || !std::ranges::all_of(info->signer + info->hash, is_plain))
    std::abort();
  return 0;
}
