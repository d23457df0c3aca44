// SPDX-License-Identifier: Apache-2.0
//
// How types lie in memory, and what differs between two of them.
//
// Names of types say little: `u32` is `unsigned int`, and a pointer is a pointer. So members are described by
// what their bytes mean, with the names of structures only where those are types of their own, which are
// compared by themselves.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "delta/debug_info.h"

namespace suture {

/// A member, or one of a nested structure without a name of its own ("u.first").
struct Field {
  std::string name;
  std::uint64_t offset = 0;  ///< bits
  std::uint64_t size = 0;    ///< bits
  bool bit_field = false;
  EntryId type = kNoEntry;
  std::string meaning;  ///< of its bytes: "u4", "*struct sock", "s1[16]"
};

struct MemberChange {
  enum class Kind : std::uint8_t { kAdded, kRemoved, kMoved, kRetyped, kRenamed, kValueAdded, kValueChanged };
  Kind kind = Kind::kAdded;
  bool compatible = false;  ///< code which knows one form reads objects of the other right
  std::string text;         ///< "rcu (16 bytes) added at offset 136"
};

/// What became of one type. Without members and with equal sizes: nothing.
struct TypeChange {
  std::string type;  ///< "struct eventpoll"; of one inside a function "struct request in send"
  std::uint64_t old_size = 0;
  std::uint64_t new_size = 0;
  std::vector<MemberChange> members{};

  bool any() const { return old_size != new_size || !members.empty(); }
  bool compatible() const;
  /// "struct eventpoll grows from 176 to 200 bytes: rcu (16 bytes) added at offset 136, …"
  std::string text() const;
};

/// The types of one unit, by name.
class Types {
 public:
  explicit Types(const DebugInfo& info);
  Types(const Types&) = delete;
  Types& operator=(const Types&) = delete;

  /// Structures, unions and enumerations which are defined here. One without a name goes by its typedef's,
  /// or by that of the variable which it is the type of.
  const std::unordered_map<std::string, EntryId>& named() const { return named_; }
  const DebugEntry& entry(EntryId id) const { return entries_[id]; }
  const std::vector<DebugEntry>& entries() const { return entries_; }

  /// What stands behind typedefs, const and volatile; kNoEntry for void.
  EntryId resolve(EntryId type) const;
  /// As named() knows it, or empty.
  std::string name_of(EntryId type) const;
  std::uint64_t size_of(EntryId type) const;  ///< bytes
  std::string meaning(EntryId type) const { return meaning(type, 0); }
  std::vector<Field> fields(EntryId aggregate) const;
  std::map<std::string, std::int64_t> enumerators(EntryId enumeration) const;

 private:
  void name_types(const std::vector<EntryId>& naming);
  void name_by(EntryId alias, std::string_view prefix);
  void name(std::string name, EntryId type);
  std::string meaning(EntryId type, int depth) const;
  std::string meaning_of_members(EntryId aggregate, int depth) const;
  void add_fields(EntryId aggregate, std::uint64_t base, const std::string& path, int depth,
                  std::vector<Field>& fields) const;
  std::string scope_of(EntryId id) const;

  const std::vector<DebugEntry>& entries_;
  std::unordered_map<std::string, EntryId> named_;
  std::unordered_map<EntryId, const std::string*> names_;  ///< the other way round
};

/// `original` and `patched` are the same type in the two units.
TypeChange compare_type(const std::string& name, const Types& before, EntryId original, const Types& after,
                        EntryId patched);

}  // namespace suture
