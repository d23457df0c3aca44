// SPDX-License-Identifier: Apache-2.0
#include "advisory/target_symbols.h"

#include <elf.h>

#include <algorithm>
#include <filesystem>

#include "elf/module_name.h"
#include "image/kernel_image.h"
#include "image/module_file.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

bool is_code(char type) {
  return type == 't' || type == 'T' || type == 'w' || type == 'W';
}

}  // namespace

Result<TargetSymbols> TargetSymbols::read(const Target& target, const EachModule& each_module) {
  TargetSymbols symbols;
  const KernelImage image = TRY(KernelImage::read(target.image));
  symbols.objects_.emplace_back("vmlinux");
  for (const ImageSymbol& symbol : image.symbols()) {
    if (is_code(symbol.type)) symbols.add(symbol.name, 0);
  }
  std::error_code error;
  const fs::path modules = target.modules / "kernel";
  for (fs::recursive_directory_iterator entry(modules, error), end; !error && entry != end;
       entry.increment(error)) {
    if (!is_module_file(entry->path())) continue;
    const Bytes file = TRY(read_module_file(entry->path()));
    const elf::Object module = TRY(elf::parse_object(file, entry->path().string(), elf::Keep::kAllocated));
    const auto index = static_cast<std::uint16_t>(symbols.objects_.size());
    symbols.objects_.push_back(module_name(entry->path().string()));
    if (each_module)
      each_module(symbols.objects_.back(), entry->path().parent_path().lexically_relative(modules).string(),
                  module);
    for (const elf::Symbol& symbol : module.symbols) {
      if (symbol.defined_in_section() && symbol.type == STT_FUNC) symbols.add(symbol.name, index);
    }
  }
  if (error) return fail("file.read", "list the modules of " + target.id.release, error.message());
  return symbols;
}

void TargetSymbols::add(const std::string& symbol, std::uint16_t object) {
  std::vector<std::uint16_t>& of = of_[symbol.substr(0, symbol.find('.'))];
  if (of.empty() || of.back() != object) of.push_back(object);
}

std::vector<std::string> TargetSymbols::objects_with(const std::string& function) const {
  std::vector<std::string> found;
  if (const auto of = of_.find(function); of != of_.end()) {
    for (const std::uint16_t index : of->second) found.push_back(objects_[index]);
  }
  return found;
}

bool TargetSymbols::has(const std::string& object, const std::string& function) const {
  const auto of = of_.find(function);
  return of != of_.end() &&
         std::ranges::any_of(of->second, [&](std::uint16_t index) { return objects_[index] == object; });
}

}  // namespace suture
