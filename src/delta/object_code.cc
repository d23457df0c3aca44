// SPDX-License-Identifier: Apache-2.0
#include "delta/object_code.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "delta/unit.h"
#include "elf/livepatch_names.h"

namespace suture {
namespace {

bool is_code(const elf::Object& object, const elf::Symbol& symbol) {
  if (!symbol.defined_in_section() || symbol.name.empty()) return false;
  if (symbol.type == STT_FUNC) return true;
  return symbol.type == STT_NOTYPE && object.sections[symbol.section].executable();
}

/// Edits from one to the other (Levenshtein), or more than `most` once it is clear that there are.
std::size_t distance(std::string_view left, std::string_view right, std::size_t most) {
  if (std::max(left.size(), right.size()) - std::min(left.size(), right.size()) > most) return most + 1;
  std::vector<std::size_t> row(right.size() + 1);
  for (std::size_t i = 0; i <= right.size(); ++i) row[i] = i;
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::size_t corner = row[0]++;
    for (std::size_t j = 0; j < right.size(); ++j) {
      const std::size_t replaced = corner + (left[i] == right[j] ? 0 : 1);
      corner = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

/// As named_place() does.
PlaceName branch_to(PlaceName name) {
  const std::size_t sign = name.key.find_last_of("+-");
  if (sign != std::string::npos && sign > 0) name.key.resize(sign);
  return name;
}

}  // namespace

ObjectCode::ObjectCode(const elf::Object& object) : object_(object), named_(object.sections.size()) {
  for (std::uint32_t i = 0; i < object.symbols.size(); ++i) {
    const elf::Symbol& symbol = object.symbols[i];
    if (!symbol.defined_in_section() || symbol.type == STT_SECTION || symbol.name.empty()) continue;
    named_[symbol.section].push_back(i);
  }
  for (auto& symbols : named_) {
    // Of several names for one place the one with a size comes last, where a search from above finds it.
    std::ranges::stable_sort(symbols, [&](std::uint32_t left, std::uint32_t right) {
      const elf::Symbol& a = object.symbols[left];
      const elf::Symbol& b = object.symbols[right];
      return std::pair(a.value, a.size) < std::pair(b.value, b.size);
    });
    for (const std::uint32_t symbol : symbols) {
      if (is_code(object, object.symbols[symbol])) functions_.push_back(symbol);
    }
  }
}

std::vector<std::uint32_t> ObjectCode::find(std::string_view name) const {
  std::vector<std::uint32_t> found;
  std::ranges::copy_if(functions_, std::back_inserter(found),
                       [&](std::uint32_t symbol) { return object_.symbols[symbol].name == name; });
  return found;
}

std::uint64_t ObjectCode::size_of(std::uint32_t function) const {
  const elf::Symbol& symbol = object_.symbols[function];
  if (symbol.size != 0) return symbol.size;
  const auto& symbols = named_[symbol.section];
  const auto next = std::ranges::upper_bound(
      symbols, symbol.value, {}, [&](std::uint32_t index) { return object_.symbols[index].value; });
  const std::uint64_t end =
      next == symbols.end() ? object_.sections[symbol.section].size : object_.symbols[*next].value;
  return end - symbol.value;
}

Listing ObjectCode::list(std::uint32_t function, Syntax syntax) const {
  const elf::Symbol& symbol = object_.symbols[function];
  const ByteView all = object_.sections[symbol.section].data;
  const std::uint64_t begin = std::min<std::uint64_t>(symbol.value, all.size());
  const ByteView code = all.subspan(begin, std::min<std::uint64_t>(size_of(function), all.size() - begin));

  std::map<std::uint64_t, const elf::Relocation*> relocations;  // by offset in the function
  const auto collect = [&](const std::vector<elf::Relocation>& from) {
    for (const elf::Relocation& relocation : from) {
      if (relocation.type == R_X86_64_NONE || relocation.offset < begin) continue;
      if (relocation.offset - begin < code.size())
        relocations.emplace(relocation.offset - begin, &relocation);
    }
  };
  collect(object_.sections[symbol.section].relocations);
  for (const elf::LateRelocations& late : object_.late_relocations) {
    if (late.section == symbol.section) collect(late.relocations);
  }
  const Symboliser name_of_field = [&](const CodeField& field) -> std::optional<PlaceName> {
    const auto found = relocations.find(field.offset);
    if (found != relocations.end()) return name_of(*found->second, field);
    // A branch to another function of the section needs no relocation once they are linked.
    if (field.use != CodeField::Use::kBranch || field.value < code.size()) return std::nullopt;
    return branch_to(place(symbol.section, static_cast<std::int64_t>(begin + field.value)));
  };
  return disassemble(code, 0, name_of_field, syntax);
}

std::optional<PlaceName> ObjectCode::name_of(const elf::Relocation& relocation,
                                             const CodeField& field) const {
  const elf::Symbol& symbol = object_.symbols[relocation.symbol];
  const std::int64_t offset = relocation.addend + (elf::is_pc_relative(relocation.type) ? field.bias : 0);
  const bool branch = field.use == CodeField::Use::kBranch;
  if (symbol.type == STT_SECTION && symbol.defined_in_section()) {
    PlaceName name = place(symbol.section, static_cast<std::int64_t>(symbol.value) + offset);
    return branch ? branch_to(std::move(name)) : name;
  }
  if (const auto late = elf::parse_livepatch_symbol(symbol.name))
    return named_place(late->name, offset, branch);
  return named_place(symbol.name, offset, branch);
}

PlaceName ObjectCode::place(std::uint32_t section, std::int64_t offset) const {
  const elf::Section& content = object_.sections[section];
  const bool inside = offset >= 0 && static_cast<std::uint64_t>(offset) < content.size;
  const auto at = static_cast<std::uint64_t>(offset);
  if (inside) {
    const auto& symbols = named_[section];
    auto after = std::ranges::upper_bound(symbols, at, {},
                                          [&](std::uint32_t index) { return object_.symbols[index].value; });
    if (after != symbols.begin()) {
      const elf::Symbol& symbol = object_.symbols[*--after];
      if (at == symbol.value || at - symbol.value < symbol.size)
        return named_place(symbol.name, offset - static_cast<std::int64_t>(symbol.value), false);
    }
    const bool strings = (content.flags & SHF_STRINGS) != 0;
    if (!content.writable() && !content.executable() && at < content.data.size()) {
      if (auto text = string_literal(ByteView(content.data).subspan(at))) return std::move(*text);
      if (strings && content.data[at] == 0) return {.text = "\"\"", .key = "\"\""};
    }
  }
  return named_place(content.name, offset, false);
}

std::string name_and_offset(std::string_view name, std::int64_t offset) {
  if (offset == 0) return std::string(name);
  const std::uint64_t size =
      offset < 0 ? 0 - static_cast<std::uint64_t>(offset) : static_cast<std::uint64_t>(offset);
  return fmt::format("{}{}{:#x}", name, offset < 0 ? '-' : '+', size);
}

PlaceName named_place(std::string_view name, std::int64_t offset, bool branch) {
  return {.text = name_and_offset(printable(name), offset),
          .key = name_and_offset(stable_name(name), branch ? 0 : offset)};
}

std::vector<std::string> similar_names(const std::vector<std::string>& names, std::string_view wanted) {
  constexpr std::size_t kMost = 5;
  constexpr std::size_t kLongest = 128;
  wanted = wanted.substr(0, kLongest);
  const std::size_t near = wanted.size() / 3 + 1;
  std::vector<std::pair<std::size_t, std::string>> found;
  for (const std::string& name : names) {
    if (name.empty() || name.size() > 2 * kLongest) continue;
    std::size_t edits = distance(name, wanted, near);
    // Part of the name is as good as a few letters of it.
    const bool part =
        wanted.size() > 2 && (name.contains(wanted) || (name.size() > 3 && wanted.contains(name)));
    if (part) edits = std::min(edits, near);
    if (edits <= near) found.emplace_back(edits, name);
  }
  std::ranges::sort(found);
  found.erase(std::ranges::unique(found).begin(), found.end());
  std::vector<std::string> result;
  for (std::size_t i = 0; i < std::min(found.size(), kMost); ++i) result.push_back(found[i].second);
  return result;
}

}  // namespace suture
