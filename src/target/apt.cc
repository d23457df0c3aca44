// SPDX-License-Identifier: Apache-2.0
#include "target/apt.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/debian_version.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

constexpr std::chrono::seconds kDownloadTimeout{4 * 3600};
constexpr std::chrono::seconds kUnpackTimeout{1800};

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Takes the text up to the separator off the front.
std::string_view take(std::string_view& text, std::string_view separator) {
  const std::size_t at = text.find(separator);
  const std::string_view head = text.substr(0, at);
  text.remove_prefix(at == text.npos ? text.size() : at + separator.size());
  return head;
}

/// Shows how far a download is, by the sizes of the files it writes.
class DownloadWatch {
 public:
  DownloadWatch(fs::path folder, std::uint64_t total, Progress& progress)
      : folder_(std::move(folder)),
        total_(total),
        progress_(progress),
        thread_([this](const std::stop_token& stop) {
          std::unique_lock lock(mutex_);
          while (!stop.stop_requested()) {
            report();
            wake_.wait_for(lock, stop, std::chrono::milliseconds(250), [] { return false; });
          }
        }) {}

 private:
  void report() {
    std::uintmax_t done = 0;
    std::error_code ignored;
    for (fs::directory_iterator entry(folder_, ignored), end; entry != end; entry.increment(ignored)) {
      const std::uintmax_t size = entry->file_size(ignored);
      if (!ignored) done += size;
    }
    progress_.step("download " + human_size(done) + " of " + human_size(total_), done, total_);
  }

  fs::path folder_;
  std::uint64_t total_;
  Progress& progress_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

bool mentions(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return text.find(word) != text.npos; });
}

}  // namespace

std::vector<AptPackage> parse_apt_packages(std::string_view text) {
  std::vector<AptPackage> packages;
  while (!text.empty()) {
    std::string_view stanza = take(text, "\n\n");
    AptPackage package;
    bool in_archive = false;
    while (!stanza.empty()) {
      std::string_view line = take(stanza, "\n");
      const std::string_view key = take(line, ":");
      const std::string_view value = trimmed(line);
      if (key == "Package") package.name = value;
      if (key == "Version") package.version = value;
      if (key == "Depends") package.depends = value;
      if (key == "Size") package.size = number(value);
      if (key == "Installed-Size") package.installed_size = number(value) * 1024;
      if (key == "Filename") in_archive = !value.empty();
    }
    if (in_archive && !package.name.empty() && !package.version.empty())
      packages.push_back(std::move(package));
  }
  return packages;
}

std::vector<AptFile> parse_apt_uris(std::string_view text) {
  std::vector<AptFile> files;
  while (!text.empty()) {
    std::string_view line = take(text, "\n");
    if (!line.starts_with('\'')) continue;
    line.remove_prefix(1);
    AptFile file{.url = std::string(take(line, "' ")), .name = std::string(take(line, " ")), .hash = {}};
    take(line, " ");  // the size
    file.hash = line;
    const bool plain = !file.name.empty() && !file.name.contains('/') && file.name.front() != '.';
    if (plain && file.hash.starts_with("SHA")) files.push_back(std::move(file));
  }
  return files;
}

Result<Apt> Apt::with_sources(const fs::path& folder, const std::string& sources) {
  Apt apt;
  apt.folder_ = folder;
  for (const char* below : {"lists/partial", "cache/archives/partial"}) TRY(make_directories(folder / below));
  TRY(write_file(folder / "sources.list", sources));
  TRY(write_file(folder / "status", ""));  // nothing is installed
  const auto set = [&apt](const std::string& name, const std::string& value) {
    apt.options_.insert(apt.options_.end(), {"-o", name + "=" + value});
  };
  set("Dir::Etc::sourcelist", (folder / "sources.list").string());
  set("Dir::Etc::sourceparts", "/dev/null");
  set("Dir::State::lists", (folder / "lists").string());
  set("Dir::State::status", (folder / "status").string());
  set("Dir::Cache", (folder / "cache").string());
  set("Debug::NoLocking", "1");
  set("APT::Sandbox::User", "root");  // what it fetches is ours, not user _apt's
  set("Acquire::Languages", "none");
  return apt;
}

Command Apt::command(std::vector<std::string> argv) const {
  argv.insert(argv.begin() + 1, options_.begin(), options_.end());
  return {.argv = std::move(argv), .environment = {{"LC_ALL", "C"}}, .timeout = kDownloadTimeout};
}

Result<std::map<std::string, std::vector<AptPackage>>> Apt::show(
    const std::vector<std::string>& names) const {
  std::map<std::string, std::vector<AptPackage>> found;
  if (names.empty()) return found;
  std::vector<std::string> argv{"apt-cache", "show", "--"};
  argv.insert(argv.end(), names.begin(), names.end());
  // A name that it does not know makes it exit with 100, after it has shown the others.
  const Finished finished = TRY(run(command(std::move(argv))));
  for (AptPackage& package : parse_apt_packages(finished.out))
    found[package.name].push_back(std::move(package));
  for (auto& [name, versions] : found) {
    std::ranges::sort(versions, [](const AptPackage& a, const AptPackage& b) {
      return compare_debian_versions(a.version, b.version) < 0;
    });
    const auto again = std::ranges::unique(versions, {}, &AptPackage::version);
    versions.erase(again.begin(), again.end());
  }
  return found;
}

