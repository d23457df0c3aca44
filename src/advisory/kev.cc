// SPDX-License-Identifier: Apache-2.0
#include "advisory/kev.h"

#include "advisory/record.h"
#include "base/cve_id.h"

namespace suture {
namespace {

// It grows by two hundred entries of a kilobyte each year.
constexpr std::size_t kMostText = 64u << 20;

ReadRecord read_entry(JsonView entry, const std::string& name) {
  const std::string_view cve = entry["cveID"].text();
  if (!is_cve_id(cve)) return bad_record(name, "it has no CVE id");
  const auto added = exact_name(entry["dateAdded"].text());
  const auto due = exact_name(entry["dueDate"].text());
  if (!added || added->empty() || !due) return bad_record(name, "it does not say when it was added");
  Voice voice{.cve = std::string(cve), .record = std::string(cve)};
  voice.title = shown_line(entry["vulnerabilityName"].text(), kMostTitle);
  voice.description = shown_text(entry["shortDescription"].text(), kMostDescription);
  voice.exploited = KnownExploited{.added = *added,
                                   .due = *due,
                                   .action = shown_line(entry["requiredAction"].text(), kMostUrl),
                                   .ransomware = entry["knownRansomwareCampaignUse"].text() == "Known"};
  return std::vector{std::move(voice)};
}

}  // namespace

Result<void> read_kev(std::string_view name, std::string_view text, const Sink& sink) {
  const std::string what = "read " + std::string(name);
  JsonParser parser(kMostText);
  const auto root = parser.parse(text);
  if (!root) return fail("advisory.document", what, root.error().why);
  if (!(*root)["vulnerabilities"].is_array()) {
    return fail("advisory.document", what, "it has no list \"vulnerabilities\"");
  }
  std::size_t number = 0;
  for (const JsonView entry : (*root)["vulnerabilities"].elements()) {
    ++number;
    const std::string_view cve = entry["cveID"].text();
    const std::string record = is_cve_id(cve) ? std::string(cve) : "entry " + std::to_string(number);
    TRY(sink(record, read_entry(entry, record)));
  }
  return {};
}

}  // namespace suture
