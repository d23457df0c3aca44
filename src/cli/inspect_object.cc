// SPDX-License-Identifier: Apache-2.0
#include "cli/inspect_object.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/json.h"
#include "base/terminal.h"
#include "delta/disassembly.h"
#include "delta/object_code.h"
#include "delta/record.h"
#include "delta/special_sections.h"
#include "delta/unit.h"
#include "elf/livepatch_names.h"
#include "module/klp_tables.h"

namespace suture::cli {
namespace {

/// Section → number of its entries which are about one function.
using EntryCounts = std::map<std::string, std::uint64_t>;

/// What people call an entry of a table; nothing for tables that follow from the code alone.
struct TableWord {
  std::string_view section;
  std::string_view one;
  std::string_view many;
};
constexpr std::array kTableWords{
    TableWord{".altinstructions", "alternative", "alternatives"},
    TableWord{".parainstructions", "paravirt call", "paravirt calls"},
    TableWord{"__ex_table", "fault handler", "fault handlers"},
    TableWord{"__bug_table", "warning", "warnings"},
    TableWord{"__jump_table", "static branch", "static branches"},
    TableWord{".static_call_sites", "static call", "static calls"},
    TableWord{".smp_locks", "lock prefix", "lock prefixes"},
    TableWord{".retpoline_sites", "indirect call", "indirect calls"},
};

/// By function's symbol. `why` says what could not be read.
std::map<std::uint32_t, EntryCounts> count_entries(const elf::Object& object, std::string& why) {
  std::map<std::uint32_t, EntryCounts> counts;
  const Result<Unit> unit = Unit::cut(object, "object");
  const Result<SpecialEntries> entries =
      unit ? SpecialEntries::read(*unit) : Result<SpecialEntries>(std::unexpected(unit.error()));
  if (!entries) {
    why = entries.error().message();
    return counts;
  }
  for (const SpecialEntry& entry : entries->all()) {
    if (entry.owner == kNoAtom || unit->atom(entry.owner).symbol == elf::kUndefined) continue;
    ++counts[unit->atom(entry.owner).symbol][object.sections[entry.section].name];
  }
  return counts;
}

/// "name=vsock", "license=GPL", each ended by a zero: include/linux/moduleparam.h.
std::vector<std::pair<std::string, std::string>> module_info(const elf::Object& object) {
  std::vector<std::pair<std::string, std::string>> result;
  const elf::Section* section = object.find_section(".modinfo");
  if (section == nullptr) return result;
  std::string_view rest = as_text(section->data);
  while (!rest.empty()) {
    const std::string_view entry = rest.substr(0, rest.find('\0'));
    const std::size_t equals = entry.find('=');
    if (equals != std::string_view::npos)
      result.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
    rest.remove_prefix(std::min(rest.size(), entry.size() + 1));
  }
  return result;
}

class Inspector {
 public:
  Inspector(const elf::Object& object, const std::optional<Patchset>& patchset)
      : object_(object), patchset_(patchset), code_(object), replaced_(read_klp_tables(object)) {}

  Result<Json> run() {
    const std::optional<DeltaRecord> record = TRY(read_delta_record(object_));
    const auto info = module_info(object_);
    const bool livepatch =
        std::ranges::find(info, std::pair(std::string("livepatch"), std::string("Y"))) != info.end();
    const bool module = object_.find_section(".gnu.linkonce.this_module") != nullptr;
    const bool stop_machine = module && is_for_stop_machine(object_);
    Json json = {{"kind", record         ? "delta"
                          : livepatch    ? "livepatch"
                          : stop_machine ? "stopmachine"
                          : module       ? "module"
                                         : "object"}};
    if (!info.empty()) add_module_info(json, info);
    std::string why;
    entries_ = count_entries(object_, why);
    if (!why.empty()) json["special_entries_unread"] = why;
    if (livepatch || stop_machine) json["replaced"] = replaced_by_module();
    if (record) {
      json["replaced"] = replaced_by_delta(*record);
      json["record"] = to_json(*record);
    }
    json["functions"] = functions();
    json["variables"] = variables();
    add_sections(json);
    add_undefined(json);
    add_livepatch(json);
    if (stop_machine) add_engine_symbols(json);
    return json;
  }

