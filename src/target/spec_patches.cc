// SPDX-License-Identifier: Apache-2.0
#include "target/spec_patches.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <map>
#include <optional>
#include <sstream>

namespace suture {
namespace {

using Words = std::vector<std::string>;

std::unexpected<Error> unsupported(const std::string& line, std::string why) {
  return fail("target.spec-unsupported", "read the spec's line \"" + line + "\"", std::move(why),
              "Unpack and patch the source by hand, and add the kernel with `suture target add local`.");
}

std::optional<unsigned> number_of(std::string_view text) {
  unsigned number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return {};
  return number;
}

/// The fixed pieces of a name, between macros: "patch-%{version}-redhat.patch" has two.
Words pieces_of(std::string_view name) {
  Words pieces{""};
  for (std::size_t i = 0; i < name.size();) {
    if (name[i] != '%') {
      pieces.back() += name[i++];
      continue;
    }
    ++i;
    if (i < name.size() && name[i] == '{') {
      i = std::min(name.find('}', i), name.size() - 1) + 1;
    } else {
      while (i < name.size() && (std::isalnum(static_cast<unsigned char>(name[i])) != 0 || name[i] == '_'))
        ++i;
    }
    pieces.emplace_back();
  }
  return pieces;
}

bool can_be(const std::string& name, const Words& pieces) {
  if (pieces.size() == 1) return name == pieces.front();
  if (!name.starts_with(pieces.front()) || !name.ends_with(pieces.back())) return false;
  if (name.size() < pieces.front().size() + pieces.back().size()) return false;
  const std::size_t end = name.size() - pieces.back().size();
  std::size_t at = pieces.front().size();
  for (std::size_t i = 1; i + 1 < pieces.size(); ++i) {
    at = name.find(pieces[i], at);
    if (at == name.npos || at + pieces[i].size() > end) return false;
    at += pieces[i].size();
  }
  return true;
}

class SpecReader {
 public:
  explicit SpecReader(const Words& packaged) : packaged_(packaged) {}
  Result<void> read(const std::string& line);
  Result<std::vector<SpecPatch>> finish() const;

 private:
  Result<std::optional<std::string>> packaged_name(const std::string& line, const std::string& value) const;
  Result<void> read_tag(const std::string& line, const Words& words);
  Result<void> read_step(const std::string& line, const Words& words);
  Result<void> apply_numbered(const std::string& line, const Words& words);
  Result<void> apply_all(const std::string& line, const Words& words);
  Result<void> apply_named(const std::string& line, const Words& words);

