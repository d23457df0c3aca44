// SPDX-License-Identifier: Apache-2.0
#include "delta/disassembly.h"

#include <Zydis/Zydis.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace suture {
namespace {

constexpr std::size_t kMnemonicWidth = 7;
constexpr std::size_t kShownOfString = 48;
constexpr std::size_t kLongestString = 4096;

/// What stands in the formatter's buffer, which is of fixed length, for a name of any length.
constexpr char kPlaceholder = '\x01';

struct Hooks;

/// What the formatter's hooks see of one instruction, and leave.
struct Site {
  const Hooks* hooks = nullptr;
  const Symboliser* name_of = nullptr;
  std::uint64_t begin = 0;  ///< address of the function
  std::uint64_t end = 0;
  std::uint64_t offset = 0;               ///< of the instruction
  bool zero_displacement = false;         ///< see show_zero_displacement()
  std::vector<PlaceName> names{};         ///< by placeholder
  std::optional<std::uint64_t> target{};  ///< offset of a place in the function that it jumps to
};

struct Hooks {
  ZydisFormatterFunc address = nullptr;  ///< the formatter's own
  ZydisFormatterFunc displacement = nullptr;
  ZydisFormatterFunc immediate = nullptr;
  bool att = true;
};

Site& site_of(const ZydisFormatterContext* context) {
  return *static_cast<Site*>(context->user_data);
}

ZyanStatus write(ZydisFormatterBuffer* buffer, std::string_view text) {
  ZyanString* string = nullptr;
  ZyanStringView view;
  ZYAN_CHECK(ZydisFormatterBufferAppend(buffer, ZYDIS_TOKEN_SYMBOL));
  ZYAN_CHECK(ZydisFormatterBufferGetString(buffer, &string));
  ZYAN_CHECK(ZyanStringViewInsideBufferEx(&view, text.data(), text.size()));
  return ZyanStringAppend(string, &view);
}

CodeField field_of(const ZydisFormatterContext* context, std::uint64_t value) {
  const ZydisDecodedInstruction& instruction = *context->instruction;
  const bool memory = context->operand->type == ZYDIS_OPERAND_TYPE_MEMORY;
  const std::uint8_t at = memory ? instruction.raw.disp.offset : instruction.raw.imm[0].offset;
  const bool branch = !memory && context->operand->imm.is_relative != 0;
  return {.offset = site_of(context).offset + at,
          .bias = static_cast<std::uint8_t>(instruction.length - at),
          .use = memory   ? CodeField::Use::kMemory
                 : branch ? CodeField::Use::kBranch
                          : CodeField::Use::kValue,
          .per_cpu = memory && context->operand->mem.segment == ZYDIS_REGISTER_GS,
          .value = value};
}

ZyanStatus write_name(const ZydisFormatterContext* context, ZydisFormatterBuffer* buffer, PlaceName name) {
  const bool att = site_of(context).hooks->att;
  const bool value =
      context->operand->type == ZYDIS_OPERAND_TYPE_IMMEDIATE && context->operand->imm.is_relative == 0;
  const bool by_rip =
      context->operand->type == ZYDIS_OPERAND_TYPE_MEMORY && context->operand->mem.base == ZYDIS_REGISTER_RIP;
  site_of(context).names.push_back(std::move(name));
  const std::string_view before = att && value ? "$" : "";
  const std::string_view after = att && by_rip ? "(%rip)" : "";
  return write(buffer, fmt::format("{}{}{}", before, kPlaceholder, after));
}

ZyanStatus print_address(const ZydisFormatter* formatter, ZydisFormatterBuffer* buffer,
                         ZydisFormatterContext* context) {
  Site& site = site_of(context);
  std::uint64_t address = 0;
  ZYAN_CHECK(
      ZydisCalcAbsoluteAddress(context->instruction, context->operand, context->runtime_address, &address));
  const CodeField field = field_of(context, address);
  if (auto name = (*site.name_of)(field)) return write_name(context, buffer, std::move(*name));
  if (field.use == CodeField::Use::kBranch && address >= site.begin && address < site.end) {
    site.target = address - site.begin;
    return ZYAN_STATUS_SUCCESS;
  }
  return site.hooks->address(formatter, buffer, context);
}

ZyanStatus print_displacement(const ZydisFormatter* formatter, ZydisFormatterBuffer* buffer,
                              ZydisFormatterContext* context) {
  const Site& site = site_of(context);
  const auto value =
      site.zero_displacement ? 0 : static_cast<std::uint64_t>(context->operand->mem.disp.value);
  auto name = (*site.name_of)(field_of(context, value));
  if (!name)
    return site.zero_displacement ? ZYAN_STATUS_SUCCESS
                                  : site.hooks->displacement(formatter, buffer, context);
  // Intel syntax has a register and a sign to put it behind; AT&T syntax has it in front.
  const bool behind = !site.hooks->att && (context->operand->mem.base != ZYDIS_REGISTER_NONE ||
                                           context->operand->mem.index != ZYDIS_REGISTER_NONE);
  if (behind) ZYAN_CHECK(write(buffer, "+"));
  return write_name(context, buffer, std::move(*name));
}

ZyanStatus print_immediate(const ZydisFormatter* formatter, ZydisFormatterBuffer* buffer,
                           ZydisFormatterContext* context) {
  const Site& site = site_of(context);
  auto name = (*site.name_of)(field_of(context, context->operand->imm.value.u));
  if (name) return write_name(context, buffer, std::move(*name));
  return site.hooks->immediate(formatter, buffer, context);
}

/// The formatter leaves out a zero in front of a register, and does not ask; but there an object's relocation
/// may put an address. So it is shown another number.
bool show_zero_displacement(const ZydisDecodedInstruction& instruction, ZydisDecodedOperand& operand) {
  auto& memory = operand.mem;
  const bool with_register = memory.base != ZYDIS_REGISTER_NONE || memory.index != ZYDIS_REGISTER_NONE;
  if (operand.type != ZYDIS_OPERAND_TYPE_MEMORY || !with_register || memory.base == ZYDIS_REGISTER_RIP ||
      memory.disp.has_displacement == 0 || memory.disp.value != 0 || instruction.raw.disp.size < 32) {
    return false;
  }
  memory.disp.value = 1;
  return true;
}

ZydisFormatterFunc set_hook(ZydisFormatter& formatter, ZydisFormatterFunction type, ZydisFormatterFunc ours) {
  const void* callback = reinterpret_cast<const void*>(ours);
  ZydisFormatterSetHook(&formatter, type, &callback);  // gives the one that was there before
  return reinterpret_cast<ZydisFormatterFunc>(const_cast<void*>(callback));
}

/// Intel's names of conditions, and those which compilers and other disassemblers write.
std::string usual_mnemonic(std::string_view mnemonic) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kConditions{{{"o", "o"},
                                                                                       {"no", "no"},
                                                                                       {"b", "b"},
                                                                                       {"nb", "ae"},
                                                                                       {"z", "e"},
                                                                                       {"nz", "ne"},
                                                                                       {"be", "be"},
                                                                                       {"nbe", "a"},
                                                                                       {"s", "s"},
                                                                                       {"ns", "ns"},
                                                                                       {"p", "p"},
                                                                                       {"np", "np"},
                                                                                       {"l", "l"},
                                                                                       {"nl", "ge"},
                                                                                       {"le", "le"},
                                                                                       {"nle", "g"}}};
  for (const std::string_view stem : {"j", "set", "cmov"}) {
    if (!mnemonic.starts_with(stem)) continue;
    const std::string_view condition = mnemonic.substr(stem.size());
    for (const auto& [intel, usual] : kConditions) {
      // What `set` writes is always a byte; no other syntax says so.
      const bool sized =
          stem == "set" && condition.ends_with('b') && condition.substr(0, condition.size() - 1) == intel;
      if (condition == intel || sized) return fmt::format("{}{}", stem, usual);
    }
  }
  return std::string(mnemonic);
}

