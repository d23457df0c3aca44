// SPDX-License-Identifier: Apache-2.0
#include "build/difference_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "delta/object_code.h"

namespace suture {
namespace {

constexpr std::size_t kLinesBefore = 3;
constexpr std::size_t kLinesAfter = 4;
constexpr std::size_t kWidth = 46;

std::string said(const Unit& unit, const Atom& function, const Difference& difference) {
  switch (difference.kind) {
    case Difference::Kind::kOverridden:
      return "it is a weak definition, and the kernel has another unit's in its place";
    case Difference::Kind::kNotThere:
      return "the kernel has no symbol of that name";
    case Difference::Kind::kCode:
      return fmt::format("its code differs from byte {:#x} on", difference.offset);
    case Difference::Kind::kReference: {
      const auto references = unit.references(function);
      const auto field =
          std::ranges::find(references, function.offset + difference.offset, &Reference::offset);
      return fmt::format("its field at byte {:#x} leads elsewhere than to {}", difference.offset,
                         field == references.end() ? "its symbol" : unit.symbol_name(*field));
    }
    case Difference::Kind::kSeveral:
      break;
  }
  return "what is there belongs to another function, or several fit";
}

std::string line_at(const Listing& listing, std::size_t line) {
  if (line >= listing.lines.size()) return "";
  const CodeLine& here = listing.lines[line];
  std::string text = fmt::format("{:4x}  {}", here.offset, here.text);
  if (here.target != kNoLine) text += fmt::format(" +{:#x}", listing.lines[here.target].offset);
  if (text.size() > kWidth) text = text.substr(0, kWidth - 1) + "~";
  return text;
}

/// The line that holds this place; the last one if none does.
std::size_t line_with(const Listing& listing, std::uint64_t offset) {
  const auto found = std::ranges::find_if(
      listing.lines, [&](const CodeLine& line) { return line.offset + line.size > offset; });
  const bool at_the_end = found == listing.lines.end() && !listing.lines.empty();
  return static_cast<std::size_t>(found - listing.lines.begin()) - (at_the_end ? 1 : 0);
}

/// What was shipped may be shorter, and the last in its section.
std::optional<ByteView> code_from(const ShippedObject& shipped, std::uint64_t address, std::uint64_t size) {
  for (; size > 0; --size) {
    if (const auto bytes = shipped.bytes(address, size)) return bytes;
  }
  return std::nullopt;
}

}  // namespace

std::string difference_text(const Unit& unit, AtomId function, const Difference& difference,
                            const ShippedObject& shipped) {
  const Atom& atom = unit.atom(function);
  std::string text = said(unit, atom, difference);
  const bool nowhere =
      difference.kind == Difference::Kind::kNotThere || difference.kind == Difference::Kind::kOverridden;
  const std::optional<ByteView> bytes = code_from(shipped, difference.address, atom.size);
  if (nowhere || !bytes) return text;
  const Listing ours = ObjectCode(unit.object()).list(atom.symbol, Syntax::kAtt);
  const Symboliser nameless = [](const CodeField&) { return std::nullopt; };
  const Listing theirs = disassemble(*bytes, difference.address, nameless, Syntax::kAtt);
  const std::size_t at = line_with(ours, difference.offset);
  const std::size_t shipped_at = line_with(theirs, difference.shipped_offset);
  const std::size_t before = std::min({at, shipped_at, kLinesBefore});
  text += fmt::format("\n  {:<{}}  | {}", "compiled here", kWidth + 2, "in the kernel");
  for (std::size_t line = 0; line <= before + kLinesAfter; ++line) {
    text += fmt::format("\n{} {:<{}}  | {}", line == before ? ">" : " ", line_at(ours, at - before + line),
                        kWidth + 2, line_at(theirs, shipped_at - before + line));
  }
  return text;
}

}  // namespace suture
