// SPDX-License-Identifier: Apache-2.0
#include "build/built_units.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

#include "base/file.h"
#include "base/json.h"
#include "source/c_outline.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestSource = 16u << 20;
/// Units of a header that are looked at, those beside it first.
constexpr std::size_t kMostUnits = 400;
/// A file is in an object that has one in so many of its functions; the others were inlined.
constexpr std::size_t kOneIn = 2;

/// Each module has these.
bool is_everywhere(const std::string& function) {
  return function == "init_module" || function == "cleanup_module" || function == "main";
}

std::map<std::string, std::string> options_of(const fs::path& config) {
  std::map<std::string, std::string> options;
  std::istringstream lines(read_text_file(config, kLargestSource).value_or(""));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t equals = line.find('=');
    if (line.starts_with("CONFIG_") && equals != std::string::npos)
      options.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return options;
}

}  // namespace

BuiltUnits::BuiltUnits(const Target& target, BuildCache cache, Definers definers)
    : target_(target),
      cache_(std::move(cache)),
      definers_(std::move(definers)),
      makefiles_(target.source, [options = options_of(target.config)](const std::string& option) {
        const auto found = options.find(option);
        return found == options.end() ? std::string() : found->second;
      }) {}

Result<std::vector<std::string>> BuiltUnits::objects_of(const std::string& file) {
  const auto known = known_.find(file);
  return known != known_.end() ? known->second : known_.emplace(file, find(file)).first->second;
}

/// An answer stands for as long as the kernel is the same. That there is none may be for want of a compiler.
BuiltUnits::Objects BuiltUnits::find(const std::string& file) {
  if (!file.ends_with(".h")) {
    if (auto objects = by_makefiles(file)) return std::move(*objects);
  }
  if (target_.id.build_id.empty() || !cache_.exists()) return find_anew(file);
  const std::string key = BuildCache::key_of({"built units", target_.id.build_id, target_.id.version, file});
  if (auto objects = kept(key)) return std::move(*objects);
  Objects objects = find_anew(file);
  if (objects) cache_.keep(key, as_bytes(json_text(Json(*objects))));
  return objects;
}

std::optional<std::vector<std::string>> BuiltUnits::kept(const std::string& key) const {
  const std::optional<Bytes> value = cache_.find(key);
  const auto json = value ? parse_json(as_text(*value), "what a file is built into") : fail({}, {}, {});
  const auto is_text = [](const Json& one) { return one.is_string(); };
  if (!json || !json->is_array() || !std::ranges::all_of(*json, is_text)) return std::nullopt;
  return json->get<std::vector<std::string>>();
}

BuiltUnits::Objects BuiltUnits::find_anew(const std::string& file) {
  if (file.ends_with(".h")) return of_header(file);
  if (file.ends_with(".c") || file.ends_with(".S")) return of_unit(file);
  return fail("build.object-unknown", "find what " + file + " is built into", "it is no source of code");
}

BuiltUnits::Objects BuiltUnits::of_unit(const std::string& unit) {
  auto objects = TRY(at_once(unit));
  if (objects) return std::move(*objects);
  return by_kbuild(unit);
}

Result<std::optional<std::vector<std::string>>> BuiltUnits::at_once(const std::string& unit) {
  if (auto objects = by_makefiles(unit)) return objects;
  return by_symbols(unit);
}

std::optional<std::vector<std::string>> BuiltUnits::by_makefiles(const std::string& unit) {
  const std::optional<std::string> object = makefiles_.object_of(unit);
  if (!object) return std::nullopt;
  return object->empty() ? std::vector<std::string>{} : std::vector{*object};
}

/// It takes a second to read.
const Result<IncludeGraph>& BuiltUnits::graph() {
  if (!graph_)
    graph_.emplace(IncludeGraph::read(target_.source, cache_, target_.id.distribution + target_.id.version));
  return *graph_;
}

/// Without kbuild: half of the kernel may include a header.
BuiltUnits::Objects BuiltUnits::of_header(const std::string& header) {
  const Result<IncludeGraph>& graph = this->graph();
  if (!graph) return std::unexpected(graph.error());
  std::vector<std::string> units = graph->units_that_include({header});
  // A header among sources is for those around it; others of the same name ("cmd.h") are not meant there.
  if (!header.starts_with("include/") && !header.contains("/include/")) {
    const std::string folder = fs::path(header).parent_path().string() + "/";
    std::erase_if(units, [&](const std::string& unit) { return !unit.starts_with(folder); });
  }
  for (const std::string& unit :
       units.size() > kMostUnits ? std::vector(units.begin(), units.begin() + kMostUnits) : units) {
    auto objects = TRY(at_once(unit));
    if (objects && !objects->empty()) return std::move(*objects);
  }
  if (units.size() <= kMostUnits) return std::vector<std::string>{};
  return fail("build.object-unknown", "find what " + header + " is built into",
              "none of the first units that include it is built, and there are more");
}

/// Functions that gcc inlined have no symbols, and small ones have names that other files use as well.
Result<std::optional<std::vector<std::string>>> BuiltUnits::by_symbols(const std::string& unit) const {
  const std::string text = TRY(read_text_file(target_.source / unit, kLargestSource));
  std::set<std::string> functions;
  for (const OutlineItem& item : outline_of(unit, text)) {
    if (item.kind == CodeItemKind::kFunction && item.defined && !is_everywhere(item.name))
      functions.insert(item.name);
  }
  std::map<std::string, std::size_t> counts;
  for (const std::string& function : functions) {
    for (const std::string& object : definers_(function)) ++counts[object];
  }
  std::optional<std::vector<std::string>> objects;
  if (functions.empty()) return objects;
  if (counts.empty()) return objects.emplace();
  const auto most = std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; });
  const bool alone =
      std::ranges::count(counts, most->second, [](const auto& entry) { return entry.second; }) == 1;
  if (most->second * kOneIn >= functions.size() && (most->second > 1 || functions.size() == 1) && alone)
    objects = {most->first};
  return objects;
}

BuiltUnits::Objects BuiltUnits::by_kbuild(const std::string& unit) {
  if (!kbuild_) kbuild_.emplace(Kbuild::prepare(target_, cache_));
  const std::string what = "find what " + unit + " is built into";
  if (!*kbuild_) {
    return fail("build.object-unknown", what,
                "its symbols do not tell, and kbuild cannot be asked: " + kbuild_->error().why,
                kbuild_->error().hint);
  }
  const Result<UnitFlags> flags = (*kbuild_)->flags(unit);
  if (flags) return std::vector{flags->object};
  if (flags.error().code == "build.unit-not-built") return std::vector<std::string>{};
  return fail("build.object-unknown", what, "its symbols do not tell, nor does kbuild: " + flags.error().why);
}

}  // namespace suture
