// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"
#include "postgresql/dialect.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto sql = suture::as_text({data, size});
  const auto statement = suture::postgresql::to_postgresql(sql);
  // What was translated has no parameter of SQLite's left, outside of texts.
  if (statement && sql.find('\'') == sql.npos && statement->find('?') != statement->npos) __builtin_trap();
  suture::postgresql::script_to_postgresql(sql);
  return 0;
}
