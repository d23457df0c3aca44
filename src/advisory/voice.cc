// SPDX-License-Identifier: Apache-2.0
#include "advisory/voice.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/cve_id.h"
#include "base/json.h"

namespace suture {
namespace {

constexpr std::array kOrders{std::pair{VersionOrder::kKernel, "kernel"}, std::pair{VersionOrder::kGit, "git"},
                             std::pair{VersionOrder::kDebian, "debian"}, std::pair{VersionOrder::kRpm, "rpm"},
                             std::pair{VersionOrder::kOther, "other"}};

/// Most voices have few of the fields: what is empty is not written.
void put(Json& object, const char* key, const std::string& text) {
  if (!text.empty()) object[key] = text;
}

void put(Json& object, const char* key, const std::vector<std::string>& list) {
  if (!list.empty()) object[key] = list;
}

void put(Json& object, const char* key, bool flag) {
  if (flag) object[key] = true;
}

Json to_json(const AffectedRange& range) {
  Json json = {{"order", name_of(range.order)}, {"affected", range.affected}};
  put(json, "introduced", range.introduced);
  put(json, "fixed", range.fixed);
  put(json, "last", range.last);
  return json;
}

Json to_json(const AffectedProduct& product) {
  Json json = Json::object();
  put(json, "ecosystem", product.ecosystem);
  put(json, "name", product.name);
  put(json, "affected_by_default", product.affected_by_default);
  for (const AffectedRange& range : product.ranges) json["ranges"].push_back(to_json(range));
  put(json, "status", product.status);
  put(json, "justification", product.justification);
  return json;
}

/// Reads what put() wrote.
class Fields {
 public:
  explicit Fields(const Json& object) : object_(object) {}

  Result<void> read(const char* key, std::string& text) const {
    if (object_.contains(key)) text = TRY(json_string(object_, key));
    return {};
  }

  Result<void> read(const char* key, bool& flag) const {
    flag = TRY(json_flag(object_, key));
    return {};
  }

  Result<void> read(const char* key, double& number) const {
    const auto found = object_.find(key);
    if (found == object_.end() || !found->is_number()) {
      return fail("json.schema", std::string("read the field \"") + key + "\"", "it is not a number");
    }
    number = found->get<double>();
    return {};
  }

  Result<void> read(const char* key, std::vector<std::string>& list) const {
    return each(key, [&](const Json& item) -> Result<void> {
      if (!item.is_string()) {
        return fail("json.schema", std::string("read the field \"") + key + "\"", "it is not all strings");
      }
      list.push_back(item.get<std::string>());
      return {};
    });
  }

  template <class Read>
  Result<void> each(const char* key, Read read) const {
    if (!object_.contains(key)) return {};
    for (const Json& item : *TRY(json_array(object_, key))) TRY(read(item));
    return {};
  }

  template <class Read>
  Result<void> inside(const char* key, Read read) const {
    if (!object_.contains(key)) return {};
    return read(Fields(*TRY(json_object(object_, key))));
  }

 private:
  const Json& object_;
};

Result<AffectedRange> read_range(const Json& json) {
  AffectedRange range;
  const std::string order = TRY(json_string(json, "order"));
  const auto known =
      std::ranges::find_if(kOrders, [&](const auto& candidate) { return order == candidate.second; });
  if (known == kOrders.end()) {
    return fail("json.schema", "read the field \"order\"", "\"" + order + "\" is no order of versions");
  }
  range.order = known->first;
  const Fields fields(json);
  TRY(fields.read("affected", range.affected));
  TRY(fields.read("introduced", range.introduced));
  TRY(fields.read("fixed", range.fixed));
  TRY(fields.read("last", range.last));
  return range;
}

Result<AffectedProduct> read_product(const Json& json) {
  if (!json.is_object()) return fail("json.schema", "read the field \"products\"", "it is not all objects");
  AffectedProduct product;
  const Fields fields(json);
  TRY(fields.read("ecosystem", product.ecosystem));
  TRY(fields.read("name", product.name));
  TRY(fields.read("affected_by_default", product.affected_by_default));
  TRY(fields.each("ranges", [&](const Json& item) -> Result<void> {
    product.ranges.push_back(TRY(read_range(item)));
    return {};
  }));
  TRY(fields.read("status", product.status));
  TRY(fields.read("justification", product.justification));
  return product;
}

Result<Voice> read_voice(const Json& json) {
  Voice voice;
  voice.cve = TRY(json_string(json, "cve"));
  if (!is_cve_id(voice.cve)) return fail("json.schema", "read the field \"cve\"", "it is no CVE id");
  const Fields fields(json);
  TRY(fields.read("record", voice.record));
  TRY(fields.read("modified", voice.modified));
  TRY(fields.read("withdrawn", voice.withdrawn));
  TRY(fields.read("title", voice.title));
  TRY(fields.read("description", voice.description));
  TRY(fields.read("files", voice.files));
  TRY(fields.read("fix_commits", voice.fix_commits));
  TRY(fields.each("products", [&](const Json& item) -> Result<void> {
    voice.products.push_back(TRY(read_product(item)));
    return {};
  }));
  TRY(fields.inside("cvss", [&](const Fields& cvss) -> Result<void> {
    voice.cvss.emplace();
    TRY(cvss.read("vector", voice.cvss->vector));
    return cvss.read("score", voice.cvss->score);
  }));
  TRY(fields.inside("epss", [&](const Fields& epss) -> Result<void> {
    voice.epss.emplace();
    TRY(epss.read("probability", voice.epss->probability));
    return epss.read("percentile", voice.epss->percentile);
  }));
  TRY(fields.inside("exploited", [&](const Fields& exploited) -> Result<void> {
    voice.exploited.emplace();
    TRY(exploited.read("added", voice.exploited->added));
    TRY(exploited.read("due", voice.exploited->due));
    TRY(exploited.read("action", voice.exploited->action));
    return exploited.read("ransomware", voice.exploited->ransomware);
  }));
  TRY(fields.read("references", voice.references));
  return voice;
}

}  // namespace

std::string_view name_of(VersionOrder order) {
  for (const auto& [known, name] : kOrders) {
    if (known == order) return name;
  }
  return "other";
}

Json to_json(const Voice& voice) {
  Json json = {{"cve", voice.cve}};
  put(json, "record", voice.record);
  put(json, "modified", voice.modified);
  put(json, "withdrawn", voice.withdrawn);
  put(json, "title", voice.title);
  put(json, "description", voice.description);
  put(json, "files", voice.files);
  put(json, "fix_commits", voice.fix_commits);
  for (const AffectedProduct& product : voice.products) json["products"].push_back(to_json(product));
  if (voice.cvss) {
    json["cvss"] = {{"score", voice.cvss->score}};
    put(json["cvss"], "vector", voice.cvss->vector);
  }
  if (voice.epss) {
    json["epss"] = {{"probability", voice.epss->probability}, {"percentile", voice.epss->percentile}};
  }
  if (voice.exploited) {
    Json& exploited = json["exploited"] = Json::object();
    put(exploited, "added", voice.exploited->added);
    put(exploited, "due", voice.exploited->due);
    put(exploited, "action", voice.exploited->action);
    put(exploited, "ransomware", voice.exploited->ransomware);
  }
  put(json, "references", voice.references);
  return json;
}

Result<Voice> voice_from_json(const Json& json) {
  auto voice = read_voice(json);
  if (!voice) {
    const Error& error = voice.error();
    return fail("advisory.schema", "read what a source says", error.what + ": " + error.why);
  }
  return voice;
}

}  // namespace suture
