// SPDX-License-Identifier: Apache-2.0
#include "module/exports.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace suture {

Result<Exports> parse_exports(std::string_view text) {
  Exports exports;
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    std::array<std::string_view, 5> fields;
    for (std::string_view& field : fields) {
      field = line.substr(0, line.find('\t'));
      line.remove_prefix(std::min(field.size() + 1, line.size()));
    }
    Export entry{.home = std::string(fields[2]), .symbol_namespace = std::string(fields[4])};
    const std::string_view crc = fields[0].starts_with("0x") ? fields[0].substr(2) : std::string_view{};
    const auto [end, error] = std::from_chars(crc.data(), crc.data() + crc.size(), entry.crc, 16);
    if (crc.empty() || error != std::errc{} || end != crc.data() + crc.size() || fields[1].empty() ||
        fields[2].empty()) {
      return fail("module.symvers-malformed", "read Module.symvers",
                  fmt::format("line {} is not an export", number), "add the target again");
    }
    exports.insert_or_assign(std::string(fields[1]), std::move(entry));
  }
  return exports;
}

}  // namespace suture
