// SPDX-License-Identifier: Apache-2.0
#include "build/difference_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "delta/object_code.h"

namespace suture {
namespace {

constexpr std::size_t kLinesBefore = 3;
constexpr std::size_t kLinesAfter = 4;
constexpr std::size_t kWidth = 46;

std::string said(const Unit& unit, const Atom& function, const Difference& difference) {
  switch (difference.kind) {
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

}  // namespace

std::string difference_text(const Unit& unit, AtomId function, const Difference& difference,
                            const ShippedObject& shipped) {
  const Atom& atom = unit.atom(function);
  std::string text = said(unit, atom, difference);
  const auto bytes = shipped.bytes(difference.address, atom.size);
  if (difference.kind == Difference::Kind::kNotThere || !bytes) return text;
  const Listing ours = ObjectCode(unit.object()).list(atom.symbol, Syntax::kAtt);
  const Symboliser nameless = [](const CodeField&) { return std::nullopt; };
  const Listing theirs = disassemble(*bytes, difference.address, nameless, Syntax::kAtt);
  // Up to the difference both have the same instructions.
  const auto place = std::ranges::find_if(
      ours.lines, [&](const CodeLine& line) { return line.offset + line.size > difference.offset; });
  const auto at = static_cast<std::size_t>(place - ours.lines.begin());
  const std::size_t first = at > kLinesBefore ? at - kLinesBefore : 0;
  text += fmt::format("\n  {:<{}}  | {}", "compiled here", kWidth + 2, "in the kernel");
  for (std::size_t line = first; line <= at + kLinesAfter; ++line) {
    text += fmt::format("\n{} {:<{}}  | {}", line == at ? ">" : " ", line_at(ours, line), kWidth + 2,
                        line_at(theirs, line));
  }
  return text;
}

}  // namespace suture
