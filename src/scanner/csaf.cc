// SPDX-License-Identifier: Apache-2.0
#include "scanner/csaf.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/cve_id.h"
#include "base/json.h"
#include "scanner/document_id.h"
#include "scanner/kernel_purl.h"

namespace suture {
namespace {

constexpr const char* kKernel = "kernel";
constexpr const char* kLivePatch = "live-patch";
constexpr const char* kPatchedKernel = "patched-kernel";

/// The schema has no empty texts.
std::string or_unknown(const std::string& text) {
  return text.empty() ? "unknown" : text;
}

/// A product_version may not look like a range of them.
std::string one_version(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return c == '<' || c == '>'; }, '_');
  return or_unknown(text);
}

/// One vendor's one version of one product, which is three branches deep.
Json branch(const std::string& vendor, const std::string& name, const std::string& version, Json product) {
  const Json versions = {
      {{"category", "product_version"}, {"name", version}, {"product", std::move(product)}}};
  const Json names = {{{"category", "product_name"}, {"name", name}, {"branches", versions}}};
  return {{"category", "vendor"}, {"name", vendor}, {"branches", names}};
}

Json product_tree(const ScannedHost& host, const std::string& running) {
  ScannedHost bare = host;
  bare.level = 0;
  const Json found_by = {{"purl", kernel_purl(host)}};
  Json branches = Json::array();
  branches.push_back(branch(
      or_unknown(host.distribution), "Linux kernel",
      one_version(host.version.empty() ? host.release : host.version),
      {{"name", kernel_title(bare)}, {"product_id", kKernel}, {"product_identification_helper", found_by}}));
  if (running == kKernel) return {{"branches", branches}};
  const std::string patch = fmt::format("Suture live patch level {} for {}", host.level, host.release);
  branches.push_back(branch("Suture", "live patch for " + or_unknown(host.release),
                            fmt::format("level {}", host.level),
                            {{"name", patch}, {"product_id", kLivePatch}}));
  const Json patched = {{"name", kernel_title(host)},
                        {"product_id", kPatchedKernel},
                        {"product_identification_helper", found_by}};
  return {{"branches", branches},
          {"relationships",
           {{{"category", "installed_on"},
             {"product_reference", kLivePatch},
             {"relates_to_product_reference", kKernel},
             {"full_product_name", patched}}}}};
}

const char* status_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPatched:
    case Verdict::kFixed:
      return "fixed";
    case Verdict::kNotAffected:
      return "known_not_affected";
    case Verdict::kOpen:
      return "known_affected";
    case Verdict::kUnknown:
      break;
  }
  return "under_investigation";
}

Json vulnerability(const CveVerdict& verdict, const std::string& running) {
  const Json products = Json::array({running});
  const std::string why = verdict.why.empty() ? std::string(name_of(verdict.verdict)) : verdict.why;
  Json json = {{"notes", {{{"category", "details"}, {"title", "Evidence"}, {"text", why}}}},
               {"product_status", {{status_of(verdict.verdict), products}}}};
  if (is_cve_id(verdict.cve)) {
    json["cve"] = verdict.cve;
  } else {
    json["ids"] = {{{"system_name", "Suture"}, {"text", or_unknown(verdict.cve)}}};
  }
  if (verdict.verdict == Verdict::kNotAffected) {
    json["flags"] = {{{"label", justification_of(verdict)}, {"product_ids", products}}};
  }
  if (verdict.verdict == Verdict::kOpen) {
    json["remediations"] = {{{"category", "vendor_fix"},
                             {"details", action_of(verdict)},
                             {"restart_required", {{"category", "none"}}},
                             {"product_ids", products}}};
  }
  return json;
}

Json document_of(const ScannedHost& host) {
  const std::string contact =
      host.contact.empty() ? "https://" + percent_encoded(or_unknown(host.hostname)) : host.contact;
  const Json first = {
      {"date", host.time},
      {"number", "1"},
      {"summary", host.hostname.empty() ? "What is known now" : "What is true on the host now"}};
  return {
      {"category", "csaf_vex"},
      {"csaf_version", "2.0"},
      {"lang", "en"},
      {"title", fmt::format("Vulnerabilities of {}{}", kernel_title(host),
                            host.hostname.empty() ? "" : " on " + host.hostname)},
      {"publisher", {{"category", "user"}, {"name", author_of(host)}, {"namespace", contact}}},
      {"notes",
       {{{"category", "details"},
         {"title", "Kernel"},
         {"text", fmt::format("{}, build-id {}, live patch {}", kernel_title(host), or_unknown(host.build_id),
                              host.module_name.empty() ? "none" : host.module_name)}}}},
      {"tracking",
       {{"initial_release_date", host.time},
        {"current_release_date", host.time},
        {"status", "final"},
        {"version", "1"},
        {"generator", {{"engine", {{"name", "Suture"}, {"version", or_unknown(host.tool)}}}}},
        {"revision_history", {first}}}}};
}

}  // namespace

Result<std::string> csaf_text(const ScannedHost& host) {
  TRY(has_verdicts(host));
  const std::string running = host.level > 0 ? kPatchedKernel : kKernel;
  Json vulnerabilities = Json::array();
  for (const CveVerdict& verdict : sorted_verdicts(host)) {
    vulnerabilities.push_back(vulnerability(verdict, running));
  }
  Json csaf = {{"document", document_of(host)},
               {"product_tree", product_tree(host, running)},
               {"vulnerabilities", std::move(vulnerabilities)}};
  csaf["document"]["tracking"]["id"] = "suture-" + content_uuid(json_text(csaf));
  return json_text(csaf);
}

}  // namespace suture
