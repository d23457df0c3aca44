// SPDX-License-Identifier: Apache-2.0
//
// Two objects of one unit in, what must be shipped out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "delta/debug_info.h"
#include "delta/jump_entry.h"
#include "elf/object.h"
#include "patchset/risk_fact.h"

namespace suture {

/// A function of the running kernel that new code takes the place of.
struct DeltaFunction {
  std::string name;                   ///< in the original unit
  std::uint32_t original_symbol = 0;  ///< index into the original object's symbols
  std::uint32_t symbol = 0;           ///< the new code, index into Delta::object.symbols
  std::uint64_t old_size = 0;         ///< bytes
  std::uint64_t new_size = 0;
  bool module_exit = false;  ///< as ReplacedFunction::module_exit
  /// Where to redirect it; nothing: ftrace does, or the module's pointer leads there.
  std::optional<JumpEntry> entry{};
};

/// A symbol that shipped code refers to and does not bring along.
struct DeltaNeed {
  std::uint32_t symbol = 0;  ///< undefined in Delta::object.symbols
  /// Index into the original object's symbols: there it is defined, or undefined as well. elf::kUndefined:
  /// only the fix refers to it.
  std::uint32_t original_symbol = elf::kUndefined;
};

enum class CallbackKind : std::uint8_t { kPrePatch, kPostPatch, kPreUnpatch, kPostUnpatch };

/// A function that an author wants called (include/suture/patch.h).
struct DeltaCallback {
  CallbackKind kind = CallbackKind::kPrePatch;
  std::string name;
  std::uint32_t symbol = 0;  ///< index into Delta::object.symbols
};

/// An existing variable that gets a new value: one aligned word of it.
struct DeltaUpdate {
  std::string name;          ///< of the variable
  std::uint64_t offset = 0;  ///< of the word, in the variable
  std::uint64_t width = 0;   ///< bytes: 1, 2, 4 or 8
  std::uint32_t symbol = 0;  ///< index into Delta::object.symbols: a struct suture_update (module/runtime)
};

/// A decision that the reader of a delta should know of: something left out, something taken along.
struct DeltaNote {
  std::string code;  ///< stable, "delta.…"
  std::string text;  ///< one sentence, with the names of functions and sections
};

/// What the two objects do not say.
struct DeltaOptions {
  std::string object = "vmlinux";  ///< what the unit is part of: "vmlinux", or a module as in /proc/modules
  /// Bytes of an entry of the kernel's tables, by the entry's struct ("jump_entry"). Those not named follow
  /// from the objects themselves.
  std::map<std::string, std::uint64_t, std::less<>> entry_sizes{};
  /// Existing variables whose changed initial value is to be written into the running ones.
  std::set<std::string> updated_data{};
  /// Of the two objects; null: layouts of types are not compared.
  const DebugInfo* original_debug = nullptr;
  const DebugInfo* patched_debug = nullptr;
  /// Types ("struct task_struct") whose layout changes, and the fix declares that it copes.
  std::set<std::string> accepted_layouts{};
  /// Functions that ftrace cannot reach are replaced as well, by a jump at their entry, where one is safe.
  /// Only the stop-machine engine can do that.
  bool jumps = false;
};

struct Delta {
  std::string unit;
  elf::Object object;  ///< shipped code and data, one section for each, and their entries of special sections
  std::vector<DeltaFunction> functions;
  std::vector<DeltaNeed> needs;
  std::vector<std::string> added;  ///< names of shipped functions and variables that replace none
  /// What the unit kept to itself, and the fix shows to other units: symbols of the original object.
  std::vector<std::uint32_t> exposed{};
  std::vector<DeltaNote> notes{};
  std::vector<DeltaCallback> callbacks{};  ///< of one kind in the order to call them
  std::vector<DeltaUpdate> updates{};
  std::vector<RiskFact> risks{};

  /// Nothing to ship. Without replaced functions there may still be new ones for other units to call.
  bool empty() const { return object.sections.empty(); }
};

/// Empty when the two do the same. Every refusal has a code "delta.…" and names function or section.
Result<Delta> make_delta(const elf::Object& original, const elf::Object& patched, const std::string& unit,
                         const DeltaOptions& options = {});

}  // namespace suture
