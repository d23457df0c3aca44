// SPDX-License-Identifier: Apache-2.0
#include "server/notify/metrics.h"

#include <spdlog/spdlog.h>

#include "base/file.h"
#include "base/json.h"

namespace suture::server {
namespace {

constexpr std::size_t kMostTimestamp = 64u << 10;

std::int64_t seconds(suture::Time time) {
  return time.time_since_epoch().count();
}

}  // namespace

// What the repository's owner has signed is no business of the server's but for this: clients refuse all of
// it from that day on.
std::optional<suture::Time> metadata_end(const std::filesystem::path& timestamp) {
  const auto text = read_text_file(timestamp, kMostTimestamp);
  if (!text) return std::nullopt;
  const auto json = parse_json(*text, "the repository's timestamp.json");
  if (!json || !json->is_object()) return std::nullopt;
  const auto part = json_object(*json, "signed");
  if (!part) return std::nullopt;
  const auto expires = json_string(**part, "expires");
  if (!expires) return std::nullopt;
  const auto time = parse_time(*expires);
  if (!time) return std::nullopt;
  return *time;
}

std::string Metrics::text(Store::Time now) {
  const auto fleet =
      sources_.knowledge == nullptr ? fleet_.text(now) : fleet_.text(now, *sources_.knowledge->now());
  if (!fleet) {
    spdlog::error("{}", fleet.error().message());
    counters_.database_failed();
  }
  MetricsText text;
  add_process(text);
  text.one("suture_server_database_up", "1 while the database answers.", fleet ? 1 : 0);
  counters_.write(text);
  return text.take() + fleet.value_or("");
}

void Metrics::add_process(MetricsText& text) const {
  text.one("suture_server_build_info", "The version of suture-server.", 1, {{"version", SUTURE_VERSION}});
  text.one("process_start_time_seconds", "When the server started.", seconds(started_));
  if (sources_.board != nullptr) {
    text.one("suture_server_waiting_hosts", "Hosts that hold a request open and wait for a call.",
             static_cast<std::int64_t>(sources_.board->waiting()));
  }
  if (sources_.certificate_end) {
    text.one("suture_server_certificate_expiry_timestamp_seconds", "When the TLS certificate expires.",
             seconds(sources_.certificate_end()));
  }
  if (const auto end = metadata_end(sources_.timestamp)) {
    text.one("suture_repository_metadata_expiry_timestamp_seconds",
             "When the repository's metadata expire, unless its owner renews them.", seconds(*end));
  }
}

}  // namespace suture::server
