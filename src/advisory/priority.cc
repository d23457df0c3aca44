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
constexpr int kBuiltIn = 5;
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
    if (points <= 0) return;
    priority_.points = std::min(priority_.points + points, kMost);
    priority_.reasons.push_back({.points = points, .text = std::move(text)});
  }
  /// What people want to know beside the number.
  void remark(std::string text) { priority_.reasons.push_back({.points = 0, .text = std::move(text)}); }
  Priority take() {
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

}  // namespace

Priority priority_of(const Advisory& advisory, const Finding& finding, const Exposure& exposure) {
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
  if (exposure.hosts > 0) {
    const double part = static_cast<double>(exposure.hosts_with_code) / static_cast<double>(exposure.hosts);
    weigher.add(share(part, kBuiltIn),
                fmt::format("{} of {} hosts have the code loaded", exposure.hosts_with_code, exposure.hosts));
  } else if (std::ranges::any_of(finding.places,
                                 [](const CodePlace& place) { return place.object == "vmlinux"; })) {
    weigher.add(kBuiltIn, "it is built into the kernel");
  }
  if (finding.patchable) {
    if (std::string remark = remark_on(*finding.patchable); !remark.empty())
      weigher.remark(std::move(remark));
  }
  return weigher.take();
}

}  // namespace suture
