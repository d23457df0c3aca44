// SPDX-License-Identifier: Apache-2.0
#include "qualify/probe.h"

#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <algorithm>
#include <functional>

#include "base/process.h"
#include "qualify/guest_scripts.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFile = "probe.toml";
constexpr std::size_t kLargestFile = 64u << 10;
constexpr std::size_t kLargestSource = 1u << 20;
constexpr std::size_t kMostProbes = 1000;

/// Words that end up in a shell's file.
bool is_plain(std::string_view text) {
  return !text.empty() && text.size() <= 200 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_.:/+").contains(c);
  });
}

class ProbeReader {
 public:
  explicit ProbeReader(const fs::path& folder) : what_("read the probe " + (folder / kFile).string()) {
    probe_.name = folder.filename().string();
    probe_.user = "nobody";
    folder_ = folder;
  }

  Result<Probe> read(std::string_view text) {
    // toml++ 3.3 runs into undefined behaviour at some letters beyond ASCII.
    if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) > 0x7e; }))
      return wrong({}, "it has other letters than ASCII has");
    const toml::parse_result parsed = toml::parse(text);
    if (!parsed) return wrong(parsed.error().source(), std::string(parsed.error().description()));
    for (const auto& [key, node] : parsed.table()) {
      if (key.str() == "needs") {
        TRY(read_needs(node));
      } else if (key.str() == "cost") {
        const auto value = node.value_exact<bool>();
        if (!value) return wrong(node.source(), "\"cost\" is true or false");
        probe_.has_cost = *value;
      } else {
        TRY(read_text(key.str(), node));
      }
    }
    if (!is_plain(probe_.name) || probe_.name.starts_with('.'))
      return wrong({}, "its folder has an unusual name");
    if (probe_.closes.empty()) return wrong({}, "it says neither \"cve\" nor \"fix\"");
    if (probe_.source.empty()) return wrong({}, "it says neither \"source\" nor \"script\"");
    if (probe_.before.empty() || probe_.after.empty() || probe_.before == probe_.after)
      return wrong({}, "\"before\" and \"after\" must be two different words");
    return std::move(probe_);
  }

 private:
  std::unexpected<Error> wrong(const toml::source_region& place, const std::string& why) const {
    const std::string line = place.begin.line == 0 ? "" : "line " + std::to_string(place.begin.line) + ": ";
    return fail("qualify.probe", what_, line + why, "See suture-qualify(1).");
  }

  Result<std::string> word(std::string_view key, const toml::node& node) const {
    const auto value = node.value_exact<std::string>();
    if (value && is_plain(*value)) return *value;
    return wrong(node.source(), "\"" + std::string(key) + "\" is not a plain word in quotes");
  }

  Result<void> read_text(std::string_view key, const toml::node& node) {
    std::string value = TRY(word(key, node));
    const bool file = key == "source" || key == "script";
    if (file && (value.contains('/') || !probe_.source.empty()))
      return wrong(node.source(), "it has one source, a file in its folder");
    if ((key == "cve" || key == "fix") && !probe_.closes.empty())
      return wrong(node.source(), "it is for one CVE or one fix");
    if (key == "user" && value != "nobody" && value != "root")
      return wrong(node.source(), "it runs as \"nobody\" or as \"root\"");
    if (file) {
      probe_.source = folder_ / value;
      probe_.is_script = key == "script";
      return {};
    }
    std::string* field = key == "cve" || key == "fix" ? &probe_.closes
                         : key == "user"              ? &probe_.user
                         : key == "before"            ? &probe_.before
                         : key == "after"             ? &probe_.after
                                                      : nullptr;
    if (field == nullptr) return wrong(node.source(), "there is no setting \"" + std::string(key) + "\"");
    *field = std::move(value);
    return {};
  }

  Result<void> read_needs(const toml::node& node) {
    const toml::table* needs = node.as_table();
    if (needs == nullptr) return wrong(node.source(), "\"needs\" is a table");
    for (const auto& [key, need] : *needs) {
      const toml::array* modules = need.as_array();
      const toml::table* settings = need.as_table();
      if (key.str() == "modules" && modules != nullptr) {
        for (const toml::node& module : *modules) probe_.modules.push_back(TRY(word("modules", module)));
      } else if (key.str() == "settings" && settings != nullptr) {
        for (const auto& [file, value] : *settings) {
          if (!is_plain(file.str()) || file.str().contains("..") || file.str().starts_with('/'))
            return wrong(value.source(), "settings are files below /proc/sys");
          probe_.settings[std::string(file.str())] = TRY(word("settings", value));
        }
      } else {
        return wrong(need.source(), "it can need \"modules\" = [...] and \"settings\" = {...}");
      }
    }
    return {};
  }

  std::string what_;
  fs::path folder_;
  Probe probe_;
};

}  // namespace

Result<Probe> parse_probe(std::string_view toml, const fs::path& folder) {
  return ProbeReader(folder).read(toml);
}

Result<std::vector<Probe>> read_probes(const fs::path& folder) {
  const fs::path whole = fs::absolute(folder / "").parent_path();
  std::vector<fs::path> folders;
  std::error_code error;
  if (fs::exists(whole / kFile, error)) {
    folders.push_back(whole);
  } else {
    for (fs::directory_iterator entry(whole, error), end; !error && entry != end; entry.increment(error)) {
      if (fs::exists(entry->path() / kFile, error)) folders.push_back(entry->path());
    }
  }
  if (folders.empty() || folders.size() > kMostProbes) {
    return fail("qualify.no-probe", "read the probes in " + folder.string(),
                folders.empty() ? "neither it nor a folder in it has a probe.toml" : "there are too many");
  }
  std::ranges::sort(folders);
  std::vector<Probe> probes;
  for (const fs::path& path : folders)
    probes.push_back(TRY(parse_probe(TRY(read_text_file(path / kFile, kLargestFile)), path)));
  return probes;
}

bool concerns(const Probe& probe, const Patchset& patchset) {
  return std::ranges::any_of(patchset.fixes, [&](const FixRecord& fix) {
    return fix.not_affected.empty() &&
           (fix.name == probe.closes || std::ranges::find(fix.cves, probe.closes) != fix.cves.end());
  });
}

Result<Bytes> program_of(const Probe& probe) {
  if (probe.is_script) return read_file(probe.source, kLargestSource);
  const TempDir folder = TRY(TempDir::make("suture-probe"));
  const fs::path program = folder.path() / "run";
  TRY(make_directories(folder.path() / "suture"));
  TRY(write_file(folder.path() / "suture/probe.h", kProbeHeader));
  const Finished compiler = TRY(run(
      {.argv = {"cc", "-O1", "-I" + folder.path().string(), "-o", program.string(), probe.source.string()},
       .timeout = std::chrono::seconds(60)}));
  if (compiler.status == 0) return read_file(program);
  return fail("qualify.probe-does-not-compile", "compile the probe " + probe.name,
              "\n" + compiler.err.substr(0, 4000));
}

}  // namespace suture
