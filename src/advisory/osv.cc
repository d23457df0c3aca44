// SPDX-License-Identifier: Apache-2.0
#include "advisory/osv.h"

#include <algorithm>
#include <array>

#include "advisory/cvss_score.h"
#include "advisory/record.h"
#include "base/cve_id.h"

namespace suture {
namespace {

constexpr std::size_t kMostCves = 4096;
/// Of all voices of a record: each says all of it. An update of SUSE's kernel comes to some ten megabytes.
constexpr std::size_t kMostSaid = 128u << 20;

/// "CVE-2026-46234" of "DEBIAN-CVE-2026-46234" and "UBUNTU-CVE-2026-46234" too.
std::string_view cve_of(std::string_view id) {
  const std::size_t at = id.find("CVE-");
  if (at == std::string_view::npos || (at > 0 && id[at - 1] != '-')) return {};
  return is_cve_id(id.substr(at)) ? id.substr(at) : std::string_view{};
}

std::vector<std::string> cves_of(JsonView root) {
  std::vector<std::string> cves;
  UniqueList unique(cves);
  const std::string_view id = root["id"].text();
  if (is_cve_id(id)) return {std::string(id)};
  for (const char* key : {"aliases", "upstream"}) {
    for (const JsonView other : root[key].elements()) {
      if (cves.size() < kMostCves && is_cve_id(other.text())) unique.add(other.text());
    }
    if (!cves.empty()) return cves;
  }
  if (!cve_of(id).empty()) return {std::string(cve_of(id))};
  for (const JsonView other : root["related"].elements()) {
    if (cves.size() < kMostCves && is_cve_id(other.text())) unique.add(other.text());
  }
  return cves;
}

/// By the names of https://ossf.github.io/osv-schema/#defined-ecosystems; a release follows a colon.
VersionOrder order_of(std::string_view ecosystem) {
  ecosystem = ecosystem.substr(0, ecosystem.find(':'));
  constexpr std::array<std::string_view, 3> kDebian{"Debian", "Ubuntu", "Echo"};
  constexpr std::array<std::string_view, 9> kRpm{"AlmaLinux", "Azure Linux", "Mageia",
                                                 "Photon OS", "Red Hat",     "Rocky Linux",
                                                 "SUSE",      "openEuler",   "openSUSE"};
  if (ecosystem == "Linux") return VersionOrder::kKernel;
  if (std::ranges::find(kDebian, ecosystem) != kDebian.end()) return VersionOrder::kDebian;
  if (std::ranges::find(kRpm, ecosystem) != kRpm.end()) return VersionOrder::kRpm;
  return VersionOrder::kOther;
}

bool is_kernel_repository(std::string_view url) {
  return url.find("git.kernel.org/") != std::string_view::npos &&
         (url.ends_with("/linux.git") || url.ends_with("/linux"));
}

/// About how much memory it takes.
std::size_t size_of(const Voice& voice) {
  std::size_t size = sizeof(Voice) + voice.title.size() + voice.description.size();
  for (const AffectedProduct& product : voice.products) {
    size += sizeof(product) + product.ecosystem.size() + product.name.size();
    for (const AffectedRange& range : product.ranges) {
      size += sizeof(range) + range.introduced.size() + range.fixed.size() + range.last.size();
    }
  }
  for (const std::string& reference : voice.references) size += sizeof(std::string) + reference.size();
  return size + voice.fix_commits.size() * 100;
}

class RecordReader {
 public:
  RecordReader(JsonView root, std::string_view name) : root_(root), name_(name) {}

  Result<Voice> read() const {
    const auto id = exact_name(root_["id"].text());
    const auto modified = exact_name(root_["modified"].text());
    if (!id || id->empty() || !modified) return bad_record(name_, "it has no id");
    Voice voice{.record = *id, .modified = *modified};
    voice.withdrawn = !root_["withdrawn"].text().empty();
    voice.title = shown_line(root_["summary"].text(), kMostTitle);
    voice.description = shown_text(root_["details"].text(), kMostDescription);
    read_severities(root_["severity"], voice);
    UniqueList commits(voice.fix_commits);
    UniqueList references(voice.references);
    for (const JsonView affected : root_["affected"].elements()) {
      TRY(add_products(affected, voice, commits));
      if (voice.products.size() > kMostProducts) return bad_record(name_, "it has too many products");
      if (!root_["severity"]) read_severities(affected["severity"], voice);
    }
    for (const JsonView reference : root_["references"].elements()) {
      const std::string_view url = reference["url"].text();
      if (is_url(url) && voice.references.size() < kMostReferences) references.add(url);
      const bool fix = reference["type"].text() == "FIX" && !commit_of_url(url).empty();
      if (fix) commits.add(commit_of_url(url));
      if (voice.fix_commits.size() > kMostCommits) return bad_record(name_, "it has too many commits");
    }
    return voice;
  }

