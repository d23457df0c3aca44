// SPDX-License-Identifier: Apache-2.0
#include "audit/judge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>

#include "audit/module_stream.h"
#include "base/debian_version.h"
#include "base/rpm_version.h"

namespace suture {
namespace {

using Compare = std::strong_ordering (*)(std::string_view, std::string_view);

Compare order_of(PackageKind kind) {
  return kind == PackageKind::kDebian ? compare_debian_versions : compare_rpm_versions;
}

struct Said {
  Standing standing = Standing::kUnderInvestigation;
  std::string fixed{};
};

bool covers(const AffectedRange& range, std::string_view version, Compare compare) {
  if (!range.introduced.empty() && range.introduced != "0" && compare(version, range.introduced) < 0)
    return false;
  if (!range.fixed.empty() && compare(version, range.fixed) >= 0) return false;
  std::string_view last = range.last;
  if (last.empty() || last == "*") return true;
  if (!last.ends_with(".*")) return compare(version, last) <= 0;
  last.remove_suffix(1);
  return version.starts_with(last) || compare(version, last.substr(0, last.size() - 1)) < 0;
}

/// By the ranges alone, of those that can be compared; nothing where there are none.
std::optional<Said> by_ranges(const std::vector<const AffectedRange*>& ranges, std::string_view version,
                              Compare compare, bool affected_by_default) {
  if (ranges.empty()) return std::nullopt;
  bool fixed = false;
  for (const AffectedRange* range : ranges) {
    if (!range->affected && covers(*range, version, compare)) return Said{.standing = Standing::kNotAffected};
  }
  for (const AffectedRange* range : ranges) {
    if (!range->affected) continue;
    if (covers(*range, version, compare)) return Said{.standing = Standing::kAffected, .fixed = range->fixed};
    fixed |= !range->fixed.empty() && range->fixed != "0" && compare(version, range->fixed) >= 0;
  }
  if (affected_by_default) return Said{.standing = Standing::kAffected};
  return Said{.standing = fixed ? Standing::kFixed : Standing::kNotAffected};
}

/// By the conclusion that the source has drawn, where it names no versions.
std::optional<Said> by_statement(const AffectedProduct& product) {
  if (product.affected_by_default || product.status == "affected")
    return Said{.standing = Standing::kAffected};
  // Fixed, but in which version? That of the statement's product, which is not said here.
  if (product.status == "fixed" || product.status == "under_investigation")
    return Said{.standing = Standing::kUnderInvestigation};
  return std::nullopt;
}

/// The version that tells which release and stream a range is of.
std::string_view version_of(const AffectedRange& range) {
  if (!range.fixed.empty()) return range.fixed;
  return range.last.empty() ? std::string_view(range.introduced) : range.last;
}

/// Of a stream that may be another, nothing follows but a question.
std::optional<Said> as_question(std::optional<Said> said) {
  if (said && said->standing == Standing::kAffected) return Said{};
  return said;
}

std::optional<Said> of_package(const AffectedProduct& product, const InstalledPackage& package,
                               std::string_view version, PackageKind kind,
                               const InstalledDistribution& distribution) {
  const std::string_view stream =
      kind == PackageKind::kRpm ? stream_of_ecosystem(product.ecosystem) : std::string_view{};
  const SameStream told = same_stream(package, stream, {});
  if (told == SameStream::kNo) return std::nullopt;
  if (product.status == "not_affected") return Said{.standing = Standing::kNotAffected};
  const VersionOrder order = kind == PackageKind::kDebian ? VersionOrder::kDebian : VersionOrder::kRpm;
  std::vector<const AffectedRange*> ranges;
  std::vector<const AffectedRange*> uncertain;
  bool foreign = false;
  bool other = false;
  for (const AffectedRange& range : product.ranges) {
    const SameStream same =
        kind == PackageKind::kRpm ? same_stream(package, stream, version_of(range)) : SameStream::kYes;
    if (range.order != order) {
      foreign = true;
    } else if (same == SameStream::kNo || !is_version_of(range.fixed, distribution) ||
               !is_version_of(range.last, distribution)) {
      other = true;
    } else {
      (same == SameStream::kYes ? ranges : uncertain).push_back(&range);
    }
  }
  const Compare compare = order_of(kind);
  if (auto said = by_ranges(ranges, version, compare, product.affected_by_default)) return said;
  if (auto said = by_ranges(uncertain, version, compare, product.affected_by_default))
    return as_question(said);
  if (other) return std::nullopt;
  if (foreign) return Said{.standing = Standing::kUnderInvestigation};
  return told == SameStream::kNotTold ? as_question(by_statement(product)) : by_statement(product);
}

/// "1.1.1w": numbers between dots and at most a letter, which any order agrees on.
bool is_plain_version(std::string_view version) {
  if (!version.empty() && version.back() >= 'a' && version.back() <= 'z') version.remove_suffix(1);
  return !version.empty() && version.find_first_not_of("0123456789.") == version.npos &&
         version.front() != '.' && version.back() != '.';
}

std::optional<Said> of_upstream(const AffectedProduct& product, std::string_view version) {
  if (product.status == "not_affected") return Said{.standing = Standing::kNotAffected};
  std::vector<const AffectedRange*> ranges;
  for (const AffectedRange& range : product.ranges) {
    const auto plain = [](std::string_view text) {
      if (text.ends_with(".*")) text.remove_suffix(2);
      return text.empty() || text == "*" || is_plain_version(text);
    };
    if (range.order != VersionOrder::kGit && plain(range.introduced) && plain(range.fixed) &&
        plain(range.last))
      ranges.push_back(&range);
  }
  if (!is_plain_version(version)) return Said{};
  return by_ranges(ranges, version, compare_debian_versions, product.affected_by_default);
}

/// What the sources say, one beside the other.
class Collected {
 public:
  explicit Collected(Compare compare) : compare_(compare) {}

