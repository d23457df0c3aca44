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
#include <span>

#include "agent/hooks.h"
#include "agent/metrics_endpoint.h"
#include "base/duration.h"
#include "base/file.h"
#include "engine/engine_choice.h"

namespace suture {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr std::size_t kLimit = 64u << 10;
constexpr const char* kSetName = "90-set.toml";

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

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    std::string_view part = text.substr(begin, end - begin);
    part.remove_prefix(std::min(part.find_first_not_of(' '), part.size()));
    parts.emplace_back(part.substr(0, part.find_last_not_of(' ') + 1));
    begin = end + 1;
  }
  return parts;
}

Result<void> read_repository(const std::string& text, std::string& repository) {
  constexpr std::size_t kMost = 16;
  std::string all;
  const auto servers = split_at_commas(text);
  if (servers.size() > kMost) return wrong("read the servers", "there are more than 16");
  for (const std::string& server : servers) {
    std::string url;
    TRY(read_url(server, url));
    all += (all.empty() ? "" : ", ") + url;
  }
  repository = all;
  return {};
}

Result<void> read_wake(const std::string& text, std::string& wake) {
  std::string url = text;
  if (text != "off") TRY(read_url(text, url));
  if (url.starts_with("file:")) return wrong("read whom to wait for", "a file calls nobody");
  wake = url;
  return {};
}

Result<void> read_rollouts(const std::string& text, std::optional<bool>& rollouts) {
  if (text != "true" && text != "false") {
    return wrong("read whether to follow rollouts", "\"" + text + "\" is neither true nor false");
  }
  rollouts = text == "true";
  return {};
}

/// "500k", "2M", or plain bytes.
Result<void> read_rate(const std::string& text, std::uint64_t& rate) {
  constexpr std::uint64_t kLeast = 1000;
  constexpr std::uint64_t kMost = 100'000'000'000;
  std::uint64_t number = 0;
  const auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(rest, text.data() + text.size());
  const std::uint64_t factor = unit.empty() ? 1 : unit == "k" ? 1000 : unit == "M" ? 1'000'000 : 0;
  if (problem != std::errc() || factor == 0 || number > kMost || number * factor < kLeast ||
      number * factor > kMost) {
    return wrong("read bytes a second", "\"" + text + "\" is not such as 500k or 2M, of at least 1k");
  }
  rate = number * factor;
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

Result<void> read_check(const std::string& text, bool& checks) {
  if (text != "automatic" && text != "manual") {
    return wrong("read when to check", "\"" + text + "\" is neither automatic nor manual");
  }
  checks = text == "automatic";
  return {};
}

Result<void> read_stalled(const std::string& text, Stalled& stalled) {
  if (text == "revert") {
    stalled = Stalled::kRevert;
  } else if (text == "wait") {
    stalled = Stalled::kWait;
  } else if (text == "signal") {
    stalled = Stalled::kSignal;
  } else {
    return wrong("read what becomes of a stalled transition",
                 "\"" + text + "\" is neither revert, wait nor signal");
  }
  return {};
}

Result<void> read_engines(const std::string& text, std::vector<std::string>& engines) {
  const std::vector<std::string> known = engine_names();
  std::vector<std::string> named = split_at_commas(text);
  for (auto name = named.begin(); name != named.end(); ++name) {
    if (std::ranges::find(known, *name) == known.end()) {
      return wrong("read which engines may be used", "\"" + *name + "\" is neither klp nor stopmachine");
    }
    if (std::find(named.begin(), name, *name) != name) {
      return wrong("read which engines may be used", "\"" + *name + "\" is there twice");
    }
  }
  engines = std::move(named);
  return {};
}

Result<void> read_bad_sign(const std::string& text, bool& reverts) {
  if (text != "revert" && text != "report") {
    return wrong("read what a bad sign brings about", "\"" + text + "\" is neither revert nor report");
  }
  reverts = text == "revert";
  return {};
}

Result<void> read_command(const std::string& text, std::vector<std::string>& command) {
  command = TRY(parse_command(text));
  return {};
}

Result<void> read_highest(const std::string& text, InstallPolicy& policy) {
  std::uint32_t level = 0;
  const auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), level);
  if (problem != std::errc() || rest != text.data() + text.size() || level == 0) {
    return wrong("read a level", "\"" + text + "\" is no level: a number from 1");
  }
  policy.highest = level;
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
  const auto parsed = parse_duration(text);
  if (!parsed) return wrong("read a duration", "\"" + text + "\" is not such as 90s, 15m, 4h or 2d");
  const seconds value = *parsed;
  if (value < least || value > most) {
    return wrong("read a duration", "\"" + text + "\" is not between " + std::to_string(least.count()) +
                                        " s and " + std::to_string(most.count()) + " s");
  }
  span = value;
  return {};
}

