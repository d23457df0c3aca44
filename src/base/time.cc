// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace suture {

Time wall_clock() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::string time_text(Time time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(time.time_since_epoch().count()));
}

Result<Time> parse_time(std::string_view text) {
  namespace ch = std::chrono;
  constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:ddZ";
  const auto fits = [](char c, char form) { return form == 'd' ? (c >= '0' && c <= '9') : c == form; };
  const auto bad = [] {
    return fail("time.malformed", "read a time", "it is not of the form 2026-11-24T10:00:00Z");
  };
  if (text.size() != kForm.size() || !std::ranges::equal(text, kForm, fits)) return bad();
  const auto number = [&](std::size_t at, std::size_t digits) {
    int value = 0;
    std::from_chars(text.data() + at, text.data() + at + digits, value);
    return value;
  };
  const ch::year_month_day date(ch::year(number(0, 4)), ch::month(static_cast<unsigned>(number(5, 2))),
                                ch::day(static_cast<unsigned>(number(8, 2))));
  const int hour = number(11, 2);
  const int minute = number(14, 2);
  const int second = number(17, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return bad();
  return Time(ch::sys_days(date)) + ch::hours(hour) + ch::minutes(minute) + ch::seconds(second);
}

}  // namespace suture
