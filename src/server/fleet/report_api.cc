// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/report_api.h"

#include <spdlog/spdlog.h>

#include "base/json.h"
#include "base/time.h"

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
    case Admission::kFirst:
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

/// For a signature that says nothing about this report now.
std::optional<Response> refuse_signature(const ReportSignature& signature, std::string_view body,
                                         Store::Time now) {
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
std::optional<Response> admit(const Call& call, const HostReport& report) {
  const Request& request = call.request;
  std::optional<Signer> signer;
  if (request.signature.absent() && call.services.require_host_keys) return refusal_of(Admission::kUnsigned);
  if (!request.signature.absent()) {
    const auto signature = parse_report_signature(request.signature);
    if (!signature) return response_for(signature.error());
    if (auto refusal = refuse_signature(*signature, request.body, call.now)) return refusal;
    if (signature->host_id != report.host_id) {
      return error_response(403, "host.other-id", "the report is of another host than its signature");
    }
    signer = Signer{signature->key.hex(), signature->counter};
  }
  const auto added = call.services.store.add(report, call.now, signer ? &*signer : nullptr);
  if (!added) return response_for(added.error());
  auto refusal = refusal_of(*added);
  if (refusal) spdlog::warn("a report for {} ({}) is refused", report.host_id, report.hostname);
  return refusal;
}

}  // namespace

/// Whether a report says that it is of a host whose key is known. While the database cannot tell, it is not.
bool is_of_known_host(const Call& call) {
  if (call.request.signature.absent()) return false;
  const auto signature = parse_report_signature(call.request.signature);
  if (!signature) return false;
  const auto key = call.services.store.host_key(signature->host_id);
  return key && *key;
}

Response take_report(const Call& call) {
  if (auto refusal = refuse_media_type(call.request, "a report")) return *std::move(refusal);
  const auto report = parse_host_report(call.request.body);
  if (!report) return response_for(report.error());
  if (auto refusal = admit(call, *report)) return *std::move(refusal);
  spdlog::info("report from {} ({}): {}, level {}", report->host_id, report->hostname, name_of(report->state),
               report->level);
  return json_response(202, {{"accepted", true}});
}

}  // namespace suture::server
