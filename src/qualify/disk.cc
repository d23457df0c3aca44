// SPDX-License-Identifier: Apache-2.0
#include "qualify/disk.h"

#include <charconv>
#include <string>

#include "base/process.h"

namespace suture {

Result<std::uint64_t> disk_size(std::string_view text) {
  constexpr std::uint64_t kMost = 1u << 20;  // as a number of units
  std::uint64_t number = 0;
  const auto [unit, problem] = std::from_chars(text.begin(), text.end(), number);
  const std::string_view rest(unit, text.end());
  const bool known = rest == "M" || rest == "G";
  if (problem != std::errc() || !known || number == 0 || number > kMost) {
    return fail("qualify.disk", "read a disk's size", "\"" + std::string(text) + "\" is none",
                "Sizes are like 64M and 1G.");
  }
  return number << (rest == "M" ? 20 : 30);
}

Result<void> make_disk(const std::filesystem::path& file, std::uint64_t size) {
  // Root's reserve would leave room on a disk that a test means to be full.
  const auto made = run_ok({.argv = {"/sbin/mke2fs", "-q", "-F", "-t", "ext4", "-m", "0", file.string(),
                                     std::to_string(size >> 10) + "k"}});
  if (made) return {};
  return fail("qualify.disk", "make the disk " + file.string(), made.error().why,
              "It needs mke2fs of the package e2fsprogs, and room for the file.");
}

}  // namespace suture
