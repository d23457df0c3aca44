// SPDX-License-Identifier: Apache-2.0
#include "advisory/kernel_version.h"

#include <fmt/format.h>

#include <charconv>

namespace suture {
namespace {

/// Digits, taken off the front.
std::optional<std::uint32_t> take_number(std::string_view& text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool ends_number(std::string_view rest) {
  return rest.empty() || rest.front() == '-' || rest.front() == '+' || rest.front() == '~';
}

}  // namespace

std::optional<KernelVersion> parse_kernel_version(std::string_view text) {
  KernelVersion version;
  for (std::size_t i = 0; i < version.numbers.size(); ++i) {
    const std::optional<std::uint32_t> number = take_number(text);
    if (!number) return std::nullopt;
    version.numbers.at(i) = *number;
    if (text.empty() || text.front() != '.' || i + 1 == version.numbers.size()) break;
    text.remove_prefix(1);
  }
  // A fourth number was the stable series' up to 2.6, and is Red Hat's own behind a dash.
  if (!ends_number(text) && text.front() != '.') return std::nullopt;
  // Debian writes 7.1~rc1, the kernel 7.1-rc1.
  if (text.size() >= 3 && (text.front() == '-' || text.front() == '~') && text.substr(1, 2) == "rc") {
    text.remove_prefix(3);
    const std::optional<std::uint32_t> candidate = take_number(text);
    if (!candidate || !ends_number(text)) return std::nullopt;
    version.candidate = *candidate;
  }
  return version;
}

std::string series_of(const KernelVersion& version) {
  return fmt::format("{}.{}", version.numbers[0], version.numbers[1]);
}

std::optional<bool> is_in_range(const KernelVersion& version, const AffectedRange& range) {
  if (range.order != VersionOrder::kKernel) return std::nullopt;
  if (!range.introduced.empty() && range.introduced != "0") {
    const std::optional<KernelVersion> introduced = parse_kernel_version(range.introduced);
    if (!introduced) return std::nullopt;
    if (version < *introduced) return false;
  }
  if (!range.fixed.empty()) {
    const std::optional<KernelVersion> fixed = parse_kernel_version(range.fixed);
    if (!fixed) return std::nullopt;
    return version < *fixed;
  }
  if (range.last.empty() || range.last == "*") return true;
  if (range.last.ends_with(".*")) {
    const std::string_view series = std::string_view(range.last).substr(0, range.last.size() - 2);
    const std::optional<KernelVersion> last = parse_kernel_version(series);
    if (!last) return std::nullopt;
    const bool major = series.find('.') == std::string_view::npos;
    return version.numbers[0] < last->numbers[0] ||
           (version.numbers[0] == last->numbers[0] && (major || version.numbers[1] <= last->numbers[1]));
  }
  const std::optional<KernelVersion> last = parse_kernel_version(range.last);
  if (!last) return std::nullopt;
  return version <= *last;
}

}  // namespace suture
