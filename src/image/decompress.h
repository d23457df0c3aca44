// SPDX-License-Identifier: Apache-2.0
//
// Unpacks what stands compressed inside a kernel image, and files such as modules. The kernel's build appends
// the unpacked size to whatever the compressor wrote (size_append in scripts/Makefile.lib; gzip's own trailer
// is the same), and the boot loader stub relies on it (arch/x86/boot/compressed/mkpiggy.c). So there the size
// is known, and bounded, before the first byte is unpacked. A file ends where its compressor ended.
#pragma once

#include "base/error.h"
#include "base/file.h"

namespace suture {

/// Larger than any kernel; an image that claims more is refused.
inline constexpr std::size_t kMaxKernelSize = 1u << 30;

/// Unpacks gzip, bzip2, lzma, xz, lz4 (legacy frame) or zstd, told apart by their first bytes, as in
/// `payload_offset` of Documentation/arch/x86/boot.rst. The payload ends with its unpacked size, and must
/// unpack to exactly that; "image.too-large" when that is beyond `limit`, "image.malformed" for broken data,
/// "image.compression-unsupported" for anything else.
Result<Bytes> decompress_payload(ByteView payload, std::size_t limit = kMaxKernelSize);

/// Unpacks a file that gzip, xz or zstd packed, as scripts/Makefile.modinst does modules, to at most `limit`
/// bytes; with the same errors.
Result<Bytes> decompress_file(ByteView file, std::size_t limit);

}  // namespace suture
