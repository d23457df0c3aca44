// SPDX-License-Identifier: Apache-2.0
#include "advisory/debian_tracker.h"

#include <algorithm>

#include "advisory/json_members.h"
#include "advisory/record.h"
#include "base/cve_id.h"

namespace suture {
namespace {

/// The longest have notes of some kilobytes.
constexpr std::size_t kMostRecord = 4u << 20;

/// Debian Policy 5.6.1 and 5.6.7, or a name of a release.
bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kMostName && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '-' || c == '.' || c == '_';
  });
}

Result<AffectedProduct> read_release(std::string_view release, JsonView state, std::string_view package,
                                     const std::string& record) {
  if (!is_name(release)) return bad_record(record, "it has a release without a name");
  AffectedProduct product{.ecosystem = "Debian:" + std::string(release), .name = std::string(package)};
  const std::string_view status = state["status"].text();
  const auto fixed = exact_name(state["fixed_version"].text());
  if (status == "open") {
    product.affected_by_default = true;
    product.status = "affected";
  } else if (status == "undetermined") {
    product.status = "under_investigation";
  } else if (status != "resolved" || !fixed || fixed->empty()) {
    return bad_record(record, "its state in " + std::string(release) + " is none that is known");
  } else if (*fixed == "0") {
    product.status = "not_affected";
  } else {
    product.ranges.push_back({.order = VersionOrder::kDebian, .fixed = *fixed});
  }
  return product;
}

class TrackerReader {
 public:
  explicit TrackerReader(const Sink& sink) : sink_(sink) {}

  Result<void> package(std::string_view package, std::string_view text) {
    if (!is_name(package)) return sink_("a package", bad_record("a package", "its name is none"));
    std::size_t number = 0;
    const auto read = [&](std::string_view id, std::string_view value) -> Result<void> {
      ++number;
      const bool named = is_name(id);
      const std::string record =
          std::string(package) + " " + (named ? std::string(id) : "entry " + std::to_string(number));
      if (!named) return sink_(record, bad_record(record, "it has no id"));
      return sink_(record, this->record(package, id, value, record));
    };
    bool of_sink = false;
    const auto cut = each_json_member(text, [&](std::string_view id, std::string_view value) -> Result<void> {
      auto passed = read(id, value);
      of_sink = !passed;
      return passed;
    });
    if (cut || of_sink) return cut;
    return sink_(std::string(package), bad_record(package, cut.error().why));
  }

 private:
  ReadRecord record(std::string_view package, std::string_view id, std::string_view text,
                    const std::string& record) {
    const auto entry = parser_.parse(text);
    if (!entry) return bad_record(record, entry.error().why);
    const JsonView releases = (*entry)["releases"];
    // What wrote it has one way to write an empty list and an empty object.
    const bool empty = releases.is_array() && releases.elements().empty();
    if (!releases.is_object() && !empty) return bad_record(record, "it has no releases");
    if (!is_cve_id(id)) return std::vector<Voice>{};
    Voice voice{.cve = std::string(id), .record = record};
    voice.description = shown_text((*entry)["description"].text(), kMostDescription);
    for (const auto& [release, state] : releases.members()) {
      if (voice.products.size() >= kMostProducts) return bad_record(record, "it has too many releases");
      voice.products.push_back(TRY(read_release(release, state, package, record)));
    }
    return std::vector{std::move(voice)};
  }

  const Sink& sink_;
  JsonParser parser_{kMostRecord};
};

}  // namespace

Result<void> read_debian_tracker(std::string_view name, std::string_view text, const Sink& sink) {
  TrackerReader reader(sink);
  bool of_sink = false;
  const auto cut =
      each_json_member(text, [&](std::string_view package, std::string_view value) -> Result<void> {
        auto passed = reader.package(package, value);
        of_sink = !passed;
        return passed;
      });
  if (cut || of_sink) return cut;
  return fail("advisory.document", "read " + std::string(name), cut.error().why);
}

}  // namespace suture