 private:
  static void read_severities(JsonView severities, Voice& voice) {
    for (const JsonView severity : severities.elements()) {
      const std::string_view vector = severity["score"].text();
      prefer(voice.cvss, cvss_of(vector, cvss3_base_score(vector)));
    }
  }

  /// A package, and where git ranges name a repository, a product of that: commits are not the package's
  /// versions.
  Result<void> add_products(JsonView affected, Voice& voice, UniqueList& commits) const {
    const JsonView package = affected["package"];
    AffectedProduct product{.ecosystem = shown_line(package["ecosystem"].text(), kMostName),
                            .name = shown_line(package["name"].text(), kMostName)};
    AffectedProduct repository{.ecosystem = "git"};
    const VersionOrder order = order_of(product.ecosystem);
    for (const JsonView range : affected["ranges"].elements()) {
      const bool git = range["type"].text() == "GIT";
      if (git) name_repository(range["repo"].text(), repository);
      std::vector<AffectedRange>& ranges = git ? repository.ranges : product.ranges;
      TRY(add_ranges(range["events"], git ? VersionOrder::kGit : order, ranges));
    }
    if (product.ranges.empty()) TRY(add_versions(affected["versions"], order, product.ranges));
    for (const AffectedRange& range : repository.ranges) {
      if (is_commit(range.fixed)) commits.add(range.fixed);
      if (voice.fix_commits.size() > kMostCommits) return bad_record(name_, "it has too many commits");
    }
    if (package) voice.products.push_back(std::move(product));
    if (!repository.ranges.empty()) voice.products.push_back(std::move(repository));
    return {};
  }

  static void name_repository(std::string_view url, AffectedProduct& repository) {
    if (is_kernel_repository(url)) {
      repository.ecosystem = "kernel.org";
      repository.name = "Linux";
    } else {
      repository.name = shown_line(url, kMostName);
    }
  }

  Result<std::string> version(std::string_view text) const {
    auto whole = exact_name(text);
    if (!whole || whole->empty()) return bad_record(name_, "a version in it is too long, or no version");
    return std::move(*whole);
  }

  /// Events in their order. In a history that branches several fixes end what one commit began.
  Result<void> add_ranges(JsonView events, VersionOrder order, std::vector<AffectedRange>& ranges) const {
    const std::vector<JsonView> all = events.elements();
    const auto begins = [](JsonView event) { return static_cast<bool>(event["introduced"]); };
    if (std::ranges::none_of(all, begins)) return bad_record(name_, "a range in it has no beginning");
    std::string introduced;
    bool begun = false;
    bool ended = true;
    // The order is not prescribed: with one beginning, it is that of all ends.
    if (std::ranges::count_if(all, begins) == 1) {
      introduced = TRY(begin((*std::ranges::find_if(all, begins))["introduced"]));
      begun = true;
      ended = false;
    }
    const bool one = begun;
    for (const JsonView event : all) {
      if (ranges.size() > kMostRanges) return bad_record(name_, "it has too many ranges of versions");
      if (begins(event)) {
        if (one) continue;
        if (begun && !ended) ranges.push_back({.order = order, .introduced = introduced});
        introduced = TRY(begin(event["introduced"]));
        begun = true;
        ended = false;
        continue;
      }
      AffectedRange range{.order = order, .introduced = introduced};
      if (event["fixed"]) {
        range.fixed = TRY(version(event["fixed"].text()));
      } else if (event["last_affected"]) {
        range.last = TRY(version(event["last_affected"].text()));
      } else {
        continue;  // "limit" bounds what an evaluation enumerates, not what is affected
      }
      if (!begun) return bad_record(name_, "a range in it ends before it begins");
      ranges.push_back(std::move(range));
      ended = true;
    }
    if (begun && !ended) ranges.push_back({.order = order, .introduced = introduced});
    return {};
  }

  /// "0" is before all.
  Result<std::string> begin(JsonView introduced) const {
    std::string first = TRY(version(introduced.text()));
    return first == "0" ? std::string() : first;
  }

  Result<void> add_versions(JsonView versions, VersionOrder order, std::vector<AffectedRange>& ranges) const {
    for (const JsonView item : versions.elements()) {
      if (ranges.size() > kMostRanges) return bad_record(name_, "it has too many versions");
      const std::string one = TRY(version(item.text()));
      ranges.push_back({.order = order, .introduced = one, .last = one});
    }
    return {};
  }

  JsonView root_;
  std::string_view name_;
};

}  // namespace

Result<std::vector<Voice>> read_osv_record(JsonView root, std::string_view name) {
  if (!root.is_object() || !root["id"]) return bad_record(name, "it is no OSV record");
  const Voice told = TRY(RecordReader(root, name).read());
  const std::vector<std::string> cves = cves_of(root);
  if (cves.size() * size_of(told) > kMostSaid) {
    return bad_record(name, "it says too much of too many vulnerabilities");
  }
  std::vector<Voice> voices;
  for (const std::string& cve : cves) {
    voices.push_back(told);
    voices.back().cve = cve;
  }
  return voices;
}

}  // namespace suture
