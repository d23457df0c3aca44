// SPDX-License-Identifier: Apache-2.0
//
// Archives of packages. Whatever they hold, the folder beside the one to fill stays empty, and no link leads
// out.
#include "target/cpio.h"

#include <cstdlib>
#include <sstream>

#include "base/file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace fs = std::filesystem;
  const auto folder = suture::TempDir::make("suture-fuzz");
  if (!folder || !suture::make_directories(folder->path() / "root")) return 0;
  const fs::path root = folder->path() / "root";
  std::istringstream archive(std::string(suture::as_text({data, size})));
  const auto unpacked = suture::unpack_cpio(archive, root, {.bytes = 1u << 20, .entries = 64});
  if (unpacked && size == 0) std::abort();
  if (std::distance(fs::directory_iterator(folder->path()), {}) != 1) std::abort();
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.is_symlink() &&
        !suture::link_stays_inside(entry.path().lexically_relative(root), fs::read_symlink(entry.path())))
      std::abort();
  }
  return 0;
}
