// SPDX-License-Identifier: Apache-2.0
//
// One vulnerability as all sources together tell of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "advisory/voice.h"

namespace suture {

/// A source's name in the configuration ("kernel-cna"), and what it said.
struct SourcedVoice {
  std::string source{};
  Voice voice{};
  bool operator==(const SourcedVoice&) const = default;
};

/// A value, and which sources give it.
template <typename T>
struct Told {
  T value{};
  std::vector<std::string> by{};
};

/// Sources that cannot all be right, in words: "fixed in linux 6.1.176-1 (debian-tracker), but not before
/// 6.1.187-1 (debian-changelog)".
struct Contradiction {
  std::string about{};  ///< "fixed version", "files", "withdrawn", "score"
  std::string text{};
};

struct Advisory {
  std::string cve{};
  std::vector<SourcedVoice> voices{};  ///< by source and record

  /// The first that has one, in the order of voices, of those whose record is about this one alone, or else
  /// of all; nothing when none has.
  std::optional<Told<std::string>> title() const;
  std::optional<Told<std::string>> description() const;
  std::vector<Told<std::string>> files() const;
  std::vector<Told<std::string>> fix_commits() const;
  /// The highest.
  std::optional<Told<Cvss>> cvss() const;
  std::optional<Told<Epss>> epss() const;
  std::optional<Told<KnownExploited>> exploited() const;
  /// When all that speak of the vulnerability itself (not of its score) have withdrawn it.
  bool withdrawn() const;
  std::vector<Contradiction> contradictions() const;
};

/// Is it about the kernel? By the products that are named.
bool is_about_kernel(const Advisory& advisory);

}  // namespace suture
