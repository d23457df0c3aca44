// SPDX-License-Identifier: Apache-2.0
#include "module/klp_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

namespace suture {
namespace {

// struct klp_func and klp_object, include/linux/livepatch.h: what a patch says comes first in both, and has
// not moved since 4.0. What the kernel keeps for itself follows; its size differs, and is not needed.
struct FunctionLayout {
  std::string_view table;          // how its symbol begins
  std::uint64_t new_function = 0;  // offset from the name
  std::uint64_t sympos = 0;
};
constexpr std::array kFunctionLayouts{
    FunctionLayout{"suture_functions_", 8, 16}, FunctionLayout{"suture_no_functions", 8, 16},
    // struct suture_function and suture_object, kmod/suture_patch.h.
    FunctionLayout{"suture_stop_functions_", 16, 8}, FunctionLayout{"suture_stop_no_functions", 16, 8}};
constexpr std::uint64_t kFunctions = 8;  // offset from the object's name
// struct suture_exit, runtime/suture.h: the object's number, and the only pointer that is filled in.
constexpr std::uint64_t kReplacement = 8;
// struct suture_symbol and suture_relocation, kmod/suture_patch.h.
constexpr std::uint64_t kSymbolSize = 32;
constexpr std::uint64_t kSymbolName = 8;
constexpr std::uint64_t kSymbolSympos = 16;
constexpr std::uint64_t kRelocationSize = 24;
constexpr std::uint64_t kRelocationSymbol = 16;

const FunctionLayout* layout_of(const elf::Symbol& table) {
  const auto* found = std::ranges::find_if(
      kFunctionLayouts, [&](const FunctionLayout& layout) { return table.name.starts_with(layout.table); });
  return found == kFunctionLayouts.end() ? nullptr : found;
}

struct Place {
  std::uint32_t section = 0;
  std::uint64_t offset = 0;
  auto operator<=>(const Place&) const = default;
};

class TableReader {
 public:
  explicit TableReader(const elf::Object& module) : module_(module) {
    for (std::uint32_t i = 0; i < module.sections.size(); ++i) {
      for (const elf::Relocation& relocation : module.sections[i].relocations)
        pointers_.emplace(Place{i, relocation.offset}, &relocation);
    }
    for (std::uint32_t i = 0; i < module.symbols.size(); ++i) {
      const elf::Symbol& symbol = module.symbols[i];
      if (symbol.type == STT_FUNC && symbol.defined_in_section())
        functions_.emplace(Place{symbol.section, symbol.value}, i);
    }
  }

  std::vector<KlpFunction> read() {
    for (const elf::Symbol& symbol : module_.symbols) {
      if (symbol.name != "suture_objects" || !symbol.defined_in_section()) continue;
      const Place begin{symbol.section, symbol.value};
      const Place end{symbol.section, symbol.value + symbol.size};
      for (auto it = pointers_.lower_bound(begin); it != pointers_.end() && it->first < end; ++it) {
        const elf::Symbol* table = table_at(it->second);
        if (table == nullptr) continue;
        objects_.push_back(object_name(it->first));
        read_functions(*table, objects_.back());
      }
    }
    for (const elf::Symbol& symbol : module_.symbols) {
      if (symbol.name == "suture_exits" && symbol.defined_in_section()) read_exits(symbol);
    }
    return std::move(result_);
  }

  std::vector<EngineSymbol> read_symbols() const {
    std::vector<EngineSymbol> result;
    for_each_entry("suture_symbols", kSymbolSize, [&](const Place& entry) {
      const auto object = text_of({entry.section, entry.offset});
      const auto name = text_of({entry.section, entry.offset + kSymbolName});
      if (!name || name->empty()) return;
      result.push_back({.object = object.value_or("vmlinux"),
                        .name = *name,
                        .sympos = number_at({entry.section, entry.offset + kSymbolSympos})});
    });
    for_each_entry("suture_relocations", kRelocationSize, [&](const Place& entry) {
      const std::uint32_t symbol = number_at({entry.section, entry.offset + kRelocationSymbol});
      if (pointer_at(entry) && symbol < result.size()) ++result[symbol].places;
    });
    return result;
  }

 private:
  template <class Use>
  void for_each_entry(std::string_view table, std::uint64_t size, Use use) const {
    for (const elf::Symbol& symbol : module_.symbols) {
      if (symbol.name != table || !symbol.defined_in_section()) continue;
      const std::uint64_t data = module_.sections[symbol.section].data.size();
      for (std::uint64_t at = 0; at < symbol.size && symbol.value + at < data; at += size)
        use(Place{symbol.section, symbol.value + at});
    }
  }

  std::optional<std::string> text_of(const Place& pointer) const {
    const auto place = pointer_at(pointer);
    return place ? text_at(*place) : std::nullopt;
  }

