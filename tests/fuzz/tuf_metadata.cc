// SPDX-License-Identifier: Apache-2.0
//
// What a hostile mirror can send, and a hostile change. The first byte picks what it is; what is read must
// survive being written and read again.
#include <cstdlib>

#include "base/json.h"
#include "repository/catalog.h"
#include "repository/change.h"
#include "repository/log_head.h"
#include "repository/verifier.h"

namespace {

using namespace suture;

void expect(bool good) {
  if (!good) std::abort();
}

template <class Document>
void read_twice(const Json& content, Result<Document> (*read)(const Json&)) {
  const auto document = read(content);
  if (!document) return;
  const Json written = tuf::to_json(*document);
  const auto again = read(written);
  expect(again && tuf::to_json(*again) == written);
}

void read_metadata(ByteView bytes, tuf::Role role) {
  const auto envelope = tuf::parse_envelope(bytes, role);
  if (!envelope) return;
  switch (role) {
    case tuf::Role::kRoot:
      return read_twice(envelope->content, tuf::root_from_json);
    case tuf::Role::kTimestamp:
      return read_twice(envelope->content, tuf::timestamp_from_json);
    case tuf::Role::kSnapshot:
      return read_twice(envelope->content, tuf::snapshot_from_json);
    case tuf::Role::kTargets:
      return read_twice(envelope->content, tuf::targets_from_json);
  }
}

void read_delegations(const Json& json) {
  read_twice(json, tuf::delegations_from_json);
  const auto delegations = tuf::delegations_from_json(json);
  if (!delegations) return;
  for (const tuf::DelegatedRole& role : delegations->roles)
    (void)role.covers("stable/debian/ab12cd34/catalog.json");
}

void read_catalog(std::string_view text) {
  const Stream stream{"stable", "debian"};
  const auto catalog = parse_catalog(text, stream, "ab12cd34");
  if (!catalog) return;
  const auto again = parse_catalog(catalog_text(*catalog), stream, "ab12cd34");
  expect(again && *again == *catalog);
  for (const AvailablePatchset& patchset : catalog->levels) {
    (void)publication_entry(patchset);
    if (patchset.withdrawn) (void)withdrawal_entry(patchset, *patchset.withdrawn);
    for (const RemoteFile& file : patchset.files())
      expect(patchset.stored(file).find("/../") == std::string::npos);
  }
}

void read_change(std::string_view text) {
  const auto change = parse_change(text);
  if (!change) return;
  (void)describe(*change);
  const std::string written = change_text(*change);
  const auto again = parse_change(written);
  expect(again && change_text(*again) == written);
}

void read_head(const Json& json) {
  const auto head = log_head_from_json(json);
  if (!head) return;
  const auto again = log_head_from_json(log_head_json(*head));
  expect(again && *again == *head);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView bytes(data + 1, size - 1);
  (void)tuf::trust_root(bytes);
  constexpr unsigned kOthers = 4;
  const unsigned kind = data[0] % (std::size(tuf::kRoles) + kOthers);
  if (kind < std::size(tuf::kRoles)) {
    read_metadata(bytes, tuf::kRoles[kind]);
    return 0;
  }
  const auto json = parse_json(as_text(bytes), "fuzz");
  switch (kind - std::size(tuf::kRoles)) {
    case 0:
      if (json && json->is_object()) read_delegations(*json);
      break;
    case 1:
      read_catalog(as_text(bytes));
      break;
    case 2:
      read_change(as_text(bytes));
      break;
    default:
      if (json) read_head(*json);
  }
  return 0;
}
