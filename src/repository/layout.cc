// SPDX-License-Identifier: Apache-2.0
#include "repository/layout.h"

#include <fmt/format.h>

#include <algorithm>

namespace suture {
namespace {

bool is_stream_name(std::string_view text) {
  return !text.empty() && text.size() <= 32 && text.front() != '.' && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

bool is_file_name(std::string_view text) {
  return !text.empty() && text.size() <= 120 && text.front() != '.' &&
         std::ranges::all_of(text,
                             [](unsigned char c) { return c > ' ' && c != '/' && c != '\\' && c < 0x7f; });
}

bool is_build_id(std::string_view text) {
  return text.size() >= 8 && text.size() <= 128 &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

Result<void> check_stream(const Stream& stream) {
  if (!is_stream_name(stream.channel)) {
    return fail("repository.bad-channel", "name the channel \"" + stream.channel + "\"",
                "a channel has up to 32 lower-case letters, digits, dots, dashes and underscores",
                "For example: stable");
  }
  if (!is_stream_name(stream.distribution)) {
    return fail("repository.bad-distribution", "name the distribution \"" + stream.distribution + "\"",
                "it has up to 32 lower-case letters, digits, dots, dashes and underscores, as ID in "
                "/etc/os-release",
                "For example: debian");
  }
  return {};
}

Result<void> check_payload_place(std::string_view build_id, std::uint32_t level, std::string_view file) {
  if (level == 0 || level > kHighestLevel) {
    return fail("repository.bad-level", "name level " + std::to_string(level),
                "levels go from 1 to " + std::to_string(kHighestLevel));
  }
  if (!is_build_id(build_id)) {
    return fail("repository.malformed", "name the kernel \"" + std::string(build_id) + "\"",
                "a build-id has 8 to 128 lower-case hexadecimal digits");
  }
  if (!is_file_name(file)) {
    return fail("repository.malformed", "name the file \"" + std::string(file) + "\"",
                "it is not a plain name");
  }
  return {};
}

std::string stream_role(const Stream& stream) {
  return stream.channel + "~" + stream.distribution;
}

std::string bin_role(const Stream& stream, unsigned bin, unsigned bins) {
  unsigned digits = 1;
  while ((1u << (4 * digits)) < bins) digits++;
  return fmt::format("{}~{:0{}x}", stream_role(stream), bin, digits);
}

Result<Stream> stream_of_role(std::string_view role) {
  const std::size_t tilde = role.find('~');
  Stream stream;
  if (tilde != std::string_view::npos) {
    stream.channel = role.substr(0, tilde);
    stream.distribution = role.substr(tilde + 1, role.find('~', tilde + 1) - tilde - 1);
  }
  if (check_stream(stream)) return stream;
  return fail("repository.bad-role", "find the stream of the role " + std::string(role),
              "its name is not of the form CHANNEL~DISTRIBUTION");
}

std::string stream_pattern(const Stream& stream) {
  return fmt::format("{}/{}/*/{}", stream.channel, stream.distribution, kCatalogName);
}

std::string catalog_path(const Stream& stream, std::string_view build_id) {
  return fmt::format("{}/{}/{}/{}", stream.channel, stream.distribution, build_id, kCatalogName);
}

std::string stored_path(std::string_view target_path, std::string_view sha256) {
  const std::size_t slash = target_path.rfind('/');
  const std::size_t name = slash == std::string_view::npos ? 0 : slash + 1;
  return fmt::format("targets/{}{}.{}", target_path.substr(0, name), sha256, target_path.substr(name));
}

std::string payload_path(std::string_view build_id, std::uint32_t level, std::string_view sha256,
                         std::string_view file) {
  return fmt::format("patchsets/{}/{}/{}.{}", build_id, level_text(level), sha256, file);
}

std::string level_text(std::uint32_t level) {
  return fmt::format("{:06}", level);
}

}  // namespace suture
