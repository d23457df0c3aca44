// SPDX-License-Identifier: Apache-2.0
#include "patchset/patchset.h"

#include <algorithm>
#include <functional>
#include <set>

#include "base/hash.h"
#include "base/json.h"

namespace suture {
namespace {

constexpr int kFormat = 2;
constexpr int kOneModuleFormat = 1;  // with the members "engine" and "module"

Result<std::uint64_t> unsigned_field(const Json& json, const char* key, std::uint64_t most) {
  const std::int64_t value = TRY(json_integer(json, key));
  if (value < 0 || static_cast<std::uint64_t>(value) > most) {
    return fail("json.schema", std::string("read the field \"") + key + "\"", "it is out of range");
  }
  return static_cast<std::uint64_t>(value);
}

Result<std::uint32_t> small_field(const Json& json, const char* key) {
  return static_cast<std::uint32_t>(TRY(unsigned_field(json, key, UINT32_MAX)));
}

/// A name that becomes part of a path or of a kernel interface: no slash, no leading dot, no control
/// character, at most 255 bytes.
Result<std::string> name_field(const Json& json, const char* key) {
  std::string name = TRY(json_string(json, key));
  const bool plain =
      std::ranges::all_of(name, [](unsigned char c) { return c > ' ' && c != '/' && c != 0x7f; });
  if (name.empty() || name.size() > 255 || name.front() == '.' || !plain) {
    return fail("json.schema", std::string("read the field \"") + key + "\"", "it is not a plain name");
  }
  return name;
}

Result<std::string> hex_field(const Json& json, const char* key, std::size_t least, std::size_t most) {
  std::string text = TRY(json_string(json, key));
  const bool hex =
      std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (!hex || text.size() < least || text.size() > most) {
    return fail("json.schema", std::string("read the field \"") + key + "\"",
                "it is not lower-case hexadecimal of the right length");
  }
  return text;
}

template <class T>
Result<std::vector<T>> list_field(const Json& json, const char* key,
                                  const std::function<Result<T>(const Json&)>& read) {
  std::vector<T> items;
  for (const Json& item : *TRY(json_array(json, key))) items.push_back(TRY_IN(key, read(item)));
  return items;
}

Result<std::string> read_string(const Json& json) {
  if (!json.is_string()) return fail("json.schema", "read a list", "an entry is not a string");
  return json.get<std::string>();
}

/// Words for people: anything but control characters.
Result<std::string> text_field(const Json& json, const char* key) {
  std::string text = TRY(json_string(json, key));
  if (std::ranges::any_of(text, [](unsigned char c) { return c < ' ' || c == 0x7f; }))
    return fail("json.schema", std::string("read the field \"") + key + "\"", "it holds a control character");
  return text;
}

Result<FixRecord> read_fix(const Json& json) {
  FixRecord fix;
  fix.name = TRY(name_field(json, "name"));
  fix.sha256 = TRY(hex_field(json, "sha256", 64, 64));
  fix.cves = TRY(list_field<std::string>(json, "cves", read_string));
  for (const auto& [key, list] :
       {std::pair("updated_data", &fix.updated_data), std::pair("accepted_layouts", &fix.accepted_layouts)}) {
    if (json.contains(key)) *list = TRY(list_field<std::string>(json, key, read_string));
  }
  if (json.contains("not_affected")) fix.not_affected = TRY(text_field(json, "not_affected"));
  fix.already_fixed = TRY(json_flag(json, "already_fixed"));
  if (fix.already_fixed && fix.not_affected.empty()) {
    return fail("json.schema", "read the field \"already_fixed\"", "the fix is in the patchset all the same");
  }
  return fix;
}

Result<ReplacedFunction> read_function(const Json& json) {
  ReplacedFunction function;
  function.name = TRY(name_field(json, "name"));
  function.sympos = TRY(small_field(json, "sympos"));
  function.old_size = TRY(unsigned_field(json, "old_size", INT64_MAX));
  function.new_size = TRY(unsigned_field(json, "new_size", INT64_MAX));
  function.module_exit = TRY(json_flag(json, "module_exit"));
  return function;
}

Result<UnitEvidence> read_evidence(const Json& json) {
  UnitEvidence evidence;
  evidence.unit = TRY(json_string(json, "unit"));
  evidence.functions_compared = TRY(small_field(json, "functions_compared"));
  evidence.functions_equal = TRY(small_field(json, "functions_equal"));
  evidence.different = TRY(list_field<std::string>(json, "different", read_string));
  return evidence;
}

Result<PatchedObject> read_object(const Json& json) {
  PatchedObject object;
  object.name = TRY(name_field(json, "name"));
  object.functions = TRY(list_field<ReplacedFunction>(json, "functions", read_function));
  object.evidence = TRY(list_field<UnitEvidence>(json, "evidence", read_evidence));
  return object;
}

/// A fact's code is "risk." and a name; its words are for people, and so may hold anything but control
/// characters.
Result<RiskFact> read_risk(const Json& json) {
  RiskFact risk;
  risk.code = TRY(name_field(json, "code"));
  risk.function = TRY(text_field(json, "function"));
  risk.place = TRY(text_field(json, "place"));
  risk.text = TRY(text_field(json, "text"));
  if (!risk.code.starts_with("risk.")) {
    return fail("json.schema", "read the field \"code\"", "it does not begin with \"risk.\"");
  }
  return risk;
}

Result<ModuleSigner> read_signer(const Json& json) {
  ModuleSigner signer;
  signer.subject = TRY(text_field(json, "subject"));
  signer.certificate_sha256 = TRY(hex_field(json, "certificate_sha256", 64, 64));
  signer.hash = TRY(name_field(json, "hash"));
  return signer;
}

/// What stands beside the manifest; no other file there is called so.
Result<std::string> file_field(const Json& json) {
  std::string name = TRY(name_field(json, "file"));
  if (name.ends_with(".ko")) return name;
  return fail("json.schema", "read the field \"file\"", "it is not the name of a module's file");
}

Result<EngineModule> read_engine_module(const Json& json) {
  EngineModule module;
  module.file = TRY(file_field(json));
  module.sha256 = TRY(hex_field(json, "sha256", 64, 64));
  module.size = TRY(unsigned_field(json, "size", kLargestModule));
  module.abi = TRY(small_field(json, "abi"));
  return module;
}

/// Without the engine, which manifests of format 1 name elsewhere.
Result<PatchModule> read_module(const Json& json) {
  PatchModule module;
  module.name = TRY(name_field(json, "name"));
  module.file = TRY(file_field(json));
  module.sha256 = TRY(hex_field(json, "sha256", 64, 64));
  module.size = TRY(unsigned_field(json, "size", kLargestModule));
  return module;
}

Result<PatchModule> read_engines_module(const Json& json) {
  PatchModule module = TRY(read_module(json));
  module.engine = TRY(name_field(json, "engine"));
  if (json.contains("engine_module")) {
    module.engine_module =
        TRY_IN("engine_module", read_engine_module(*TRY(json_object(json, "engine_module"))));
  }
  return module;
}

Result<void> check_modules(const Patchset& patchset) {
  const std::string what = "read the field \"modules\"";
  if (patchset.modules.empty()) return fail("json.schema", what, "there is none");
  if (patchset.modules.size() > kMostPatchModules) return fail("json.schema", what, "there are too many");
  std::set<std::string> engines;
  for (const PatchModule& module : patchset.modules) {
    if (!engines.insert(module.engine).second)
      return fail("json.schema", what, "two are for the engine " + module.engine);
  }
  std::set<std::string> files;
  std::uint64_t bytes = 0;
  for (const ModuleFile& file : patchset.files()) {
    if (!files.insert(file.file).second)
      return fail("json.schema", what, "two files are called " + file.file);
    bytes += file.size;
  }
  if (bytes > kLargestModule) return fail("json.schema", what, "the files are too large");
  return {};
}

Json write_signer(const ModuleSigner& signer) {
  return {
      {"subject", signer.subject}, {"certificate_sha256", signer.certificate_sha256}, {"hash", signer.hash}};
}

Json write_module(const PatchModule& module) {
  Json json{{"engine", module.engine},
            {"name", module.name},
            {"file", module.file},
            {"sha256", module.sha256},
            {"size", module.size}};
  if (const auto& engine = module.engine_module) {
    json["engine_module"] = {
        {"file", engine->file}, {"sha256", engine->sha256}, {"size", engine->size}, {"abi", engine->abi}};
  }
  return json;
}

Json write_object(const PatchedObject& object) {
  Json functions = Json::array();
  for (const auto& f : object.functions) {
    functions.push_back(
        {{"name", f.name}, {"sympos", f.sympos}, {"old_size", f.old_size}, {"new_size", f.new_size}});
    if (f.module_exit) functions.back()["module_exit"] = true;
  }
  Json evidence = Json::array();
  for (const auto& e : object.evidence) {
    evidence.push_back({{"unit", e.unit},
                        {"functions_compared", e.functions_compared},
                        {"functions_equal", e.functions_equal},
                        {"different", e.different}});
  }
  return {{"name", object.name}, {"functions", std::move(functions)}, {"evidence", std::move(evidence)}};
}

Result<Patchset> read_patchset(const Json& json) {
  const std::int64_t format = TRY(json_integer(json, "format"));
  if (format != kFormat && format != kOneModuleFormat) {
    return fail("json.schema", "read the field \"format\"", "this version of suture reads formats 1 and 2",
                "Install a newer suture.");
  }
  Patchset patchset;
  patchset.target = TRY(target_id_from_json(*TRY(json_object(json, "target"))));
  if (json.contains("effective_version")) {
    patchset.effective_version = TRY(json_string(json, "effective_version"));
    if (!is_package_version(patchset.effective_version))
      return fail("json.schema", "read the field \"effective_version\"", "it is no package's version");
  }
  patchset.level = TRY(small_field(json, "level"));
  const bool one_module = format == kOneModuleFormat;
  const Json& signed_part = one_module ? *TRY(json_object(json, "module")) : json;
  if (one_module) {
    PatchModule& module = patchset.modules.emplace_back(TRY(read_module(signed_part)));
    module.engine = TRY(name_field(json, "engine"));
  } else {
    patchset.modules = TRY(list_field<PatchModule>(json, "modules", read_engines_module));
  }
  TRY(check_modules(patchset));
  if (signed_part.contains("signed_by"))
    patchset.module_signer = TRY(read_signer(*TRY(json_object(signed_part, "signed_by"))));
  patchset.fixes = TRY(list_field<FixRecord>(json, "fixes", read_fix));
  patchset.objects = TRY(list_field<PatchedObject>(json, "objects", read_object));
  if (json.contains("risks")) patchset.risks = TRY(list_field<RiskFact>(json, "risks", read_risk));
  patchset.tool = TRY(json_string(json, "tool"));
  if (patchset.level == 0) return fail("json.schema", "read the field \"level\"", "levels begin at 1");
  return patchset;
}

}  // namespace

const PatchModule* Patchset::module_for(std::string_view engine) const {
  const auto found = std::ranges::find(modules, engine, &PatchModule::engine);
  return found == modules.end() ? nullptr : &*found;
}

bool Patchset::has_module(std::string_view name) const {
  return std::ranges::find(modules, name, &PatchModule::name) != modules.end();
}

std::vector<ModuleFile> Patchset::files() const {
  std::vector<ModuleFile> all;
  for (const PatchModule& module : modules) {
    all.push_back({module.file, module.sha256, module.size});
    if (const auto& engine = module.engine_module)
      all.push_back({engine->file, engine->sha256, engine->size});
  }
  return all;
}

std::optional<ModuleFile> differing_file(const Patchset& patchset, const PatchsetFiles& files) {
  for (const ModuleFile& named : patchset.files()) {
    const auto found = files.find(named.file);
    if (found == files.end() || found->second.size() != named.size ||
        sha256_hex(found->second) != named.sha256)
      return named;
  }
  return std::nullopt;
}

Result<PatchsetFiles> read_files(const Patchset& patchset, const std::filesystem::path& folder) {
  PatchsetFiles files;
  for (const ModuleFile& named : patchset.files())
    files.emplace(named.file, TRY(read_file(folder / named.file, kLargestModule)));
  return files;
}

std::vector<std::string> Patchset::cves() const {
  std::set<std::string> all;
  for (const auto& fix : fixes) all.insert(fix.cves.begin(), fix.cves.end());
  return {all.begin(), all.end()};
}

namespace {

/// CVEs none of whose fixes is in the patchset. One that is in the source makes the hole a closed one.
std::map<std::string, std::string> unneeded(const Patchset& patchset, bool already_fixed) {
  std::map<std::string, std::string> reasons;
  for (const FixRecord& fix : patchset.fixes) {
    for (const std::string& cve : fix.cves) {
      if (fix.already_fixed == already_fixed) reasons.try_emplace(cve, fix.not_affected);
    }
  }
  for (const FixRecord& fix : patchset.fixes) {
    const bool needed = fix.not_affected.empty();
    if (!needed && (already_fixed || !fix.already_fixed)) continue;
    for (const std::string& cve : fix.cves) reasons.erase(cve);
  }
  return reasons;
}

}  // namespace

std::map<std::string, std::string> Patchset::fixed_cves() const {
  return unneeded(*this, true);
}

std::map<std::string, std::string> Patchset::unaffected_cves() const {
  return unneeded(*this, false);
}

Json to_json(const TargetId& target) {
  return {{"distribution", target.distribution},
          {"release", target.release},
          {"version", target.version},
          {"architecture", target.architecture},
          {"build_id", target.build_id}};
}

Result<TargetId> target_id_from_json(const Json& json) {
  TargetId target;
  target.distribution = TRY(name_field(json, "distribution"));
  target.release = TRY(name_field(json, "release"));
  target.version = TRY(name_field(json, "version"));
  target.architecture = TRY(name_field(json, "architecture"));
  target.build_id = TRY(hex_field(json, "build_id", 16, 128));
  return target;
}

bool is_package_version(std::string_view text) {
  constexpr std::size_t kMost = 128;
  constexpr std::string_view kMarks = ".+-~:_^";
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !text.empty() && text.size() <= kMost && is_digit(text.front()) &&
         std::ranges::all_of(
             text, [&](char c) { return is_digit(c) || is_letter(c) || kMarks.find(c) != kMarks.npos; });
}

Json to_json(const RiskFact& risk) {
  return {{"code", risk.code}, {"function", risk.function}, {"place", risk.place}, {"text", risk.text}};
}

Json to_json(const Patchset& patchset) {
  Json fixes = Json::array();
  for (const auto& fix : patchset.fixes) {
    Json record{{"name", fix.name}, {"sha256", fix.sha256}, {"cves", fix.cves}};
    if (!fix.updated_data.empty()) record["updated_data"] = fix.updated_data;
    if (!fix.accepted_layouts.empty()) record["accepted_layouts"] = fix.accepted_layouts;
    if (!fix.not_affected.empty()) record["not_affected"] = fix.not_affected;
    if (fix.already_fixed) record["already_fixed"] = true;
    fixes.push_back(std::move(record));
  }
  Json objects = Json::array();
  for (const auto& object : patchset.objects) objects.push_back(write_object(object));
  Json modules = Json::array();
  for (const auto& module : patchset.modules) modules.push_back(write_module(module));
  Json risks = Json::array();
  for (const auto& risk : patchset.risks) risks.push_back(to_json(risk));
  Json json = {{"format", kFormat},         {"target", to_json(patchset.target)},
               {"level", patchset.level},   {"modules", std::move(modules)},
               {"fixes", std::move(fixes)}, {"objects", std::move(objects)},
               {"risks", std::move(risks)}, {"tool", patchset.tool}};
  if (const auto& signer = patchset.module_signer) json["signed_by"] = write_signer(*signer);
  if (!patchset.effective_version.empty()) json["effective_version"] = patchset.effective_version;
  return json;
}

Result<Patchset> patchset_from_json(const Json& json) {
  auto patchset = read_patchset(json);
  if (patchset) return patchset;
  Error error = std::move(patchset).error().in("read the patchset's manifest");
  error.code = "patchset.schema";
  return std::unexpected(std::move(error));
}

Result<Patchset> parse_patchset(std::string_view text) {
  return patchset_from_json(TRY(parse_json(text, kManifestName)));
}

}  // namespace suture
