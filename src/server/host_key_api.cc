// SPDX-License-Identifier: Apache-2.0
//
// The API's part in how hosts prove who they are: which reports are taken, and what an operator does when a
// host begins anew. docs/server-api.md has the rules.
#include <spdlog/spdlog.h>

#include "base/json.h"
#include "base/time.h"
#include "server/api.h"

namespace suture::server {
namespace {

Response unauthorized(std::string_view code, std::string_view message, const char* scheme) {
  Response response = error_response(401, code, message);
  response.headers["WWW-Authenticate"] = scheme;
  return response;
}

/// For a report that was not taken; nothing for one that was.
std::optional<Response> refusal_of(Admission admission) {
  switch (admission) {
    case Admission::kTaken:
      return std::nullopt;
    case Admission::kUnsigned:
      return unauthorized("host.unsigned", "this host's reports must be signed by its key", "Signature");
    case Admission::kOtherKey:
      return error_response(403, "host.other-key",
                            "this host is known by another key; an operator can have that forgotten");
    case Admission::kReplayed:
      return error_response(403, "host.replayed", "this report or a later one of the host was taken before");
  }
  return std::nullopt;
}

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

/// Whether a report says that it is of a host whose key is known. While the database cannot tell, it is not.
bool Api::is_of_known_host(const Request& request) const {
  if (request.signature.absent()) return false;
  const auto signature = parse_report_signature(request.signature);
  if (!signature) return false;
  const auto key = store_.host_key(signature->host_id);
  return key && *key;
}

/// For a signature that says nothing about this report now.
std::optional<Response> Api::refuse_signature(const ReportSignature& signature, std::string_view body,
                                              Store::Time now) const {
  if (!signature.holds_for(body)) {
    return error_response(403, "host.signature", "the signature is not of this report and this key");
  }
  const auto skew = signature.created - std::chrono::floor<std::chrono::seconds>(now);
  if (std::chrono::abs(skew) <= kMostSkew) return std::nullopt;
  return error_response(403, "host.clock",
                        "the report was signed at " + time_text(signature.created) + ", but here it is " +
                            rfc3339(now) + ": one of the two clocks is wrong");
}

/// Takes the report, or says why not.
std::optional<Response> Api::admit(const Request& request, const HostReport& report) const {
  const Store::Time now = clock_();
  std::optional<Signer> signer;
  if (request.signature.absent() && require_keys_) return refusal_of(Admission::kUnsigned);
  if (!request.signature.absent()) {
    const auto signature = parse_report_signature(request.signature);
    if (!signature) return response_for(signature.error());
    if (auto refusal = refuse_signature(*signature, request.body, now)) return refusal;
    if (signature->host_id != report.host_id) {
      return error_response(403, "host.other-id", "the report is of another host than its signature");
    }
    signer = Signer{signature->key.hex(), signature->counter};
  }
  const auto added = store_.add(report, now, signer ? &*signer : nullptr);
  if (!added) return response_for(added.error());
  auto refusal = refusal_of(*added);
  if (refusal) spdlog::warn("a report for {} ({}) is refused", report.host_id, report.hostname);
  return refusal;
}

Result<Json> Api::key_of(std::string_view host_id) const {
  const auto key = TRY(store_.host_key(host_id));
  return key ? key_json(*key, TRY(store_.others_with_key(key->key, host_id))) : Json();
}

Response Api::forget_host_key(const Caller& caller, std::string_view host_id) const {
  const auto forgotten = store_.forget_host_key(host_id);
  if (!forgotten) return response_for(forgotten.error());
  if (!*forgotten) return error_response(404, "host.no-key", "no key of this host is known");
  const std::string who = caller.name.empty() ? "anonymous" : caller.name;
  spdlog::info("{} has the key of {} forgotten", who, host_id);
  const auto recorded =
      access_.store().record({who, "host-key.forget", std::string(host_id), "ok"}, clock_());
  return recorded ? json_response(200, {{"forgotten", true}}) : response_for(recorded.error());
}

}  // namespace suture::server
