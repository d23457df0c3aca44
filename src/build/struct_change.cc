// SPDX-License-Identifier: Apache-2.0
#include "build/struct_change.h"

#include <algorithm>
#include <map>
#include <vector>

namespace suture {
namespace {

/// Bytes. What gcc copies member by member is at most MOVE_MAX_PIECES * MOVE_RATIO (gcc/config/i386/i386.h):
/// 16 * 17 with vector registers, which kernels do not use.
constexpr std::uint64_t kCopiedAsBlock = 16UL * 17;

using Items = std::map<std::string, int>;

Items items_of(const std::string& text) {
  Items items;
  for (std::string& item : top_level_items(text)) ++items[std::move(item)];
  return items;
}

std::vector<std::string> missing_in(const Items& these, const Items& those) {
  std::vector<std::string> missing;
  for (const auto& [item, count] : these) {
    const auto other = those.find(item);
    if (other == those.end() || other->second != count) missing.push_back(item);
  }
  return missing;
}

/// As code names it: "first" of "u.first".
std::string last_name(const std::string& path) {
  return path.substr(path.rfind('.') + 1);
}

using Run = std::vector<const Field*>;

/// Bit-fields one behind the other, without other members in between: they share words.
std::vector<Run> runs_of(const std::vector<Field>& fields) {
  std::vector<Run> runs;
  bool in_run = false;
  for (const Field& field : fields) {
    if (field.bit_field && !in_run) runs.emplace_back();
    if (field.bit_field) runs.back().push_back(&field);
    in_run = field.bit_field;
  }
  return runs;
}

/// Names of the members of `these` that `those` do not have in the same way.
std::set<std::string, std::less<>> differing(const std::vector<Field>& these,
                                             const std::vector<Field>& those) {
  std::map<std::string, const Field*> by_name;
  for (const Field& field : those) by_name.emplace(field.name, &field);
  std::set<std::string, std::less<>> names;
  for (const Field& field : these) {
    const auto other = by_name.find(field.name);
    const bool same = other != by_name.end() && other->second->offset == field.offset &&
                      other->second->size == field.size && other->second->meaning == field.meaning;
    if (!same) names.insert(last_name(field.name));
  }
  return names;
}

bool same_bytes(const Run& one, const Run& other) {
  const auto end = [](const Run& run) { return (run.back()->offset + run.back()->size + 7) / 8; };
  return one.front()->offset / 8 == other.front()->offset / 8 && end(one) == end(other);
}

/// gcc reads and writes a bit-field by one access to all bytes of its run (finish_bitfield_representative()
/// in gcc/stor-layout.cc). So where the run has other bytes, code differs for each of its members.
void add_neighbours(const std::vector<Field>& fields, const std::vector<Field>& others,
                    std::set<std::string, std::less<>>& names) {
  const std::vector<Run> other_runs = runs_of(others);
  for (const Run& run : runs_of(fields)) {
    const auto is_named = [&](const Field* field) { return names.contains(last_name(field->name)); };
    if (std::ranges::none_of(run, is_named)) continue;
    const auto same = [&](const Run& other) { return same_bytes(run, other); };
    if (std::ranges::any_of(other_runs, same)) continue;
    for (const Field* field : run) names.insert(last_name(field->name));
  }
}

bool sizes_agree(const Types& before, const Types& after) {
  return std::ranges::all_of(after.named(), [&](const auto& type) {
    const auto old = before.named().find(type.first);
    return old == before.named().end() || before.size_of(old->second) == after.size_of(type.second);
  });
}

/// Whether what follows a structure's name makes one of a list: "(struct s){ 1, 2 }", "struct s v = { 1, 2
/// }", "struct s v[] = { { 1, 2 } }".
bool is_given_values(const Tokens& code, std::size_t name) {
  std::size_t at = name + 1;
  const auto is = [&](std::string_view text) { return at < code.size() && code[at] == text; };
  if (is(")")) return ++at, is("{");
  int depth = 0;  // in brackets, and in the parentheses of an attribute
  for (; at < code.size() && (depth > 0 || is_word(code[at].front()) || is("[") || is("(")); ++at) {
    if (is("(") && code[at - 1] != "__attribute__" && depth == 0) return false;
    if (is("[") || is("(")) ++depth;
    if (is("]") || is(")")) --depth;
  }
  return is("=") && (++at, is("{"));
}

}  // namespace

std::optional<std::string> only_struct_changed(std::string_view before, std::string_view after) {
  const std::string old_text = without_comments(before);
  const std::string new_text = without_comments(after);
  // Those in the middle of the structure as well: under which conditions a member is there.
  if (!std::ranges::equal(preprocessor_lines(old_text), preprocessor_lines(new_text))) return {};
  const Items old_items = items_of(old_text);
  const Items new_items = items_of(new_text);
  const std::vector<std::string> gone = missing_in(old_items, new_items);
  const std::vector<std::string> come = missing_in(new_items, old_items);
  if (gone.size() != 1 || come.size() != 1) return {};
  std::string tag = defined_struct(gone.front());
  if (tag.empty() || defined_struct(come.front()) != tag) return {};
  return tag;
}

std::optional<StructChange> struct_change(const std::string& tag, const Types& before, const Types& after) {
  const auto old = before.named().find("struct " + tag);
  const auto changed = after.named().find("struct " + tag);
  if (old == before.named().end() || changed == after.named().end()) return {};
  if (before.size_of(old->second) <= kCopiedAsBlock || !sizes_agree(before, after)) return {};
  const std::vector<Field> old_fields = before.fields(old->second);
  const std::vector<Field> new_fields = after.fields(changed->second);
  StructChange change{.tag = tag, .members = differing(old_fields, new_fields)};
  change.members.merge(differing(new_fields, old_fields));
  add_neighbours(old_fields, new_fields, change.members);
  add_neighbours(new_fields, old_fields, change.members);
  return change;
}

bool can_tell(const Tokens& code, const StructChange& change) {
  const bool has_offsets = std::ranges::find(code, "__builtin_offsetof") != code.end();
  for (std::size_t i = 1; i < code.size(); ++i) {
    if (!is_word(code[i].front())) continue;
    // "p->member", "p.member", "__builtin_offsetof(struct s, member)"
    const char before = code[i - 1].front();
    const bool is_member = before == '>' || before == '.' || (before == ',' && has_offsets);
    if (is_member && change.members.contains(code[i])) return true;
    if (code[i] != change.tag || code[i - 1] != "struct") continue;
    if (code.front() == "typedef" || is_given_values(code, i)) return true;
  }
  return false;
}

}  // namespace suture
