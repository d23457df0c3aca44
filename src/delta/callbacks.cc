// SPDX-License-Identifier: Apache-2.0
#include "delta/callbacks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace suture {
namespace {

constexpr std::string_view kPrefix = ".suture.";

struct Kind {
  std::string_view section;
  CallbackKind kind;
};

constexpr std::array kKinds{Kind{".suture.pre_patch", CallbackKind::kPrePatch},
                            Kind{".suture.post_patch", CallbackKind::kPostPatch},
                            Kind{".suture.pre_unpatch", CallbackKind::kPreUnpatch},
                            Kind{".suture.post_unpatch", CallbackKind::kPostUnpatch}};

class Reader {
 public:
  Reader(const Unit& patched, const Correlation& correlation)
      : patched_(patched), correlation_(correlation) {}

  Result<std::vector<CallbackAtom>> read() {
    const auto& sections = patched_.object().sections;
    for (std::uint32_t section = 0; section < sections.size(); ++section) {
      if (is_author_section(sections[section].name)) TRY(read_section(section));
    }
    TRY(check_pairs());
    return std::move(callbacks_);
  }

 private:
  std::unexpected<Error> refuse(std::string code, std::string why, std::string hint) const {
    return fail(std::move(code), "make a delta of " + patched_.name(), std::move(why), std::move(hint));
  }

  Result<void> read_section(std::uint32_t section) {
    const elf::Section& content = patched_.object().sections[section];
    const auto* kind = std::ranges::find(kKinds, content.name, &Kind::section);
    if (kind == kKinds.end()) {
      return refuse("delta.callback-unknown",
                    fmt::format("the section {} is no kind of callback", content.name),
                    "use the macros of <suture/patch.h>");
    }
    for (const Reference& reference : patched_.references(section, 0, content.size)) {
      if (reference.target == kNoAtom || patched_.atom(reference.target).kind != AtomKind::kFunction ||
          correlation_.original_of[reference.target] != kNoAtom) {
        const std::string name = reference.target == kNoAtom ? patched_.symbol_name(reference)
                                                             : patched_.atom(reference.target).name;
        return refuse("delta.callback-not-added",
                      fmt::format("the callback {} is no function that the fix adds to this unit", name),
                      "add a function for it, which may call others");
      }
      callbacks_.push_back({.kind = kind->kind, .function = reference.target});
    }
    return {};
  }

  /// When the second of two PRE_PATCH fails, the first is undone alone: its POST_UNPATCH must be known.
  Result<void> check_pairs() const {
    const auto made = std::ranges::count(callbacks_, CallbackKind::kPrePatch, &CallbackAtom::kind);
    const auto undone = std::ranges::count(callbacks_, CallbackKind::kPostUnpatch, &CallbackAtom::kind);
    if (made == undone || (made < 2 && undone < 2)) return {};
    return refuse("delta.callbacks-unpaired",
                  fmt::format("the unit has {} PRE_PATCH and {} POST_UNPATCH callbacks", made, undone),
                  "give as many of both, in the same order, or one of each which does all");
  }

  const Unit& patched_;
  const Correlation& correlation_;
  std::vector<CallbackAtom> callbacks_;
};

}  // namespace

Result<std::vector<CallbackAtom>> read_callbacks(const Unit& patched, const Correlation& correlation) {
  return Reader(patched, correlation).read();
}

void add_callbacks(const std::vector<CallbackAtom>& callbacks, const Unit& patched, Delta& delta) {
  for (const CallbackAtom& callback : callbacks) {
    const std::string& name = patched.atom(callback.function).name;
    const auto& symbols = delta.object.symbols;
    const auto symbol = std::ranges::find_if(symbols, [&](const elf::Symbol& candidate) {
      return candidate.name == name && candidate.defined_in_section() && candidate.type == STT_FUNC;
    });
    delta.callbacks.push_back({.kind = callback.kind,
                               .name = name,
                               .symbol = static_cast<std::uint32_t>(symbol - symbols.begin())});
  }
}

bool is_author_section(std::string_view name) {
  return name.starts_with(kPrefix);
}

}  // namespace suture
