// SPDX-License-Identifier: Apache-2.0
#include "engine/modprobe_config.h"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "base/file.h"
#include "patchset/host_modules.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestFile = 1u << 20;
constexpr std::size_t kMostFiles = 4096;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

/// Takes one word off the front.
std::string_view take_word(std::string_view& text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  std::size_t end = 0;
  while (end < text.size() && !is_space(text[end])) ++end;
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

/// A backslash at its end joins a line with the next one.
std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  std::string line;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (part.ends_with('\\') && !text.empty()) {
      part.remove_suffix(1);
      line += part;
      continue;
    }
    line += part;
    lines.push_back(std::move(line));
    line.clear();
  }
  return lines;
}

/// A command that loads nothing.
bool is_refusal(std::string_view command) {
  const std::string_view first = take_word(command);
  const std::string_view program = first.substr(first.rfind('/') + 1);
  return program == "false" || program == "true" || program == ":" || program == "nologin";
}

void add(std::set<std::string, std::less<>>& names, std::string_view name) {
  std::string plain = plain_module(name);
  if (is_plain_module(plain) && plain.find_first_of("*?[") == std::string::npos)
    names.insert(std::move(plain));
}

void read_line(std::string_view line, ModprobeConfig& config) {
  const std::string_view command = take_word(line);
  if (command.starts_with('#')) return;
  const std::string_view name = take_word(line);
  if (command == "blacklist") add(config.blacklisted, name);
  if (command == "install" && is_refusal(line)) add(config.blocked, name);
  if (command == "alias" && take_word(line) == "off") add(config.blocked, name);
}

/// By their names, each from the first folder that has it.
Result<std::map<std::string, fs::path>> files_of(const fs::path& root) {
  static constexpr std::array kFolders = {"etc/modprobe.d", "run/modprobe.d", "usr/local/lib/modprobe.d",
                                          "usr/lib/modprobe.d", "lib/modprobe.d"};
  std::map<std::string, fs::path> files;
  for (const char* folder : kFolders) {
    std::error_code error;
    const fs::path path = root / folder;
    for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
      if (entry->path().extension() != ".conf" || files.size() == kMostFiles) continue;
      files.emplace(entry->path().filename().string(), entry->path());
    }
    if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory)
      return fail("file.unreadable", "list " + path.string(), error.message());
  }
  return files;
}

}  // namespace

void read_modprobe_text(std::string_view text, ModprobeConfig& config) {
  for (const std::string& line : lines_of(text)) read_line(line, config);
}

void read_kernel_command_line(std::string_view line, ModprobeConfig& config) {
  constexpr std::string_view kKernels = "module_blacklist=";
  constexpr std::string_view kModprobes = "modprobe.blacklist=";
  line = line.substr(0, line.find('\n'));
  for (std::string_view word = take_word(line); !word.empty(); word = take_word(line)) {
    const bool kernels = word.starts_with(kKernels);
    if (!kernels && !word.starts_with(kModprobes)) continue;
    word.remove_prefix(word.find('=') + 1);
    while (!word.empty()) {
      const std::size_t end = std::min(word.find(','), word.size());
      add(kernels ? config.blocked : config.blacklisted, word.substr(0, end));
      word.remove_prefix(std::min(end + 1, word.size()));
    }
  }
}

Result<ModprobeConfig> read_modprobe_config(const fs::path& root) {
  ModprobeConfig config;
  for (const auto& [name, path] : TRY(files_of(root))) {
    std::error_code error;
    if (!fs::is_regular_file(path, error)) continue;  // a link to /dev/null hides one of a package
    read_modprobe_text(TRY(read_text_file(path, kLargestFile)), config);
  }
  return config;
}

}  // namespace suture
