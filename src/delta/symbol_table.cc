// SPDX-License-Identifier: Apache-2.0
#include "delta/symbol_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <tuple>

namespace suture {
namespace {

struct Line {
  std::optional<std::uint64_t> address{};  ///< nothing: undefined in the object
  char letter = 0;                         ///< as nm(1) explains them
  std::string_view name{};
  std::string_view module{};
};

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

std::string_view next_word(std::string_view& rest) {
  while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
  std::size_t size = 0;
  while (size < rest.size() && !is_blank(rest[size])) ++size;
  const std::string_view word = rest.substr(0, size);
  rest.remove_prefix(size);
  return word;
}

/// Nothing when it is no line of such a table.
std::optional<Line> parse_line(std::string_view text) {
  Line line;
  std::string_view word = next_word(text);
  if (word.size() > 1) {
    std::uint64_t address = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), address, 16);
    if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
    line.address = address;
    word = next_word(text);
  }
  if (word.size() != 1) return std::nullopt;
  line.letter = word.front();
  line.name = next_word(text);
  line.module = next_word(text);
  if (line.name.empty() || !next_word(text).empty()) return std::nullopt;
  if (line.module.empty()) return line;
  if (line.module.size() < 3 || line.module.front() != '[' || line.module.back() != ']') return std::nullopt;
  line.module = line.module.substr(1, line.module.size() - 2);
  return line;
}

bool is_upper(char letter) {
  return letter >= 'A' && letter <= 'Z';
}

/// Weak symbols ("W", "w") are functions more often than not; nm does not say.
bool is_code(char letter) {
  return letter == 't' || letter == 'T' || letter == 'w' || letter == 'W';
}

bool is_weak(char letter) {
  return letter == 'w' || letter == 'W' || letter == 'v' || letter == 'V';
}

/// "u", "v" and "w" are lower case, and global all the same, unless they are undefined.
bool is_global(char letter) {
  return is_upper(letter) || letter == 'u' || letter == 'v' || letter == 'w';
}

}  // namespace

Result<SymbolTable> SymbolTable::parse(std::string text, std::string object, std::string_view what) {
  SymbolTable table(std::move(text), std::move(object));
  TRY(table.read(what));
  table.index();
  return table;
}

Result<void> SymbolTable::read(std::string_view what) {
  const std::string tried = fmt::format("read the symbols in {}", what);
  std::vector<std::string_view> modules;  // of each symbol
  std::string_view rest = *text_;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::string_view text = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(text.size() + 1, rest.size()));
    if (std::ranges::all_of(text, is_blank)) continue;
    const std::optional<Line> line = parse_line(text);
    if (!line) {
      return fail("symbols.malformed", fmt::format("{}, line {}", tried, number),
                  "it is not \"ADDRESS LETTER NAME\", with \"[MODULE]\" behind it or not",
                  "give what nm or /proc/kallsyms prints, with nothing added");
    }
    symbols_.push_back({.name = line->name,
                        .address = line->address.value_or(0),
                        .global = is_global(line->letter),
                        .weak = is_weak(line->letter),
                        .code = is_code(line->letter),
                        .ours = line->address.has_value()});
    modules.push_back(line->module);
  }
  // Without a module on any line it is one object's table: the kernel's, which has its first symbol, or the
  // module's own.
  const bool is_kernel = object_ == "vmlinux";
  const bool has_kernel =
      std::ranges::any_of(symbols_, [](const TableSymbol& symbol) { return symbol.name == "_stext"; });
  const bool has_modules = !std::ranges::all_of(modules, &std::string_view::empty);
  if ((has_kernel || has_modules) && std::ranges::all_of(symbols_, [](const TableSymbol& symbol) {
        return symbol.ours && symbol.address == 0;
      })) {
    return fail("symbols.no-addresses", tried, "each address in it is 0",
                "the kernel hides them from users: read /proc/kallsyms as root");
  }
  of_one_module_ = !is_kernel && !has_kernel && !has_modules;
  const std::string_view wanted = is_kernel || of_one_module_ ? std::string_view() : object_;
  bool any = false;
  for (std::size_t i = 0; i < symbols_.size(); ++i) {
    symbols_[i].ours = symbols_[i].ours && modules[i] == wanted;
    any |= symbols_[i].ours;
  }
  if (any) return {};
  return fail("symbols.no-object", tried, fmt::format("it has no symbol of {}", object_),
              is_kernel ? "" : "read /proc/kallsyms while the module is loaded, or take `nm -p` of its file");
}

void SymbolTable::index() {
  for (const TableSymbol& symbol : symbols_) {
    if (symbol.ours) by_address_.push_back(&symbol);
    by_hash_.emplace_back(std::hash<std::string_view>{}(symbol.name), &symbol);
  }
  std::ranges::sort(by_address_, {}, [](const TableSymbol* symbol) {
    return std::tuple(symbol->address, symbol->name, symbol);
  });
  std::ranges::sort(by_hash_);
}

std::vector<const TableSymbol*> SymbolTable::of_any_object(std::string_view name) const {
  const auto range = std::ranges::equal_range(by_hash_, std::hash<std::string_view>{}(name), {},
                                              [](const auto& entry) { return entry.first; });
  std::vector<const TableSymbol*> found;
  for (const auto& [hash, symbol] : range) {
    if (symbol->name == name) found.push_back(symbol);
  }
  return found;
}

std::vector<const TableSymbol*> SymbolTable::find(std::string_view name) const {
  std::vector<const TableSymbol*> found = of_any_object(name);
  std::erase_if(found, [](const TableSymbol* symbol) { return !symbol->ours; });
  // They come in the file's order, and a module's are counted so.
  if (object_ == "vmlinux") std::ranges::stable_sort(found, {}, &TableSymbol::address);
  return found;
}

bool SymbolTable::in_kernel_order(std::string_view name) const {
  const std::vector<const TableSymbol*> found = find(name);
  if (!of_one_module_ || found.size() < 2) return true;
  // nm puts equal names side by side unless -n or -p keeps it from that, and with -n all addresses ascend.
  const bool by_name = std::ranges::adjacent_find(found, [](const TableSymbol* a, const TableSymbol* b) {
                         return b - a == 1;
                       }) != found.end();
  std::vector<std::uint64_t> addresses;
  for (const TableSymbol& symbol : symbols_) {
    if (symbol.ours) addresses.push_back(symbol.address);
  }
  return !by_name && !std::ranges::is_sorted(addresses);
}

bool SymbolTable::mentions(std::string_view name) const {
  return !of_any_object(name).empty();
}

}  // namespace suture
