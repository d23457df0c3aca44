// SPDX-License-Identifier: Apache-2.0
#include "advisory/watch_config.h"

// Compiled in here, as everywhere: no library more.
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "base/duration.h"
#include "base/file.h"

namespace suture {
namespace {

using std::chrono::seconds;

constexpr std::size_t kLimit = 256u << 10;
constexpr std::size_t kMostSources = 200;
constexpr std::size_t kMostTargets = 1000;

std::unexpected<Error> wrong(const std::string& what, const std::string& why) {
  return fail("watch.config", what, why, "See suture-watch.toml(5).");
}

std::string place(std::string_view file, const toml::node& node, std::string_view key) {
  return "read " + std::string(file) + ", line " + std::to_string(node.source().begin.line) + ", \"" +
         std::string(key) + "\"";
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c >= ' ' && c < 0x7f; });
}

Result<void> read_name(const std::string& text, std::string& name) {
  const bool plain = std::ranges::all_of(
      text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
  if (text.empty() || text.size() > 64 || text.front() == '-' || !plain) {
    return wrong("read a source's name", "\"" + text + "\" has other than a-z, 0-9 and hyphens");
  }
  name = text;
  return {};
}

Result<void> read_url(const std::string& text, std::string& url) {
  constexpr std::array<std::string_view, 3> kSchemes = {"https://", "http://", "file://"};
  const bool known = std::ranges::any_of(kSchemes, [&](auto scheme) { return text.starts_with(scheme); });
  // A query has no place in what names a document.
  if (!known || text.find_first_of(" ?#") != std::string::npos) {
    return wrong("read a URL", "\"" + text + "\" is no https, http or file URL without a query");
  }
  url = text;
  return {};
}

Result<void> read_path(const std::string& text, std::string& path) {
  if (!text.starts_with('/')) return wrong("read a path", "\"" + text + "\" is not absolute");
  path = text;
  return {};
}

/// What `git fetch` may be given. A helper ("ext::") would be a command.
Result<void> read_git(const std::string& text, std::string& location) {
  if (text.starts_with('/')) return read_path(text, location);
  constexpr std::array<std::string_view, 5> kSchemes = {"https://", "http://", "ssh://", "git://", "file://"};
  const bool known = std::ranges::any_of(kSchemes, [&](auto scheme) { return text.starts_with(scheme); });
  if (!known || text.find(' ') != std::string::npos) {
    return wrong("read a git repository's place",
                 "\"" + text + "\" is neither an absolute path nor an https, http, ssh, git or file URL");
  }
  location = text;
  return {};
}

Result<void> read_branch(const std::string& text, std::string& branch) {
  const bool plain = std::ranges::all_of(text, [](unsigned char c) {
    return c > ' ' && c < 0x7f &&
           std::string_view("~^:?*[\\").find(static_cast<char>(c)) == std::string_view::npos;
  });
  if (text.empty() || text.starts_with('-') || text.find("..") != std::string::npos || !plain) {
    return wrong("read a branch", "\"" + text + "\" is no branch's name");
  }
  branch = text;
  return {};
}

Result<void> read_below(const std::string& text, std::string& below) {
  const std::filesystem::path path = std::filesystem::path(text).lexically_normal();
  std::string normal = path.generic_string();
  while (normal.ends_with('/')) normal.pop_back();
  if (normal.empty() || path.is_absolute() || normal == "." || normal.starts_with("..")) {
    return wrong("read a folder of the place", "\"" + text + "\" does not lead into it");
  }
  below = normal;
  return {};
}

Result<void> read_every(const std::string& text, seconds& every) {
  const auto span = parse_duration(text);
  if (!span || *span < seconds(60) || *span > std::chrono::hours(24 * 31)) {
    return wrong("read how often", "\"" + text + "\" is not such as 15m, 4h or 1d, from 60 s to 31 days");
  }
  every = *span;
  return {};
}

template <class Owner>
using Keys = std::map<std::string_view, std::function<Result<void>(Owner&, const std::string&)>>;

Result<void> read_place(WatchSource& source, PlaceKind kind, const std::string& text) {
  if (!source.location.empty()) return wrong("read a source's place", "it has another one already");
  source.kind = kind;
  if (kind == PlaceKind::kUrl) return read_url(text, source.location);
  if (kind == PlaceKind::kGit) return read_git(text, source.location);
  return read_path(text, source.location);
}

const Keys<WatchSource>& source_keys() {
  static const Keys<WatchSource> keys = {
      {"name", [](auto& s, auto& v) { return read_name(v, s.name); }},
      {"format",
       [](auto& s, auto& v) -> Result<void> {
         s.format = TRY(feed_format(v));
         return {};
       }},
      {"url", [](auto& s, auto& v) { return read_place(s, PlaceKind::kUrl, v); }},
      {"folder", [](auto& s, auto& v) { return read_place(s, PlaceKind::kFolder, v); }},
      {"file", [](auto& s, auto& v) { return read_place(s, PlaceKind::kFile, v); }},
      {"git", [](auto& s, auto& v) { return read_place(s, PlaceKind::kGit, v); }},
      {"branch", [](auto& s, auto& v) { return read_branch(v, s.branch); }},
      {"below", [](auto& s, auto& v) { return read_below(v, s.below); }},
      {"every", [](auto& s, auto& v) { return read_every(v, s.every); }},
  };
  return keys;
}

const Keys<WatchConfig>& keys() {
  static const Keys<WatchConfig> keys = {
      {"state",
       [](auto& c, auto& v) -> Result<void> {
         std::string path;
         TRY(read_path(v, path));
         c.state = path;
         return {};
       }},
      {"target_store",
       [](auto& c, auto& v) -> Result<void> {
         std::string path;
         TRY(read_path(v, path));
         c.target_store = path;
         return {};
       }},
      {"reports",
       [](auto& c, auto& v) -> Result<void> {
         std::string path;
         TRY(read_path(v, path));
         c.reports = path;
         return {};
       }},
      {"code",
       [](auto& c, auto& v) -> Result<void> {
         std::string path;
         TRY(read_path(v, path));
         c.code = path;
         return {};
       }},
      {"proxy",
       [](auto& c, auto& v) -> Result<void> {
         c.http.proxy = v;
         return {};
       }},
      {"tls_ca", [](auto& c, auto& v) { return read_path(v, c.http.ca); }},
  };
  return keys;
}

template <class Owner>
Result<void> set(const Keys<Owner>& known, Owner& owner, const std::string& at, std::string_view key,
                 const toml::node& node) {
  const auto found = known.find(key);
  if (found == known.end()) return wrong(at, "there is no such setting");
  const auto value = node.value_exact<std::string>();
  if (!value) return wrong(at, "it is not a string in quotes");
  if (!is_printable(*value)) return wrong(at, "it has other than printable letters");
  TRY_IN(at, found->second(owner, *value));
  return {};
}

Result<WatchSource> read_source(const toml::table& table, std::string_view file) {
  WatchSource source;
  for (const auto& [key, node] : table) {
    TRY(set(source_keys(), source, place(file, node, key.str()), key.str(), node));
  }
  const std::string at = place(file, table, "source");
  if (source.name.empty()) return wrong(at, "it has no name");
  if (!table.contains("format")) return wrong(at, "it has no format");
  if (source.location.empty()) return wrong(at, "it has none of url, folder, file and git");
  if (!source.branch.empty() && source.kind != PlaceKind::kGit) {
    return wrong(at, "it has a branch, and is no git repository");
  }
  if (!source.below.empty() && source.kind != PlaceKind::kGit && source.kind != PlaceKind::kFolder) {
    return wrong(at, "it has a folder of the place, which is one document");
  }
  return source;
}

Result<void> read_sources(const toml::node& node, std::string_view file, WatchConfig& config) {
  const std::string at = place(file, node, "source");
  const toml::array* sources = node.as_array();
  if (sources == nullptr) return wrong(at, "each source begins with [[source]]");
  if (sources->size() > kMostSources) return wrong(at, "there are more than 200");
  std::set<std::string> names;
  for (const toml::node& each : *sources) {
    const toml::table* table = each.as_table();
    if (table == nullptr) return wrong(place(file, each, "source"), "each source begins with [[source]]");
    WatchSource source = TRY(read_source(*table, file));
    if (!names.insert(source.name).second) {
      return wrong(place(file, each, "source"), "there are two with the name \"" + source.name + "\"");
    }
    config.sources.push_back(std::move(source));
  }
  return {};
}

Result<void> read_targets(const toml::node& node, std::string_view file, WatchConfig& config) {
  const std::string at = place(file, node, "targets");
  const toml::array* targets = node.as_array();
  if (targets == nullptr || targets->size() > kMostTargets) {
    return wrong(at, "it is not a list of up to 1000 names");
  }
  for (const toml::node& each : *targets) {
    const auto name = each.value_exact<std::string>();
    if (!name || name->empty() || name->starts_with('-') || !is_printable(*name)) {
      return wrong(at, "it is not a list of names in quotes");
    }
    config.targets.push_back(*name);
  }
  return {};
}

/// toml++ 3.3 runs into undefined behaviour at some letters beyond ASCII.
Result<void> check_letters(std::string_view text, std::string_view name) {
  const auto foreign = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x7e || (byte < ' ' && c != '\n' && c != '\r' && c != '\t');
  };
  const auto found = std::ranges::find_if(text, foreign);
  if (found == text.end()) return {};
  const auto line = std::count(text.begin(), found, '\n') + 1;
  return wrong("read " + std::string(name) + ", line " + std::to_string(line),
               "it has other letters than ASCII has");
}

}  // namespace

