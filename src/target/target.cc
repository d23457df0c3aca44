// SPDX-License-Identifier: Apache-2.0
#include "target/target.h"

#include <algorithm>
#include <array>

#include "base/json.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

constexpr int kFormat = 1;

struct PathField {
  const char* key;
  fs::path Target::*member;
};
constexpr std::array kPaths{
    PathField{"image", &Target::image},   PathField{"modules", &Target::modules},
    PathField{"source", &Target::source}, PathField{"headers", &Target::headers},
    PathField{"kbuild", &Target::kbuild}, PathField{"common_headers", &Target::common_headers},
    PathField{"config", &Target::config},
};

// Left out when there is none.
constexpr std::array kOptionalPaths{
    PathField{"build_root", &Target::build_root},
    PathField{"changelog", &Target::changelog},
};

std::unexpected<Error> wrong(const char* key, std::string why) {
  return fail("target.schema", std::string("read the field \"") + key + "\"", std::move(why));
}

Result<fs::path> path_field(const Json& paths, const char* key, const fs::path& store) {
  const fs::path path = TRY(json_string(paths, key));
  const bool climbs = std::ranges::find(path, fs::path("..")) != path.end();
  if (path.empty() || path.is_absolute() || climbs) return wrong(key, "it is not a path inside of the store");
  return store / path;
}

Result<std::uint64_t> count_field(const Json& json, const char* key) {
  const std::int64_t value = TRY(json_integer(json, key));
  if (value < 0) return wrong(key, "it is negative");
  return static_cast<std::uint64_t>(value);
}

/// A command's name becomes an argument of a subprocess, so it must not look like a path or an option.
bool is_command_name(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '+';
  };
  return !name.empty() && name.front() != '-' && name.front() != '.' && std::ranges::all_of(name, plain);
}

Result<Target> read_target(const Json& json, const fs::path& store) {
  if (TRY(json_integer(json, "format")) != kFormat) {
    return wrong("format", "this version of suture reads format " + std::to_string(kFormat));
  }
  Target target;
  target.id = TRY(target_id_from_json(*TRY(json_object(json, "target"))));
  const Json& paths = *TRY(json_object(json, "paths"));
  for (const auto& [key, member] : kPaths) target.*member = TRY(path_field(paths, key, store));
  for (const auto& [key, member] : kOptionalPaths) {
    if (paths.contains(key)) target.*member = TRY(path_field(paths, key, store));
  }
  target.compiler = TRY(json_string(json, "compiler"));
  if (!is_command_name(target.compiler)) return wrong("compiler", "it is not the name of a command");
  target.compiler_version = TRY(json_string(json, "compiler_version"));
  target.banner = TRY(json_string(json, "banner"));
  target.symbols = TRY(count_field(json, "symbols"));
  target.size = TRY(count_field(json, "size"));
  for (const auto& [name, version] : TRY(json_object(json, "packages"))->items()) {
    if (!version.is_string()) return wrong("packages", "a version is not a string");
    target.packages[name] = version.get<std::string>();
  }
  // Records of older versions have none.
  if (!json.contains("warnings")) return target;
  for (const auto& warning : *TRY(json_array(json, "warnings"))) {
    if (!warning.is_string()) return wrong("warnings", "one is not a string");
    target.warnings.push_back(warning.get<std::string>());
  }
  return target;
}

}  // namespace

Json to_json(const Target& target, const fs::path& store) {
  Json paths = Json::object();
  for (const auto& [key, member] : kPaths) paths[key] = (target.*member).lexically_relative(store).string();
  for (const auto& [key, member] : kOptionalPaths) {
    if (!(target.*member).empty()) paths[key] = (target.*member).lexically_relative(store).string();
  }
  return {{"format", kFormat},
          {"target", to_json(target.id)},
          {"paths", std::move(paths)},
          {"compiler", target.compiler},
          {"compiler_version", target.compiler_version},
          {"banner", target.banner},
          {"symbols", target.symbols},
          {"size", target.size},
          {"packages", target.packages},
          {"warnings", target.warnings}};
}

Result<Target> target_from_json(const Json& json, const fs::path& store) {
  auto target = read_target(json, store);
  if (target) return target;
  Error error = std::move(target).error().in("read the record of a target");
  error.code = "target.schema";
  return std::unexpected(std::move(error));
}

Result<std::string> compiler_version_of_config(std::string_view config) {
  constexpr std::string_view kKey = "\nCONFIG_CC_VERSION_TEXT=\"";
  const std::size_t at = config.find(kKey);
  if (at != config.npos) {
    const std::string_view rest = config.substr(at + kKey.size());
    const std::size_t end = rest.find_first_of("\"\n");
    const std::string_view text = rest.substr(0, end);
    if (end != rest.npos && rest[end] == '"' && is_command_name(text.substr(0, text.find(' ')))) {
      return std::string(text);
    }
  }
  return fail("target.no-compiler", "find the compiler in the kernel's .config",
              "CONFIG_CC_VERSION_TEXT is missing",
              "Kernels before Linux 5.8 do not name their compiler there.");
}

}  // namespace suture
