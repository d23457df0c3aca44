// SPDX-License-Identifier: Apache-2.0
#include "build/layout_probe.h"

#include <dwarf.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"
#include "delta/type_layout.h"

namespace suture {
namespace {

constexpr std::string_view kAlignment = "suture_layout_alignment";

struct Layout {
  std::uint64_t size = 0;
  std::uint64_t alignment = 0;
  std::map<std::string, Field> fields;
};

std::optional<Layout> layout_of(const Types& types, const DebugInfo& debug, const std::string& type) {
  const auto found = types.named().find(type);
  if (found == types.named().end()) return std::nullopt;
  Layout layout{.size = types.entry(found->second).size, .fields = {}};
  for (const EntryId id : debug.naming_entries()) {
    const DebugEntry& entry = types.entry(id);
    if (entry.tag == DW_TAG_variable && entry.name == kAlignment)
      layout.alignment = types.size_of(entry.type);
  }
  // Two of one name cannot be told apart by it.
  for (Field& field : types.fields(found->second)) {
    std::string name = field.name;
    if (!layout.fields.emplace(std::move(name), std::move(field)).second) return std::nullopt;
  }
  return layout.alignment == 0 ? std::nullopt : std::optional(std::move(layout));
}

bool same_place(const Field& a, const Field& b) {
  return a.offset == b.offset && a.size == b.size && a.bit_field == b.bit_field && a.meaning == b.meaning;
}

/// "u.first" is reached by either name.
void add_names(std::vector<std::string>& names, std::string_view path) {
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find('.'));
    names.emplace_back(name);
    path.remove_prefix(std::min(name.size() + 1, path.size()));
  }
}

LayoutChange change_of(const Layout& before, const Layout& after) {
  LayoutChange change;
  const auto look = [&](const Layout& one, const Layout& other) {
    for (const auto& [name, field] : one.fields) {
      const auto same = other.fields.find(name);
      if (same == other.fields.end() || !same_place(field, same->second)) add_names(change.moved, name);
      if (field.bit_field) add_names(change.bit_fields, name);
    }
  };
  look(before, after);
  look(after, before);
  return change;
}

/// What of the flags decides how types lie in memory.
std::string machine_of(const UnitFlags& flags) {
  std::string machine;
  for (const std::string& word : flags.compile) {
    if (word.starts_with("-m") || word.starts_with("-f")) machine += word + '\0';
  }
  return machine;
}

}  // namespace

Result<LayoutProbe> LayoutProbe::make(const Kbuild& kbuild) {
  return LayoutProbe(kbuild, TRY(TempDir::make("suture-layout")));
}

std::optional<LayoutChange> LayoutProbe::compare(const UnitFlags& flags, const StructureChange& change) {
  std::string question = machine_of(flags);
  for (const std::string_view part : {change.before, change.after}) {
    question += part;
    question += '\0';
  }
  const std::string key = sha256_hex(as_bytes(question));
  const std::scoped_lock lock(*mutex_);
  const auto known = known_.find(key);
  if (known != known_.end()) return known->second;
  Result<std::optional<LayoutChange>> answer = ask(flags, change);
  return known_.emplace(key, answer ? std::move(*answer) : std::nullopt).first->second;
}

Result<DebugInfo> LayoutProbe::debug_info(const UnitFlags& flags, std::string_view text,
                                          const std::string& type) const {
  const std::filesystem::path source = folder_.path() / "layout.i";
  const std::filesystem::path object = folder_.path() / "layout.o";
  TRY(write_file(
      source, fmt::format("{}\n{} suture_layout;\nchar {}[_Alignof({})];\n", text, type, kAlignment, type)));
  TRY(kbuild_->compile_text(flags, source, object));
  DebugInfo debug = TRY(DebugInfo::read(object));
  TRY(debug.load());
  // It may not be written over while that is read; the next one is a file of its own.
  std::error_code error;
  std::filesystem::remove(object, error);
  if (error) return fail("file.write", "remove " + object.string(), error.message());
  return debug;
}

Result<std::optional<LayoutChange>> LayoutProbe::ask(const UnitFlags& flags,
                                                     const StructureChange& change) const {
  const DebugInfo before = TRY(debug_info(flags, change.text_before, change.type));
  const DebugInfo after = TRY(debug_info(flags, change.text_after, change.type));
  const Types types_before(before);
  const Types types_after(after);
  const auto was = layout_of(types_before, before, change.type);
  const auto is = layout_of(types_after, after, change.type);
  const bool told_apart =
      was && is && was->size == is->size && was->alignment == is->alignment && was->size >= kSmallestByMember;
  if (!told_apart) return std::nullopt;
  return change_of(*was, *is);
}

}  // namespace suture