  void add(const std::string& source, const Said& said) {
    // The one with which all agree that it is closed.
    const bool later = fixed_.empty() || (!said.fixed.empty() && compare_(said.fixed, fixed_) > 0);
    if (said.standing == Standing::kAffected && later) fixed_ = said.fixed;
    auto& sources = sources_[static_cast<std::size_t>(said.standing)];
    if (std::ranges::find(sources, source) == sources.end()) sources.push_back(source);
  }

  std::optional<Judgement> judge(const std::string& subject) const {
    const auto& affected = said(Standing::kAffected);
    std::vector<std::string> closed = said(Standing::kFixed);
    closed.insert(closed.end(), said(Standing::kNotAffected).begin(), said(Standing::kNotAffected).end());
    Judgement judgement{.fixed = fixed_};
    if (!affected.empty() && !closed.empty()) {
      judgement.by = affected;
      judgement.by.insert(judgement.by.end(), closed.begin(), closed.end());
      judgement.reason = fmt::format("{} is affected according to {}, and not according to {}", subject,
                                     fmt::join(affected, ", "), fmt::join(closed, ", "));
    } else if (!affected.empty()) {
      judgement.standing = Standing::kAffected;
      judgement.by = affected;
      judgement.reason = fixed_.empty()
                             ? fmt::format("{} is affected, and no version is known to be fixed", subject)
                             : fmt::format("{} is older than {}, which has the fix", subject, fixed_);
    } else if (!closed.empty()) {
      judgement.standing = said(Standing::kFixed).empty() ? Standing::kNotAffected : Standing::kFixed;
      judgement.by = closed;
      judgement.reason = fmt::format(
          "{} {}", subject, judgement.standing == Standing::kFixed ? "has the fix" : "never had the hole");
    } else if (!said(Standing::kUnderInvestigation).empty()) {
      judgement.by = said(Standing::kUnderInvestigation);
      judgement.reason =
          fmt::format("{} does not say whether {} is affected", fmt::join(judgement.by, ", "), subject);
    } else {
      return std::nullopt;
    }
    return judgement;
  }

 private:
  const std::vector<std::string>& said(Standing standing) const {
    return sources_[static_cast<std::size_t>(standing)];
  }
  Compare compare_;
  std::vector<std::string> sources_[4];
  std::string fixed_;
};

/// Of one voice on one package, the worst: it names the same product in several streams and architectures.
std::optional<Said> worst(std::vector<Said> said) {
  constexpr auto rank = [](const Said& one) {
    switch (one.standing) {
      case Standing::kAffected:
        return 0;
      case Standing::kUnderInvestigation:
        return 1;
      case Standing::kFixed:
        return 2;
      case Standing::kNotAffected:
        return 3;
    }
    return 4;
  };
  if (said.empty()) return std::nullopt;
  return *std::ranges::min_element(said, {}, rank);
}

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
    return lower(x) == lower(y);
  });
}

}  // namespace

