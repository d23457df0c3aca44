// SPDX-License-Identifier: Apache-2.0
#include "advisory/priority.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace suture {
namespace {

constexpr int kExploited = 50;
constexpr int kMostOfEpss = 20;
constexpr int kMostOfCvss = 20;
constexpr int kRemote = 10;
constexpr int kUnprivileged = 5;
constexpr int kThere = 5;  // the code is in the kernel that runs
constexpr int kByAnybody = 8;
constexpr int kByUserNamespace = 6;
constexpr int kByHardware = 2;
constexpr int kNowhere = -5;
constexpr int kBlockedEverywhere = -10;
constexpr int kMost = 100;

/// The highest of what voices give: they are few, and sorted by nobody.
template <typename Get>
auto highest(const Advisory& advisory, Get get) {
  decltype(get(advisory.voices.front().voice)) best{};
  for (const SourcedVoice& sourced : advisory.voices) {
    const auto value = get(sourced.voice);
    if (value && (!best || *best < *value)) best = value;
  }
  return best;
}

/// A metric of a CVSS vector: "AV:N".
bool has_metric(const Advisory& advisory, std::string_view metric) {
  return std::ranges::any_of(advisory.voices, [&](const SourcedVoice& sourced) {
    if (!sourced.voice.cvss) return false;
    const std::string vector = "/" + sourced.voice.cvss->vector + "/";
    return vector.find(fmt::format("/{}/", metric)) != std::string::npos;
  });
}

class Weigher {
 public:
  void add(int points, std::string text) {
    if (points > 0) tell(points, std::move(text));
  }
  /// Also what adds nothing, or takes away.
  void tell(int points, std::string text) {
    priority_.reasons.push_back({.points = points, .text = std::move(text)});
  }
  /// What people want to know beside the number.
  void remark(std::string text) { priority_.reasons.push_back({.points = 0, .text = std::move(text)}); }
  Priority take() {
    int sum = 0;
    for (const PriorityReason& reason : priority_.reasons) sum += reason.points;
    priority_.points = std::clamp(sum, 0, kMost);
    std::ranges::stable_sort(priority_.reasons, std::greater(), &PriorityReason::points);
    return std::move(priority_);
  }

 private:
  Priority priority_;
};

/// Whether it can be patched says who has to do what next, not how bad it is to leave it open: hence no
/// points.
std::string remark_on(const Patchable& patchable) {
  switch (patchable.answer) {
    case Patchable::Answer::kYes:
      return "it can be live patched: nothing need be restarted";
    case Patchable::Answer::kNotNeeded:
      return fmt::format("a build says that the fix has nothing to do here [{}]", patchable.code);
    case Patchable::Answer::kNeedsAuthor:
      return fmt::format("it can be live patched only when an author has written the fix anew [{}]",
                         patchable.code);
    case Patchable::Answer::kNo:
      return fmt::format("it cannot be live patched, so a restart has to be planned [{}]", patchable.code);
    case Patchable::Answer::kUnknown:
      break;
  }
  return {};
}

int share(double part, int most) {
  return static_cast<int>(std::lround(std::clamp(part, 0.0, 1.0) * most));
}

int points_of(Reach reach) {
  switch (reach) {
    case Reach::kAlways:
      return kThere;
    case Reach::kAnybody:
      return kByAnybody;
    case Reach::kUserNamespace:
      return kByUserNamespace;
    case Reach::kHardware:
      return kByHardware;
    case Reach::kRoot:
    case Reach::kNobody:
      break;
  }
  return 0;
}

/// Where hosts are known, it is their share that counts: of those that have the code loaded, and of those on
/// which a user without privileges can have it loaded. That a user can is worth more than that it is there,
/// for then it is known that users come near it.
PriorityReason weigh(const ObjectReach& object) {
  const auto reason = [&](int points, const std::string& text) {
    return PriorityReason{.points = points,
                          .text = object.reach == Reach::kAlways ? text : object.object + ": " + text};
  };
  if (object.hosts == 0 || object.reach == Reach::kAlways)
    return reason(points_of(object.reach), object.text);
  if (object.blocked == object.hosts) return reason(kBlockedEverywhere, object.on_hosts);
  const std::size_t there = object.loaded + object.unprivileged;
  if (there == 0) return reason(kNowhere, object.on_hosts);
  const double part = static_cast<double>(there) / static_cast<double>(object.hosts);
  return reason(share(part, std::max(points_of(object.reach), kThere)), object.on_hosts);
}

}  // namespace

Priority priority_of(const Advisory& advisory, const Finding& finding) {
  const bool may_be_open =
      finding.standing == Standing::kAffected || finding.standing == Standing::kUnderInvestigation;
  if (!may_be_open) return {};
  Weigher weigher;
  for (const SourcedVoice& sourced : advisory.voices) {
    if (!sourced.voice.exploited) continue;
    weigher.add(kExploited, fmt::format("{} says that it is exploited, since {}", sourced.source,
                                        sourced.voice.exploited->added));
    break;
  }
  const auto epss = highest(advisory, [](const Voice& voice) {
    return voice.epss ? std::optional(voice.epss->probability) : std::nullopt;
  });
  if (epss)
    weigher.add(share(*epss, kMostOfEpss), fmt::format("EPSS expects an exploit with {:.1f} %", *epss * 100));
  const auto cvss = highest(advisory, [](const Voice& voice) {
    return voice.cvss ? std::optional(voice.cvss->score) : std::nullopt;
  });
  if (cvss) weigher.add(share(*cvss / 10, kMostOfCvss), fmt::format("CVSS {:.1f}", *cvss));
  if (has_metric(advisory, "AV:N")) weigher.add(kRemote, "it is reached over the network");
  if (has_metric(advisory, "PR:N")) weigher.add(kUnprivileged, "it needs no privileges");
  std::vector<PriorityReason> reaches;
  for (const ObjectReach& object : finding.reach) reaches.push_back(weigh(object));
  if (const auto widest = std::ranges::max_element(reaches, {}, &PriorityReason::points);
      widest != reaches.end()) {
    weigher.tell(widest->points, widest->text);
  }
  if (finding.patchable) {
    if (std::string remark = remark_on(*finding.patchable); !remark.empty())
      weigher.remark(std::move(remark));
  }
  return weigher.take();
}

}  // namespace suture