 private:
  /// Parameters and aliases occur more than once.
  static void add_module_info(Json& json, const std::vector<std::pair<std::string, std::string>>& info) {
    Json& object = json["module"] = Json::object();
    for (const auto& [key, value] : info) {
      if (!object.contains(key))
        object[key] = value;
      else if (object[key].is_array())
        object[key].push_back(value);
      else
        object[key] = Json::array({object[key], value});
    }
  }

  Json entries_of(std::uint32_t symbol) const {
    const auto found = entries_.find(symbol);
    return found == entries_.end() ? Json::object() : Json(found->second);
  }

  const ReplacedFunction* in_manifest(const KlpFunction& function) const {
    if (!patchset_) return nullptr;
    for (const PatchedObject& object : patchset_->objects) {
      if (object.name != function.object) continue;
      for (const ReplacedFunction& candidate : object.functions) {
        if (candidate.name == function.name && candidate.sympos == function.sympos) return &candidate;
      }
    }
    return nullptr;
  }

  Json replaced_by_module() {
    Json list = Json::array();
    for (const KlpFunction& function : replaced_) {
      replacing_.insert(function.symbol);
      Json entry = {{"object", function.object},
                    {"name", function.name},
                    {"sympos", function.sympos},
                    {"new_size", code_.size_of(function.symbol)},
                    {"special_entries", entries_of(function.symbol)}};
      if (const ReplacedFunction* known = in_manifest(function)) entry["old_size"] = known->old_size;
      list.push_back(std::move(entry));
    }
    if (!replaced_.empty() || !patchset_) return list;
    // A module that another tool linked: what the manifest says is all that there is.
    for (const PatchedObject& object : patchset_->objects) {
      for (const ReplacedFunction& function : object.functions) {
        list.push_back({{"object", object.name},
                        {"name", function.name},
                        {"sympos", function.sympos},
                        {"old_size", function.old_size},
                        {"new_size", function.new_size},
                        {"special_entries", Json::object()}});
      }
    }
    return list;
  }

  /// Which of several functions of one name a delta means is not known unless a symbol table was at hand.
  Json replaced_by_delta(const DeltaRecord& record) {
    Json list = Json::array();
    for (const DeltaRecord::Function& function : record.functions) {
      Json entry = {{"object", record.object},
                    {"name", function.name},
                    {"old_size", function.old_size},
                    {"new_size", function.new_size},
                    {"special_entries", Json::object()}};
      if (function.sympos) entry["sympos"] = *function.sympos;
      for (const std::uint32_t symbol : code_.find(function.symbol)) {
        entry["special_entries"] = entries_of(symbol);
        replacing_.insert(symbol);
      }
      list.push_back(std::move(entry));
    }
    return list;
  }

  /// Of a livepatch module or a delta those which replace none.
  Json functions() const {
    Json list = Json::array();
    for (const std::uint32_t index : code_.functions()) {
      const elf::Symbol& symbol = object_.symbols[index];
      if (replacing_.contains(index) || (!replaced_.empty() && is_glue(symbol))) continue;
      list.push_back({{"name", symbol.name},
                      {"section", object_.sections[symbol.section].name},
                      {"offset", symbol.value},
                      {"size", code_.size_of(index)},
                      {"global", symbol.binding != STB_LOCAL},
                      {"special_entries", entries_of(index)}});
    }
    return list;
  }

  Json variables() const {
    Json list = Json::array();
    for (const elf::Symbol& symbol : object_.symbols) {
      if (symbol.type != STT_OBJECT || !symbol.defined_in_section() || symbol.name.empty()) continue;
      if (!replaced_.empty() && is_glue(symbol)) continue;
      const elf::Section& section = object_.sections[symbol.section];
      list.push_back({{"name", symbol.name},
                      {"section", section.name},
                      {"size", symbol.size},
                      {"global", symbol.binding != STB_LOCAL},
                      {"writable", section.writable()}});
    }
    return list;
  }