Result<std::vector<std::string>> Apt::names(const std::string& prefix) const {
  const Finished finished = TRY(run_ok(command({"apt-cache", "pkgnames", "--", prefix})));
  std::vector<std::string> names;
  for (std::string_view rest = finished.out; !rest.empty();) names.emplace_back(take(rest, "\n"));
  std::ranges::sort(names);
  return names;
}

fs::path Apt::stamp() const {
  return folder_ / "fetched";
}

Result<std::vector<AptFile>> Apt::source_files(const std::string& package, const std::string& version) const {
  const Finished found =
      TRY(run(command({"apt-get", "source", "--print-uris", "--only-source", package + "=" + version})));
  std::vector<AptFile> files = parse_apt_uris(found.out);
  if (found.status == 0 && !files.empty()) return files;
  return fail("target.version-gone", "find the source package " + package + " " + version,
              "the archive does not have it");
}

Result<fs::path> Apt::download(const AptFile& file, const fs::path& folder) const {
  fs::path path = folder / file.name;
  auto fetched =
      run_ok(command({"/usr/lib/apt/apt-helper", "download-file", file.url, path.string(), file.hash}));
  if (!fetched) return std::unexpected(explain_failure(std::move(fetched).error()));
  return path;
}

bool Apt::fetched_within(std::chrono::hours time) const {
  if (folder_.empty()) return true;
  std::error_code error;
  const auto when = fs::last_write_time(stamp(), error);
  return !error && fs::file_time_type::clock::now() - when < time;
}

Result<void> Apt::update() const {
  auto finished = run_ok(command({"apt-get", "update", "-q", "--error-on=any"}));
  if (finished) return folder_.empty() ? Result<void>{} : write_file(stamp(), "");
  Error error = std::move(finished).error();
  if (mentions(error.why, {"Permission denied", "are you root"})) {
    return fail("target.lists-outdated", "fetch the lists of the configured archives",
                "only root may do that", "Run `sudo apt-get update`, then try again.");
  }
  return std::unexpected(explain_failure(std::move(error)));
}

Result<std::vector<fs::path>> Apt::download(const std::vector<AptPackage>& packages, const fs::path& folder,
                                            Progress& progress) const {
  TRY(make_directories(folder));
  Command fetch = command({"apt-get", "download", "-q", "--"});
  fetch.directory = folder;
  std::uint64_t total = 0;
  for (const AptPackage& package : packages) {
    fetch.argv.push_back(package.name + "=" + package.version);
    total += package.size;
  }
  {
    const DownloadWatch watch(folder, total, progress);
    auto finished = run_ok(fetch);
    if (!finished) return std::unexpected(explain_failure(std::move(finished).error()));
  }
  std::vector<fs::path> files;
  for (const AptPackage& package : packages) {
    fs::path file;
    std::error_code ignored;
    for (fs::directory_iterator entry(folder, ignored), end; entry != end; entry.increment(ignored)) {
      if (entry->path().filename().string().starts_with(package.name + "_")) file = entry->path();
    }
    if (file.empty()) {
      return fail("target.download-failed", "fetch the package " + package.name,
                  "apt-get left no file behind");
    }
    files.push_back(std::move(file));
  }
  return files;
}

Result<std::vector<std::string>> apt_fetch_options() {
  const Finished finished = TRY(run_ok({.argv = {"apt-config", "dump"}, .environment = {{"LC_ALL", "C"}}}));
  std::vector<std::string> options;
  for (std::string_view rest = finished.out; !rest.empty();) {
    const std::string_view line = take(rest, "\n");
    const auto begins = [line](std::string_view name) { return line.starts_with(name); };
    if (std::ranges::any_of(std::array{"Acquire::Check-", "Acquire::http", "Acquire::Retries"}, begins))
      options.emplace_back(line);
  }
  return options;
}

Result<std::vector<AptSite>> apt_sites() {
  const Finished finished = TRY(
      run_ok({.argv = {"apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)", "Created-By: Packages"},
              .environment = {{"LC_ALL", "C"}}}));
  std::vector<AptSite> sites;
  for (std::string_view rest = finished.out; !rest.empty();) {
    std::string_view line = take(rest, "\n");
    const std::string_view url = take(line, " ");
    if (!url.empty() && !line.empty()) sites.push_back({.url = std::string(url), .suite = std::string(line)});
  }
  return sites;
}

Result<void> unpack_deb(const fs::path& deb, const fs::path& folder) {
  auto finished = run_ok({.argv = {"dpkg-deb", "-x", deb.string(), folder.string()},
                          .environment = {{"LC_ALL", "C"}},
                          .timeout = kUnpackTimeout});
  if (!finished) return std::unexpected(explain_failure(std::move(finished).error()));
  return {};
}

Error explain_failure(Error error) {
  if (mentions(error.why, {"No space left", "enough free space", "Disk quota exceeded"})) {
    error.code = "target.disk-full";
    error.hint = "Free some space, or name another store with --store.";
  } else if (mentions(error.why,
                      {"Could not resolve", "Temporary failure", "Could not connect", "Unable to connect",
                       "Connection failed", "Connection timed out", "Network is unreachable"})) {
    error.code = "target.no-network";
    error.hint = "Check the network and apt's configuration, then try again.";
  } else if (error.code == "process.failed") {
    error.code = "target.download-failed";
  }
  return error;
}

}  // namespace suture
