// SPDX-License-Identifier: Apache-2.0
#include "image/bzimage.h"

#include "image/little_endian.h"

namespace suture {
namespace {

// Offsets in the setup header: "Details of Header Fields" in boot.rst.
constexpr std::size_t kSetupSectors = 0x1f1;
constexpr std::size_t kMagic = 0x202;
constexpr std::size_t kVersion = 0x206;
constexpr std::size_t kPayloadOffset = 0x248;
constexpr std::size_t kPayloadLength = 0x24c;
constexpr std::size_t kHeaderEnd = 0x250;
constexpr unsigned kFirstVersionWithPayload = 0x0208;
constexpr std::size_t kSectorSize = 512;

}  // namespace

bool is_bzimage(ByteView file) {
  return file.size() >= kHeaderEnd && as_text(file.subspan(kMagic, 4)) == "HdrS";
}

Result<Bytes> extract_vmlinux(ByteView bzimage, std::size_t limit) {
  constexpr const char* kWhat = "read the boot header of the kernel image";
  if (!is_bzimage(bzimage)) return fail("image.unknown-format", kWhat, "it is not a bzImage");
  if (load_u16(bzimage, kVersion) < kFirstVersionWithPayload) {
    return fail("image.unknown-format", kWhat, "its boot protocol is older than 2.08 (Linux 2.6.26)");
  }
  // Zero means four, for loaders of the nineties.
  const std::size_t sectors = bzimage[kSetupSectors] == 0 ? 4 : bzimage[kSetupSectors];
  const std::size_t start = (sectors + 1) * kSectorSize + load_u32(bzimage, kPayloadOffset);
  const std::size_t length = load_u32(bzimage, kPayloadLength);
  if (start > bzimage.size() || length > bzimage.size() - start) {
    return fail("image.malformed", kWhat, "the compressed kernel ends past the end of the file",
                "The file may have been cut short; fetch it again.");
  }
  return decompress_payload(bzimage.subspan(start, length), limit);
}

}  // namespace suture
