// SPDX-License-Identifier: Apache-2.0
#include "advisory/reader.h"

#include <algorithm>
#include <array>

#include "advisory/csaf_vex.h"
#include "advisory/cve_record.h"
#include "advisory/debian_changelog.h"
#include "advisory/debian_tracker.h"
#include "advisory/epss.h"
#include "advisory/kev.h"
#include "advisory/osv.h"
#include "advisory/record.h"
#include "advisory/unpack.h"
#include "base/cve_id.h"

namespace suture {
namespace {

constexpr std::array kFormats{
    FeedFormat::kCve, FeedFormat::kOsv,  FeedFormat::kDebianTracker,  FeedFormat::kCsafVex,
    FeedFormat::kKev, FeedFormat::kEpss, FeedFormat::kDebianChangelog};

/// Of a document, unpacked. Each is some times what the largest known takes.
std::size_t most_bytes(FeedFormat format) {
  switch (format) {
    case FeedFormat::kCve:
    case FeedFormat::kOsv:
      return 16u << 20;
    case FeedFormat::kEpss:
    case FeedFormat::kDebianChangelog:
      return 128u << 20;
    case FeedFormat::kDebianTracker:
      return 512u << 20;
    case FeedFormat::kCsafVex:
    case FeedFormat::kKev:
      break;
  }
  return 64u << 20;
}

bool has_one_record(FeedFormat format) {
  return format == FeedFormat::kCve || format == FeedFormat::kOsv || format == FeedFormat::kCsafVex;
}

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

std::string_view without_packing(std::string_view file) {
  for (const std::string_view end : {".gz", ".xz", ".zst"}) {
    if (file.ends_with(end)) file.remove_suffix(end.size());
  }
  return file;
}

bool is_archive(std::string_view file) {
  return file.ends_with(".zip") || file.ends_with(".tar");
}

/// The id, where the file is called by it: a record that is broken today bears its name tomorrow.
std::string record_of(std::string_view path) {
  std::string_view stem = without_packing(file_name(path));
  stem = stem.substr(0, stem.rfind(".json"));
  return std::string(is_cve_id(stem) ? stem : path);
}

class DocumentReader {
 public:
  DocumentReader(FeedFormat format, const Sink& sink)
      : format_(format), sink_(sink), parser_(most_bytes(format)) {}

  Result<void> read(std::string_view name, std::string_view text) {
    switch (format_) {
      case FeedFormat::kDebianTracker:
        return read_debian_tracker(name, text, sink_);
      case FeedFormat::kKev:
        return read_kev(name, text, sink_);
      case FeedFormat::kEpss:
        return read_epss(name, text, sink_);
      case FeedFormat::kDebianChangelog:
        return read_debian_changelog(name, text, sink_);
      default:
        return read_one(name, text);
    }
  }

 private:
  Result<void> read_one(std::string_view name, std::string_view text) {
    std::string record = record_of(name);
    const auto root = parser_.parse(text);
    if (!root) return sink_(record, bad_record(name, root.error().why));
    if (format_ == FeedFormat::kCsafVex) return read_csaf_document(record, *root, sink_);
    ReadRecord voices =
        format_ == FeedFormat::kCve ? read_cve_record(*root, name) : read_osv_record(*root, name);
    if (voices && !voices->empty()) record = voices->front().record;
    return sink_(std::move(record), std::move(voices));
  }

  FeedFormat format_;
  const Sink& sink_;
  JsonParser parser_;
};

}  // namespace

std::span<const FeedFormat> feed_formats() {
  return kFormats;
}

std::string_view name_of(FeedFormat format) {
  switch (format) {
    case FeedFormat::kCve:
      return "cve";
    case FeedFormat::kOsv:
      return "osv";
    case FeedFormat::kDebianTracker:
      return "debian-tracker";
    case FeedFormat::kCsafVex:
      return "csaf-vex";
    case FeedFormat::kKev:
      return "kev";
    case FeedFormat::kEpss:
      return "epss";
    case FeedFormat::kDebianChangelog:
      break;
  }
  return "debian-changelog";
}

Result<FeedFormat> feed_format(std::string_view name) {
  const auto found = std::ranges::find(kFormats, name, [](FeedFormat format) { return name_of(format); });
  if (found != kFormats.end()) return *found;
  std::string known;
  for (const FeedFormat format : kFormats)
    known += (known.empty() ? "" : ", ") + std::string(name_of(format));
  return fail("advisory.format", "look for the format " + std::string(name), "no source is of that format",
              "There are " + known + ".");
}

bool is_document(FeedFormat format, std::string_view path) {
  const std::string_view file = without_packing(file_name(path));
  const bool json = file.ends_with(".json");
  switch (format) {
    case FeedFormat::kCve:
      return is_archive(file) || (json && is_cve_id(file.substr(0, file.rfind('.'))));
    case FeedFormat::kOsv:
      return json || is_archive(file);
    case FeedFormat::kCsafVex: {
      // What CSAF 7.1 puts beside the documents.
      constexpr std::array<std::string_view, 3> kOthers{"provider-metadata.json", "aggregator.json",
                                                        "index.json"};
      return is_archive(file) || (json && std::ranges::find(kOthers, file) == kOthers.end());
    }
    case FeedFormat::kDebianTracker:
      return json;
    case FeedFormat::kKev:
      return json && file.find("schema") == std::string_view::npos;
    case FeedFormat::kEpss:
      return file.ends_with(".csv");
    case FeedFormat::kDebianChangelog:
      break;
  }
  return file.starts_with("changelog") || file.ends_with("changelog");
}

Result<void> read_document(FeedFormat format, std::string_view name, std::string_view bytes,
                           const Sink& sink) {
  DocumentReader reader(format, sink);
  bool of_reader = false;
  const auto wanted = [&](std::string_view inside) {
    return has_one_record(format) && is_document(format, inside);
  };
  const auto take = [&](std::string_view inside, Result<std::string_view> text) -> Result<void> {
    const std::string document =
        inside.empty() ? std::string(name) : std::string(name) + "/" + std::string(inside);
    Result<void> taken;
    if (text) {
      taken = reader.read(document, *text);
    } else if (has_one_record(format)) {
      taken = sink(record_of(document), bad_record(document, text.error().why));
    } else {
      taken = fail("advisory.document", "read " + document, text.error().why);
    }
    of_reader = !taken;
    return taken;
  };
  const auto unpacked = unpack(bytes, {.document = most_bytes(format)}, wanted, take);
  if (unpacked || of_reader) return unpacked;
  return fail("advisory.document", "read " + std::string(name), unpacked.error().why);
}

}  // namespace suture
