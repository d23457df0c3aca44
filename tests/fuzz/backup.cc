// SPDX-License-Identifier: Apache-2.0
#include <sstream>

#include "base/file.h"
#include "server/backup/backup.h"
#include "server/backup/backup_file.h"

namespace {

/// The bytes with a checksum that holds, so that what stands in front of it is looked at.
std::string sealed(std::string lines) {
  if (!lines.ends_with('\n')) lines += '\n';
  suture::server::RunningHash hash;
  hash.add(lines);
  return lines + R"({"sha256":")" + hash.hex() + "\"}\n";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(suture::as_text({data, size}));
  for (const std::string& bytes : {text, sealed(text)}) {
    auto database = suture::sql::Database::open(":memory:");
    if (!database) return 0;
    std::istringstream in(bytes);
    // All or nothing.
    const auto restored = suture::server::restore_backup(*database, in);
    const auto mark = database->backend().schema_mark();
    if (!mark || restored.has_value() != (mark->tables != 0)) __builtin_trap();
  }
  return 0;
}