  Words packaged_;
  std::map<unsigned, std::string> numbered_;
  std::vector<unsigned> declared_;  ///< also those whose patches are not in the package
  unsigned next_number_ = 0;
  bool in_prep_ = false;
  std::vector<SpecPatch> applied_;
};

Result<std::optional<std::string>> SpecReader::packaged_name(const std::string& line,
                                                             const std::string& value) const {
  const Words pieces = pieces_of(std::string_view(value).substr(value.rfind('/') + 1));
  std::optional<std::string> found;
  for (const std::string& name : packaged_) {
    if (!can_be(name, pieces)) continue;
    if (found) return unsupported(line, "it may mean " + *found + " or " + name);
    found = name;
  }
  return found;
}

Result<void> SpecReader::read_tag(const std::string& line, const Words& words) {
  // "Patch12:", "Patch:"
  const std::string_view digits = std::string_view(words[0]).substr(5, words[0].size() - 6);
  const std::optional<unsigned> number = digits.empty() ? next_number_ : number_of(digits);
  if (!number || words.size() < 2) return unsupported(line, "it names no patch");
  next_number_ = *number + 1;
  declared_.push_back(*number);
  // A condition may have kept it out of the package.
  if (const auto name = TRY(packaged_name(line, words[1]))) numbered_[*number] = *name;
  return {};
}

Result<void> SpecReader::apply_numbered(const std::string& line, const Words& words) {
  std::vector<unsigned> numbers;
  if (const auto attached = number_of(std::string_view(words[0]).substr(6))) numbers.push_back(*attached);
  int strip = 0;  // rpmbuild's default
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    const std::string_view argument = std::string_view(word).substr(std::min<std::size_t>(2, word.size()));
    if (const auto number = number_of(word)) {
      numbers.push_back(*number);
    } else if (word.starts_with("-P")) {
      const bool apart = argument.empty() && i + 1 < words.size();
      const auto after = number_of(apart ? std::string_view(words[++i]) : argument);
      if (!after) return unsupported(line, "it names no patch");
      numbers.push_back(*after);
    } else if (word.starts_with("-p")) {
      const auto level = number_of(argument);
      if (!level) return unsupported(line, "the option " + word + " is not understood");
      strip = static_cast<int>(*level);
    } else if (word == "-b" || word == "-z" || word == "-F") {
      ++i;  // a suffix for backups, or the fuzz
    } else if (!word.starts_with("-F") && word != "-E" && word != "-s") {
      return unsupported(line, "the option " + word + " is not understood");
    }
  }
  if (numbers.empty()) return unsupported(line, "it names no patch");
  for (const unsigned number : numbers) {
    if (numbered_.contains(number)) {
      applied_.push_back({numbered_[number], strip, false});
    } else if (std::ranges::find(declared_, number) == declared_.end()) {
      return unsupported(line, "the spec declares no such patch");
    }
  }
  return {};
}

Result<void> SpecReader::apply_all(const std::string& line, const Words& words) {
  int strip = 0;  // rpmbuild's default
  for (const std::string& word : words) {
    if (word == "-N") return {};
    if (word.starts_with("-m") || word.starts_with("-M"))
      return unsupported(line, "a range of patches is not understood");
    if (!word.starts_with("-p")) continue;
    const auto number = number_of(std::string_view(word).substr(2));
    if (!number) return unsupported(line, "the option " + word + " is not understood");
    strip = static_cast<int>(*number);
  }
  for (const auto& [number, file] : numbered_) applied_.push_back({file, strip, false});
  return {};
}

Result<void> SpecReader::apply_named(const std::string& line, const Words& words) {
  // "ApplyPatch()" defines the function, and `ApplyPatch $patch` is a part of one.
  if (words.size() < 2 || words[1].starts_with("$") || words[1].starts_with("(")) return {};
  if (words.size() > 2) return unsupported(line, "its further words are not understood");
  const auto name = TRY(packaged_name(line, words[1]));
  if (!name) return unsupported(line, "the package has no such patch");
  applied_.push_back({*name, 1, words[0] == "ApplyOptionalPatch"});
  return {};
}

/// One line of %prep.
Result<void> SpecReader::read_step(const std::string& line, const Words& words) {
  const std::string& first = words[0];
  if (first == "%autosetup" || first == "%autopatch") return apply_all(line, words);
  if (first == "%patch" || (first.starts_with("%patch") && number_of(first.substr(6))))
    return apply_numbered(line, words);
  if (first == "ApplyPatch" || first == "ApplyOptionalPatch") return apply_named(line, words);
  const bool runs_git = first == "git" && words.size() > 1 && (words[1] == "am" || words[1] == "apply");
  const bool runs_patch = first == "patch" || first == "quilt" || first == "%{__patch}" ||
                          line.contains("| patch ") || line.contains("xargs patch");
  if (runs_git || runs_patch || line.contains("series.conf") || line.contains("apply-patches"))
    return unsupported(line, "this way to apply patches is not understood");
  return {};
}

Result<void> SpecReader::read(const std::string& line) {
  constexpr std::array kSections{"%build",       "%install", "%check",    "%files", "%changelog",
                                 "%package",     "%post",    "%pre",      "%clean", "%postun",
                                 "%description", "%preun",   "%posttrans"};
  std::istringstream stream(line);
  Words words;
  for (std::string word; stream >> word;) words.push_back(std::move(word));
  if (words.empty() || words[0].starts_with('#')) return {};
  if (words[0] == "%prep") in_prep_ = true;
  if (std::ranges::find(kSections, words[0]) != kSections.end()) in_prep_ = false;
  if (in_prep_) return read_step(line, words);
  std::string tag = words[0];
  std::ranges::transform(tag, tag.begin(), [](unsigned char c) { return std::tolower(c); });
  if (tag.starts_with("patch") && tag.ends_with(':')) return read_tag(line, words);
  return {};
}

Result<std::vector<SpecPatch>> SpecReader::finish() const {
  if (packaged_.empty() || !applied_.empty()) return applied_;
  return fail("target.spec-unsupported", "read the spec", "it applies none of its patches in a known way",
              "Unpack and patch the source by hand, and add the kernel with `suture target add local`.");
}

}  // namespace

Result<std::vector<SpecPatch>> patches_of_spec(std::string_view spec, const Words& packaged) {
  SpecReader reader(packaged);
  std::istringstream lines{std::string(spec)};
  for (std::string line; std::getline(lines, line);) TRY(reader.read(line));
  return reader.finish();
}

}  // namespace suture
