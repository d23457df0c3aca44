// SPDX-License-Identifier: Apache-2.0
#include "delta/symbols.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

namespace suture {
namespace {

using Candidates = std::vector<const TableSymbol*>;

/// Sections of an object which the kernel's linker script gathers in one place, in the order of its input:
/// include/asm-generic/vmlinux.lds.h. A name of its own for each function or variable makes no difference.
std::string_view gathered_as(std::string_view section) {
  constexpr std::array<std::string_view, 12> kGroups{".text.hot",
                                                     ".text.unlikely",
                                                     ".text.startup",
                                                     ".text",
                                                     ".rodata",
                                                     ".data..read_mostly",
                                                     ".data..page_aligned",
                                                     ".data..cacheline_aligned",
                                                     ".data..ro_after_init",
                                                     ".data..percpu",
                                                     ".data",
                                                     ".bss"};
  for (const std::string_view group : kGroups) {
    if (section == group || (section.starts_with(group) && section[group.size()] == '.')) return group;
  }
  return section;
}

class Locator {
 public:
  Locator(const SymbolTable& table, const Delta& delta, const elf::Object& original)
      : table_(table), delta_(delta), original_(original) {}

  Result<void> run(DeltaRecord& record) const {
    for (std::size_t i = 0; i < delta_.functions.size(); ++i)
      TRY(locate(delta_.functions[i], record.functions[i]));
    for (std::size_t i = 0; i < delta_.needs.size(); ++i) TRY(locate(delta_.needs[i], record.needs[i]));
    return {};
  }

 private:
  std::unexpected<Error> refuse(std::string code, std::string why, std::string hint) const {
    return fail(std::move(code), "find the symbols of " + delta_.unit, std::move(why), std::move(hint));
  }

  Result<void> locate(const DeltaFunction& function, DeltaRecord::Function& record) const {
    const Candidates all = table_.find(function.name);
    const Candidates possible = of_same_binding(all, function.original_symbol);
    if (possible.empty()) {
      return refuse(
          "delta.not-in-symbols",
          fmt::format("{} changed, but {} has no symbol of that name{}", function.name, table_.object(),
                      all.empty() ? "" : " with the same binding"),
          "it was inlined wherever it is used, or is not part of this kernel; nothing can be redirected");
    }
    record.sympos = TRY(position(function.name, function.original_symbol, all, possible));
    return {};
  }

  Result<void> locate(const DeltaNeed& need, DeltaRecord::Need& record) const {
    const bool of_the_unit = need.original_symbol != elf::kUndefined &&
                             original_.symbols[need.original_symbol].defined_in_section();
    const Candidates all = table_.find(record.name);
    const bool local = of_the_unit && original_.symbols[need.original_symbol].binding == STB_LOCAL;
    const Candidates possible = local ? of_same_binding(all, need.original_symbol) : global_ones(all);
    if (!possible.empty()) {
      record.sympos =
          TRY(position(record.name, of_the_unit ? need.original_symbol : elf::kUndefined, all, possible));
      record.object = table_.object();
      return {};
    }
    // A module's code may use what vmlinux or another module exports.
    const bool elsewhere = !of_the_unit && table_.object() != "vmlinux";
    if (elsewhere || !table_.has_whole_kernel() || (!of_the_unit && table_.mentions(record.name))) return {};
    return refuse("delta.symbol-unknown",
                  fmt::format("shipped code refers to {}, which is not among the symbols of {}", record.name,
                              table_.object()),
                  "the fix uses something that this kernel does not have, or has optimised away");
  }

  /// A global symbol that is hidden becomes local when the kernel is linked, so it may be either there.
  static Candidates global_ones(const Candidates& all) {
    Candidates result;
    std::ranges::copy_if(all, std::back_inserter(result), &TableSymbol::global);
    return result.empty() ? all : result;
  }

