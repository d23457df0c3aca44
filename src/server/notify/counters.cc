// SPDX-License-Identifier: Apache-2.0
#include "server/notify/counters.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "server/fleet/report_api.h"
#include "server/fleet/wake_api.h"
#include "server/routes.h"

namespace suture::server {
namespace {

using Kind = MetricsText::Kind;

/// The last one when it is not in the list.
template <class List, class T>
std::size_t place_of(const List& list, const T& wanted) {
  const auto place = static_cast<std::size_t>(std::ranges::find(list, wanted) - list.begin());
  return std::min(place, list.size() - 1);
}

struct RouteName {
  std::string_view method = "any";
  std::string_view path = "none";
};

RouteName name_of(std::size_t route) {
  const auto all = routes();
  return route < all.size() ? RouteName{all[route].method, all[route].path} : RouteName{};
}

}  // namespace

Counters::Counters() : routes_(routes().size() + 1) {}

void Counters::answered(const Response& response, std::chrono::nanoseconds took) {
  const auto all = routes();
  const Route* route = response.route;
  const auto index = route == nullptr ? all.size() : static_cast<std::size_t>(route - all.data());
  OfRoute& of = routes_[index];
  add(of.by_status[place_of(kStatuses, response.status)]);
  if (response.code.starts_with("store.")) database_failed();
  if (route != nullptr && route->handler == take_report) reported(response.code);
  if (route != nullptr && route->handler == show_word) return;
  const double seconds = std::chrono::duration<double>(took).count();
  const auto bucket = std::ranges::lower_bound(kBuckets, seconds) - kBuckets.begin();
  add(of.times[static_cast<std::size_t>(bucket)]);
  add(of.nanoseconds, static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0)));
}

void Counters::reported(std::string_view code) {
  add(reports_[code.empty() ? 0 : place_of(kReports, code)]);
}

void Counters::delivered(Way way, bool sent) {
  add(deliveries_[way == Way::kMail ? 0 : 1][sent ? 1 : 0]);
}

void Counters::write(MetricsText& text) const {
  write_requests(text);
  write_times(text);
  write_reports(text);
  write_deliveries(text);
  text.counter("suture_server_database_errors_total",
               "Requests and pieces of background work that failed for the database.",
               value(database_errors_));
  text.counter("suture_server_connections_refused_total",
               "Connections that were refused because too many were open.", value(turned_away_));
}

// Only what was ever asked for, so that a table of sixty routes does not make a thousand lines of zeros.
void Counters::write_requests(MetricsText& text) const {
  text.metric("suture_server_requests_total", "Requests answered, by route and status; 0: another one.",
              Kind::kCounter);
  for (std::size_t route = 0; route < routes_.size(); ++route) {
    const auto [method, path] = name_of(route);
    for (std::size_t status = 0; status < kStatuses.size(); ++status) {
      const auto count = value(routes_[route].by_status[status]);
      if (count == 0) continue;
      text.sample(count,
                  {{"route", path}, {"method", method}, {"status", std::to_string(kStatuses.at(status))}});
    }
  }
}

void Counters::write_times(MetricsText& text) const {
  text.metric("suture_server_request_duration_seconds",
              "From a whole request to its answer, without what is waited for on purpose.", Kind::kHistogram);
  for (std::size_t route = 0; route < routes_.size(); ++route) {
    const OfRoute& of = routes_[route];
    const auto [method, path] = name_of(route);
    std::int64_t sum = 0;
    for (const Number& number : of.times) sum += value(number);
    if (sum == 0) continue;
    std::int64_t below = 0;
    for (std::size_t bucket = 0; bucket < kBuckets.size(); ++bucket) {
      below += value(of.times[bucket]);
      text.part("_bucket", below,
                {{"route", path}, {"method", method}, {"le", fmt::format("{}", kBuckets.at(bucket))}});
    }
    below += value(of.times.back());
    text.part("_bucket", below, {{"route", path}, {"method", method}, {"le", "+Inf"}});
    text.part_seconds("_sum", static_cast<double>(value(of.nanoseconds)) / 1e9,
                      {{"route", path}, {"method", method}});
    text.part("_count", below, {{"route", path}, {"method", method}});
  }
}

void Counters::write_reports(MetricsText& text) const {
  text.metric("suture_server_reports_total", "Reports of hosts: taken, or refused for a reason.",
              Kind::kCounter);
  for (std::size_t i = 0; i < kReports.size(); ++i) {
    text.sample(value(reports_.at(i)), {{"result", kReports.at(i)}});
  }
}

void Counters::write_deliveries(MetricsText& text) const {
  text.metric("suture_server_notifications_total", "Tries to deliver a message.", Kind::kCounter);
  for (const std::size_t way : {0u, 1u}) {
    for (const std::size_t sent : {1u, 0u}) {
      text.sample(value(deliveries_.at(way).at(sent)),
                  {{"way", name_of(way == 0 ? Way::kMail : Way::kWebhook)},
                   {"result", sent == 1 ? "sent" : "failed"}});
    }
  }
}

}  // namespace suture::server