  void add_sections(Json& json) const {
    Json& list = json["sections"] = Json::array();
    for (const elf::Section& section : object_.sections) {
      if (!section.allocated()) continue;
      list.push_back(
          {{"name", section.name}, {"size", section.size}, {"relocations", section.relocations.size()}});
    }
  }

  void add_undefined(Json& json) const {
    std::set<std::string> names;
    for (const elf::Symbol& symbol : object_.symbols) {
      if (symbol.section == elf::kUndefined && !symbol.name.empty()) names.insert(symbol.name);
    }
    json["undefined"] = names;
  }

  void add_engine_symbols(Json& json) const {
    Json& symbols = json["engine_symbols"] = Json::array();
    for (const EngineSymbol& symbol : read_engine_symbols(object_))
      symbols.push_back({{"object", symbol.object},
                         {"name", symbol.name},
                         {"sympos", symbol.sympos},
                         {"places", symbol.places}});
  }

  void add_livepatch(Json& json) const {
    Json& symbols = json["livepatch_symbols"] = Json::array();
    for (const elf::Symbol& symbol : object_.symbols) {
      if (symbol.section != elf::kLivepatch) continue;
      const auto parts = elf::parse_livepatch_symbol(symbol.name);
      symbols.push_back(
          parts ? Json{{"object", parts->object}, {"name", parts->name}, {"sympos", parts->sympos}}
                : Json{{"object", ""}, {"name", symbol.name}, {"sympos", 0}});
    }
    Json& late = json["livepatch_relocations"] = Json::array();
    for (const elf::LateRelocations& relocations : object_.late_relocations) {
      const auto parts = elf::parse_livepatch_relocations(relocations.name);
      late.push_back({{"object", parts ? parts->object : ""},
                      {"section", parts ? parts->section : relocations.name},
                      {"relocations", relocations.relocations.size()}});
    }
  }

