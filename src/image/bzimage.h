// SPDX-License-Identifier: Apache-2.0
//
// The x86 boot format: a setup header in front, the compressed vmlinux inside.
// Documentation/arch/x86/boot.rst in the kernel's source.
#pragma once

#include "base/error.h"
#include "base/file.h"
#include "image/decompress.h"

namespace suture {

/// True when the setup header's magic number is there.
bool is_bzimage(ByteView file);

/// The vmlinux inside, unpacked: an ELF file, perhaps with the relocation list of a KASLR kernel behind it.
Result<Bytes> extract_vmlinux(ByteView bzimage, std::size_t limit = kMaxKernelSize);

}  // namespace suture
