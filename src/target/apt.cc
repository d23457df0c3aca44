// SPDX-License-Identifier: Apache-2.0
#include "target/apt.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/process.h"
#include "target/debian_version.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

constexpr std::chrono::seconds kDownloadTimeout{4 * 3600};
constexpr std::chrono::seconds kUnpackTimeout{1800};

Command apt(std::vector<std::string> argv) {
  return {.argv = std::move(argv), .environment = {{"LC_ALL", "C"}}, .timeout = kDownloadTimeout};
}

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

Result<std::map<std::string, std::vector<AptPackage>>> apt_show(const std::vector<std::string>& names) {
  std::map<std::string, std::vector<AptPackage>> found;
  if (names.empty()) return found;
  Command command = apt({"apt-cache", "show", "--"});
  command.argv.insert(command.argv.end(), names.begin(), names.end());
  // A name that it does not know makes it exit with 100, after it has shown the others.
  const Finished finished = TRY(run(command));
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

Result<std::vector<std::string>> apt_names(const std::string& prefix) {
  const Finished finished = TRY(run_ok(apt({"apt-cache", "pkgnames", "--", prefix})));
  std::vector<std::string> names;
  for (std::string_view rest = finished.out; !rest.empty();) names.emplace_back(take(rest, "\n"));
  std::ranges::sort(names);
  return names;
}

Result<void> apt_update() {
  auto finished = run_ok(apt({"apt-get", "update", "-q", "--error-on=any"}));
  if (finished) return {};
  Error error = std::move(finished).error();
  if (mentions(error.why, {"Permission denied", "are you root"})) {
    return fail("target.lists-outdated", "fetch the archive's lists", "only root may do that",
                "Run `sudo apt-get update`, then try again.");
  }
  return std::unexpected(explain_failure(std::move(error)));
}

Result<std::vector<fs::path>> apt_download(const std::vector<AptPackage>& packages, const fs::path& folder,
                                           Progress& progress) {
  TRY(make_directories(folder));
  Command command = apt({"apt-get", "download", "-q", "--"});
  command.directory = folder;
  std::uint64_t total = 0;
  for (const AptPackage& package : packages) {
    command.argv.push_back(package.name + "=" + package.version);
    total += package.size;
  }
  {
    const DownloadWatch watch(folder, total, progress);
    auto finished = run_ok(command);
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