  std::optional<Place> place_of(const elf::Relocation* relocation) const {
    const elf::Symbol& symbol = module_.symbols[relocation->symbol];
    const std::int64_t offset = static_cast<std::int64_t>(symbol.value) + relocation->addend;
    if (!symbol.defined_in_section() || offset < 0) return std::nullopt;
    return Place{symbol.section, static_cast<std::uint64_t>(offset)};
  }

  std::optional<Place> pointer_at(Place place) const {
    const auto found = pointers_.find(place);
    return found == pointers_.end() ? std::nullopt : place_of(found->second);
  }

  const elf::Symbol* table_at(const elf::Relocation* relocation) const {
    const std::optional<Place> place = place_of(relocation);
    const auto found = std::ranges::find_if(module_.symbols, [&](const elf::Symbol& symbol) {
      return place && symbol.section == place->section && symbol.value == place->offset &&
             layout_of(symbol) != nullptr;
    });
    return found == module_.symbols.end() ? nullptr : &*found;
  }

  /// `functions` is the place of the pointer to an object's functions. A name that is null means vmlinux.
  std::string object_name(Place functions) const {
    if (functions.offset < kFunctions) return "vmlinux";
    const auto name = pointer_at({functions.section, functions.offset - kFunctions});
    return name ? text_at(*name).value_or("vmlinux") : "vmlinux";
  }

  void read_functions(const elf::Symbol& table, const std::string& object) {
    const FunctionLayout& layout = *layout_of(table);
    const Place begin{table.section, table.value};
    const Place end{table.section, table.value + table.size};
    for (auto it = pointers_.lower_bound(begin); it != pointers_.end() && it->first < end; ++it) {
      const auto text = place_of(it->second);
      const auto name = text ? text_at(*text) : std::nullopt;
      const auto code = pointer_at({table.section, it->first.offset + layout.new_function});
      const auto function = code ? functions_.find(*code) : functions_.end();
      if (!name || name->empty() || function == functions_.end()) continue;
      result_.push_back({.object = object,
                         .name = *name,
                         .sympos = number_at({table.section, it->first.offset + layout.sympos}),
                         .symbol = function->second});
    }
  }

  void read_exits(const elf::Symbol& table) {
    const Place begin{table.section, table.value};
    const Place end{table.section, table.value + table.size};
    for (auto it = pointers_.lower_bound(begin); it != pointers_.end() && it->first < end; ++it) {
      if (it->first.offset < begin.offset + kReplacement) continue;
      const std::uint32_t object = number_at({table.section, it->first.offset - kReplacement});
      const auto code = place_of(it->second);
      const auto function = code ? functions_.find(*code) : functions_.end();
      if (object >= objects_.size() || function == functions_.end()) continue;
      result_.push_back({.object = objects_[object],
                         .name = module_.symbols[function->second].name,
                         .symbol = function->second});
    }
  }

  std::optional<std::string> text_at(Place place) const {
    const Bytes& data = module_.sections[place.section].data;
    if (place.offset >= data.size()) return std::nullopt;
    const std::string_view text = as_text(ByteView(data).subspan(place.offset));
    const std::size_t end = text.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    return std::string(text.substr(0, end));
  }

  std::uint32_t number_at(Place place) const {
    const Bytes& data = module_.sections[place.section].data;
    std::uint32_t value = 0;
    if (place.offset > data.size() || sizeof value > data.size() - place.offset) return 0;
    for (std::size_t i = sizeof value; i-- > 0;) value = value << 8 | data[place.offset + i];
    return value;
  }

  const elf::Object& module_;
  std::map<Place, const elf::Relocation*> pointers_;
  std::map<Place, std::uint32_t> functions_;
  std::vector<std::string> objects_;
  std::vector<KlpFunction> result_;
};

}  // namespace

std::vector<KlpFunction> read_klp_tables(const elf::Object& module) {
  return TableReader(module).read();
}

std::vector<EngineSymbol> read_engine_symbols(const elf::Object& module) {
  return TableReader(module).read_symbols();
}

bool is_for_stop_machine(const elf::Object& module) {
  return std::ranges::any_of(module.symbols, [](const elf::Symbol& symbol) {
    return symbol.name == "suture_patch" && symbol.type == STT_OBJECT && symbol.defined_in_section();
  });
}

bool is_glue(const elf::Symbol& symbol) {
  constexpr std::array<std::string_view, 3> kNames{"init_module", "cleanup_module", "__this_module"};
  return std::ranges::find(kNames, symbol.name) != kNames.end() || symbol.name.starts_with("suture_") ||
         symbol.name.starts_with("__UNIQUE_ID_");
}

}  // namespace suture
