// SPDX-License-Identifier: Apache-2.0
#include "image/kernel_image.h"

#include <algorithm>
#include <numeric>

#include "image/bzimage.h"
#include "image/decompress.h"

namespace suture {
namespace {

constexpr std::string_view kBannerStart = "Linux version ";

Result<std::string> read_banner(const AddressSpace& space, std::uint64_t address) {
  // Far longer than any; the text ends with a line break and a zero (init/version.c).
  constexpr std::size_t kLongest = 1024;
  for (std::size_t size = kLongest; size >= kBannerStart.size(); size /= 2) {
    const auto bytes = space.bytes(address, size);
    if (!bytes) continue;
    const std::string_view text = as_text(*bytes);
    const std::size_t end = text.find('\n');
    if (end != text.npos && text.starts_with(kBannerStart)) return std::string(text.substr(0, end));
  }
  return fail("image.malformed", "read the kernel's banner", "linux_banner holds no text");
}

}  // namespace

Result<KernelImage> KernelImage::read(const std::filesystem::path& path) {
  const Bytes file = TRY(read_file(path, kMaxKernelSize));
  return TRY_IN("read the kernel image " + path.string(), parse(file));
}

Result<KernelImage> KernelImage::parse(ByteView file) {
  return from_vmlinux(is_bzimage(file) ? TRY(extract_vmlinux(file)) : Bytes(file.begin(), file.end()));
}

Result<KernelImage> KernelImage::from_vmlinux(Bytes vmlinux) {
  AddressSpace space = TRY(AddressSpace::parse(vmlinux));
  if (space.build_id().empty()) {
    return fail("image.no-build-id", "read the kernel's notes", "they hold no GNU build-id",
                "The kernel must be linked with --build-id, as those of all distributions are.");
  }
  // The bytes do not move with the vector that owns them, so the views stay good.
  KernelImage image(std::move(vmlinux), std::move(space));
  image.symbols_ = TRY(read_kallsyms(image.space_));
  image.by_name_.resize(image.symbols_.size());
  std::iota(image.by_name_.begin(), image.by_name_.end(), 0u);
  const auto name = [&](std::uint32_t index) -> std::string_view { return image.symbols_[index].name; };
  std::ranges::stable_sort(image.by_name_, {}, name);
  image.banner_ = TRY(read_banner(image.space_, image.find("linux_banner").front()->address));
  return image;
}

std::string KernelImage::release() const {
  const std::string_view rest = std::string_view(banner_).substr(kBannerStart.size());
  return std::string(rest.substr(0, rest.find(' ')));
}

std::vector<const ImageSymbol*> KernelImage::find(std::string_view name) const {
  const auto by = [&](std::uint32_t index) -> std::string_view { return symbols_[index].name; };
  std::vector<const ImageSymbol*> found;
  for (const std::uint32_t index : std::ranges::equal_range(by_name_, name, {}, by))
    found.push_back(&symbols_[index]);
  return found;
}

const ImageSymbol* KernelImage::symbol_at(std::uint64_t address) const {
  const auto found = std::ranges::lower_bound(symbols_, address, {}, &ImageSymbol::address);
  return found != symbols_.end() && found->address == address ? &*found : nullptr;
}

std::optional<KernelImage::Extent> KernelImage::symbol_containing(std::uint64_t address) const {
  const auto next = std::ranges::upper_bound(symbols_, address, {}, &ImageSymbol::address);
  if (next == symbols_.begin() || next == symbols_.end()) return std::nullopt;
  const std::uint64_t start = std::prev(next)->address;
  return Extent{symbol_at(start), address - start, next->address - start};
}

}  // namespace suture
