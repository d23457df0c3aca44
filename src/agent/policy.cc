// SPDX-License-Identifier: Apache-2.0
#include "agent/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ranges>

#include "base/duration.h"

namespace suture {
namespace {

constexpr int kDay = 24 * 60;
constexpr unsigned kEveryDay = 0x7f;
constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

std::unexpected<Error> wrong(std::string_view text, const char* form) {
  return fail("agent.config", "read \"" + std::string(text) + "\"",
              std::string("it is not of the form ") + form, "See suture-agent.toml(5).");
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

std::vector<std::string_view> parts(std::string_view text, char separator) {
  std::vector<std::string_view> all;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    all.push_back(trimmed(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return all;
}

std::optional<unsigned> number(std::string_view text) {
  unsigned value = 0;
  const auto [rest, problem] = std::from_chars(text.begin(), text.end(), value);
  if (text.empty() || problem != std::errc() || rest != text.end()) return std::nullopt;
  return value;
}

/// "02:00", in minutes.
std::optional<int> clock_time(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hours = number(text.substr(0, 2));
  const auto minutes = number(text.substr(3));
  if (!hours || !minutes || *minutes > 59 || *hours > 24 || (*hours == 24 && *minutes > 0))
    return std::nullopt;
  return static_cast<int>(*hours * 60 + *minutes);
}

/// "Mon-Fri", "Sat", in bits.
std::optional<unsigned> days(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = std::ranges::find(kDays, text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : std::ranges::find(kDays, text.substr(dash + 1));
  if (first == kDays.end() || last == kDays.end()) return std::nullopt;
  unsigned bits = 0;
  for (auto day = first - kDays.begin();; day = (day + 1) % 7) {
    bits |= 1u << day;
    if (day == last - kDays.begin()) return bits;
  }
}

Result<Window> parse_window(std::string_view text) {
  constexpr const char* kForm = "Mon-Fri 02:00-04:00";
  const std::size_t space = text.find(' ');
  const auto which = space == std::string_view::npos ? kEveryDay : days(text.substr(0, space));
  const std::string_view span = space == std::string_view::npos ? text : trimmed(text.substr(space));
  const std::size_t dash = span.find('-');
  const auto from = clock_time(span.substr(0, dash));
  const auto to = dash == std::string_view::npos ? std::nullopt : clock_time(span.substr(dash + 1));
  if (!which || !from || !to || *from == kDay || *to == 0) return wrong(text, kForm);
  return Window{.days = *which, .from = *from, .to = *to};
}

bool allows(const InstallPolicy& policy, const AvailablePatchset& patchset) {
  if (patchset.withdrawn || (policy.highest && patchset.level > *policy.highest)) return false;
  return std::ranges::none_of(policy.blocked, [&](const std::string& one) {
    return one == std::to_string(patchset.level) ||
           std::ranges::find(patchset.cves, one) != patchset.cves.end();
  });
}

/// One whose time nobody can read is not old enough.
bool is_old_enough(const InstallPolicy& policy, const AvailablePatchset& patchset, Time now) {
  const auto published = parse_time(patchset.published);
  return policy.delay.count() == 0 || (published && *published + policy.delay <= now);
}

bool is_planned(const InstallPolicy& policy, std::uint32_t level) {
  return !policy.plan || level <= policy.plan->level;
}

bool is_urgent(const InstallPolicy& policy) {
  return policy.plan && policy.plan->urgent;
}

/// Where the channel has dropped all levels that the plan allows, it takes the plan's word to go without any.
/// Where it has some, and they were withdrawn or are not wanted here, none is what is left of the plan.
bool can_go_back(const InstallPolicy& policy, const Catalog& catalog) {
  return policy.plan->level == 0 ||
         (!catalog.levels.empty() && is_planned(policy, catalog.levels.front().level));
}

template <class Accepts>
const AvailablePatchset* highest(const Catalog& catalog, const Accepts& accepts) {
  for (const AvailablePatchset& patchset : catalog.levels | std::views::reverse) {
    if (accepts(patchset)) return &patchset;
  }
  return nullptr;
}

}  // namespace

Result<void> read_install_mode(std::string_view text, InstallPolicy& policy) {
  using enum InstallPolicy::Mode;
  policy.delay = {};
  policy.mode = text == "manual" ? kManual : text == "held" ? kHeld : kAutomatic;
  if (text == "automatic" || policy.mode != kAutomatic) return {};
  const auto delay = parse_duration(text);
  if (!delay) return wrong(text, "automatic, manual, held, or a delay such as 24h");
  policy.delay = *delay;
  return {};
}

Result<std::vector<Window>> parse_windows(std::string_view text) {
  std::vector<Window> windows;
  if (trimmed(text).empty()) return windows;
  for (const std::string_view part : parts(text, ',')) windows.push_back(TRY(parse_window(part)));
  return windows;
}

Result<std::vector<std::string>> parse_blocked(std::string_view text) {
  std::vector<std::string> blocked;
  if (trimmed(text).empty()) return blocked;
  for (const std::string_view part : parts(text, ',')) {
    if (!part.starts_with("CVE-") && !number(part)) return wrong(part, "CVE-2026-53249, or a level");
    blocked.emplace_back(part);
  }
  return blocked;
}

bool is_open(const std::vector<Window>& windows, const std::tm& local) {
  const int minute = local.tm_hour * 60 + local.tm_min;
  const auto on = [](const Window& window, int day) { return ((window.days >> ((day + 7) % 7)) & 1) != 0; };
  return windows.empty() || std::ranges::any_of(windows, [&](const Window& window) {
           if (window.from < window.to) {
             return on(window, local.tm_wday) && minute >= window.from && minute < window.to;
           }
           // It goes on after midnight; its day is that on which it began.
           return (on(window, local.tm_wday) && minute >= window.from) ||
                  (on(window, local.tm_wday - 1) && minute < window.to);
         });
}

Choice choose(const InstallPolicy& policy, const Catalog& catalog, std::uint32_t applied, Time now,
              const std::tm& local, Asked asked, const std::map<std::string, std::uint32_t>& quarantined) {
  using enum InstallPolicy::Mode;
  const auto allowed = [&](const AvailablePatchset& patchset) {
    const bool kept_away = asked != Asked::kByAdministrator && quarantined.contains(patchset.module.sha256);
    return !kept_away && allows(policy, patchset);
  };
  const auto planned = [&](const AvailablePatchset& patchset) {
    return allowed(patchset) && is_planned(policy, patchset.level);
  };
  Choice choice{.newest = highest(catalog, allowed)};
  if (asked == Asked::kToKnow) return choice;
  const AvailablePatchset* present = catalog.find(applied);
  const bool withdrawn = present != nullptr && present->withdrawn;
  const bool above = !is_planned(policy, applied);
  choice.plan_gone = above && !withdrawn && !can_go_back(policy, catalog);
  const bool must_leave = withdrawn || (above && !choice.plan_gone);
  if (asked == Asked::kByAdministrator) {
    choice.install = highest(catalog, planned);
    choice.leave = must_leave && choice.install == nullptr;
  } else if (policy.mode == kHeld) {
    choice.plan_gone = false;
    choice.waits = "install = \"held\"";
    return choice;
  } else if (policy.mode == kManual) {
    choice.waits = "install = \"manual\": `suture update` brings it";
  } else if (!is_open(policy.windows, local) && !is_urgent(policy)) {
    choice.waits = "until the next window";
  } else {
    choice.install = highest(catalog, [&](const AvailablePatchset& patchset) {
      return planned(patchset) && (above || is_urgent(policy) || is_old_enough(policy, patchset, now));
    });
    if (choice.install != highest(catalog, planned)) {
      choice.waits = fmt::format("until it has been in {} for {} h", catalog.stream.channel,
                                 policy.delay.count() / 3600);
    }
  }
  if (choice.install == nullptr && must_leave && !choice.leave) {
    choice.install = highest(catalog, [&](const AvailablePatchset& patchset) {
      return planned(patchset) && patchset.level < applied;
    });
    choice.leave = choice.install == nullptr;
  }
  // What keeps the newest away longest is told.
  if (choice.newest != nullptr && !is_planned(policy, choice.newest->level)) {
    choice.waits = text_of(*policy.plan);
  }
  return choice;
}

}  // namespace suture
