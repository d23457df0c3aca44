// SPDX-License-Identifier: Apache-2.0
#include "build/layout.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <fmt/format.h>

#include <memory>

namespace suture {
namespace {

struct SessionCloser {
  void operator()(Dwfl* session) const { dwfl_end(session); }
};

std::uint64_t number(Dwarf_Die* die, unsigned attribute, std::uint64_t absent = 0) {
  Dwarf_Attribute storage;
  Dwarf_Word value = 0;
  if (dwarf_formudata(dwarf_attr_integrate(die, attribute, &storage), &value) != 0) return absent;
  return value;
}

std::string name_of(Dwarf_Die* die) {
  const char* name = dwarf_diename(die);
  return name == nullptr ? "" : name;
}

class LayoutReader {
 public:
  void read_unit(Dwarf_Die* unit) { read_children(unit); }
  Layouts take() && { return std::move(layouts_); }

 private:
  void read_children(Dwarf_Die* parent) {
    Dwarf_Die child;
    if (dwarf_child(parent, &child) != 0) return;
    do {
      switch (dwarf_tag(&child)) {
        case DW_TAG_structure_type:
        case DW_TAG_union_type:
          add(&child, name_of(&child));
          break;
        case DW_TAG_typedef:
          add_typedef(&child);
          break;
        default:
          break;
      }
    } while (dwarf_siblingof(&child, &child) == 0);
  }

  void add(Dwarf_Die* type, const std::string& name) {
    if (name.empty() || dwarf_hasattr(type, DW_AT_declaration) != 0) return;
    const char* keyword = dwarf_tag(type) == DW_TAG_union_type ? "union " : "struct ";
    layouts_[keyword + name].insert(layout_of(type, 0));
  }

  /// `typedef struct { … } name;`
  void add_typedef(Dwarf_Die* alias) {
    Dwarf_Die type;
    if (!type_of(alias, &type) || !name_of(&type).empty()) return;
    const int tag = dwarf_tag(&type);
    if (tag == DW_TAG_structure_type || tag == DW_TAG_union_type) add(&type, name_of(alias));
  }

  static bool type_of(Dwarf_Die* die, Dwarf_Die* type) {
    Dwarf_Attribute storage;
    return dwarf_formref_die(dwarf_attr_integrate(die, DW_AT_type, &storage), type) != nullptr;
  }

  /// "176 bytes: 0 mtx, 32 wq, …": members without a name are written out in place.
  std::string layout_of(Dwarf_Die* type, int depth) const {
    constexpr int kDeepest = 16;
    std::string text = fmt::format("{} bytes", number(type, DW_AT_byte_size));
    Dwarf_Die member;
    if (depth > kDeepest || dwarf_child(type, &member) != 0) return text;
    do {
      if (dwarf_tag(&member) != DW_TAG_member) continue;
      Dwarf_Die member_type;
      const bool typed = type_of(&member, &member_type);
      Dwarf_Word size = 0;
      if (!typed || dwarf_aggregate_size(&member_type, &size) != 0) size = 0;
      const std::uint64_t bits =
          number(&member, DW_AT_data_bit_offset, number(&member, DW_AT_data_member_location) * 8);
      text += fmt::format(", {}.{} {}:{}:{}", bits / 8, bits % 8, name_of(&member), size,
                          number(&member, DW_AT_bit_size));
      if (name_of(&member).empty() && typed) text += " {" + layout_of(&member_type, depth + 1) + "}";
    } while (dwarf_siblingof(&member, &member) == 0);
    return text;
  }

  Layouts layouts_;
};

/// "176 bytes" of the first layout.
std::string size_in(const std::set<std::string>& layouts) {
  const std::string& first = *layouts.begin();
  return first.substr(0, first.find(" bytes"));
}

}  // namespace

Result<Layouts> read_layouts(const std::filesystem::path& object) {
  static const Dwfl_Callbacks kCallbacks{.find_elf = dwfl_build_id_find_elf,
                                         .find_debuginfo = dwfl_standard_find_debuginfo,
                                         .section_address = dwfl_offline_section_address,
                                         .debuginfo_path = nullptr};
  // libdwfl applies the relocations of an object that was not linked; plain libdw does not.
  const std::unique_ptr<Dwfl, SessionCloser> session(dwfl_begin(&kCallbacks));
  const auto missing = [&] {
    const char* why = dwfl_errmsg(-1);
    return fail("build.no-debug-info", "read the structures of " + object.filename().string(),
                why == nullptr ? "unknown" : why);
  };
  if (!session || dwfl_report_offline(session.get(), "unit", object.c_str(), -1) == nullptr) return missing();
  if (dwfl_report_end(session.get(), nullptr, nullptr) != 0) return missing();
  LayoutReader reader;
  bool found = false;
  Dwarf_Addr bias = 0;
  for (Dwarf_Die* unit = dwfl_nextcu(session.get(), nullptr, &bias); unit != nullptr;
       unit = dwfl_nextcu(session.get(), unit, &bias)) {
    reader.read_unit(unit);
    found = true;
  }
  if (!found) return missing();
  return std::move(reader).take();
}

Result<void> check_layouts(const Layouts& original, const Layouts& patched, const std::string& unit) {
  for (const auto& [name, layouts] : patched) {
    const auto before = original.find(name);
    if (before == original.end() || before->second == layouts) continue;
    const std::string from = size_in(before->second);
    const std::string to = size_in(layouts);
    const std::string how = from == to ? fmt::format("has other members (still {} bytes)", to)
                                       : fmt::format("changes from {} to {} bytes", from, to);
    return fail("build.layout-changed", "compare the structures of " + unit, fmt::format("{} {}", name, how),
                "objects of the old form are in use; keep new state elsewhere, as with shadow variables");
  }
  return {};
}

}  // namespace suture
