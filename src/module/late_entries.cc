// SPDX-License-Identifier: Apache-2.0
#include "module/late_entries.h"

#include <algorithm>
#include <array>

namespace suture {
namespace {

// struct static_call_site, include/linux/static_call_types.h: call, key.
constexpr std::size_t kStaticCallPointers = 2;
// struct jump_entry, include/linux/jump_label.h: code, target, key.
constexpr std::size_t kJumpPointers = 3;
constexpr std::string_view kTracepoint = "__tracepoint_";  // DEFINE_TRACE_FN(), include/linux/tracepoint.h

/// One entry of a table, which is a struct of pointers only.
struct Entry {
  std::uint64_t begin = 0;  ///< bytes of the table
  std::uint64_t end = 0;
  std::size_t first = 0;  ///< relocations of the table
};

/// Empty when the relocations are not those of whole entries.
std::vector<Entry> entries_of(const elf::Section& table, std::size_t pointers) {
  const auto& relocations = table.relocations;
  if (relocations.empty() || relocations.size() % pointers != 0) return {};
  const std::size_t count = relocations.size() / pointers;
  const std::uint64_t size = table.data.size() / count;
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < count; ++i) {
    const Entry entry{.begin = i * size, .end = (i + 1) * size, .first = i * pointers};
    const auto inside = [&](std::size_t pointer) {
      const std::uint64_t offset = relocations[entry.first + pointer].offset;
      return offset >= entry.begin && offset < entry.end;
    };
    if (size % 8 != 0 || size * count != table.data.size() || !inside(0) || !inside(pointers - 1)) return {};
    entries.push_back(entry);
  }
  return entries;
}

class Dropper {
 public:
  Dropper(elf::Object& object, const std::vector<std::optional<SymbolSource>>& sources)
      : object_(object), sources_(sources) {}

  std::vector<SilentTracepoint> run() {
    for (elf::Section& section : object_.sections) {
      if (section.name == ".static_call_sites") {
        drop(section, kStaticCallPointers, [&](const elf::Relocation*) { return true; });
      } else if (section.name == "__jump_table") {
        drop(section, kJumpPointers, [&](const elf::Relocation* pointers) { return silence(pointers); });
      }
    }
    return std::move(silent_);
  }

 private:
  bool is_late(const elf::Relocation& key) const {
    if (key.symbol >= sources_.size() || !sources_[key.symbol]) return false;
    const SymbolSource& source = *sources_[key.symbol];
    return !source.exported_crc && source.object != "vmlinux";
  }

  template <class May>
  void drop(elf::Section& table, std::size_t pointers, May may) {
    const std::vector<Entry> entries = entries_of(table, pointers);
    if (entries.empty()) return;
    std::vector<elf::Relocation> relocations;
    Bytes data;
    for (const Entry& entry : entries) {
      const elf::Relocation* first = &table.relocations[entry.first];
      if (is_late(first[pointers - 1]) && may(first)) continue;
      for (std::size_t i = 0; i < pointers; ++i) {
        relocations.push_back(first[i]);
        relocations.back().offset += data.size() - entry.begin;
      }
      data.insert(data.end(), table.data.begin() + static_cast<std::ptrdiff_t>(entry.begin),
                  table.data.begin() + static_cast<std::ptrdiff_t>(entry.end));
    }
    table.relocations = std::move(relocations);
    table.data = std::move(data);
    table.size = table.data.size();
  }

  /// True when the entry can go: its key is a tracepoint's, and without it the code is as when that is off.
  bool silence(const elf::Relocation* pointers) {
    const elf::Symbol& code = object_.symbols[pointers[0].symbol];
    const std::string& key = object_.symbols[pointers[kJumpPointers - 1].symbol].name;
    if (!key.starts_with(kTracepoint) || !code.defined_in_section()) return false;
    const std::uint64_t place = code.value + static_cast<std::uint64_t>(pointers[0].addend);
    if (!is_no_op(object_.sections[code.section], place)) return false;
    SilentTracepoint tracepoint{.name = key.substr(kTracepoint.size())};
    for (const elf::Symbol& symbol : object_.symbols) {
      if (symbol.type != STT_FUNC || symbol.section != code.section || symbol.value > place ||
          place - symbol.value >= symbol.size)
        continue;
      tracepoint.function = symbol.name;
      tracepoint.offset = place - symbol.value;
    }
    silent_.push_back(std::move(tracepoint));
    return true;
  }

  /// As arch_static_branch() leaves it, or objtool after it (arch/x86/include/asm/jump_label.h).
  static bool is_no_op(const elf::Section& section, std::uint64_t at) {
    constexpr std::array<std::uint8_t, 5> kLong{0x0f, 0x1f, 0x44, 0x00, 0x00};
    constexpr std::array<std::uint8_t, 2> kShort{0x66, 0x90};
    if (at > section.data.size()) return false;
    const ByteView code = ByteView(section.data).subspan(at);
    const auto begins_with = [&](ByteView bytes) {
      return code.size() >= bytes.size() && std::ranges::equal(code.first(bytes.size()), bytes);
    };
    return begins_with(kLong) || begins_with(kShort);
  }

  elf::Object& object_;
  const std::vector<std::optional<SymbolSource>>& sources_;
  std::vector<SilentTracepoint> silent_;
};

}  // namespace

std::vector<SilentTracepoint> drop_late_entries(elf::Object& object,
                                                const std::vector<std::optional<SymbolSource>>& sources) {
  return Dropper(object, sources).run();
}

}  // namespace suture
