// SPDX-License-Identifier: Apache-2.0
#include "base/rpm_version.h"

#include <algorithm>

namespace suture {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool counts(char c) {
  return is_digit(c) || is_letter(c) || c == '~' || c == '^';
}

/// The longest beginning of one kind.
std::string_view take(std::string_view& text, bool (*kind)(char)) {
  const std::string_view part =
      text.substr(0, static_cast<std::size_t>(std::ranges::find_if_not(text, kind) - text.begin()));
  text.remove_prefix(part.size());
  return part;
}

std::string_view without_zeros(std::string_view digits) {
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  return digits;
}

std::strong_ordering compare_part(std::string_view a, std::string_view b) {
  while (true) {
    for (std::string_view* text : {&a, &b})
      text->remove_prefix(static_cast<std::size_t>(std::ranges::find_if(*text, counts) - text->begin()));
    // '~' is before anything, the end as well; '^' behind the end, but before anything else.
    const bool tilde_a = a.starts_with('~');
    const bool tilde_b = b.starts_with('~');
    if (tilde_a != tilde_b) return tilde_a ? std::strong_ordering::less : std::strong_ordering::greater;
    const bool caret_a = a.starts_with('^');
    const bool caret_b = b.starts_with('^');
    if (caret_a && !caret_b) return b.empty() ? std::strong_ordering::greater : std::strong_ordering::less;
    if (caret_b && !caret_a) return a.empty() ? std::strong_ordering::less : std::strong_ordering::greater;
    if (tilde_a || caret_a) {
      a.remove_prefix(1);
      b.remove_prefix(1);
      continue;
    }
    if (a.empty() || b.empty()) return a.size() <=> b.size();
    const bool numbers = is_digit(a[0]);
    // A number is newer than a word.
    if (numbers != is_digit(b[0]))
      return numbers ? std::strong_ordering::greater : std::strong_ordering::less;
    std::string_view left = take(a, numbers ? is_digit : is_letter);
    std::string_view right = take(b, numbers ? is_digit : is_letter);
    if (numbers) {
      left = without_zeros(left);
      right = without_zeros(right);
      if (const auto order = left.size() <=> right.size(); order != 0) return order;
    }
    if (const auto order = left <=> right; order != 0) return order;
  }
}

struct Parts {
  std::string_view epoch = "0", version, release;
  bool has_release = false;
};

Parts split(std::string_view text) {
  Parts parts;
  if (const std::size_t colon = text.find(':'); colon != text.npos) {
    parts.epoch = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  const std::size_t dash = text.rfind('-');
  parts.version = text.substr(0, dash);
  parts.has_release = dash != text.npos;
  if (parts.has_release) parts.release = text.substr(dash + 1);
  return parts;
}

}  // namespace

std::strong_ordering compare_rpm_versions(std::string_view a, std::string_view b) {
  const Parts left = split(a);
  const Parts right = split(b);
  if (const auto order = compare_part(left.epoch, right.epoch); order != 0) return order;
  if (const auto order = compare_part(left.version, right.version); order != 0) return order;
  if (!left.has_release || !right.has_release) return std::strong_ordering::equal;
  return compare_part(left.release, right.release);
}

}  // namespace suture
