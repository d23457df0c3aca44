// SPDX-License-Identifier: Apache-2.0
//
// Documents as they arrive: compressed, in archives, cut off.
#include "advisory/reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>

#include "advisory/unpack.h"
#include "feed.h"

namespace suture {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Files = std::vector<std::pair<std::string, std::string>>;
using Setting = int (*)(archive*);

std::string packed(const Files& files, Setting format, Setting filter) {
  std::string bytes(4u << 20, '\0');
  std::size_t used = 0;
  archive* writer = archive_write_new();
  format(writer);
  filter(writer);
  archive_write_set_bytes_in_last_block(writer, 1);
  EXPECT_EQ(archive_write_open_memory(writer, bytes.data(), bytes.size(), &used), ARCHIVE_OK);
  for (const auto& [name, text] : files) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, static_cast<la_int64_t>(text.size()));
    EXPECT_EQ(archive_write_header(writer, entry), ARCHIVE_OK) << archive_error_string(writer);
    archive_write_data(writer, text.data(), text.size());
    archive_entry_free(entry);
  }
  EXPECT_EQ(archive_write_close(writer), ARCHIVE_OK);
  archive_write_free(writer);
  bytes.resize(used);
  return bytes;
}

std::string record(const std::string& id) {
  return R"({"id": ")" + id +
         R"(", "affected": [{"package": {"ecosystem": "npm", "name": "x"}, "versions": ["1"]}]})";
}

constexpr const char* kTable = "cve,epss,percentile\nCVE-2022-0847,0.5,0.25\n";

TEST(Reader, FormatsHaveNames) {
  for (const FeedFormat format : feed_formats()) EXPECT_EQ(feed_format(name_of(format)), format);
  EXPECT_EQ(feed_formats().size(), 7u);
  const auto unknown = feed_format("nvd");
  EXPECT_EQ(unknown.error().code, "advisory.format");
  EXPECT_THAT(unknown.error().hint, HasSubstr("cve, osv, debian-tracker"));
}

TEST(Reader, CompressedDocumentsAreUnpacked) {
  const Files table{{"data", kTable}};
  for (const Setting filter : {&archive_write_add_filter_gzip, &archive_write_add_filter_xz,
                               &archive_write_add_filter_zstd, &archive_write_add_filter_none}) {
    const std::string bytes = packed(table, &archive_write_set_format_raw, filter);
    EXPECT_EQ(read_feed(FeedFormat::kEpss, "epss.csv.gz", bytes).names(),
              std::vector<std::string>{"CVE-2022-0847"});
  }
  EXPECT_TRUE(is_document(FeedFormat::kEpss, "epss_scores-current.csv.gz"));
  EXPECT_TRUE(is_document(FeedFormat::kDebianChangelog, "linux-libc-dev/changelog.Debian.gz"));
}

TEST(Reader, ArchivesHoldARecordAFile) {
  const Files files{{"CVE-2026-1000.json", record("CVE-2026-1000")},
                    {"README.md", "# not a record"},
                    {"broken.json", "{"},
                    {"deep/CVE-2026-1001.json", record("CVE-2026-1001")}};
  for (const Setting format : {&archive_write_set_format_zip, &archive_write_set_format_ustar}) {
    const std::string bytes = packed(files, format, &archive_write_add_filter_none);
    const ReadFeed feed = read_feed(FeedFormat::kOsv, "all.zip", bytes);
    EXPECT_TRUE(feed.end);
    EXPECT_THAT(feed.names(), ElementsAre("CVE-2026-1000", "all.zip/broken.json", "CVE-2026-1001"));
    EXPECT_THAT(feed.refusal("all.zip/broken.json"), HasSubstr("advisory.record"));
  }
}

TEST(Reader, AnArchiveIsNoTable) {
  const std::string bytes =
      packed({{"epss.csv", kTable}}, &archive_write_set_format_zip, &archive_write_add_filter_none);
  EXPECT_THAT(read_feed(FeedFormat::kEpss, "epss.zip", bytes).names(), IsEmpty());
}

TEST(Reader, WhatIsCutOffIsToldAsThat) {
  Files files;
  for (int at = 0; at < 50; ++at) {
    const std::string id = "CVE-2026-" + std::to_string(1000 + at);
    files.emplace_back(id + ".json", record(id) + std::string(3000, ' '));
  }
  const std::string whole = packed(files, &archive_write_set_format_ustar, &archive_write_add_filter_gzip);
  EXPECT_EQ(read_feed(FeedFormat::kOsv, "all.tar.gz", whole).records.size(), 50u);
  const ReadFeed feed = read_feed(FeedFormat::kOsv, "all.tar.gz", whole.substr(0, whole.size() / 2));
  ASSERT_FALSE(feed.end);
  EXPECT_EQ(feed.end.error().code, "advisory.document");
  EXPECT_LT(feed.records.size(), 50u);

  const std::string table =
      packed({{"data", kTable}}, &archive_write_set_format_raw, &archive_write_add_filter_gzip);
  for (std::size_t length = 2; length < table.size(); ++length) {
    const ReadFeed cut = read_feed(FeedFormat::kEpss, "epss.csv.gz", table.substr(0, length));
    ASSERT_FALSE(cut.end) << length;
    EXPECT_EQ(cut.end.error().code, "advisory.document");
    EXPECT_THAT(cut.records, IsEmpty());
  }
}

TEST(Reader, TheSinkEndsTheReading) {
  const std::string bytes =
      packed({{"CVE-2026-1000.json", record("CVE-2026-1000")}, {"a.json", record("CVE-2026-1001")}},
             &archive_write_set_format_zip, &archive_write_add_filter_none);
  std::size_t count = 0;
  const auto end = read_document(FeedFormat::kOsv, "all.zip", bytes,
                                 [&](const std::string&, const ReadRecord&) -> Result<void> {
                                   ++count;
                                   return fail("test.full", "store it", "the disk is full");
                                 });
  EXPECT_EQ(end.error().code, "test.full");
  EXPECT_EQ(count, 1u);
}

TEST(Unpack, KeepsItsLimits) {
  const auto everything = [](std::string_view) { return true; };
  std::vector<std::string> told;
  const auto take = [&](std::string_view inside, const Result<std::string_view>& text) -> Result<void> {
    told.push_back(std::string(inside) + "=" + (text ? std::string(*text) : text.error().code));
    return {};
  };
  const std::string bytes = packed({{"a", std::string(1000, 'x')}, {"b", "y"}, {"c", "z"}},
                                   &archive_write_set_format_zip, &archive_write_add_filter_none);
  EXPECT_TRUE(unpack(bytes, {.document = 100}, everything, take));
  EXPECT_THAT(told, ElementsAre("a=advisory.unpack", "b=y", "c=z")) << "what is too large is passed over";
  told.clear();
  EXPECT_EQ(unpack(bytes, {.documents = 2}, everything, take).error().code, "advisory.unpack");
  EXPECT_EQ(told.size(), 2u);
  told.clear();
  EXPECT_EQ(unpack(bytes, {.total = 500}, everything, take).error().code, "advisory.unpack");
  EXPECT_THAT(told, ElementsAre("a=advisory.unpack"));
  told.clear();
  EXPECT_TRUE(unpack("plain text", {.document = 4}, everything, take));
  EXPECT_THAT(told, ElementsAre("=advisory.unpack"));
}

}  // namespace
}  // namespace suture
