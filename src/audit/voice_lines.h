// SPDX-License-Identifier: Apache-2.0
//
// Advisories in a file, for a host without a store of them: one voice a line, as to_json(Voice) writes it,
// and beside its members "source", the name of who says so. The text stays in memory as it is, and of each
// line only what finds it: a host has a hundred packages, and the file may speak of all that there are.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "advisory/advisory.h"
#include "base/error.h"

namespace suture {

class VoiceLines {
 public:
  /// Lines that make no sense are counted, and the first is kept. "audit.advisories" when nothing does.
  /// `source`: of lines that name none.
  Result<void> add(std::string text, std::string source);
  Result<void> add_file(const std::filesystem::path& path);

  /// All voices of the vulnerabilities of which one names a package so.
  Result<std::vector<Advisory>> about(const std::string& package) const;

  std::size_t voices() const { return lines_.size(); }
  std::size_t broken() const { return broken_; }
  const std::string& first_problem() const { return first_problem_; }

 private:
  struct Line {
    std::size_t text = 0;  ///< index into texts_
    std::size_t start = 0;
    std::size_t length = 0;
  };
  Result<SourcedVoice> read(const Line& line) const;

  std::vector<std::string> texts_;
  std::vector<std::string> sources_;  ///< of each text
  std::vector<Line> lines_;
  std::map<std::string, std::vector<std::size_t>, std::less<>> by_cve_;
  std::map<std::string, std::vector<std::string>, std::less<>> by_package_;  ///< CVE ids
  std::size_t broken_ = 0;
  std::string first_problem_;
};

}  // namespace suture
