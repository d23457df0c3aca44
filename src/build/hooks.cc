// SPDX-License-Identifier: Apache-2.0
#include "build/hooks.h"

#include <fmt/format.h>

#include <array>

namespace suture {
namespace {

constexpr std::size_t kCallbackKinds = std::tuple_size_v<decltype(GlueStep::callbacks)>;

void add_steps(const HookSource& source, std::size_t part, Hooks& hooks) {
  // Kind by kind, so that the name, by which the next level knows a step, does not depend on where the
  // compiler put what.
  const std::size_t first = hooks.steps.size();
  for (std::size_t kind = 0; kind < kCallbackKinds; ++kind) {
    std::size_t index = first;
    for (const DeltaCallback& callback : source.delta->callbacks) {
      if (static_cast<std::size_t>(callback.kind) != kind) continue;
      if (index == hooks.steps.size())
        hooks.steps.push_back({.object = source.object, .name = source.delta->unit, .callbacks = {}});
      GlueStep& step = hooks.steps[index];
      step.callbacks[kind] = fmt::format("suture_callback_{}_{}", index++, kind);
      step.name += ":" + callback.name;
      hooks.aliases.push_back({step.callbacks[kind], part, callback.symbol});
    }
  }
}

}  // namespace

Hooks hooks_of(const std::vector<HookSource>& sources) {
  Hooks hooks;
  for (std::size_t part = 0; part < sources.size(); ++part) {
    add_steps(sources[part], part, hooks);
    for (const DeltaUpdate& update : sources[part].delta->updates) {
      const std::string symbol = fmt::format("suture_update_{}", hooks.updates.size());
      hooks.updates.push_back({.object = sources[part].object, .variable = update.name, .symbol = symbol});
      hooks.aliases.push_back({symbol, part, update.symbol});
    }
  }
  return hooks;
}

Result<void> check_update_pointers(const Delta& delta, const LinkPart& part) {
  for (const DeltaUpdate& update : delta.updates) {
    const elf::Symbol& entry = delta.object.symbols[update.symbol];
    for (const elf::Relocation& relocation : delta.object.sections[entry.section].relocations) {
      if (part.sources[relocation.symbol]) continue;
      return fail("delta.update-pointer", "make a delta of " + delta.unit,
                  fmt::format("the new value of {} is the address of {}, which comes with the patch and goes "
                              "with it",
                              update.name, delta.object.symbols[relocation.symbol].name),
                  "a reader may hold the address when the patch goes; see docs/patch-authors.md");
    }
  }
  return {};
}

}  // namespace suture
