// SPDX-License-Identifier: Apache-2.0
#include "build/resolve.h"

#include <fmt/format.h>

#include <algorithm>

#include "elf/module_name.h"

namespace suture {
namespace {

class Resolver {
 public:
  Resolver(const Delta& delta, const Unit& original, const Evidence& evidence, const ResolveScope& scope,
           std::set<std::string>& namespaces)
      : delta_(delta), original_(original), evidence_(evidence), scope_(scope), namespaces_(namespaces) {}

  Result<LinkPart> run() {
    LinkPart part{.object = &delta_.object, .patches = scope_.home.name()};
    part.sources.resize(delta_.object.symbols.size());
    for (const DeltaNeed& need : delta_.needs) part.sources[need.symbol] = TRY(resolve(need));
    return part;
  }

 private:
  Result<std::optional<SymbolSource>> resolve(const DeltaNeed& need) {
    const std::string& name = delta_.object.symbols[need.symbol].name;
    const bool in_unit = need.original_symbol != elf::kUndefined &&
                         original_.object().symbols[need.original_symbol].defined_in_section();
    if (in_unit) return of_the_unit(name, need.original_symbol);
    return from_elsewhere(name);
  }

  /// Defined by the unit itself; a global one of vmlinux may be exported as well.
  Result<SymbolSource> of_the_unit(const std::string& name, std::uint32_t symbol) {
    const bool global = original_.object().symbols[symbol].binding != STB_LOCAL;
    if (global && scope_.home.name() == "vmlinux") {
      if (const auto found = exported(name)) return *found;
    }
    const AtomId atom = original_.atom_of(symbol);
    const std::optional<std::uint64_t> address = atom == kNoAtom ? std::nullopt : evidence_.address_of[atom];
    return late(scope_.home, name, address, global);
  }

  Result<std::optional<SymbolSource>> from_elsewhere(const std::string& name) {
    if (const auto found = scope_.exposed.find(name); found != scope_.exposed.end()) return found->second;
    if (const auto found = exported(name)) return *found;
    const auto entry = scope_.exports.find(name);
    if (entry != scope_.exports.end() && entry->second.home != "vmlinux") {
      // Exported by a module, maybe the patched one; the name is unique among exports.
      return SymbolSource{
          .exported_crc = std::nullopt, .object = module_name(entry->second.home), .name = name};
    }
    const auto seen = evidence_.outside.find(name);
    const std::optional<std::uint64_t> address =
        seen == evidence_.outside.end() ? std::nullopt : std::optional(seen->second);
    if (!scope_.home.find(name).empty()) return late(scope_.home, name, address, true);
    // Perhaps another unit of this patchset brings it along: the linker knows.
    if (scope_.kernel.find(name).empty()) return std::nullopt;
    // Code of a module may use of the kernel only what is exported; what a fix adds may not be.
    return late(scope_.kernel, name, &scope_.home == &scope_.kernel ? address : std::nullopt, true);
  }

  std::optional<SymbolSource> exported(const std::string& name) {
    const auto entry = scope_.exports.find(name);
    if (entry == scope_.exports.end() || entry->second.home != "vmlinux") return std::nullopt;
    if (!entry->second.symbol_namespace.empty()) namespaces_.insert(entry->second.symbol_namespace);
    return SymbolSource{.exported_crc = entry->second.crc};
  }

  Result<SymbolSource> late(const ShippedObject& object, const std::string& name,
                            std::optional<std::uint64_t> address, bool global) {
    const std::vector<ShippedSymbol> symbols = object.find(name);
    if (symbols.empty()) {
      return fail("build.symbol-unknown", "resolve the symbols of " + delta_.unit,
                  fmt::format("{} is not among the symbols of {}", name, object.name()),
                  "the fix uses something that this kernel does not have, or has optimised away");
    }
    // A function of that name which another unit keeps to itself is another function.
    if (!address && symbols.size() == 1 && (!global || symbols[0].global)) address = symbols[0].address;
    if (!address && global && std::ranges::count(symbols, true, &ShippedSymbol::global) == 1) {
      address = std::ranges::find(symbols, true, &ShippedSymbol::global)->address;
    }
    if (!address) {
      return fail(
          "build.symbol-ambiguous", "resolve the symbols of " + delta_.unit,
          fmt::format("{} has {} symbols named {}{}, and nothing tells which one is meant", object.name(),
                      symbols.size(), name, global ? ", none of them visible to other units" : ""));
    }
    return TRY_IN("resolve the symbols of " + delta_.unit, source_at(object, name, *address));
  }

  const Delta& delta_;
  const Unit& original_;
  const Evidence& evidence_;
  const ResolveScope& scope_;
  std::set<std::string>& namespaces_;
};

}  // namespace

Result<LinkPart> resolve_needs(const Delta& delta, const Unit& original, const Evidence& evidence,
                               const ResolveScope& scope, std::set<std::string>& namespaces) {
  return Resolver(delta, original, evidence, scope, namespaces).run();
}

Result<SymbolSource> source_at(const ShippedObject& shipped, const std::string& name, std::uint64_t address) {
  SymbolSource source{.exported_crc = std::nullopt,
                      .object = shipped.name(),
                      .name = name,
                      .sympos = TRY(sympos_of(shipped, name, address))};
  // Those of modules are made up.
  if (source.object == "vmlinux") source.address = address;
  return source;
}

Result<std::uint32_t> sympos_of(const ShippedObject& shipped, const std::string& name,
                                std::uint64_t address) {
  const std::vector<ShippedSymbol> symbols = shipped.find(name);
  const auto found = std::ranges::find(symbols, address, &ShippedSymbol::address);
  if (found == symbols.end()) {
    return fail("build.symbol-unknown", fmt::format("find {} in {}", name, shipped.name()),
                fmt::format("no symbol of that name is at {:#x}", address));
  }
  return symbols.size() == 1 ? 0u : static_cast<std::uint32_t>(found - symbols.begin()) + 1;
}

}  // namespace suture
