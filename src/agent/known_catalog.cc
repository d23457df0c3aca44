// SPDX-License-Identifier: Apache-2.0
#include "agent/known_catalog.h"

#include "repository/client.h"

namespace suture {

Result<Catalog> read_known_catalog(const AgentConfig& config, const std::string& build_id) {
  const Stream stream{config.channel, TRY(distribution_of(config))};
  const auto text = read_text_file(config.state / "trusted" / kOwnCatalogName, kMostCatalog);
  if (!text) return Catalog{.stream = stream, .build_id = build_id};
  // After another kernel was booted, or another channel chosen, it is of those before.
  return parse_catalog(*text, stream, build_id).value_or(Catalog{.stream = stream, .build_id = build_id});
}

}  // namespace suture
