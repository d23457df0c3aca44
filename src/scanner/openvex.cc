// SPDX-License-Identifier: Apache-2.0
#include "scanner/openvex.h"

#include <fmt/format.h>

#include "base/json.h"
#include "scanner/document_id.h"
#include "scanner/kernel_purl.h"

namespace suture {
namespace {

constexpr const char* kContext = "https://openvex.dev/ns/v0.2.0";

void set_status(Json& statement, const CveVerdict& verdict) {
  switch (verdict.verdict) {
    case Verdict::kPatched:
    case Verdict::kFixed:
      statement["status"] = "fixed";
      return;
    case Verdict::kNotAffected:
      // The schema takes this or an impact_statement, never both: what is to be said stands in the notes.
      statement["status"] = "not_affected";
      statement["justification"] = justification_of(verdict);
      return;
    case Verdict::kOpen:
      statement["status"] = "affected";
      statement["action_statement"] = action_of(verdict);
      return;
    case Verdict::kUnknown:
      break;
  }
  statement["status"] = "under_investigation";
}

Json statement_of(const CveVerdict& verdict, const Json& product) {
  Json statement = {{"vulnerability", {{"name", verdict.cve}}}, {"products", Json::array({product})}};
  if (!verdict.why.empty()) statement["status_notes"] = verdict.why;
  set_status(statement, verdict);
  return statement;
}

}  // namespace

Result<std::string> openvex_text(const ScannedHost& host) {
  TRY(has_verdicts(host));
  const std::string purl = kernel_purl(host);
  const Json product = {{"@id", purl}, {"identifiers", {{"purl", purl}}}};
  Json statements = Json::array();
  for (const CveVerdict& verdict : sorted_verdicts(host))
    statements.push_back(statement_of(verdict, product));
  const std::string place = host.hostname.empty() ? "" : " on " + host.hostname;
  Json document = {{"@context", kContext},
                   {"author", author_of(host)},
                   {"timestamp", host.time},
                   {"version", 1},
                   {"tooling", fmt::format("Suture {}{}: {}, build-id {}", host.tool, place,
                                           kernel_title(host), host.build_id)},
                   {"statements", std::move(statements)}};
  document["@id"] = "urn:uuid:" + content_uuid(json_text(document));
  return json_text(document);
}

}  // namespace suture
