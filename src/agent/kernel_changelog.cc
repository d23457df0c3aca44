// SPDX-License-Identifier: Apache-2.0
#include "agent/kernel_changelog.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>

#include "base/cve_id.h"
#include "base/debian_changelog.h"
#include "base/lines.h"
#include "base/process.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

// Debian's are a megabyte, and three when unpacked.
constexpr std::size_t kMostPacked = 16u << 20;
constexpr std::size_t kMostText = 64u << 20;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// "* Tue May 05 2026 A Person <a@example.org> [5.14.0-427.el9]", or without the brackets and a dash before.
std::optional<std::string_view> read_rpm_head(std::string_view line) {
  if (!line.starts_with("* ")) return std::nullopt;
  line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
  std::string_view version = line.substr(line.find_last_of(" \t") + 1);
  if (version.starts_with('[') && version.ends_with(']')) version = version.substr(1, version.size() - 2);
  if (!is_package_word(version) || !std::ranges::any_of(version, is_digit)) return std::nullopt;
  return version;
}

std::optional<KernelChangelog> read_debian(const ChangelogPlaces& places, const std::string& release) {
  const auto words = read_text_file(places.proc / "version", 4096);
  const auto version = words ? debian_version_of(*words) : std::nullopt;
  if (!version) return std::nullopt;
  // A signed image's package has its own version scheme, so dpkg calls it a native one.
  for (const char* name : {"changelog.gz", "changelog.Debian.gz"}) {
    const fs::path file = places.documentation / ("linux-image-" + release) / name;
    const auto packed = read_file(file, kMostPacked);
    if (!packed) continue;
    const auto text = gunzip(*packed, kMostText);
    if (!text) continue;
    auto changelog = parse_debian_changelog(*text, *version);
    if (!changelog) continue;
    changelog->source = file.string();
    return changelog;
  }
  return std::nullopt;
}

/// The package that owns the kernel is named after its release, or it is asked for by the image.
std::optional<KernelChangelog> read_rpm(const std::string& release) {
  const std::string package = "kernel-core-" + release;
  const std::string image = "/boot/vmlinuz-" + release;
  using Arguments = std::vector<std::string>;
  for (const auto& [asked, arguments] : {std::pair(package, Arguments{package}),
                                         std::pair("the package of " + image, Arguments{"-f", image})}) {
    Command command{.argv = {"rpm", "-q", "--changelog"},
                    .environment = {{"LC_ALL", "C"}},
                    .timeout = std::chrono::seconds(20),
                    .output_limit = kMostText};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    const auto finished = run(command);
    if (!finished || finished->status != 0) continue;
    KernelChangelog changelog = parse_rpm_changelog(finished->out);
    changelog.source = "rpm's changelog of " + asked;
    changelog.version = release;
    return changelog;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> debian_version_of(std::string_view proc_version) {
  constexpr std::string_view kWord = " Debian ";
  const std::size_t at = proc_version.rfind(kWord);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view version = proc_version.substr(at + kWord.size());
  version = version.substr(0, version.find_first_of(" \n"));
  if (!is_package_word(version) || !is_digit(version.front())) return std::nullopt;
  return std::string(version);
}

std::optional<KernelChangelog> parse_debian_changelog(std::string_view text, std::string_view version) {
  auto named = cves_closed_in(text, version);
  if (!named) return std::nullopt;
  return KernelChangelog{.source = {}, .version = std::string(version), .named = std::move(*named)};
}

KernelChangelog parse_rpm_changelog(std::string_view text) {
  KernelChangelog changelog;
  std::string entry;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (const auto head = read_rpm_head(line)) entry = *head;
    for_each_cve_id(line, [&](std::string_view cve) { changelog.named[std::string(cve)] = entry; });
  }
  return changelog;
}

std::optional<KernelChangelog> read_kernel_changelog(const ChangelogPlaces& places,
                                                     const std::string& release) {
  // It becomes part of a path and of a package's name.
  if (!is_package_word(release)) return std::nullopt;
  if (auto changelog = read_debian(places, release)) return changelog;
  return read_rpm(release);
}

Result<std::string> gunzip(ByteView packed, std::size_t limit) {
  const auto broken = [](std::string why) {
    return fail("agent.changelog", "unpack a changelog", std::move(why));
  };
  constexpr int kGzip = 16 + MAX_WBITS;
  z_stream stream{};
  if (packed.size() > UINT32_MAX || ::inflateInit2(&stream, kGzip) != Z_OK) return broken("out of memory");
  const std::unique_ptr<z_stream, decltype(&::inflateEnd)> end(&stream, &::inflateEnd);
  stream.next_in = const_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string text;
  std::array<char, 64u << 10> piece;
  for (int status = Z_OK; status != Z_STREAM_END;) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    status = ::inflate(&stream, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END) return broken("it is not whole, or not made by gzip");
    text.append(piece.data(), piece.size() - stream.avail_out);
    if (text.size() > limit) return broken("it is larger than any changelog");
  }
  return text;
}

}  // namespace suture
