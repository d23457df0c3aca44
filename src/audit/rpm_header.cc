// SPDX-License-Identifier: Apache-2.0
#include "audit/rpm_header.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace suture {
namespace {

// rpm's include/rpm/rpmtag.h
enum Tag : std::uint32_t {
  kName = 1000,
  kVersion = 1001,
  kRelease = 1002,
  kEpoch = 1003,
  kVendor = 1011,
  kArchitecture = 1022,
  kSourceRpm = 1044,
  kDirectoryIndexes = 1116,
  kBaseNames = 1117,
  kDirectoryNames = 1118,
  kModularityLabel = 5096,
};
enum Type : std::uint32_t { kInt32 = 4, kString = 6, kStringArray = 8 };

constexpr std::size_t kEntrySize = 16;
constexpr std::size_t kMostEntries = 0xffff;  // as lib/header.c has it
constexpr std::size_t kLargestHeap = 0x0fffffff;
constexpr std::size_t kMostFiles = 2'000'000;
constexpr std::size_t kLongestValue = 512;
constexpr std::size_t kLongestPath = 4096;

std::uint32_t number_at(ByteView bytes, std::size_t at) {
  return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 |
         std::uint32_t{bytes[at + 2]} << 8 | bytes[at + 3];
}

struct Entry {
  std::uint32_t type = 0, offset = 0, count = 0;
};

class Header {
 public:
  static std::optional<Header> read(ByteView bytes) {
    if (bytes.size() < 8) return std::nullopt;
    const std::size_t entries = number_at(bytes, 0);
    const std::size_t heap = number_at(bytes, 4);
    if (entries == 0 || entries > kMostEntries || heap > kLargestHeap) return std::nullopt;
    const ByteView rest = bytes.subspan(8);
    if (rest.size() < entries * kEntrySize || rest.size() - entries * kEntrySize < heap) return std::nullopt;
    return Header(rest.first(entries * kEntrySize), rest.subspan(entries * kEntrySize, heap));
  }

  std::string_view text(Tag tag) const {
    const auto entry = find(tag, kString);
    if (!entry) return {};
    const std::string_view value = text_at(entry->offset);
    return value.size() <= kLongestValue ? value : std::string_view{};
  }

  std::vector<std::uint32_t> numbers(Tag tag) const {
    std::vector<std::uint32_t> numbers;
    const auto entry = find(tag, kInt32);
    if (!entry || entry->count > kMostFiles || (heap_.size() - entry->offset) / 4 < entry->count)
      return numbers;
    for (std::size_t i = 0; i < entry->count; ++i) numbers.push_back(number_at(heap_, entry->offset + 4 * i));
    return numbers;
  }

  std::vector<std::string_view> texts(Tag tag) const {
    std::vector<std::string_view> texts;
    const auto entry = find(tag, kStringArray);
    if (!entry || entry->count > kMostFiles) return texts;
    std::size_t at = entry->offset;
    while (texts.size() < entry->count && at < heap_.size()) {
      texts.push_back(text_at(at));
      at += texts.back().size() + 1;
    }
    return texts;
  }

 private:
  Header(ByteView index, ByteView heap) : index_(index), heap_(heap) {}

  std::optional<Entry> find(Tag tag, Type type) const {
    for (std::size_t at = 0; at < index_.size(); at += kEntrySize) {
      const Entry entry = {number_at(index_, at + 4), number_at(index_, at + 8), number_at(index_, at + 12)};
      if (number_at(index_, at) == tag && entry.type == type && entry.offset < heap_.size()) return entry;
    }
    return std::nullopt;
  }

  /// Ends at the heap's end at the latest.
  std::string_view text_at(std::size_t offset) const {
    const std::string_view rest = as_text(heap_.subspan(offset));
    return rest.substr(0, rest.find('\0'));
  }

  ByteView index_, heap_;
};

/// "nodejs:18" of "nodejs:18:9020020230825081254:rhel9", which is name, stream, version, context.
std::string stream_of(std::string_view label) {
  const std::size_t first = label.find(':');
  if (first == label.npos) return "";
  return std::string(label.substr(0, label.find(':', first + 1)));
}

}  // namespace

void set_source_rpm(InstalledPackage& package, std::string_view file) {
  package.source = package.name;
  package.source_version = package.version;
  if (!file.ends_with(".rpm")) return;
  file.remove_suffix(4);
  file = file.substr(0, file.rfind('.'));
  const std::size_t release = file.rfind('-');
  const std::size_t version = release == file.npos || release == 0 ? file.npos : file.rfind('-', release - 1);
  if (version == file.npos || version == 0) return;
  package.source = file.substr(0, version);
  // The file's name lacks the epoch, which nearly always is the package's.
  const std::size_t colon = package.version.find(':');
  const std::string epoch = colon == std::string::npos ? "" : package.version.substr(0, colon + 1);
  package.source_version = epoch + std::string(file.substr(version + 1));
}

Result<InstalledPackage> parse_rpm_header(ByteView bytes) {
  const auto header = Header::read(bytes);
  if (!header)
    return fail("audit.rpm-header", "read a package of RPM's", "its header is cut off, or is none");
  InstalledPackage package{.name = std::string(header->text(kName)),
                           .architecture = std::string(header->text(kArchitecture)),
                           .version = std::string(header->text(kVersion))};
  if (package.name.empty() || package.version.empty())
    return fail("audit.rpm-header", "read a package of RPM's", "it has no name or no version");
  package.version += "-" + std::string(header->text(kRelease));
  const auto epoch = header->numbers(kEpoch);
  // As rpm's own "EPOCH?" has it: one of 0 that is told is told.
  if (!epoch.empty()) package.version = std::to_string(epoch[0]) + ":" + package.version;
  set_source_rpm(package, header->text(kSourceRpm));
  package.vendor = header->text(kVendor);
  package.stream = stream_of(header->text(kModularityLabel));
  return package;
}

void for_each_rpm_file(ByteView bytes, const std::function<void(std::string_view path)>& visit) {
  const auto header = Header::read(bytes);
  if (!header) return;
  const auto names = header->texts(kBaseNames);
  const auto folders = header->texts(kDirectoryNames);
  const auto indexes = header->numbers(kDirectoryIndexes);
  std::string path;
  for (std::size_t i = 0; i < std::min(names.size(), indexes.size()); ++i) {
    if (indexes[i] >= folders.size()) continue;
    const std::string_view folder = folders[indexes[i]];
    if (folder.size() + names[i].size() > kLongestPath) continue;
    path = folder;
    path += names[i];
    visit(path);
  }
}

}  // namespace suture
