// SPDX-License-Identifier: Apache-2.0
#include "agent/config.h"

// Compiled in here: one library less beside the daemon.
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>

#include "base/file.h"

namespace suture {
namespace {

using std::chrono::seconds;

constexpr std::size_t kLimit = 64u << 10;

std::unexpected<Error> wrong(const std::string& what, const std::string& why) {
  return fail("agent.config", what, why, "See suture-agent.toml(5).");
}

Result<void> read_url(const std::string& text, std::string& url) {
  const bool known =
      text.starts_with("https://") || text.starts_with("http://") || text.starts_with("file://");
  const bool plain = std::ranges::all_of(text, [](unsigned char c) { return c > ' ' && c < 0x7f; });
  if (!known || !plain) return wrong("read a URL", "\"" + text + "\" is no https, http or file URL");
  url = text;
  while (url.ends_with('/')) url.pop_back();
  return {};
}

Result<void> read_proxy(const std::string& text, std::string& proxy) {
  constexpr std::string_view kSchemes[] = {"http://", "https://", "socks4://", "socks5://", "socks5h://"};
  const bool known = std::ranges::any_of(kSchemes, [&](auto scheme) { return text.starts_with(scheme); });
  const bool plain = std::ranges::all_of(text, [](unsigned char c) { return c > ' ' && c < 0x7f; });
  if (!known || !plain) return wrong("read a proxy's URL", "\"" + text + "\" is no http, https or socks URL");
  proxy = text;
  return {};
}

/// A channel, and a distribution, is one folder in the repository.
Result<void> read_channel(const std::string& text, std::string& channel) {
  const bool plain = std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
  if (text.empty() || text.size() > 64 || text.front() == '.' || !plain) {
    return wrong("read a name in the repository",
                 "\"" + text + "\" has other than letters, digits, - _ and .");
  }
  channel = text;
  return {};
}

Result<void> read_path(const std::string& text, std::filesystem::path& path) {
  if (!text.starts_with('/')) return wrong("read a path", "\"" + text + "\" is not absolute");
  path = text;
  return {};
}

Result<void> read_span(const std::string& text, seconds least, seconds most, seconds& span) {
  const seconds value = TRY(parse_duration(text));
  if (value < least || value > most) {
    return wrong("read a duration", "\"" + text + "\" is not between " + std::to_string(least.count()) +
                                        " s and " + std::to_string(most.count()) + " s");
  }
  span = value;
  return {};
}

using Setter = std::function<Result<void>(AgentConfig&, const std::string&)>;

const std::map<std::string_view, Setter>& settings() {
  static const std::map<std::string_view, Setter> all = {
      {"repository", [](auto& c, auto& v) { return read_url(v, c.repository); }},
      {"channel", [](auto& c, auto& v) { return read_channel(v, c.channel); }},
      {"distribution", [](auto& c, auto& v) { return read_channel(v, c.distribution); }},
      {"proxy", [](auto& c, auto& v) { return read_proxy(v, c.proxy); }},
      {"tls_ca", [](auto& c, auto& v) { return read_path(v, c.tls_ca); }},
      {"tls_certificate", [](auto& c, auto& v) { return read_path(v, c.tls_certificate); }},
      {"tls_key", [](auto& c, auto& v) { return read_path(v, c.tls_key); }},
      {"server", [](auto& c, auto& v) { return read_url(v, c.server); }},
      {"interval",
       [](auto& c, auto& v) { return read_span(v, seconds(10), seconds(30 * 86400), c.interval); }},
      {"transition_timeout",
       [](auto& c, auto& v) { return read_span(v, seconds(1), seconds(3600), c.transition_timeout); }},
      {"download_timeout",
       [](auto& c, auto& v) { return read_span(v, seconds(1), seconds(86400), c.download_timeout); }},
      {"root", [](auto& c, auto& v) { return read_path(v, c.root); }},
      {"state", [](auto& c, auto& v) { return read_path(v, c.state); }},
      {"socket", [](auto& c, auto& v) { return read_path(v, c.socket); }},
  };
  return all;
}

}  // namespace

Result<seconds> parse_duration(std::string_view text) {
  static const std::map<std::string_view, std::int64_t> units = {
      {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const auto unit = units.find(std::string_view(end, text.data() + text.size()));
  constexpr std::int64_t kMost = 10'000'000;
  if (error != std::errc() || unit == units.end() || count < 0 || count > kMost) {
    return wrong("read a duration", "\"" + std::string(text) + "\" is not such as 90s, 15m, 4h or 2d");
  }
  return seconds(count * unit->second);
}

Result<AgentConfig> parse_config(std::string_view text, std::string_view name) {
  const std::string what = "read " + std::string(name);
  const toml::parse_result parsed = toml::parse(text, name);
  if (!parsed) {
    return wrong(what + ", line " + std::to_string(parsed.error().source().begin.line),
                 std::string(parsed.error().description()));
  }
  AgentConfig config;
  for (const auto& [key, node] : parsed.table()) {
    const std::string at =
        what + ", line " + std::to_string(node.source().begin.line) + ", \"" + std::string(key.str()) + "\"";
    const auto setting = settings().find(key.str());
    if (setting == settings().end()) return wrong(at, "there is no such setting");
    const auto value = node.value_exact<std::string>();
    if (!value) return wrong(at, "it is not a string in quotes");
    TRY_IN(at, setting->second(config, *value));
  }
  if (config.repository.empty()) return wrong(what, "it does not say which repository to use");
  return config;
}

Result<std::string> distribution_of(const AgentConfig& config) {
  if (!config.distribution.empty()) return config.distribution;
  const std::string text = read_text_file(config.os_release, kLimit).value_or("");
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    if (!line.starts_with("ID=")) continue;
    std::erase_if(line, [](char c) { return c == '"' || c == '\''; });
    std::string distribution;
    TRY_IN("read " + config.os_release.string(), read_channel(line.substr(3), distribution));
    return distribution;
  }
  return wrong("find out whose kernel runs",
               config.os_release.string() + " has no ID; say `distribution = …`");
}

HttpOptions http_options(const AgentConfig& config) {
  return {.proxy = config.proxy,
          .ca = config.tls_ca,
          .certificate = config.tls_certificate,
          .certificate_key = config.tls_key};
}

Result<AgentConfig> read_config(const std::filesystem::path& path) {
  const std::string text = TRY(read_text_file(path, kLimit));
  return parse_config(text, path.string());
}

}  // namespace suture
