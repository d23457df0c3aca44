// SPDX-License-Identifier: Apache-2.0
#include "build/command_line.h"

namespace suture {

Result<std::vector<std::string>> split_command_line(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  const auto end_word = [&] {
    if (in_word) words.push_back(std::move(word));
    word.clear();
    in_word = false;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool escapes = c == '\\' && quote != '\'' && i + 1 < text.size();
    if (quote != 0 && c == quote) {
      quote = 0;
    } else if (escapes) {
      word += text[++i];
      in_word = true;
    } else if (quote != 0) {
      word += c;
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      end_word();
    } else if (c == ';') {
      end_word();
      words.emplace_back(";");
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != 0) return fail("build.command-line", "split a command line", "a quote is not closed");
  end_word();
  return words;
}

std::vector<std::string> dependencies_of(std::string_view rule) {
  std::vector<std::string> files;
  const std::size_t colon = rule.find(": ");
  if (colon == std::string_view::npos) return files;
  std::string file;
  for (std::size_t i = colon + 1; i <= rule.size(); ++i) {
    const char c = i < rule.size() ? rule[i] : '\n';
    if (c == '\\' && i + 1 < rule.size() && rule[i + 1] == '\n') {
      ++i;
    } else if (c == '\\' && i + 1 < rule.size()) {
      file += rule[++i];
      continue;
    } else if (c != ' ' && c != '\n') {
      file += c;
      continue;
    }
    if (!file.empty()) files.push_back(std::move(file));
    file.clear();
  }
  return files;
}

}  // namespace suture
