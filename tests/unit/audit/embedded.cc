// SPDX-License-Identifier: Apache-2.0
//
// Libraries are found in the files that Debian has, and not in the programs that only use them.
#include "audit/embedded.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/elf_content.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/process.h"

namespace suture {
namespace {

using testing::IsEmpty;

/// "zlib 1.2.13, …" of what is found in a file.
std::string found_in(const std::filesystem::path& path) {
  const auto bytes = read_file(path);
  if (!bytes) return "no such file";
  const auto content = parse_elf_content(*bytes, symbols_of_libraries());
  if (!content) return content.error().code;
  std::string text;
  for (const EmbeddedLibrary& one : find_embedded(*bytes, *content))
    text += (text.empty() ? "" : ", ") + one.library + " " + one.version;
  return text;
}

/// Upstream's version of what pkg-config knows of an installed library.
std::string installed_version(const std::string& module) {
  const auto finished = run({.argv = {"pkg-config", "--modversion", module}});
  return finished && finished->status == 0 ? finished->out.substr(0, finished->out.find('\n')) : "";
}

std::filesystem::path library(const std::string& name) {
  const auto finished = run({.argv = {"gcc", "-print-file-name=" + name}});
  return finished ? finished->out.substr(0, finished->out.find('\n')) : name;
}

TEST(Embedded, EachLibraryIsFoundInItself) {
  const std::vector<std::tuple<std::string, std::string, std::string>> libraries = {
      {"libcrypto.so", "libcrypto", "openssl"}, {"libz.so", "zlib", "zlib"},
      {"libexpat.so", "expat", "expat"},        {"libcurl.so", "libcurl", "curl"},
      {"libxml2.so", "libxml-2.0", "libxml2"},  {"libsqlite3.so", "sqlite3", "sqlite3"},
      {"liblzma.so", "liblzma", "xz-utils"},    {"libzstd.so", "libzstd", "libzstd"},
      {"liblz4.so", "liblz4", "lz4"},           {"libarchive.so", "libarchive", "libarchive"}};
  int checked = 0;
  for (const auto& [file, module, name] : libraries) {
    const std::string version = installed_version(module);
    if (version.empty()) continue;  // its development files are not here
    ++checked;
    EXPECT_EQ(found_in(library(file)), name + " " + version) << file;
  }
  EXPECT_GE(checked, 4) << "too few libraries are here to tell";
}

TEST(Embedded, ProgramsThatUseASharedLibraryHaveNoCopy) {
  const auto folder = TempDir::make("suture-test");
  ASSERT_TRUE(folder.has_value());
  const auto source = folder->path() / "main.c";
  ASSERT_TRUE(write_file(source, std::string_view(R"(
#include <openssl/crypto.h>
#include <openssl/opensslv.h>
#include <stdio.h>
#include <zlib.h>
int main(void) {
  puts(OPENSSL_VERSION_TEXT);
  puts(ZLIB_VERSION);
  puts(OpenSSL_version(0));
  puts(zlibVersion());
  return 0;
})")));
  const auto program = folder->path() / "program";
  const auto made = run({.argv = {"gcc", source, "-o", program, "-lcrypto", "-lz"}});
  ASSERT_TRUE(made && made->status == 0) << made->err;
  EXPECT_EQ(found_in(program), "");

  // Linked statically, both are there, and stay when all symbols go.
  const auto with_copies = folder->path() / "with-copies";
  const std::string archives = library("libcrypto.a").string();
  if (archives == "libcrypto.a") GTEST_SKIP() << "no static OpenSSL here";
  const auto again = run({.argv = {"gcc", source, "-o", with_copies, archives, library("libz.a")}});
  ASSERT_TRUE(again && again->status == 0) << again->err;
  const std::string both = "openssl " + installed_version("libcrypto");
  EXPECT_THAT(found_in(with_copies), testing::StartsWith(both));
  // zlibVersion() lives beside what compresses; the program does not, so nothing of zlib can be seen in it.
  ASSERT_TRUE(run_ok({.argv = {"strip", with_copies}}));
  EXPECT_THAT(found_in(with_copies), testing::StartsWith(both));
}

TEST(Embedded, ACopyOfZlibIsSeenWhereItInflates) {
  const auto folder = TempDir::make("suture-test");
  ASSERT_TRUE(folder.has_value());
  const auto source = folder->path() / "main.c";
  ASSERT_TRUE(write_file(source, std::string_view(R"(
#include <zlib.h>
int main(void) {
  z_stream stream = {0};
  return inflateInit(&stream) + inflate(&stream, 0);
})")));
  const auto program = folder->path() / "program";
  const auto made = run({.argv = {"gcc", "-s", source, "-o", program, library("libz.a")}});
  ASSERT_TRUE(made && made->status == 0) << made->err;
  EXPECT_EQ(found_in(program), "zlib " + installed_version("zlib"));
}

std::vector<EmbeddedLibrary> found(std::string_view text, const ElfContent& content = {}) {
  return find_embedded(as_bytes(text), content);
}

std::string all(std::string_view text, const ElfContent& content = {}) {
  std::string result;
  for (const EmbeddedLibrary& one : found(text, content)) result += one.library + "=" + one.version + ";";
  return result;
}

TEST(Embedded, AVersionIsWhatLooksLikeOne) {
  EXPECT_EQ(all("expat_2.5.0"), "expat=2.5.0;");
  EXPECT_EQ(all("expat_2.5.0 expat_2.4.1 expat_2.5.0"), "expat=2.4.1;expat=2.5.0;");
  EXPECT_EQ(all("expat_"), "");
  EXPECT_EQ(all("expat_2"), "");
  EXPECT_EQ(all("expat_x.1"), "");
  EXPECT_EQ(all("expat_11111111111111111111111111111111111.1"), "");
  EXPECT_EQ(all("OpenSSL 1.1.1w  11 Sep 2023"), "") << "that alone is of the headers";
  EXPECT_EQ(all("OpenSSL 1.1.1w  11 Sep 2023 OPENSSLDIR: \"/usr\""), "openssl=1.1.1w;");
  EXPECT_EQ(all("xmlParseStartTag: invalid element name\n"), "libxml2=;") << "there, but which?";
  const std::string xml = "xmlParseStartTag: invalid element name\n";
  EXPECT_EQ(all("xmlParseStartTag: invalid element name"), "") << "whoever looks for it has that";
  EXPECT_EQ(all(xml + ":::20914" + '\0'), "libxml2=2.9.14;");
  EXPECT_EQ(all(xml + '\0' + "21305-GITv2.13.5"), "libxml2=2.13.5;");
  EXPECT_EQ(all(xml + '\0' + "20914" + '\0' + "20913" + '\0'), "libxml2=;");
  EXPECT_EQ(all("1.0.8, 13-Jul-2019 bzip2/libbzip2: internal error number %d."), "bzip2=1.0.8;");
  const std::string sqlite =
      std::string("SQLite format 3\0", 16) + "2022-12-28 14:03:47 " + std::string(60, 'a');
  EXPECT_EQ(all(sqlite + '\0' + "3.40.1" + '\0'), "sqlite3=3.40.1;");
  EXPECT_EQ(all(sqlite + '\0' + "3.40.1" + '\0' + "3.40.2" + '\0'), "sqlite3=;");
  EXPECT_EQ(all(std::string("\0005.4.1\0", 7), {.symbols = {{.name = "lzma_version_string"}}}),
            "xz-utils=5.4.1;");
}

TEST(Embedded, OneFileDoesNotFillTheReport) {
  std::string text;
  for (int i = 0; i < 1000; ++i)
    text += "expat_2.5." + std::to_string(i) + " libcurl/7.1." + std::to_string(i) + " ";
  EXPECT_LE(found(text).size(), 32u);
}

TEST(ElfContent, ABuildIdIsThatOfReadelf) {
  const auto path = library("libz.so");
  const auto finished = run({.argv = {"readelf", "-n", path}});
  ASSERT_TRUE(finished && finished->status == 0);
  const auto bytes = read_file(path);
  ASSERT_TRUE(bytes.has_value());
  const auto content = parse_elf_content(*bytes);
  ASSERT_TRUE(content.has_value());
  EXPECT_EQ(content->build_id.size(), 40u);
  EXPECT_NE(finished->out.find("Build ID: " + content->build_id), std::string::npos);
  EXPECT_EQ(content->soname, "libz.so.1");
  // The beginning will do.
  const auto head = parse_elf_content(ByteView(*bytes).first(4096));
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(head->build_id, content->build_id);
}

TEST(ElfContent, BrokenFilesGiveLessAndNeverMore) {
  auto bytes = read_file(library("libz.so"));
  ASSERT_TRUE(bytes.has_value());
  for (const std::size_t size : {0u, 3u, 4u, 15u, 16u, 63u}) {
    const auto content = parse_elf_content(ByteView(*bytes).first(size));
    ASSERT_FALSE(content.has_value());
    EXPECT_EQ(content.error().code, "audit.not-elf");
  }
  for (std::size_t size = 64; size < 8192; size += 7)
    EXPECT_TRUE(parse_elf_content(ByteView(*bytes).first(size), symbols_of_libraries()).has_value());
  // Each byte of the headers as high as it goes.
  for (std::size_t at = 16; at < 1024; ++at) {
    const std::uint8_t kept = (*bytes)[at];
    (*bytes)[at] = 0xff;
    EXPECT_TRUE(parse_elf_content(*bytes, symbols_of_libraries()).has_value()) << at;
    (*bytes)[at] = kept;
  }
  (*bytes)[4] = 9;
  EXPECT_FALSE(parse_elf_content(*bytes).has_value());
}

TEST(Embedded, NamesOfLibraries) {
  EXPECT_THAT(names_of_library("sqlite3"), testing::ElementsAre("sqlite3", "sqlite", "SQLite"));
  EXPECT_THAT(names_of_library("unheard-of"), testing::ElementsAre("unheard-of"));
  EXPECT_TRUE(is_library_itself("zlib", "libz.so.1"));
  EXPECT_FALSE(is_library_itself("zlib", "libzstd.so.1"));
}

}  // namespace
}  // namespace suture
