// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/report_api.h"

#include <spdlog/spdlog.h>

#include "base/json.h"
#include "base/time.h"
#include "server/rollout/explain.h"
#include "server/rollout/rollouts.h"

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

/// Who signed it, or why it is not taken.
std::variant<std::optional<Signer>, Response> signer_of(const Services& services, const Request& request,
                                                        const HostReport& report, Store::Time now) {
  if (request.signature.absent()) {
    if (services.require_host_keys) return *refusal_of(Admission::kUnsigned);
    return std::nullopt;
  }
  const auto signature = parse_report_signature(request.signature);
  if (!signature) return response_for(signature.error());
  if (auto refusal = refuse_signature(*signature, request.body, now)) return *std::move(refusal);
  if (signature->host_id != report.host_id) {
    return error_response(403, "host.other-id", "the report is of another host than its signature");
  }
  return Signer{signature->key.hex(), signature->counter};
}

}  // namespace

bool is_of_known_host(const Services& services, const Request& request) {
  if (request.signature.absent()) return false;
  const auto signature = parse_report_signature(request.signature);
  if (!signature) return false;
  const auto key = services.store.host_key(signature->host_id);
  return key && *key;
}

ReadReport read_report(const Services& services, const Request& request, Store::Time now) {
  if (auto refusal = refuse_media_type(request, "a report")) return *std::move(refusal);
  auto report = parse_host_report(request.body);
  if (!report) return response_for(report.error());
  auto signer = signer_of(services, request, *report, now);
  if (auto* refusal = std::get_if<Response>(&signer)) return std::move(*refusal);
  return Incoming{*std::move(report), std::get<std::optional<Signer>>(std::move(signer)), now};
}

Response answer_report(const Call& call, const Incoming& incoming, const Result<Admission>& admission) {
  if (!admission) return response_for(admission.error());
  const HostReport& report = incoming.report;
  if (auto refusal = refusal_of(*admission)) {
    spdlog::warn("a report for {} ({}) is refused", report.host_id, report.hostname);
    return *std::move(refusal);
  }
  // One line for each would be a flood.
  spdlog::debug("report from {} ({}): {}, level {}", report.host_id, report.hostname, name_of(report.state),
                report.level);
  Json taken{{"accepted", true}};
  if (call.services.rollouts != nullptr) {
    const auto plan = call.services.rollouts->index()->plan(plan_question(report));
    if (plan) taken["plan"] = to_json(*plan);
  }
  return json_response(202, taken);
}

Response take_report(const Call& call) {
  auto read = read_report(call.services, call.request, call.now);
  if (auto* refusal = std::get_if<Response>(&read)) return std::move(*refusal);
  const auto& incoming = std::get<Incoming>(read);
  return answer_report(call, incoming, call.services.store.add_all({&incoming, 1}).front());
}

}  // namespace suture::server
