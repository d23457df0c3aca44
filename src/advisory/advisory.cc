// SPDX-License-Identifier: Apache-2.0
#include "advisory/advisory.h"

#include <algorithm>
#include <utility>

#include "advisory/contradiction.h"
#include "advisory/ecosystem.h"

namespace suture {
namespace {

/// What was taken back counts only where nothing else was said.
std::vector<const SourcedVoice*> standing(const Advisory& advisory) {
  std::vector<const SourcedVoice*> voices;
  for (const SourcedVoice& voice : advisory.voices) {
    if (!voice.voice.withdrawn) voices.push_back(&voice);
  }
  if (!voices.empty()) return voices;
  for (const SourcedVoice& voice : advisory.voices) voices.push_back(&voice);
  return voices;
}

void add_source(std::vector<std::string>& by, const std::string& source) {
  if (std::ranges::find(by, source) == by.end()) by.push_back(source);
}

/// An erratum of several vulnerabilities says "Important: kernel security update" of each.
bool is_of_one(const Voice& voice) {
  return voice.record.find(voice.cve) != std::string::npos;
}

std::optional<Told<std::string>> first_text(const Advisory& advisory, std::string Voice::*field) {
  std::optional<Told<std::string>> told;
  const std::vector<const SourcedVoice*> voices = standing(advisory);
  for (const bool of_one : {true, false}) {
    for (const SourcedVoice* said : voices) {
      const std::string& text = said->voice.*field;
      if (text.empty() || is_of_one(said->voice) != of_one) continue;
      if (!told) told.emplace(Told<std::string>{.value = text});
      if (told->value == text) add_source(told->by, said->source);
    }
  }
  return told;
}

std::vector<Told<std::string>> all_items(const Advisory& advisory, std::vector<std::string> Voice::*field) {
  std::vector<Told<std::string>> items;
  for (const SourcedVoice* said : standing(advisory)) {
    for (const std::string& item : said->voice.*field) {
      auto told = std::ranges::find(items, item, &Told<std::string>::value);
      if (told == items.end()) told = items.insert(items.end(), {.value = item});
      add_source(told->by, said->source);
    }
  }
  return items;
}

/// The greatest of what the voices have, by `rank`.
template <class T, class Rank>
std::optional<Told<T>> greatest(const Advisory& advisory, std::optional<T> Voice::*field, Rank rank) {
  std::optional<Told<T>> told;
  for (const SourcedVoice* said : standing(advisory)) {
    const std::optional<T>& value = said->voice.*field;
    if (!value) continue;
    if (!told || rank(told->value) < rank(*value)) told.emplace(Told<T>{.value = *value});
    if (told->value == *value) add_source(told->by, said->source);
  }
  return told;
}

}  // namespace

std::optional<Told<std::string>> Advisory::title() const {
  return first_text(*this, &Voice::title);
}

std::optional<Told<std::string>> Advisory::description() const {
  return first_text(*this, &Voice::description);
}

std::vector<Told<std::string>> Advisory::files() const {
  return all_items(*this, &Voice::files);
}

std::vector<Told<std::string>> Advisory::fix_commits() const {
  return all_items(*this, &Voice::fix_commits);
}

std::optional<Told<Cvss>> Advisory::cvss() const {
  return greatest<Cvss>(*this, &Voice::cvss, [](const Cvss& cvss) { return cvss.score; });
}

std::optional<Told<Epss>> Advisory::epss() const {
  return greatest<Epss>(*this, &Voice::epss, [](const Epss& epss) { return epss.probability; });
}

std::optional<Told<KnownExploited>> Advisory::exploited() const {
  // The catalogue itself has a date by which to act; who passes it on has not.
  return greatest<KnownExploited>(*this, &Voice::exploited,
                                  [](const KnownExploited& entry) { return !entry.due.empty(); });
}

bool Advisory::withdrawn() const {
  bool some = false;
  for (const SourcedVoice& said : voices) {
    if (is_only_a_score(said.voice)) continue;
    if (!said.voice.withdrawn) return false;
    some = true;
  }
  return some;
}

std::vector<Contradiction> Advisory::contradictions() const {
  return find_contradictions(voices);
}

bool is_about_kernel(const Advisory& advisory) {
  return std::ranges::any_of(advisory.voices, [](const SourcedVoice& said) {
    return std::ranges::any_of(said.voice.products, is_kernel_product);
  });
}

}  // namespace suture
