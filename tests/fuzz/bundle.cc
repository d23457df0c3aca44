// SPDX-License-Identifier: Apache-2.0
//
// An archive from outside an isolated network: whatever it is, nothing may come to lie but plain files in a
// repository's own folders.
#include "repository/bundle.h"

#include <cstdlib>

namespace {

namespace fs = std::filesystem;
using namespace suture;

void expect_only_plain_files(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_symlink() || !(entry.is_directory() || entry.is_regular_file())) std::abort();
    const std::string part = fs::relative(entry.path(), folder).begin()->string();
    if (part != "metadata" && part != "targets" && part != "patchsets" && part != "log") std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto folder = TempDir::make("suture-fuzz");
  if (!folder) return 0;
  const fs::path bundle = folder->path() / "bundle";
  if (!write_file(bundle, ByteView(data, size))) return 0;
  (void)listed_in(bundle);
  const fs::path to = folder->path() / "parent/repository";
  fs::create_directories(to);
  (void)unpack_bundle(bundle, to);
  expect_only_plain_files(to);
  // Nothing beside it.
  if (std::distance(fs::directory_iterator(to.parent_path()), {}) != 1) std::abort();
  return 0;
}