Result<void> read_metrics_address(const std::string& text, std::string& metrics) {
  TRY(parse_metrics_address(text));
  metrics = text;
  return {};
}

struct Known {
  std::function<Result<void>(AgentConfig&, const std::string&)> set;
  const char* meaning;
};

const std::map<std::string_view, Known>& settings() {
  static const std::map<std::string_view, Known> all = {
      {"repository",
       {[](auto& c, auto& v) { return read_repository(v, c.repository); }, "where patchsets come from"}},
      {"channel", {[](auto& c, auto& v) { return read_channel(v, c.channel); }, "stream of patchsets"}},
      {"distribution",
       {[](auto& c, auto& v) { return read_channel(v, c.distribution); }, "whose kernels run here"}},
      {"proxy", {[](auto& c, auto& v) { return read_proxy(v, c.proxy); }, "proxy to the repository"}},
      {"tls_ca", {[](auto& c, auto& v) { return read_path(v, c.tls_ca); }, "who vouches for servers"}},
      {"tls_certificate",
       {[](auto& c, auto& v) { return read_path(v, c.tls_certificate); }, "this machine's certificate"}},
      {"tls_key", {[](auto& c, auto& v) { return read_path(v, c.tls_key); }, "and its private key"}},
      {"server", {[](auto& c, auto& v) { return read_url(v, c.server); }, "where reports go"}},
      {"server_token",
       {[](auto& c, auto& v) { return read_path(v, c.server_token); },
        "what the server takes a new host by"}},
      {"rollouts",
       {[](auto& c, auto& v) { return read_rollouts(v, c.rollouts); },
        "let the server say how high a level may be"}},
      {"wake", {[](auto& c, auto& v) { return read_wake(v, c.wake); }, "who may call for a check"}},
      {"check",
       {[](auto& c, auto& v) { return read_check(v, c.checks); }, "look by the timer, or when told"}},
      {"interval",
       {[](auto& c, auto& v) { return read_span(v, seconds(60), seconds(7 * 86400), c.interval); },
        "time between two checks"}},
      {"install",
       {[](auto& c, auto& v) { return read_install_mode(v, c.install); },
        "install by itself, later, or never"}},
      {"highest_level",
       {[](auto& c, auto& v) { return read_highest(v, c.install); }, "no level above this one"}},
      {"block",
       {[](auto& c, auto& v) -> Result<void> {
          c.install.blocked = TRY(parse_blocked(v));
          return {};
        },
        "fixes and levels that are not wanted"}},
      {"window",
       {[](auto& c, auto& v) -> Result<void> {
          c.install.windows = TRY(parse_windows(v));
          return {};
        },
        "when to install"}},
      {"engine",
       {[](auto& c, auto& v) { return read_engines(v, c.engines); },
        "what may patch the kernel, the first choice first"}},
      {"transition_timeout",
       {[](auto& c, auto& v) { return read_span(v, seconds(1), seconds(3600), c.transition_timeout); },
        "until a transition counts as stalled"}},
      {"stalled", {[](auto& c, auto& v) { return read_stalled(v, c.stalled); }, "what becomes of it then"}},
      {"before_install",
       {[](auto& c, auto& v) { return read_command(v, c.before_install); }, "may veto an apply"}},
      {"after_install",
       {[](auto& c, auto& v) { return read_command(v, c.after_install); }, "looks at what an apply did"}},
      {"command_timeout",
       {[](auto& c, auto& v) { return read_span(v, seconds(1), seconds(3600), c.command_timeout); },
        "until such a command is killed"}},
      {"health_command",
       {[](auto& c, auto& v) { return read_command(v, c.health_command); },
        "run each minute for a while after an apply"}},
      {"health_window",
       {[](auto& c, auto& v) { return read_span(v, seconds(0), seconds(86400), c.health_window); },
        "how long it and the kernel's log are watched"}},
      {"bad_sign",
       {[](auto& c, auto& v) { return read_bad_sign(v, c.bad_sign_reverts); },
        "take a level back that did harm, or only tell"}},
      {"download_timeout",
       {[](auto& c, auto& v) { return read_span(v, seconds(1), seconds(86400), c.download_timeout); },
        "until a check is given up"}},
      {"download_rate",
       {[](auto& c, auto& v) { return read_rate(v, c.download_rate); }, "bytes a second, at most"}},
      {"crash_window",
       {[](auto& c, auto& v) { return read_span(v, seconds(0), seconds(86400), c.crash_window); },
        "until a patchset is taken for harmless"}},
      {"root", {[](auto& c, auto& v) { return read_path(v, c.root); }, "the repository's first root"}},
      {"state", {[](auto& c, auto& v) { return read_path(v, c.state); }, "folder for state"}},
      {"metrics",
       {[](auto& c, auto& v) { return read_metrics_address(v, c.metrics); }, "where Prometheus scrapes"}},
      {"socket", {[](auto& c, auto& v) { return read_path(v, c.socket); }, "the daemon's socket"}},
  };
  return all;
}

