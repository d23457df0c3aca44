// SPDX-License-Identifier: Apache-2.0
#include "agent/health.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <functional>
#include <optional>
#include <utility>

#include "base/kernel_log.h"

namespace suture {
namespace {

constexpr std::size_t kMost = 32u << 20;  // the kernel's buffer is at most that in practice

/// The number at the beginning, up to `end`, which goes with it.
std::optional<std::uint64_t> take_number(std::string_view& text, char end) {
  std::uint64_t value = 0;
  const auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto length = static_cast<std::size_t>(rest - text.data());
  if (problem != std::errc() || length >= text.size() || text[length] != end) return std::nullopt;
  text.remove_prefix(length + 1);
  return value;
}

std::optional<KernelRecord> parse_record(std::string_view line) {
  const auto priority = take_number(line, ',');
  const auto sequence = priority ? take_number(line, ',') : std::nullopt;
  const std::size_t text = line.find(';');
  // The facility, above the three bits of the level, is the kernel's own.
  if (!sequence || *priority >> 3 != 0 || text == std::string_view::npos) return std::nullopt;
  return KernelRecord{*sequence, std::string(line.substr(text + 1))};
}

/// "ip_options_get.suture+0x1f/0x90 [suture_2]", or with a build-id behind the name. The list of modules that
/// each trace has ("suture_2(OEK)") does not count.
bool names(std::string_view line, std::string_view module) {
  const std::string mark = "[" + std::string(module);
  const std::size_t at = line.find(mark);
  if (at == std::string_view::npos || at + mark.size() >= line.size()) return false;
  const char behind = line[at + mark.size()];
  return behind == ']' || behind == ' ';
}

/// What is in the log now, a piece at a time: the whole may be megabytes, most of it of no interest.
Result<void> read_each(const std::filesystem::path& kmsg, const std::function<void(KernelRecord&&)>& take) {
  const int fd = ::open(kmsg.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return fail_errno("agent.kernel-log", "read the kernel's log in " + kmsg.string());
  const auto take_all = [&](std::string_view text) {
    for (KernelRecord& record : parse_kernel_records(text)) take(std::move(record));
  };
  std::string rest;
  std::array<char, 8192> buffer{};  // holds any record: the kernel fails with EINVAL when it does not
  for (std::size_t sum = 0; sum < kMost;) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    // EPIPE: records were written over meanwhile; the next read goes on behind them.
    if (got < 0 && (errno == EINTR || errno == EPIPE)) continue;
    if (got <= 0) break;
    sum += static_cast<std::size_t>(got);
    rest.append(buffer.data(), static_cast<std::size_t>(got));
    const std::size_t lines = rest.rfind('\n') + 1;
    take_all(std::string_view(rest).substr(0, lines));
    rest.erase(0, lines);
  }
  take_all(rest);
  ::close(fd);
  return {};
}

bool ends_trace(std::string_view line) {
  return line.contains("---[ end trace") || line.contains("</TASK>");
}

}  // namespace

std::vector<KernelRecord> parse_kernel_records(std::string_view text) {
  std::vector<KernelRecord> records;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (auto record = parse_record(line)) records.push_back(std::move(*record));
  }
  return records;
}

Result<std::vector<KernelRecord>> read_kernel_records(const std::filesystem::path& kmsg,
                                                      std::uint64_t after) {
  std::vector<KernelRecord> found;
  TRY(read_each(kmsg, [&](KernelRecord&& record) {
    if (record.sequence > after) found.push_back(std::move(record));
  }));
  return found;
}

Result<std::uint64_t> last_kernel_record(const std::filesystem::path& kmsg) {
  std::uint64_t last = 0;
  TRY(read_each(kmsg, [&](KernelRecord&& record) { last = record.sequence; }));
  return last;
}

std::vector<BadSign> bad_signs(const std::vector<KernelRecord>& records, std::string_view module) {
  constexpr std::size_t kLongestTrace = 200;
  std::vector<BadSign> signs;
  for (std::size_t at = 0; at < records.size(); ++at) {
    const std::string_view kind = kind_of_fault(records[at].text);
    if (kind.empty()) continue;
    BadSign sign{.kind = std::string(kind), .line = records[at].text, .ours = false, .whole = false};
    // More complaints within a trace, such as the "Oops:" after a "BUG:", belong to it.
    const std::size_t limit = at + kLongestTrace;
    for (; at < records.size() && !sign.whole; ++at) {
      sign.ours |= names(records[at].text, module);
      sign.whole = ends_trace(records[at].text) || at == limit;
    }
    --at;
    signs.push_back(std::move(sign));
  }
  return signs;
}

}  // namespace suture
