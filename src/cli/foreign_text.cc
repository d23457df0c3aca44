// SPDX-License-Identifier: Apache-2.0
#include "cli/foreign_text.h"

namespace suture::cli {
namespace {

/// Blanks for control characters: those of ASCII, and those of Latin-1 as UTF-8 has them (C2 80 to C2 9F).
std::string without_controls(std::string_view text, char but) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); i++) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0u;
    if (byte == 0xc2 && next >= 0x80 && next <= 0x9f) {
      plain += ' ';
      i++;
    } else {
      plain += (byte < ' ' && text[i] != but) || byte == 0x7f ? ' ' : text[i];
    }
  }
  return plain;
}

}  // namespace

std::string one_line(std::string_view text, std::size_t length) {
  std::string line = without_controls(text, ' ');
  if (line.size() <= length) return line;
  line.resize(length);
  // Not in the middle of a letter of several bytes.
  while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xc0) == 0x80) line.pop_back();
  if (!line.empty() && (static_cast<unsigned char>(line.back()) & 0x80) != 0) line.pop_back();
  return line + "…";
}

std::string plain_text(std::string_view text) {
  std::string plain = without_controls(text, '\n');
  while (plain.ends_with('\n')) plain.pop_back();
  return plain;
}

}  // namespace suture::cli