  const elf::Object& object_;
  const std::optional<Patchset>& patchset_;
  ObjectCode code_;
  std::vector<KlpFunction> replaced_;
  std::set<std::uint32_t> replacing_;  ///< symbols of new code that takes the place of other
  std::map<std::uint32_t, EntryCounts> entries_;
};

using Table = std::vector<std::vector<std::string>>;

std::string shown(const Json& text) {
  return printable(text.get_ref<const std::string&>());
}

std::string number(const Json& json, const char* key) {
  return json.contains(key) ? std::to_string(json[key].get<std::uint64_t>()) : "?";
}

std::string entries_text(const Json& entries) {
  std::vector<std::string> words;
  for (const TableWord& word : kTableWords) {
    const auto found = entries.find(word.section);
    if (found == entries.end()) continue;
    const auto count = found->get<std::uint64_t>();
    words.push_back(fmt::format("{} {}", count, count == 1 ? word.one : word.many));
  }
  return words.empty() ? "-" : fmt::format("{}", fmt::join(words, ", "));
}

std::string position(const Json& json) {
  if (!json.contains("sympos")) return "not known";
  const auto sympos = json["sympos"].get<std::uint32_t>();
  return sympos == 0 ? "unique" : fmt::format("number {}", sympos);
}

void add_table(std::string& text, const std::vector<std::string>& head, const Table& rows) {
  if (!rows.empty()) text += "\n" + table(head, rows);
}

std::string kind_text(const std::string& kind) {
  if (kind == "livepatch") return "livepatch module";
  return kind == "stopmachine" ? "module for the stop-machine engine" : kind;
}

std::string module_text(const Json& json) {
  std::string text;
  for (const char* key :
       {"name", "description", "vermagic", "license", "livepatch", "depends", "import_ns"}) {
    if (!json.contains(key)) continue;
    std::vector<std::string> values;
    for (const Json& value : json[key].is_array() ? json[key] : Json::array({json[key]}))
      values.push_back(shown(value));
    const std::string line = fmt::format("{}", fmt::join(values, " "));
    if (!line.empty()) text += fmt::format("{:<12}  {}\n", key, line);
  }
  return text;
}

std::string names_text(const Json& names) {
  constexpr std::size_t kWidth = 100;
  std::string text;
  std::size_t column = 0;
  for (const Json& name : names) {
    const std::string word = shown(name);
    if (column != 0 && column + 1 + word.size() > kWidth) {
      text += "\n";
      column = 0;
    }
    text += (column == 0 ? "" : " ") + word;
    column += word.size() + 1;
  }
  return text + "\n";
}

}  // namespace

Result<Json> object_json(const elf::Object& object, const std::optional<Patchset>& patchset) {
  return Inspector(object, patchset).run();
}

std::string object_text(const Json& json) {
  const auto kind = json["kind"].get<std::string>();
  const bool replacing = json.contains("replaced");
  std::string text = fmt::format("{:<12}  {}\n", "kind", kind_text(kind));
  if (json.contains("module")) text += module_text(json["module"]);
  if (json.contains("signature")) {
    const Json& signature = json["signature"];
    text +=
        fmt::format("{:<12}  {} ({})\n", "signed by", shown(signature["signer"]), shown(signature["hash"]));
  }
  if (json.contains("signature_unread"))
    text += fmt::format("{:<12}  {}\n", "signed", shown(json["signature_unread"]));
  if (json.contains("record")) {
    for (const char* key : {"unit", "object"})
      text += fmt::format("{:<12}  {}\n", key, shown(json["record"][key]));
  }
  Table rows;
  if (replacing) {
    for (const Json& function : json["replaced"]) {
      rows.push_back({shown(function["object"]), shown(function["name"]), position(function),
                      fmt::format("{} -> {}", number(function, "old_size"), number(function, "new_size")),
                      entries_text(function["special_entries"])});
    }
    add_table(text, {"OBJECT", "REPLACED FUNCTION", "SYMBOL", "BYTES", "KERNEL TABLES"}, rows);
    rows.clear();
  }
  for (const Json& function : json["functions"]) {
    rows.push_back({shown(function["name"]), function["global"].get<bool>() ? "global" : "local",
                    shown(function["section"]), number(function, "size"),
                    entries_text(function["special_entries"])});
  }
  add_table(text, {replacing ? "ADDED FUNCTION" : "FUNCTION", "BINDING", "SECTION", "BYTES", "KERNEL TABLES"},
            rows);
  rows.clear();
  for (const Json& variable : json["variables"]) {
    rows.push_back({shown(variable["name"]), variable["global"].get<bool>() ? "global" : "local",
                    shown(variable["section"]), number(variable, "size")});
  }
  add_table(text, {replacing ? "ADDED VARIABLE" : "VARIABLE", "BINDING", "SECTION", "BYTES"}, rows);
  rows.clear();
  for (const Json& symbol : json["livepatch_symbols"])
    rows.push_back({shown(symbol["object"]), shown(symbol["name"]), position(symbol)});
  add_table(text, {"OBJECT", "LOOKED UP BY LIVEPATCH", "SYMBOL"}, rows);
  rows.clear();
  for (const Json& late : json["livepatch_relocations"])
    rows.push_back({shown(late["object"]), shown(late["section"]), number(late, "relocations")});
  add_table(text, {"OBJECT", "SECTION FILLED IN BY LIVEPATCH", "PLACES"}, rows);
  rows.clear();
  for (const Json& symbol : json.value("engine_symbols", Json::array())) {
    const auto places = symbol["places"].get<std::uint64_t>();
    rows.push_back({shown(symbol["object"]), shown(symbol["name"]), position(symbol),
                    places == 0 ? "-" : std::to_string(places)});
  }
  add_table(text, {"OBJECT", "LOOKED UP BY THE ENGINE", "SYMBOL", "PLACES TO FILL IN"}, rows);
  if (!json["undefined"].empty()) text += "\nUNDEFINED\n" + names_text(json["undefined"]);
  if (json.contains("record")) {
    for (const Json& note : json["record"]["notes"])
      text += fmt::format("\nnote: {} [{}]", shown(note["text"]), shown(note["code"]));
    if (!json["record"]["notes"].empty()) text += "\n";
  }
  if (json.contains("special_entries_unread"))
    text += "\nnote: the kernel's tables are not shown: " + shown(json["special_entries_unread"]) + "\n";
  return text;
}

}  // namespace suture::cli
