// SPDX-License-Identifier: Apache-2.0
#include "advisory/csaf_vex.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "advisory/csaf_products.h"
#include "advisory/cvss_score.h"
#include "advisory/record.h"
#include "base/cve_id.h"

namespace suture {
namespace {

/// CSAF 3.2.3.9, and the states of VEX that they are.
constexpr std::array kStates{std::pair{"known_affected", "affected"}, std::pair{"last_affected", "affected"},
                             std::pair{"known_not_affected", "not_affected"},
                             std::pair{"under_investigation", "under_investigation"},
                             std::pair{"fixed", "fixed"}, std::pair{"first_fixed", "fixed"},
                             // What SUSE says of versions that have the fix.
                             std::pair{"recommended", "fixed"}};

using Flags = std::map<std::string_view, std::string_view>;  ///< by product id, the justification

Flags flags_of(JsonView vulnerability) {
  Flags flags;
  for (const JsonView flag : vulnerability["flags"].elements()) {
    for (const JsonView id : flag["product_ids"].elements()) flags.emplace(id.text(), flag["label"].text());
  }
  return flags;
}

std::string note_of(JsonView notes, std::string_view category) {
  for (const JsonView note : notes.elements()) {
    if (note["category"].text() == category) return shown_text(note["text"].text(), kMostDescription);
  }
  return {};
}

class VulnerabilityReader {
 public:
  VulnerabilityReader(JsonView vulnerability, const CsafProducts& products, const std::string& record)
      : vulnerability_(vulnerability), products_(products), record_(record) {}

  Result<void> read_into(Voice& voice) const {
    voice.title = shown_line(vulnerability_["title"].text(), kMostTitle);
    voice.description = note_of(vulnerability_["notes"], "description");
    if (voice.description.empty()) voice.description = note_of(vulnerability_["notes"], "summary");
    const Flags flags = flags_of(vulnerability_);
    for (const auto& [key, state] : kStates) {
      TRY(add_products(vulnerability_["product_status"][key], state, flags, voice.products));
    }
    drop_until_fixed(voice.products);
    for (const JsonView score : vulnerability_["scores"].elements()) {
      const JsonView third = score["cvss_v3"];
      prefer(voice.cvss, cvss_of(third["vectorString"].text(), third["baseScore"].number()));
      const JsonView second = score["cvss_v2"];
      prefer(voice.cvss, cvss_of(second["vectorString"].text(), second["baseScore"].number()));
    }
    UniqueList references(voice.references);
    for (const JsonView reference : vulnerability_["references"].elements()) {
      if (voice.references.size() >= kMostReferences) break;
      if (is_url(reference["url"].text())) references.add(reference["url"].text());
    }
    return {};
  }

 private:
  Result<void> add_products(JsonView ids, std::string_view state, const Flags& flags,
                            std::vector<AffectedProduct>& products) const {
    const std::vector<JsonView> named = ids.elements();
    std::set<std::string_view> with_source;
    for (const JsonView id : named) {
      const CsafPackage* package = products_.find(id.text());
      if (package != nullptr && package->source) with_source.insert(package->platform);
    }
    std::set<std::tuple<std::string_view, std::string_view, std::string_view, std::string_view>> seen;
    for (const AffectedProduct& product : products) {
      // Lists may repeat each other: what was fixed first is recommended too.
      const bool closed = state == "fixed" && product.status.empty() && !product.ranges.empty();
      if (closed)
        seen.emplace(product.ecosystem, product.name, product.ranges.front().fixed, product.justification);
    }
    const std::size_t before = products.size();
    std::vector<AffectedProduct> added;
    for (const JsonView id : named) {
      const CsafPackage* package = products_.find(id.text());
      if (package == nullptr) {
        return bad_record(record_, "no product is called " + shown_line(id.text(), kMostName));
      }
      if (!package->source && with_source.contains(package->platform)) continue;
      const auto flag = flags.find(id.text());
      const std::string_view label = flag == flags.end() ? std::string_view{} : flag->second;
      if (!seen.emplace(package->platform, package->name, package->version, label).second) continue;
      if (before + added.size() >= kMostProducts) return bad_record(record_, "it has too many products");
      added.push_back(product_of(*package, state, label));
    }
    products.insert(products.end(), std::make_move_iterator(added.begin()),
                    std::make_move_iterator(added.end()));
    return {};
  }

  /// SUSE calls a package affected, of whatever version, and says besides from which version on it is not.
  static void drop_until_fixed(std::vector<AffectedProduct>& products) {
    std::set<std::pair<std::string, std::string>> fixed;
    for (const AffectedProduct& product : products) {
      const bool closed = product.status.empty() && !product.ranges.empty();
      if (closed) fixed.emplace(product.ecosystem, product.name);
    }
    std::erase_if(products, [&](const AffectedProduct& product) {
      return product.status == "affected" && product.ranges.empty() &&
             fixed.contains({product.ecosystem, product.name});
    });
  }

  static AffectedProduct product_of(const CsafPackage& package, std::string_view state,
                                    std::string_view label) {
    AffectedProduct product{.ecosystem = package.platform,
                            .name = package.name,
                            .status = std::string(state),
                            .justification = shown_line(label, kMostName)};
    if (state == "affected" && package.version.empty()) product.affected_by_default = true;
    if (package.version.empty()) return product;
    AffectedRange range{.order = VersionOrder::kRpm};
    if (state == "fixed") {
      range.fixed = package.version;
      // The range says it better: what is older is not.
      product.status.clear();
    } else {
      range.affected = state == "affected";
      range.introduced = range.last = package.version;
    }
    product.ranges.push_back(std::move(range));
    return product;
  }

  JsonView vulnerability_;
  const CsafProducts& products_;
  const std::string& record_;
};

}  // namespace

Result<void> read_csaf_document(std::string_view name, JsonView root, const Sink& sink) {
  const std::string record(name);
  const JsonView tracking = root["document"]["tracking"];
  const auto id = exact_name(tracking["id"].text());
  if (!root["document"]["csaf_version"].text().starts_with("2.") || !id || id->empty()) {
    return sink(record, bad_record(name, "it is no CSAF document of version 2"));
  }
  const auto products = CsafProducts::read(root["product_tree"]);
  if (!products) return sink(record, bad_record(name, products.error().why));

  std::size_t number = 0;
  std::set<std::string_view> seen;
  for (const JsonView vulnerability : root["vulnerabilities"].elements()) {
    ++number;
    const std::string_view cve = vulnerability["cve"].text();
    const bool named = is_cve_id(cve) && seen.insert(cve).second;
    const std::string part = named ? std::string(cve) : record + " vulnerability " + std::to_string(number);
    if (!named && !cve.empty()) {
      TRY(sink(part, bad_record(part, "its CVE id is none, or stands there twice")));
      continue;
    }
    if (!named) continue;
    Voice voice{.cve = part,
                .record = *id,
                .modified = exact_name(tracking["current_release_date"].text()).value_or("")};
    const auto read = VulnerabilityReader(vulnerability, *products, part).read_into(voice);
    if (voice.title.empty()) voice.title = shown_line(root["document"]["title"].text(), kMostTitle);
    TRY(sink(part, read ? ReadRecord(std::vector{std::move(voice)}) : std::unexpected(read.error())));
  }
  if (number == 0) return sink(record, bad_record(name, "it names no vulnerability"));
  return {};
}

}  // namespace suture
