// SPDX-License-Identifier: Apache-2.0
#include "cli/shipped_code.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "image/shipped_kernel.h"

namespace suture::cli {
namespace {

/// Names the places in a function of vmlinux. It holds final addresses, so any number may be one; those that
/// lie in the image are taken for it, which code does not compute with otherwise.
class KernelPlaces {
 public:
  KernelPlaces(const KernelImage& image, std::uint64_t begin, std::uint64_t end,
               const std::set<std::string>& expected)
      : image_(image), begin_(begin), end_(end), expected_(expected) {}

  std::optional<PlaceName> operator()(const CodeField& field) const {
    const bool branch = field.use == CodeField::Use::kBranch;
    if (branch && field.value > begin_ && field.value < end_) return std::nullopt;
    // Per-CPU variables have low addresses. That of the stack protector is known to compilers as a number:
    // struct fixed_percpu_data in arch/x86/include/asm/processor.h.
    if (field.value < kLowestKernelAddress) {
      if (field.per_cpu && field.value != kStackCanary) return place(field.value, branch);
      return expected_at(field.value);
    }
    if (!in_kernel(field.value)) return std::nullopt;
    return place(field.value, branch);
  }

 private:
  // __START_KERNEL_map, arch/x86/include/asm/page_64_types.h.
  static constexpr std::uint64_t kLowestKernelAddress = 0xffffffff80000000;
  static constexpr std::uint64_t kStackCanary = 0x28;

  bool in_kernel(std::uint64_t address) const {
    const auto extent = image_.symbol_containing(address);
    return extent && extent->symbol->address >= kLowestKernelAddress;
  }

  auto symbols_at(std::uint64_t address) const {
    return std::ranges::equal_range(image_.symbols(), address, {}, &ImageSymbol::address);
  }

  bool is_expected(const ImageSymbol& symbol) const { return expected_.contains(symbol.name); }

  std::optional<PlaceName> expected_at(std::uint64_t address) const {
    for (const ImageSymbol& symbol : symbols_at(address)) {
      if (is_expected(symbol)) return named_place(symbol.name, 0, false);
    }
    return std::nullopt;
  }

  std::optional<PlaceName> place(std::uint64_t address, bool branch) const {
    const auto here = symbols_at(address);
    if (auto name = expected_at(address)) return name;
    if (!here.empty()) {
      const auto global = std::ranges::find_if(here, [](const ImageSymbol& symbol) {
        return std::isupper(static_cast<unsigned char>(symbol.type)) != 0;
      });
      return named_place((global == here.end() ? *here.begin() : *global).name, 0, branch);
    }
    const auto extent = image_.symbol_containing(address);
    if (!extent) return std::nullopt;
    const bool constant = std::tolower(static_cast<unsigned char>(extent->symbol->type)) == 'r';
    if (constant && !branch) {
      if (auto text = text_at(address)) return text;
    }
    return named_place(extent->symbol->name, static_cast<std::int64_t>(extent->offset), branch);
  }

  std::optional<PlaceName> text_at(std::uint64_t address) const {
    for (const std::size_t size : {4096u, 512u, 64u, 8u}) {
      if (const auto bytes = image_.bytes(address, size)) return string_literal(*bytes);
    }
    return std::nullopt;
  }

  const KernelImage& image_;
  std::uint64_t begin_;
  std::uint64_t end_;
  const std::set<std::string>& expected_;
};

std::unexpected<Error> no_function(const ShippedFunction& function, const TargetId& target,
                                   const std::vector<std::string>& names) {
  const std::vector<std::string> similar = similar_names(names, function.name);
  return fail("inspect.no-function",
              fmt::format("find {} in {} of {}", function.name, function.object, target.release),
              "it has no function of that name",
              similar.empty() ? "" : fmt::format("it has {}", fmt::join(similar, ", ")));
}

/// Which of `count` functions of one name is meant, from 0.
Result<std::size_t> choose(const ShippedFunction& function, std::size_t count) {
  if (function.sympos == 0 && count == 1) return 0;
  if (function.sympos != 0 && function.sympos <= count) return function.sympos - 1;
  return fail("inspect.ambiguous-function", fmt::format("find {} in {}", function.name, function.object),
              fmt::format("{} symbols have that name", count),
              "compare with the compiled original: --original FILE.o");
}

/// Without the padding that lies between functions: int3, or no-ops where the kernel is older.
std::size_t without_padding(ByteView code) {
  std::size_t size = code.size();
  while (size > 0 && code[size - 1] == 0xcc) --size;
  if (size == code.size()) {
    while (size > 0 && code[size - 1] == 0x90) --size;
  }
  return size;
}

}  // namespace

Result<Listing> ShippedCode::list(const ShippedFunction& function, Syntax syntax,
                                  const std::set<std::string>& expected) {
  return function.object == "vmlinux" ? list_kernel(function, syntax, expected)
                                      : list_module(function, syntax);
}

Result<Listing> ShippedCode::list_kernel(const ShippedFunction& function, Syntax syntax,
                                         const std::set<std::string>& expected) {
  if (!image_) image_ = TRY(KernelImage::read(target_.image));
  const std::vector<const ImageSymbol*> found = image_->find(function.name);
  if (found.empty()) {
    std::vector<std::string> names;
    for (const ImageSymbol& symbol : image_->symbols()) {
      if (std::tolower(static_cast<unsigned char>(symbol.type)) == 't') names.push_back(symbol.name);
    }
    return no_function(function, target_.id, names);
  }
  const std::uint64_t address = found[TRY(choose(function, found.size()))]->address;
  const auto extent = image_->symbol_containing(address);
  const std::uint64_t reach = function.size != 0 ? function.size : extent ? extent->reach : 0;
  const auto bytes = image_->bytes(address, reach);
  if (!bytes) {
    return fail("inspect.no-code",
                fmt::format("read {} in the image of {}", function.name, target_.id.release),
                "the image has no bytes for it");
  }
  const ByteView code = function.size != 0 ? *bytes : bytes->first(without_padding(*bytes));
  return disassemble(code, address, KernelPlaces(*image_, address, address + code.size(), expected), syntax);
}

Result<Listing> ShippedCode::list_module(const ShippedFunction& function, Syntax syntax) {
  auto found = modules_.find(function.object);
  if (found == modules_.end()) {
    ShippedModule module = TRY(ShippedModule::find_and_read(target_.modules, function.object));
    found = modules_.emplace(function.object, std::move(module)).first;
  }
  const elf::Object& object = found->second.object();
  const ObjectCode code(object);
  std::vector<std::uint32_t> symbols = code.find(function.name);
  if (symbols.empty()) {
    std::vector<std::string> names;
    for (const std::uint32_t symbol : code.functions()) names.push_back(object.symbols[symbol].name);
    return no_function(function, target_.id, names);
  }
  std::ranges::sort(symbols);  // livepatch counts in the file's order
  return code.list(symbols[TRY(choose(function, symbols.size()))], syntax);
}

}  // namespace suture::cli