/// What a file says, each with its place.
using Said = std::map<std::string, Setting>;

/// toml++ 3.3 runs into undefined behaviour at some letters beyond ASCII: they may stand in comments, where
/// it need not see them.
Result<std::string> without_letters(std::string_view text, const std::string& what) {
  std::string plain(text);
  const auto foreign = [](char c) { return static_cast<unsigned char>(c) > 0x7e; };
  for (std::size_t begin = 0; begin < plain.size();) {
    const std::size_t end = std::min(plain.find('\n', begin), plain.size());
    const std::size_t first = std::min(plain.find_first_not_of(" \t", begin), end);
    const auto line = std::span(plain).subspan(begin, end - begin);
    const bool comment = first < end && plain[first] == '#';
    if (comment) std::ranges::replace_if(line, foreign, '?');
    if (std::ranges::any_of(line, foreign)) {
      return wrong(what, "it has other letters than ASCII has, outside of a comment of its own line");
    }
    begin = end + 1;
  }
  return plain;
}

Result<void> read_into(std::string_view given, std::string_view name, AgentConfig& config, Said& said) {
  const std::string what = "read " + std::string(name);
  const std::string text = TRY(without_letters(given, what));
  const toml::parse_result parsed = toml::parse(text, name);
  if (!parsed) {
    return wrong(what + ", line " + std::to_string(parsed.error().source().begin.line),
                 std::string(parsed.error().description()));
  }
  for (const auto& [key, node] : parsed.table()) {
    const std::string line = "line " + std::to_string(node.source().begin.line);
    const std::string at = what + ", " + line + ", \"" + std::string(key.str()) + "\"";
    const auto setting = settings().find(key.str());
    if (setting == settings().end()) return wrong(at, "there is no such setting");
    const auto value = node.value_exact<std::string>();
    if (!value) return wrong(at, "it is not a string in quotes");
    TRY_IN(at, setting->second.set(config, *value));
    const std::string known(key.str());
    said[known] = {known, *value, std::string(name) + ", " + line, setting->second.meaning};
  }
  return {};
}

