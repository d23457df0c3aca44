// SPDX-License-Identifier: Apache-2.0
//
// Metadata from a hostile mirror. The first byte picks the role; what is read must survive being written
// and read again.
#include <cstdlib>

#include "repository/available.h"
#include "repository/verifier.h"

namespace {

using namespace suture;

template <class Document>
void read_twice(const Json& content, Result<Document> (*read)(const Json&)) {
  const auto document = read(content);
  if (!document) return;
  const Json written = tuf::to_json(*document);
  const auto again = read(written);
  if (!again || tuf::to_json(*again) != written) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView bytes(data + 1, size - 1);
  const tuf::Role role = tuf::kRoles[data[0] % std::size(tuf::kRoles)];
  (void)tuf::trust_root(bytes);
  const auto envelope = tuf::parse_envelope(bytes, role);
  if (!envelope) return 0;
  switch (role) {
    case tuf::Role::kRoot:
      read_twice(envelope->content, tuf::root_from_json);
      break;
    case tuf::Role::kTimestamp:
      read_twice(envelope->content, tuf::timestamp_from_json);
      break;
    case tuf::Role::kSnapshot:
      read_twice(envelope->content, tuf::snapshot_from_json);
      break;
    case tuf::Role::kTargets:
      read_twice(envelope->content, tuf::targets_from_json);
      if (const auto targets = tuf::targets_from_json(envelope->content)) {
        (void)patchsets_in(*targets, {}, {});
      }
      break;
  }
  return 0;
}
