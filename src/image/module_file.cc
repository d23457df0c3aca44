// SPDX-License-Identifier: Apache-2.0
#include "image/module_file.h"

#include "image/decompress.h"

namespace suture {

namespace {

constexpr std::size_t kLargestModule = 256u << 20;

}  // namespace

Result<Bytes> read_module_file(const std::filesystem::path& path) {
  Bytes file = TRY(read_file(path, kLargestModule));
  if (path.extension() == ".ko") return file;
  return TRY_IN("read " + path.string(), decompress_file(file, kLargestModule));
}

bool is_module_file(const std::filesystem::path& path) {
  return path.extension() == ".ko" || path.stem().extension() == ".ko";
}

}  // namespace suture