  /// What a weak definition says does not count where there is a strong one, which shows in the kernel's.
  Candidates of_same_binding(const Candidates& all, std::uint32_t original_symbol) const {
    const std::uint8_t binding =
        original_symbol < original_.symbols.size() ? original_.symbols[original_symbol].binding : STB_LOCAL;
    Candidates result;
    std::ranges::copy_if(all, std::back_inserter(result), [&](const TableSymbol* symbol) {
      return binding == STB_WEAK ? symbol->weak : symbol->global == (binding != STB_LOCAL);
    });
    return result.empty() && binding == STB_GLOBAL ? all : result;
  }

  Result<std::uint32_t> position(const std::string& name, std::uint32_t original_symbol,
                                 const Candidates& all, const Candidates& possible) const {
    if (all.size() == 1) return 0;
    const TableSymbol* found = possible.size() == 1 ? possible.front() : nullptr;
    if (found == nullptr && original_symbol < original_.symbols.size())
      found = where_the_unit_lies(original_symbol, possible);
    const bool counted = table_.in_kernel_order(name);
    if (found != nullptr && counted)
      return static_cast<std::uint32_t>(std::ranges::find(all, found) - all.begin()) + 1;
    return refuse(
        "delta.symbol-ambiguous",
        fmt::format("{} has {} symbols named {}, and {}", table_.object(), all.size(), name,
                    counted ? "nothing tells which one is meant" : "the table has lost their order"),
        counted ? "" : "give /proc/kallsyms, or what `nm -p` prints, which does not sort");
  }

  /// The one candidate around which the symbols of the unit lie as in the object.
  const TableSymbol* where_the_unit_lies(std::uint32_t symbol, const Candidates& possible) const {
    const std::vector<std::uint32_t> run = run_of(symbol);
    const auto in_run = std::ranges::find(run, symbol) - run.begin();
    const bool code = original_.sections[original_.symbols[symbol].section].executable();
    std::vector<const TableSymbol*> lying;
    std::ranges::copy_if(table_.by_address(), std::back_inserter(lying),
                         [&](const TableSymbol* other) { return other->code == code; });
    const TableSymbol* found = nullptr;
    for (const TableSymbol* candidate : possible) {
      const auto at = std::ranges::find(lying, candidate) - lying.begin();
      const auto size = static_cast<std::ptrdiff_t>(run.size());
      if (at < in_run || static_cast<std::ptrdiff_t>(lying.size()) - (at - in_run) < size) continue;
      const auto begin = lying.begin() + (at - in_run);
      if (!std::equal(run.begin(), run.end(), begin, [&](std::uint32_t index, const TableSymbol* there) {
            return original_.symbols[index].name == there->name;
          }))
        continue;
      if (found != nullptr) return nullptr;
      found = candidate;
    }
    return found;
  }

  /// The unit's symbols which go to the same place as this one, in their order there.
  std::vector<std::uint32_t> run_of(std::uint32_t symbol) const {
    const auto group = [&](std::uint32_t index) {
      return gathered_as(original_.sections[original_.symbols[index].section].name);
    };
    std::vector<std::uint32_t> run;
    for (std::uint32_t i = 0; i < original_.symbols.size(); ++i) {
      const elf::Symbol& other = original_.symbols[i];
      const bool listed = other.defined_in_section() && other.type != STT_SECTION && other.type != STT_FILE &&
                          !other.name.starts_with(".L");
      if (listed && group(i) == group(symbol)) run.push_back(i);
    }
    std::ranges::sort(run, {}, [&](std::uint32_t index) {
      const elf::Symbol& other = original_.symbols[index];
      return std::tuple(other.section, other.value, std::string_view(other.name));
    });
    return run;
  }

  const SymbolTable& table_;
  const Delta& delta_;
  const elf::Object& original_;
};

}  // namespace

Result<void> locate_symbols(const SymbolTable& table, const Delta& delta, const elf::Object& original,
                            DeltaRecord& record) {
  return Locator(table, delta, original).run(record);
}

}  // namespace suture
