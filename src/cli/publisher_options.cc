// SPDX-License-Identifier: Apache-2.0
#include "cli/publisher_options.h"

#include <charconv>

namespace suture::cli {
namespace {

/// Ten years: what is signed for longer protects from nothing.
constexpr std::chrono::seconds kLongest = std::chrono::days(3660);

/// "12h", "30d", or a number of days.
Result<std::chrono::seconds> parse_duration(std::string_view text) {
  std::int64_t number = 0;
  const auto [rest, problem] = std::from_chars(text.begin(), text.end(), number);
  const std::string_view unit(rest, static_cast<std::size_t>(text.end() - rest));
  const bool known = unit.empty() || unit == "d" || unit == "h";
  if (problem != std::errc() || !known || number < 1 || number > kLongest / std::chrono::hours(1)) {
    return fail("publish.malformed-expiry", "read the duration \"" + std::string(text) + "\"",
                "it is not a number of days or hours", "For example 30d or 12h.");
  }
  const std::chrono::seconds span =
      unit == "h" ? std::chrono::hours(number) : std::chrono::hours(24 * number);
  if (span > kLongest) {
    return fail("publish.malformed-expiry", "read the duration \"" + std::string(text) + "\"",
                "it is longer than ten years");
  }
  return span;
}

Result<void> apply(Expiry& expiry, const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::string role = text.substr(0, equals);
  std::chrono::seconds* field = role == "root"        ? &expiry.root
                                : role == "targets"   ? &expiry.targets
                                : role == "snapshot"  ? &expiry.snapshot
                                : role == "timestamp" ? &expiry.timestamp
                                                      : nullptr;
  if (field == nullptr || equals == std::string::npos) {
    return fail("publish.malformed-expiry", "read --expires " + text,
                "it does not begin with root=, targets=, snapshot= or timestamp=",
                "For example --expires timestamp=2d.");
  }
  *field = TRY(parse_duration(std::string_view(text).substr(equals + 1)));
  return {};
}

}  // namespace

void add_publisher_options(CLI::App& command, PublisherOptions& options) {
  command.add_option("--keys", options.keys, "Folder of the signing keys, one ROLE.pem each")
      ->required()
      ->type_name("FOLDER");
  command
      .add_option("--expires", options.expiries,
                  "For how long metadata may be believed, in days or hours; may be repeated "
                  "(default: root=365d targets=90d snapshot=7d timestamp=1d)")
      ->type_name("ROLE=TIME");
}

Result<PublisherContext> publisher_context(const PublisherOptions& options) {
  Expiry expiry;
  for (const std::string& text : options.expiries) TRY(apply(expiry, text));
  return PublisherContext{options.repository, options.keys, expiry, TRY(publishing_time())};
}

Json to_json(const AvailablePatchset& patchset) {
  const auto file = [](const RemoteFile& remote) -> Json {
    return {{"path", remote.path}, {"sha256", remote.sha256}, {"length", remote.length}};
  };
  return {{"channel", patchset.channel},
          {"build_id", patchset.build_id},
          {"level", patchset.level},
          {"release", patchset.release},
          {"cves", patchset.cves},
          {"manifest", file(patchset.manifest)},
          {"module", file(patchset.module)},
          {"qualified", patchset.qualified()},
          {"statement", patchset.statement.path.empty() ? Json() : file(patchset.statement)}};
}

}  // namespace suture::cli
