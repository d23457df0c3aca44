// SPDX-License-Identifier: Apache-2.0
#include "advisory/module_facts.h"

#include <utility>

#include "elf/module_name.h"

namespace suture {
namespace {

std::vector<std::string> split(std::string_view text, char by) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = text.find(by);
    if (end != 0) parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

}  // namespace

ModuleFacts read_module_facts(std::string name, std::string folder, ByteView modinfo) {
  ModuleFacts facts{.name = std::move(name), .folder = std::move(folder)};
  for (const std::string& line : split(as_text(modinfo), '\0')) {
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos) continue;
    const std::string_view key = std::string_view(line).substr(0, equals);
    const std::string_view value = std::string_view(line).substr(equals + 1);
    if (key == "alias") {
      facts.aliases.emplace_back(value);
    } else if (key == "depends") {
      for (const std::string& one : split(value, ',')) facts.depends.push_back(module_name(one));
    } else if (key == "softdep") {  // "pre: crc32c post: xts"
      for (const std::string& one : split(value, ' '))
        if (!one.ends_with(':')) facts.brings.push_back(one);
    }
  }
  return facts;
}

}  // namespace suture
