// SPDX-License-Identifier: Apache-2.0
#include "advisory/cve_record.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "advisory/record.h"
#include "base/cve_id.h"

namespace suture {
namespace {

constexpr std::string_view kKernelEcosystem = "kernel.org";

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) {
    return std::ranges::equal(text, word, [](unsigned char a, char b) { return std::tolower(a) == b; });
  });
}

/// CNAs other than the kernel's have named it in some ways.
bool is_kernel(JsonView affected) {
  return is_one_of(affected["product"].text(), {"linux", "linux kernel", "linux_kernel", "kernel"}) &&
         is_one_of(affected["vendor"].text(), {"linux", "linux kernel", "kernel.org", "kernel", "n/a"});
}

/// "6.1.170", "7.1-rc1", "5.10.*"; not "< 5.4" nor "RHEL 8", which CNAs write too.
bool is_kernel_version(std::string_view text) {
  const auto digits = [&] {
    const std::size_t count = std::min(text.size(), text.find_first_not_of("0123456789"));
    text.remove_prefix(count);
    return count > 0;
  };
  if (text == "*" || !digits()) return text == "*";
  while (text.starts_with('.')) {
    text.remove_prefix(1);
    if (text == "*") return true;
    if (!digits()) return false;
  }
  if (text.starts_with("-rc")) {
    text.remove_prefix(3);
    if (!digits()) return false;
  }
  return text.empty();
}

class AffectedReader {
 public:
  AffectedReader(JsonView affected, std::string_view name)
      : affected_(affected), name_(name), kernel_(is_kernel(affected)) {}

  Result<AffectedProduct> read() {
    AffectedProduct product;
    name_product(product);
    if (const auto standing = affected_["defaultStatus"].string()) {
      product.affected_by_default = TRY(status(*standing)) == Status::kAffected;
    }
    for (const JsonView version : affected_["versions"].elements()) {
      TRY(add_ranges(version, product.ranges));
      if (product.ranges.size() > kMostRanges) return bad_record(name_, "it has too many ranges of versions");
    }
    return product;
  }

  bool kernel() const { return kernel_; }

 private:
  enum class Status : std::uint8_t { kAffected, kUnaffected, kUnknown };

  Result<Status> status(std::string_view text) const {
    if (text == "affected") return Status::kAffected;
    if (text == "unaffected") return Status::kUnaffected;
    if (text == "unknown") return Status::kUnknown;
    return bad_record(name_, "\"" + shown_line(text, kMostName) + "\" is no status of a version");
  }

  void name_product(AffectedProduct& product) const {
    if (kernel_) {
      product.ecosystem = kKernelEcosystem;
      product.name = "Linux";
      return;
    }
    // A package in a collection is what can be looked up; vendor and product are for people.
    const std::string_view collection = affected_["collectionURL"].text();
    const std::string_view package = affected_["packageName"].text();
    const bool packaged = !collection.empty() && !package.empty();
    product.ecosystem = shown_line(packaged ? collection : affected_["vendor"].text(), kMostName);
    product.name = shown_line(packaged ? package : affected_["product"].text(), kMostName);
  }

  VersionOrder order_of(std::string_view type, std::string_view from, std::string_view to) const {
    if (type == "git") return VersionOrder::kGit;
    if (type == "rpm") return VersionOrder::kRpm;
    if (is_one_of(type, {"deb", "dpkg", "debian"})) return VersionOrder::kDebian;
    const bool whole = is_kernel_version(from) && (to.empty() || is_kernel_version(to));
    return kernel_ && whole ? VersionOrder::kKernel : VersionOrder::kOther;
  }

  Result<std::string> version(std::string_view text) const {
    auto whole = exact_name(text);
    if (!whole) return bad_record(name_, "a version in it is too long, or no version");
    return std::move(*whole);
  }

  /// A range, or several where `changes` cut it: [version, at of the first), [at of the first, …
  Result<void> add_ranges(JsonView entry, std::vector<AffectedRange>& ranges) const {
    const auto from = entry["version"].string();
    if (!from) return bad_record(name_, "a range in it has no version");
    const std::string_view below = entry["lessThan"].text();
    const std::string_view to = entry["lessThanOrEqual"].text();
    AffectedRange range{.order = order_of(entry["versionType"].text(), *from, below.empty() ? to : below),
                        .introduced = TRY(version(*from))};
    if (range.introduced == "0") range.introduced.clear();
    Status now = TRY(status(entry["status"].text()));
    for (const JsonView change : entry["changes"].elements()) {
      if (ranges.size() > kMostRanges) return bad_record(name_, "it has too many ranges of versions");
      range.fixed = TRY(version(change["at"].text()));
      if (range.fixed.empty()) return bad_record(name_, "a change of status in it has no version");
      add(range, now, ranges);
      now = TRY(status(change["status"].text()));
      range.introduced = std::exchange(range.fixed, {});
    }
    if (!below.empty() && below != "*") {
      range.fixed = TRY(version(below));
    } else if (!to.empty() || !below.empty()) {
      range.last = TRY(version(to.empty() ? below : to));
    } else if (range.order != VersionOrder::kGit) {
      range.last = *from == "0" ? "0" : range.introduced;
    }
    add(range, now, ranges);
    return {};
  }

  static void add(AffectedRange range, Status status, std::vector<AffectedRange>& ranges) {
    if (status == Status::kUnknown) return;
    range.affected = status == Status::kAffected;
    ranges.push_back(std::move(range));
  }

  JsonView affected_;
  std::string_view name_;
  bool kernel_;
};

class ContainerReader {
 public:
  ContainerReader(JsonView container, std::string_view name) : container_(container), name_(name) {}

