// SPDX-License-Identifier: Apache-2.0
#include "audit/voice_lines.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "base/json.h"

namespace suture {
namespace {

constexpr std::size_t kLargestFile = 2u << 30;
constexpr std::size_t kLongestLine = 16u << 20;
constexpr std::size_t kLongestSource = 128;

Result<SourcedVoice> parse(std::string_view line, const std::string& source) {
  const Json json = TRY(parse_json(line, "a line", {.bytes = kLongestLine}));
  SourcedVoice one{.source = source, .voice = TRY(voice_from_json(json))};
  if (json.contains("source")) one.source = TRY(json_string(json, "source")).substr(0, kLongestSource);
  return one;
}

}  // namespace

Result<void> VoiceLines::add(std::string text, std::string source) {
  const std::size_t before = lines_.size();
  const std::size_t number = texts_.size();
  texts_.push_back(std::move(text));
  sources_.push_back(std::move(source));
  const std::string& kept = texts_.back();
  std::size_t count = 0;
  for (std::size_t start = 0; start < kept.size();) {
    const std::size_t end = std::min(kept.find('\n', start), kept.size());
    const Line line{.text = number, .start = start, .length = end - start};
    start = end + 1;
    ++count;
    if (kept.find_first_not_of(" \t\r", line.start) >= end) continue;
    const auto one = read(line);
    if (!one) {
      if (++broken_ == 1)
        first_problem_ = fmt::format("{}, line {}: {}", sources_.back(), count, one.error().why);
      continue;
    }
    by_cve_[one->voice.cve].push_back(lines_.size());
    for (const AffectedProduct& product : one->voice.products) {
      auto& cves = by_package_[product.name];
      if (cves.empty() || cves.back() != one->voice.cve) cves.push_back(one->voice.cve);
    }
    lines_.push_back(line);
  }
  if (lines_.size() == before)
    return fail("audit.advisories", "read advisories of " + sources_.back(),
                broken_ == 0 ? "there are none" : "no line is one: " + first_problem_);
  return {};
}

Result<void> VoiceLines::add_file(const std::filesystem::path& path) {
  return add(TRY(read_text_file(path, kLargestFile)), path.stem().string());
}

Result<SourcedVoice> VoiceLines::read(const Line& line) const {
  return parse(std::string_view(texts_[line.text]).substr(line.start, line.length), sources_[line.text]);
}

Result<std::vector<Advisory>> VoiceLines::about(const std::string& package) const {
  std::vector<Advisory> result;
  const auto found = by_package_.find(package);
  if (found == by_package_.end()) return result;
  std::vector<std::string> cves = found->second;
  std::ranges::sort(cves);
  const auto rest = std::ranges::unique(cves);
  cves.erase(rest.begin(), rest.end());
  for (const std::string& cve : cves) {
    Advisory advisory{.cve = cve};
    for (const std::size_t line : by_cve_.find(cve)->second)
      advisory.voices.push_back(TRY(read(lines_[line])));
    result.push_back(std::move(advisory));
  }
  return result;
}

}  // namespace suture
