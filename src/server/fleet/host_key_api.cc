// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/host_key_api.h"

#include <spdlog/spdlog.h>

#include "base/json.h"
#include "server/fleet/host_api.h"

namespace suture::server {
namespace {

Json boots_json(const std::vector<SeenBoot>& boots) {
  Json json = Json::array();
  for (const SeenBoot& boot : boots) json.push_back({{"boot_id", boot.boot_id}, {"hostname", boot.hostname}});
  return json;
}

/// What is known of a host's key, for one who looks at this host.
Json key_json(const HostKeyRecord& key, const std::vector<std::string>& others) {
  Json clone = nullptr;
  if (!key.cloned_at.empty()) clone = {{"seen_at", key.cloned_at}, {"machines", boots_json(key.clones)}};
  return {{"public", key.key},
          {"registered_at", key.registered_at},
          {"clone", std::move(clone)},
          {"also_of", others}};
}

}  // namespace

Result<Json> key_of(const Call& call) {
  Store& store = call.services.store;
  const auto key = TRY(store.host_key(call.id));
  return key ? key_json(*key, TRY(store.others_with_key(key->key, call.id))) : Json();
}

Response forget_host_key(const Call& call) {
  if (!is_host_id(call.id)) return no_host();
  const auto forgotten = call.services.store.forget_host_key(call.id);
  if (!forgotten) return response_for(forgotten.error());
  if (!*forgotten) return error_response(404, "host.no-key", "no key of this host is known");
  const std::string who = call.caller.name.empty() ? "anonymous" : call.caller.name;
  spdlog::info("{} has the key of {} forgotten", who, call.id);
  const auto recorded =
      call.services.access.store().record({who, "host-key.forget", call.id, "ok"}, call.now);
  return recorded ? json_response(200, {{"forgotten", true}}) : response_for(recorded.error());
}

}  // namespace suture::server
