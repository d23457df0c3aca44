// SPDX-License-Identifier: Apache-2.0
#include "advisory/contradiction.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "advisory/ecosystem.h"

namespace suture {
namespace {

/// What each source says, of one thing.
using BySource = std::map<std::string, std::set<std::string>>;

bool are_apart(const std::set<std::string>& one, const std::set<std::string>& other) {
  return std::ranges::none_of(one, [&](const std::string& item) { return other.contains(item); });
}

/// Pairs of sources that share nothing: one that names more than another may still be right.
void add_if_apart(std::string_view about, std::string_view of, const BySource& said,
                  std::vector<Contradiction>& contradictions) {
  for (auto one = said.begin(); one != said.end(); ++one) {
    for (auto other = std::next(one); other != said.end(); ++other) {
      if (!are_apart(one->second, other->second)) continue;
      contradictions.push_back(
          {.about = std::string(about),
           .text = fmt::format("{}: {} ({}), but {} ({})", of, fmt::join(one->second, ", "), one->first,
                               fmt::join(other->second, ", "), other->first)});
      // One is enough to look at them all.
      return;
    }
  }
}

void find_withdrawn(const std::vector<SourcedVoice>& voices, std::vector<Contradiction>& contradictions) {
  std::set<std::string> withdrawn;
  std::set<std::string> standing;
  for (const auto& [source, voice] : voices) {
    if (!is_only_a_score(voice)) (voice.withdrawn ? withdrawn : standing).insert(source);
  }
  if (withdrawn.empty() || standing.empty() || withdrawn == standing) return;
  contradictions.push_back({.about = "withdrawn",
                            .text = fmt::format("withdrawn by {}, but not by {}", fmt::join(withdrawn, ", "),
                                                fmt::join(standing, ", "))});
}

/// "6.1" of "6.1.175", and of "6.1.*".
std::string series_of(std::string_view version) {
  const std::size_t first = version.find('.');
  if (first == std::string_view::npos) return std::string(version);
  const std::size_t second = version.find_first_of(".-", first + 1);
  return std::string(version.substr(0, second));
}

/// The versions from which on a product is without the hole, under a name for what can have but one.
void add_fixed(const AffectedProduct& product, const std::string& source,
               std::map<std::string, BySource>& fixed) {
  const std::string name = canonical_ecosystem(product.ecosystem) + " " + product.name;
  for (const AffectedRange& range : product.ranges) {
    if (range.order == VersionOrder::kGit || range.order == VersionOrder::kOther) continue;
    std::string version = range.affected ? range.fixed : std::string();
    const bool end_of_series = !range.affected && !range.introduced.empty() && range.last.ends_with(".*");
    if (end_of_series) version = range.introduced;
    if (version.empty()) continue;
    const bool kernel = range.order == VersionOrder::kKernel;
    // The first version of a series is fixed because the hole was closed before it.
    if (kernel && series_of(version) == version) continue;
    fixed[kernel ? name + " " + series_of(version) : name][source].insert(version);
  }
}

void find_in_products(const std::vector<SourcedVoice>& voices, std::vector<Contradiction>& contradictions) {
  std::map<std::string, BySource> fixed;
  std::map<std::string, BySource> states;
  for (const auto& [source, voice] : voices) {
    if (voice.withdrawn) continue;
    for (const AffectedProduct& product : voice.products) {
      add_fixed(product, source, fixed);
      const std::string name = canonical_ecosystem(product.ecosystem) + " " + product.name;
      const bool open = product.status.empty() || product.status == "under_investigation";
      if (!open) states[name][source].insert(product.status);
      // What was closed was there.
      const bool ends = std::ranges::any_of(
          product.ranges, [](const AffectedRange& range) { return range.affected && !range.fixed.empty(); });
      if (product.status.empty() && ends && product.ecosystem != "kernel.org") {
        states[name][source].insert({"affected", "fixed"});
      }
    }
  }
  for (const auto& [of, said] : fixed) add_if_apart("fixed version", of, said, contradictions);
  for (const auto& [of, said] : states) add_if_apart("status", of, said, contradictions);
}

void find_in_files(const std::vector<SourcedVoice>& voices, std::vector<Contradiction>& contradictions) {
  BySource files;
  for (const auto& [source, voice] : voices) {
    if (!voice.withdrawn && !voice.files.empty())
      files[source].insert(voice.files.begin(), voice.files.end());
  }
  add_if_apart("files", "the fix is in", files, contradictions);
}

/// CVSS 3.1, section 5, which version 4 kept.
std::string_view rating_of(double score) {
  if (score <= 0) return "none";
  if (score < 4) return "low";
  if (score < 7) return "medium";
  return score < 9 ? "high" : "critical";
}

void find_in_scores(const std::vector<SourcedVoice>& voices, std::vector<Contradiction>& contradictions) {
  BySource ratings;
  for (const auto& [source, voice] : voices) {
    if (voice.withdrawn || !voice.cvss) continue;
    ratings[source].insert(fmt::format("{} {:.1f}", rating_of(voice.cvss->score), voice.cvss->score));
  }
  BySource words;
  for (const auto& [source, texts] : ratings) {
    for (const std::string& text : texts) words[source].insert(text.substr(0, text.find(' ')));
  }
  std::vector<Contradiction> apart;
  add_if_apart("score", "the score is", words, apart);
  if (!apart.empty()) add_if_apart("score", "the score is", ratings, contradictions);
}

}  // namespace

bool is_only_a_score(const Voice& voice) {
  return voice.epss || voice.exploited ||
         (!voice.withdrawn && voice.title.empty() && voice.description.empty() && voice.products.empty());
}

std::vector<Contradiction> find_contradictions(const std::vector<SourcedVoice>& voices) {
  std::vector<Contradiction> contradictions;
  find_withdrawn(voices, contradictions);
  find_in_products(voices, contradictions);
  find_in_files(voices, contradictions);
  find_in_scores(voices, contradictions);
  return contradictions;
}

}  // namespace suture
