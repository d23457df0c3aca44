// SPDX-License-Identifier: Apache-2.0
//
// Where shipped code finds what it does not bring along: by an exported name, or by livepatch's lookup of a
// name and a position among equal names. Positions come from addresses, and those from the evidence, never
// from a guess.
#pragma once

#include <map>
#include <set>
#include <string>

#include "base/error.h"
#include "build/evidence.h"
#include "delta/delta.h"
#include "delta/unit.h"
#include "image/shipped_object.h"
#include "module/exports.h"
#include "module/link.h"

namespace suture {

/// What resolution may look at.
struct ResolveScope {
  const ShippedObject& home;    ///< the object which the unit belongs to
  const ShippedObject& kernel;  ///< vmlinux; may be the same
  const Exports& exports;
  /// What the fix makes visible to other units, by name.
  const std::map<std::string, SymbolSource>& exposed;
};

/// Fills in a link part for a delta of `original`, and collects the namespaces of the exports in use.
/// "build.symbol-ambiguous", "build.symbol-unknown" name the symbol and who needs it.
Result<LinkPart> resolve_needs(const Delta& delta, const Unit& original, const Evidence& evidence,
                               const ResolveScope& scope, std::set<std::string>& namespaces);

/// What is known of a symbol at this address.
Result<SymbolSource> source_at(const ShippedObject& shipped, const std::string& name, std::uint64_t address);

/// klp_func.old_sympos of a function at this address: 0 when no other has its name.
Result<std::uint32_t> sympos_of(const ShippedObject& shipped, const std::string& name, std::uint64_t address);

}  // namespace suture