std::optional<Judgement> judge_package(const Advisory& advisory, const InstalledPackage& package,
                                       PackageKind kind, const InstalledDistribution& distribution) {
  Collected collected(order_of(kind));
  for (const SourcedVoice& one : advisory.voices) {
    if (one.voice.withdrawn) continue;
    std::vector<Said> said;
    std::vector<Said> of_minor_release;
    for (const AffectedProduct& product : one.voice.products) {
      const bool source = product.name == package.source;
      const std::string_view ecosystem = without_stream(product.ecosystem);
      if ((!source && product.name != package.name) || !is_about(ecosystem, distribution)) continue;
      const std::string& version = source ? package.source_version : package.version;
      if (auto single = of_package(product, package, version, kind, distribution))
        (names_minor_release(ecosystem) ? of_minor_release : said).push_back(*std::move(single));
    }
    // A release that is still cared for beside the newer ones gets the same fix in older versions.
    if (auto single = worst(std::move(of_minor_release.empty() ? said : of_minor_release)))
      collected.add(one.source, *single);
  }
  auto judgement = collected.judge(package.source + " " + package.source_version);
  if (judgement && judgement->standing == Standing::kAffected &&
      !is_vendor_of(package.vendor, distribution)) {
    judgement->standing = Standing::kUnderInvestigation;
    judgement->reason +=
        fmt::format(" in the distribution's package, and this one was built by {}", package.vendor);
  }
  return judgement;
}

std::optional<Judgement> judge_copy(const Advisory& advisory, std::span<const std::string> names,
                                    std::string_view version, const InstalledDistribution& distribution) {
  Collected collected(compare_debian_versions);
  std::optional<Judgement> raised;
  const std::string subject = fmt::format("{} {}", names.empty() ? "" : names[0], version);
  for (const SourcedVoice& one : advisory.voices) {
    if (one.voice.withdrawn) continue;
    std::vector<Said> said;
    for (const AffectedProduct& product : one.voice.products) {
      if (std::ranges::none_of(names, [&](const std::string& name) { return same_name(name, product.name); }))
        continue;
      if (!is_distribution(product.ecosystem)) {
        if (auto single = of_upstream(product, version)) said.push_back(*std::move(single));
        continue;
      }
      if (!is_about(product.ecosystem, distribution) || product.status == "not_affected") continue;
      for (const AffectedRange& range : product.ranges) {
        const std::string fixed = upstream_version(range.fixed);
        const bool open = range.affected && range.fixed.empty() && range.last.empty();
        const bool older = range.affected && is_plain_version(fixed) && is_plain_version(version) &&
                           compare_debian_versions(version, fixed) <= 0 && fixed != "0";
        if (!open && !older) continue;
        raised = Judgement{
            .reason = open ? subject + " may be affected: the distribution's package is, and has no fix"
                           : fmt::format("{} is not newer than the distribution's {}, which has the fix",
                                         subject, range.fixed),
            .by = {one.source}};
      }
    }
    if (auto single = worst(std::move(said))) collected.add(one.source, *single);
  }
  if (auto judgement = collected.judge(subject)) return judgement;
  return raised;
}

InstalledPackage with_plain_source(InstalledPackage package) {
  if (package.source.starts_with("linux-signed-")) {
    package.source = "linux";
    package.source_version = package.version;
  }
  return package;
}

std::string upstream_version(std::string_view version) {
  if (const std::size_t colon = version.find(':'); colon != version.npos) version.remove_prefix(colon + 1);
  version = version.substr(0, version.rfind('-'));
  return std::string(version.substr(0, version.find_first_of("+~")));
}

Urgency urgency_of(const Advisory& advisory) {
  Urgency urgency;
  for (const SourcedVoice& one : advisory.voices) {
    if (one.voice.cvss) urgency.score = std::max(urgency.score, one.voice.cvss->score);
    if (one.voice.epss) urgency.epss = std::max(urgency.epss, one.voice.epss->probability);
    urgency.exploited |= one.voice.exploited.has_value();
  }
  return urgency;
}

}  // namespace suture
