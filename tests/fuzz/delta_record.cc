// SPDX-License-Identifier: Apache-2.0
//
// The record inside of a delta's object: what is accepted is written the same again.
#include "delta/record.h"

#include <cstdlib>

#include "base/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace suture;
  elf::Object object;
  object.sections.push_back({.name = std::string(kDeltaRecordSection), .size = size});
  object.sections[0].data.assign(data, data + size);
  const auto record = read_delta_record(object);
  if (!record) return 0;
  write_delta_record(object, **record);
  const auto again = read_delta_record(object);
  if (!again || to_json(**again) != to_json(**record)) std::abort();
  return 0;
}