/// Mnemonic and operands in columns; a prefix ("lock", "rep stosq") is part of the mnemonic.
std::string in_columns(std::string_view text) {
  constexpr std::array<std::string_view, 8> kPrefixes{"lock", "rep",    "repe",     "repne",
                                                      "bnd",  "data16", "xacquire", "notrack"};
  const std::size_t end = text.find(' ');
  if (end == std::string_view::npos) return std::string(text);
  if (std::ranges::find(kPrefixes, text.substr(0, end)) != kPrefixes.end()) return std::string(text);
  std::string mnemonic = usual_mnemonic(text.substr(0, end));
  // The operands of a no-op only make it long.
  if (mnemonic == "nop") return mnemonic;
  return fmt::format("{:<{}}{}", mnemonic, std::max(kMnemonicWidth, mnemonic.size() + 1),
                     text.substr(end + 1));
}

class Disassembler {
 public:
  Disassembler(const Symboliser& name_of, Syntax syntax) : name_of_(name_of) {
    hooks_.att = syntax == Syntax::kAtt;
    ZydisDecoderInit(&decoder_, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    ZydisFormatterInit(&formatter_, hooks_.att ? ZYDIS_FORMATTER_STYLE_ATT : ZYDIS_FORMATTER_STYLE_INTEL);
    const auto set = [&](ZydisFormatterProperty property, ZyanUPointer value) {
      ZydisFormatterSetProperty(&formatter_, property, value);
    };
    set(ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, ZYAN_FALSE);
    set(ZYDIS_FORMATTER_PROP_DISP_PADDING, ZYDIS_PADDING_DISABLED);
    set(ZYDIS_FORMATTER_PROP_IMM_PADDING, ZYDIS_PADDING_DISABLED);
    set(ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE, ZYDIS_PADDING_DISABLED);
    set(ZYDIS_FORMATTER_PROP_IMM_SIGNEDNESS, ZYDIS_SIGNEDNESS_SIGNED);
    hooks_.address = set_hook(formatter_, ZYDIS_FORMATTER_FUNC_PRINT_ADDRESS_ABS, print_address);
    hooks_.displacement = set_hook(formatter_, ZYDIS_FORMATTER_FUNC_PRINT_DISP, print_displacement);
    hooks_.immediate = set_hook(formatter_, ZYDIS_FORMATTER_FUNC_PRINT_IMM, print_immediate);
  }

  Listing run(ByteView code, std::uint64_t address) {
    Listing listing{.code = Bytes(code.begin(), code.end()), .lines = {}};
    std::vector<std::optional<std::uint64_t>> targets;
    for (std::uint64_t at = 0; at < code.size(); at += listing.lines.back().size) {
      Site site{.hooks = &hooks_,
                .name_of = &name_of_,
                .begin = address,
                .end = address + code.size(),
                .offset = at};
      listing.lines.push_back(line(code.subspan(at), site));
      targets.push_back(site.target);
    }
    for (std::size_t i = 0; i < targets.size(); ++i) {
      if (targets[i]) lead_to(listing, i, *targets[i]);
    }
    return listing;
  }

 private:
  CodeLine line(ByteView rest, Site& site) const {
    ZydisDecodedInstruction instruction;
    std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
    std::array<char, 256> buffer{};
    bool valid = ZYAN_SUCCESS(
        ZydisDecoderDecodeFull(&decoder_, rest.data(), rest.size(), &instruction, operands.data()));
    if (valid) {
      for (std::size_t i = 0; i < instruction.operand_count_visible; ++i)
        site.zero_displacement |= show_zero_displacement(instruction, operands[i]);
      valid = ZYAN_SUCCESS(ZydisFormatterFormatInstruction(&formatter_, &instruction, operands.data(),
                                                           instruction.operand_count_visible, buffer.data(),
                                                           buffer.size(), site.begin + site.offset, &site));
    }
    if (!valid) {
      site.target.reset();
      const std::string text = in_columns(fmt::format(".byte {:#04x}", rest[0]));
      return {.offset = site.offset, .size = 1, .text = text, .key = text};
    }
    CodeLine result{.offset = site.offset, .size = instruction.length, .text = {}, .key = {}};
    std::size_t used = 0;
    for (const char c : in_columns(buffer.data())) {
      if (c == kPlaceholder && used < site.names.size()) {
        result.text += site.names[used].text;
        result.key += site.names[used++].key;
      } else {
        result.text += c;
        result.key += c;
      }
    }
    return result;
  }

  static void lead_to(Listing& listing, std::size_t from, std::uint64_t target) {
    const auto found = std::ranges::lower_bound(listing.lines, target, {}, &CodeLine::offset);
    if (found != listing.lines.end() && found->offset == target) {
      listing.lines[from].target = static_cast<std::size_t>(found - listing.lines.begin());
      return;
    }
    // Into the middle of an instruction: no label can stand there.
    const std::string place = fmt::format(".+{:#x}", target);
    listing.lines[from].text += place;
    listing.lines[from].key += place;
  }

  const Symboliser& name_of_;
  ZydisDecoder decoder_{};
  ZydisFormatter formatter_{};
  Hooks hooks_;
};

/// Bytes of the UTF-8 character at the start; 0 when there is none.
std::size_t utf8_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  // U+0080 to U+009F are control characters too, overlong forms and surrogates are none at all.
  if (length == 0 || length > text.size()) return 0;
  const auto second = static_cast<unsigned char>(text[1]);
  if ((lead == 0xc2 && second < 0xa0) || (lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
      (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) {
    return 0;
  }
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
  return std::ranges::all_of(text.substr(1, length - 1), continues) ? length : 0;
}

}  // namespace

Listing disassemble(ByteView code, std::uint64_t address, const Symboliser& name_of, Syntax syntax) {
  return Disassembler(name_of, syntax).run(code, address);
}

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto c = static_cast<unsigned char>(text[0]);
    std::size_t length = 1;
    if (c == '\n') {
      result += "\\n";
    } else if (c == '\t') {
      result += "\\t";
    } else if (c >= 0x20 && c < 0x7f) {
      result += text[0];
    } else if (length = utf8_length(text); length != 0) {
      result += text.substr(0, length);
    } else {
      length = 1;
      result += fmt::format("\\{:03o}", c);
    }
    text.remove_prefix(length);
  }
  return result;
}

std::optional<PlaceName> string_literal(ByteView bytes) {
  const std::string_view all = as_text(bytes.first(std::min(bytes.size(), kLongestString)));
  const std::size_t end = all.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view text = all.substr(0, end);
  // printk's levels are "\001" and a digit: KERN_SOH in include/linux/kern_levels.h.
  const std::string_view body = text.starts_with('\001') ? text.substr(1) : text;
  const bool readable = std::ranges::all_of(
      body, [](char c) { return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t' || c == '\r'; });
  if (!readable || body.empty()) return std::nullopt;
  const bool cut = text.size() > kShownOfString;
  return PlaceName{
      .text = fmt::format("\"{}\"{}", printable(text.substr(0, kShownOfString)), cut ? "..." : ""),
      .key = fmt::format("\"{}\"", text)};
}

}  // namespace suture