std::string_view name_of(PlaceKind kind) {
  switch (kind) {
    case PlaceKind::kUrl:
      return "url";
    case PlaceKind::kFolder:
      return "folder";
    case PlaceKind::kFile:
      return "file";
    case PlaceKind::kGit:
      return "git";
  }
  return "";
}

Result<WatchConfig> parse_watch_config(std::string_view text, std::string_view name) {
  TRY(check_letters(text, name));
  const toml::parse_result parsed = toml::parse(text, name);
  if (!parsed) {
    return wrong("read " + std::string(name) + ", line " + std::to_string(parsed.error().source().begin.line),
                 std::string(parsed.error().description()));
  }
  WatchConfig config;
  for (const auto& [key, node] : parsed.table()) {
    if (key.str() == "source") {
      TRY(read_sources(node, name, config));
    } else if (key.str() == "targets") {
      TRY(read_targets(node, name, config));
    } else {
      TRY(set(keys(), config, place(name, node, key.str()), key.str(), node));
    }
  }
  if (config.sources.empty()) return wrong("read " + std::string(name), "it names no source");
  return config;
}

Result<WatchConfig> read_watch_config(const std::filesystem::path& path) {
  return parse_watch_config(TRY(read_text_file(path, kLimit)), path.string());
}

}  // namespace suture
