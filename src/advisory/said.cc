// SPDX-License-Identifier: Apache-2.0
#include "advisory/said.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/debian_version.h"

namespace suture {
namespace {

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

/// "Debian:12" for a Debian target.
bool is_of_distribution(std::string_view ecosystem, std::string_view distribution) {
  return same_word(ecosystem.substr(0, ecosystem.find(':')), distribution);
}

class Listener {
 public:
  Listener(const TargetFacts& target, Said& said) : target_(target), said_(said) {}

  void hear(const SourcedVoice& sourced) {
    AffectedProduct kernel;
    for (const AffectedProduct& product : sourced.voice.products) {
      if (same_word(product.ecosystem, "kernel.org") && same_word(product.name, "linux")) {
        kernel.affected_by_default |= product.affected_by_default;
        kernel.ranges.insert(kernel.ranges.end(), product.ranges.begin(), product.ranges.end());
      }
      if (is_of_distribution(product.ecosystem, target_.id.distribution) &&
          product.name == target_.source_package)
        hear_distribution(product, sourced.source);
    }
    hear_kernel(kernel, sourced.source);
  }

  void hear_changelog(const std::string& cve) {
    const auto named = target_.changelog.find(cve);
    if (named == target_.changelog.end()) return;
    add(Evidence::Kind::kChangelog, Standing::kFixed,
        "the package's changelog names it in the entry of " + named->second, {});
  }

 private:
  void add(Evidence::Kind kind, Standing standing, std::string text, const std::string& by) {
    said_.evidence.push_back({.kind = kind,
                              .speaks_for = standing,
                              .text = std::move(text),
                              .file = {},
                              .line = 0,
                              .function = {},
                              .by = by});
  }

  std::string upstream() const {
    return fmt::format("{}.{}.{}", target_.upstream.numbers[0], target_.upstream.numbers[1],
                       target_.upstream.numbers[2]);
  }

  /// The kernel's records have two parts: one is affected by default, from the version on that brought the
  /// hole; its ranges that are not begin with the first fixed version of a series. The other names what older
  /// series are affected, since the change that brought the hole was put into them as well.
  void hear_kernel(const AffectedProduct& product, const std::string& by) {
    bool named = false;
    bool speaks = product.affected_by_default;
    const AffectedRange* fixed = nullptr;
    const AffectedRange* before = nullptr;
    for (const AffectedRange& range : product.ranges) {
      if (range.order != VersionOrder::kKernel) continue;
      speaks = true;
      if (is_in_range(target_.upstream, range) != true) continue;
      if (range.affected) {
        named = true;
      } else if (range.introduced.empty() || range.introduced == "0") {
        before = &range;
      } else {
        fixed = &range;
      }
    }
    if (!speaks) return;
    if (fixed != nullptr) {
      add(Evidence::Kind::kVersion, Standing::kFixed,
          fmt::format("Linux {} is at or behind {}, which has the fix", upstream(), fixed->introduced), by);
    } else if (before != nullptr && !named) {
      said_.not_yet_introduced = true;
      add(Evidence::Kind::kVersion, Standing::kNotAffected,
          fmt::format("Linux {} is before {}, which brought the hole", upstream(),
                      before->fixed.empty() ? before->last : before->fixed),
          by);
    } else if (named || product.affected_by_default) {
      add(Evidence::Kind::kVersion, Standing::kAffected,
          fmt::format("Linux {} is in no range of versions that have the fix", upstream()), by);
    } else {
      // Ranges of versions that are affected, and this one is in none.
      add(Evidence::Kind::kVersion, Standing::kNotAffected,
          fmt::format("Linux {} is in no range of versions that have the hole", upstream()), by);
    }
  }

  /// A distribution keeps a kernel of one series for each of its releases: so that of a range tells which
  /// release it is about.
  bool is_of_this_release(std::string_view version) const {
    const std::optional<KernelVersion> parsed = parse_kernel_version(version.substr(version.find(':') + 1));
    return parsed && series_of(*parsed) == series_of(target_.upstream);
  }

  void hear_distribution(const AffectedProduct& product, const std::string& by) {
    for (const AffectedRange& range : product.ranges) {
      if (range.order != VersionOrder::kDebian || !range.affected || range.fixed.empty()) continue;
      if (!is_of_this_release(range.fixed)) continue;
      const bool has = compare_debian_versions(target_.id.version, range.fixed) >= 0;
      add(Evidence::Kind::kVersion, has ? Standing::kFixed : Standing::kAffected,
          fmt::format("{} {} is {} {}, which is said to have the fix", product.name, target_.id.version,
                      has ? "at or behind" : "before", range.fixed),
          by);
    }
  }

  const TargetFacts& target_;
  Said& said_;
};

}  // namespace

Standing Said::standing() const {
  const bool affected = any(Standing::kAffected);
  const bool fixed = any(Standing::kFixed);
  const bool never = any(Standing::kNotAffected);
  if (affected) return fixed || never ? Standing::kUnderInvestigation : Standing::kAffected;
  if (fixed) return Standing::kFixed;
  return never ? Standing::kNotAffected : Standing::kUnderInvestigation;
}

bool Said::any(Standing standing) const {
  return first(standing) != nullptr;
}

const Evidence* Said::first(Standing standing) const {
  const auto found = std::ranges::find(evidence, standing, &Evidence::speaks_for);
  return found == evidence.end() ? nullptr : &*found;
}

Said said_of(const Advisory& advisory, const TargetFacts& target) {
  Said said;
  Listener listener(target, said);
  for (const SourcedVoice& voice : advisory.voices) listener.hear(voice);
  listener.hear_changelog(advisory.cve);
  return said;
}

}  // namespace suture
