// SPDX-License-Identifier: Apache-2.0
#include "advisory/record.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace suture {
namespace {

constexpr std::string_view kEllipsis = "\xE2\x80\xA6";
constexpr std::size_t kCommitDigits = 40;

bool is_hexadecimal(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/// What would move a terminal's cursor, or turn the direction of what follows.
bool is_control(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x202A && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069);
}

std::size_t version_of(const Cvss& cvss) {
  constexpr std::array<std::string_view, 3> kLater{"CVSS:3.0/", "CVSS:3.1/", "CVSS:4.0/"};
  for (std::size_t at = 0; at < kLater.size(); ++at) {
    if (cvss.vector.starts_with(kLater[at])) return at + 1;
  }
  return 0;
}

}  // namespace

std::unexpected<Error> bad_record(std::string_view name, std::string why) {
  return fail("advisory.record", "read the record " + shown_line(name, kMostName), std::move(why));
}

std::string shown_text(std::string_view text, std::size_t most) {
  std::string shown;
  shown.reserve(std::min(text.size(), most));
  while (!text.empty()) {
    const Letter letter = first_letter(text);
    std::string_view next = text.substr(0, std::max<std::size_t>(letter.length, 1));
    text.remove_prefix(next.size());
    if (letter.length == 0) {
      next = kReplacementLetter;
    } else if (is_control(letter.code) && letter.code != '\n' && letter.code != '\t') {
      if (letter.code == '\r' && text.starts_with('\n')) continue;
      next = " ";
    }
    if (shown.size() + next.size() > most) {
      while (!shown.empty() && shown.size() + kEllipsis.size() > most) {
        while ((static_cast<unsigned char>(shown.back()) & 0xC0u) == 0x80) shown.pop_back();
        shown.pop_back();
      }
      return shown += kEllipsis;
    }
    shown += next;
  }
  return shown;
}

std::string shown_line(std::string_view text, std::size_t most) {
  // What is far beyond the end of the line need not be looked at.
  std::string line;
  for (const char c : shown_text(text.substr(0, 4 * most), 4 * most)) {
    const bool space = c == ' ' || c == '\n' || c == '\t';
    if (!space) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  if (line.ends_with(' ')) line.pop_back();
  return shown_text(line, most);
}

std::optional<std::string> exact_name(std::string_view text) {
  if (text.size() > kMostName || shown_line(text, kMostName) != text) return std::nullopt;
  return std::string(text);
}

bool is_commit(std::string_view text) {
  return text.size() == kCommitDigits && std::ranges::all_of(text, is_hexadecimal);
}

bool is_tree_path(std::string_view text) {
  if (text.empty() || text.size() > kMostName * 4 || text.find('\\') != std::string_view::npos) return false;
  if (shown_line(text, text.size()) != text) return false;
  while (true) {
    const std::size_t slash = text.find('/');
    const std::string_view part = text.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    if (slash == std::string_view::npos) return true;
    text.remove_prefix(slash + 1);
  }
}

bool is_url(std::string_view text) {
  return (text.starts_with("https://") || text.starts_with("http://")) && text.size() <= kMostUrl &&
         std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7F; });
}

std::string_view commit_of_url(std::string_view url) {
  if (url.size() <= kCommitDigits) return {};
  const std::string_view commit = url.substr(url.size() - kCommitDigits);
  const std::string_view before = url.substr(0, url.size() - kCommitDigits);
  const auto names_one = [&](std::string_view end) { return before.ends_with(end); };
  constexpr std::array<std::string_view, 5> kEnds{"/c/", "/commit/", "/linus/",
                                                  "/commit/?id=", "/patch/?id="};
  return is_commit(commit) && std::ranges::any_of(kEnds, names_one) ? commit : std::string_view{};
}

std::optional<Cvss> cvss_of(std::string_view vector, std::optional<double> score) {
  const bool in_bounds = score && *score >= 0 && *score <= 10;
  auto whole = exact_name(vector);
  if (!in_bounds || !whole) return std::nullopt;
  return Cvss{.vector = std::move(*whole), .score = *score};
}

void prefer(std::optional<Cvss>& kept, const std::optional<Cvss>& other) {
  if (!other) return;
  const auto rank = [](const Cvss& cvss) { return std::pair(version_of(cvss), cvss.score); };
  if (!kept || rank(*kept) < rank(*other)) kept = other;
}

}  // namespace suture