  Result<void> read_into(Voice& voice) const {
    TRY(read_products(voice));
    read_scores(voice);
    UniqueList references(voice.references);
    UniqueList commits(voice.fix_commits);
    for (const JsonView reference : container_["references"].elements()) {
      if (voice.references.size() >= kMostReferences) break;
      const std::string_view url = reference["url"].text();
      if (is_url(url)) references.add(url);
      if (is_fix(reference)) commits.add(commit_of_url(url));
    }
    if (voice.fix_commits.size() > kMostCommits) return bad_record(name_, "it has too many commits");
    return {};
  }

  /// The English one, or else the first.
  std::string_view words(const char* key) const {
    std::string_view words;
    for (const JsonView text : container_[key].elements()) {
      const bool english = text["lang"].text().starts_with("en");
      if (english) return text["value"].text();
      if (words.empty()) words = text["value"].text();
    }
    return words;
  }

 private:
  Result<void> read_products(Voice& voice) const {
    UniqueList files(voice.files);
    UniqueList commits(voice.fix_commits);
    for (const JsonView affected : container_["affected"].elements()) {
      if (voice.products.size() >= kMostProducts) return bad_record(name_, "it has too many products");
      AffectedReader reader(affected, name_);
      voice.products.push_back(TRY(reader.read()));
      if (!reader.kernel()) continue;
      for (const JsonView file : affected["programFiles"].elements()) {
        if (is_tree_path(file.text())) files.add(file.text());
        if (voice.files.size() > kMostFiles) return bad_record(name_, "it names too many files");
      }
      for (const AffectedRange& range : voice.products.back().ranges) {
        const bool ends = range.order == VersionOrder::kGit && range.affected && is_commit(range.fixed);
        if (ends) commits.add(range.fixed);
      }
    }
    return {};
  }

  /// A reference to a commit may be to the one that brought the hole, unless it is tagged.
  static bool is_fix(JsonView reference) {
    return !commit_of_url(reference["url"].text()).empty() &&
           std::ranges::any_of(reference["tags"].elements(),
                               [](JsonView tag) { return tag.text() == "patch"; });
  }

  void read_scores(Voice& voice) const {
    constexpr std::array kScores{"cvssV2_0", "cvssV3_0", "cvssV3_1", "cvssV4_0"};
    for (const JsonView metric : container_["metrics"].elements()) {
      for (const char* key : kScores) {
        prefer(voice.cvss, cvss_of(metric[key]["vectorString"].text(), metric[key]["baseScore"].number()));
      }
      // How CISA's container passes on its catalogue.
      if (metric["other"]["type"].text() != "kev") continue;
      const auto added = exact_name(metric["other"]["content"]["dateAdded"].text());
      if (added && !added->empty()) voice.exploited = KnownExploited{.added = *added};
    }
  }

  JsonView container_;
  std::string_view name_;
};

std::string date_of(JsonView container, JsonView metadata) {
  std::string_view date = metadata["dateUpdated"].text();
  if (date.empty()) date = container["providerMetadata"]["dateUpdated"].text();
  return exact_name(date).value_or("");
}

bool is_in_rejected_folder(std::string_view name) {
  return name.starts_with("rejected/") || name.find("/rejected/") != std::string_view::npos;
}

Result<Voice> read_cna(JsonView container, std::string_view cve, bool rejected) {
  const ContainerReader reader(container, cve);
  Voice voice{.cve = std::string(cve), .record = std::string(cve), .withdrawn = rejected};
  voice.title = shown_line(container["title"].text(), kMostTitle);
  voice.description = shown_text(reader.words("descriptions"), kMostDescription);
  if (voice.description.empty() && rejected) {
    voice.description = shown_text(reader.words("rejectedReasons"), kMostDescription);
  }
  TRY(reader.read_into(voice));
  return voice;
}

}  // namespace

Result<std::vector<Voice>> read_cve_record(JsonView root, std::string_view name) {
  if (root["dataType"].text() != "CVE_RECORD") return bad_record(name, "it is no CVE record of version 5");
  const JsonView metadata = root["cveMetadata"];
  // Until 2024 the kernel's CNA wrote the field in its own way.
  std::string_view cve = metadata["cveId"].text();
  if (cve.empty()) cve = metadata["cveID"].text();
  if (!is_cve_id(cve)) return bad_record(name, "it has no CVE id");
  const std::string_view state = metadata["state"].text();
  if (state != "PUBLISHED" && state != "REJECTED") {
    return bad_record(cve, "its state is neither PUBLISHED nor REJECTED");
  }
  const JsonView cna = root["containers"]["cna"];
  if (!cna.is_object()) return bad_record(cve, "it has no container of its CNA");

  std::vector<Voice> voices;
  voices.push_back(TRY(read_cna(cna, cve, state == "REJECTED" || is_in_rejected_folder(name))));
  voices.back().modified = date_of(cna, metadata);
  constexpr std::size_t kMostContainers = 16;
  for (const JsonView adp : root["containers"]["adp"].elements()) {
    if (voices.size() > kMostContainers) return bad_record(cve, "it has too many containers");
    Voice voice{.cve = std::string(cve)};
    const std::string by = shown_line(adp["providerMetadata"]["shortName"].text(), kMostName);
    voice.record = voice.cve + " " + (by.empty() ? "ADP " + std::to_string(voices.size()) : by);
    TRY(ContainerReader(adp, cve).read_into(voice));
    voice.references.clear();
    if (voice.products.empty() && !voice.cvss && !voice.exploited) continue;
    voice.modified = date_of(adp, {});
    voice.withdrawn = voices.front().withdrawn;
    voices.push_back(std::move(voice));
  }
  return voices;
}

}  // namespace suture
