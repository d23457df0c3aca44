// SPDX-License-Identifier: Apache-2.0
#include "target/rpm_package.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <sstream>

#include "base/file.h"
#include "base/process.h"
#include "target/cpio.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

// More than the largest package of any kernel takes, debug information aside.
constexpr std::uint64_t kMostPayload = 8ull << 30;

constexpr const char* kQuery =
    "%{NAME}\\n%{VERSION}\\n%{RELEASE}\\n%{ARCH}\\n%{SOURCERPM}\\n%{LONGSIZE}\\n%|SOURCEPACKAGE?{source}:{"
    "binary}|\\n"
    "[F%{FILENAMES}\\n][S%{SOURCE}\\n][P%{PATCH}\\n]";

/// rpm looks things up in a database; an empty one of ours leaves the machine's alone.
Result<Finished> ask_rpm(std::vector<std::string> argv, const fs::path& database) {
  argv.insert(argv.begin() + 1, {"--dbpath", database.string(), "--nosignature"});
  return run_ok({.argv = std::move(argv), .environment = {{"LC_ALL", "C"}}});
}

/// Versions become parts of names of folders.
bool is_plain(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("+-.~^_").contains(c);
  };
  return !text.empty() && text.front() != '.' && text.front() != '-' && std::ranges::all_of(text, plain);
}

std::string last_component(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

Result<RpmPackage> parse_answer(const fs::path& file, const std::string& answer) {
  RpmPackage package;
  package.file = file;
  std::istringstream lines(answer);
  std::string size, kind;
  for (std::string* field : {&package.name, &package.version, &package.release, &package.architecture,
                             &package.source_rpm, &size, &kind})
    std::getline(lines, *field);
  package.is_source = kind == "source";
  const auto parsed = std::from_chars(size.data(), size.data() + size.size(), package.size);
  const bool sensible = is_plain(package.name) && is_plain(package.version) && is_plain(package.release) &&
                        is_plain(package.architecture) && (package.is_source || kind == "binary") &&
                        parsed.ec == std::errc{} && (package.is_source || is_plain(package.source_rpm));
  if (!sensible) {
    return fail("target.package-damaged", "read the package " + file.string(),
                "its metadata are not those of a kernel's package");
  }
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("F")) package.files.push_back(line.substr(1));
    if (line.starts_with("S")) package.sources.push_back(last_component(line.substr(1)));
    if (line.starts_with("P")) package.patches.push_back(last_component(line.substr(1)));
  }
  return package;
}

}  // namespace

Result<RpmPackage> read_rpm_package(const fs::path& path) {
  std::error_code error;
  // rpm would take another name for a pattern or an address.
  const fs::path file = fs::canonical(path, error);
  if (error) return fail("file.unreadable", "read " + path.string(), error.message());
  constexpr std::array<char, 4> kMagic{'\xed', '\xab', '\xee', '\xdb'};
  std::array<char, 4> magic{};
  std::ifstream(file, std::ios::binary).read(magic.data(), magic.size());
  if (magic != kMagic)
    return fail("target.not-a-package", "read the package " + file.string(), "it is no RPM package");
  const TempDir database = TRY(TempDir::make("suture-rpm"));
  auto answer =
      ask_rpm({"rpm", "--query", "--package", "--nomanifest", "--queryformat", kQuery, file.string()},
              database.path());
  if (answer) return parse_answer(file, answer->out);
  if (answer.error().code != "process.failed") {
    return fail("target.no-rpm", "read the package " + file.string(), answer.error().why,
                "Install the package `rpm`.");
  }
  return fail("target.package-damaged", "read the package " + file.string(), answer.error().why);
}

Result<void> unpack_rpm(const RpmPackage& package, const fs::path& root) {
  const TempDir folder = TRY(TempDir::make("payload", root.parent_path()));
  auto intact = ask_rpm({"rpmkeys", "--checksig", package.file.string()}, folder.path());
  if (!intact) {
    return fail("target.package-damaged", "check the package " + package.file.string(), intact.error().why,
                "Fetch it again.");
  }
  const fs::path payload = folder.path() / "payload.cpio";
  // A small package can be made to hold any number of bytes: what is cut off here is found out below.
  TRY(run_ok({.argv = {"sh", "-c", "rpm2cpio \"$1\" | head -c \"$2\" >\"$3\"", "sh", package.file.string(),
                       std::to_string(kMostPayload), payload.string()},
              .environment = {{"LC_ALL", "C"}},
              .timeout = std::chrono::hours(1)}));
  std::ifstream archive(payload, std::ios::binary);
  TRY_IN("unpack " + package.file.string(), unpack_cpio(archive, root));
  return {};
}

}  // namespace suture