bool speaks_tls(const std::string& url) {
  return url.starts_with("https://");
}

Result<void> check_whole(const AgentConfig& config, std::string_view name) {
  const std::string what = "read " + std::string(name);
  if (config.repository.empty()) return wrong(what, "it does not say which repository to use");
  if (config.rollouts.value_or(false) && !speaks_tls(config.server)) {
    return wrong(what, "rollouts are followed over https alone, and `server` is no https URL");
  }
  return {};
}

fs::path drop_in_folder(const fs::path& path) {
  return path.string() + ".d";
}

/// The file, and then its drop-ins by name.
Result<std::vector<fs::path>> files_of(const fs::path& path) {
  std::vector<fs::path> files = {path};
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(drop_in_folder(path), error)) {
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  }
  std::sort(files.begin() + 1, files.end());
  return files;
}

Result<AgentConfig> read_all(const fs::path& path, Said& said) {
  AgentConfig config;
  for (const fs::path& file : TRY(files_of(path))) {
    TRY(read_into(TRY(read_text_file(file, kLimit)), file.string(), config, said));
  }
  TRY(check_whole(config, path.string()));
  return config;
}

}  // namespace

Result<AgentConfig> parse_config(std::string_view text, std::string_view name) {
  AgentConfig config;
  Said said;
  TRY(read_into(text, name, config, said));
  TRY(check_whole(config, name));
  return config;
}

Result<AgentConfig> read_config(const fs::path& path) {
  Said said;
  return read_all(path, said);
}

Result<std::vector<Setting>> explain_config(const fs::path& path) {
  Said said;
  TRY(read_all(path, said));
  std::vector<Setting> all;
  for (const auto& [name, known] : settings()) {
    const auto found = said.find(std::string(name));
    all.push_back(found != said.end() ? found->second : Setting{std::string(name), {}, {}, known.meaning});
  }
  return all;
}

Result<void> set_in_config(const fs::path& path, const std::string& name, const std::string& value) {
  const std::string what = "set " + name;
  if (!settings().contains(name)) {
    return wrong(what, "there is no such setting: `suture config explain` lists them");
  }
  const fs::path file = drop_in_folder(path) / kSetName;
  std::error_code error;
  const std::string before = fs::exists(file, error) ? TRY(read_text_file(file, kLimit)) : std::string();
  AgentConfig ignored;
  Said said;
  TRY(read_into(before, file.string(), ignored, said));
  said.erase(name);
  if (!value.empty()) {
    TRY_IN(what, settings().at(name).set(ignored, value));
    if (value.find_first_of("'\n") != std::string::npos) return wrong(what, "it has a quote or a line break");
    said[name] = {.name = name, .value = value};
  }
  std::string text = "# Written by `suture config set`.\n";
  for (const auto& [key, setting] : said) text += key + " = '" + setting.value + "'\n";
  TRY(write_file(file, text));
  const auto whole = read_config(path);
  if (whole) return {};
  TRY(write_file(file, before));
  return std::unexpected(whole.error());
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

std::vector<std::string> repository_servers(const AgentConfig& config) {
  return split_at_commas(config.repository);
}

bool follows_rollouts(const AgentConfig& config) {
  return config.rollouts.value_or(true) && speaks_tls(config.server);
}

std::string wake_server(const AgentConfig& config) {
  if (config.wake == "off") return {};
  const std::string& server = config.wake.empty() ? config.server : config.wake;
  return server.starts_with("file:") ? "" : server;
}

HttpOptions http_options(const AgentConfig& config) {
  return {.whole = config.download_timeout,
          .rate = config.download_rate,
          .proxy = config.proxy,
          .ca = config.tls_ca,
          .certificate = config.tls_certificate,
          .certificate_key = config.tls_key};
}

}  // namespace suture
