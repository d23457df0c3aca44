// SPDX-License-Identifier: Apache-2.0
//
// RPM's database, as rpm itself has written it, and as somebody who means harm would.
#include <gmock/gmock.h>

#include "audit/rpm_database.h"
#include "audit/rpm_header.h"
#include "running_root.h"

namespace suture {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

void put_number(Bytes& bytes, std::uint32_t number) {
  for (const int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<std::uint8_t>(number >> shift));
}

void put_little(Bytes& bytes, std::size_t at, std::uint32_t number) {
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::uint8_t>(number >> (8 * i));
}

/// What a header consists of, before it is one.
struct Entries {
  Bytes index, heap;
  std::uint32_t count = 0;

  Entries& text(std::uint32_t tag, const std::string& value) { return texts(tag, {value}, 6); }
  Entries& texts(std::uint32_t tag, const std::vector<std::string>& values, std::uint32_t type = 8) {
    add(tag, type, static_cast<std::uint32_t>(values.size()));
    for (const std::string& value : values) {
      heap.insert(heap.end(), value.begin(), value.end());
      heap.push_back(0);
    }
    return *this;
  }
  Entries& numbers(std::uint32_t tag, const std::vector<std::uint32_t>& values) {
    while (heap.size() % 4 != 0) heap.push_back(0);
    add(tag, 4, static_cast<std::uint32_t>(values.size()));
    for (const std::uint32_t value : values) put_number(heap, value);
    return *this;
  }
  void add(std::uint32_t tag, std::uint32_t type, std::uint32_t values) {
    for (const std::uint32_t number : {tag, type, static_cast<std::uint32_t>(heap.size()), values})
      put_number(index, number);
    ++count;
  }
  Bytes header() const {
    Bytes bytes;
    put_number(bytes, count);
    put_number(bytes, static_cast<std::uint32_t>(heap.size()));
    bytes.insert(bytes.end(), index.begin(), index.end());
    bytes.insert(bytes.end(), heap.begin(), heap.end());
    return bytes;
  }
};

Entries openssl() {
  Entries entries;
  entries.text(1000, "openssl-libs").text(1001, "3.0.7").text(1002, "24.el9").numbers(1003, {1});
  entries.text(1011, "Red Hat, Inc.").text(1022, "x86_64").text(1044, "openssl-3.0.7-24.el9.src.rpm");
  entries.numbers(1116, {0, 1, 0}).texts(1117, {"libssl.so.3", "openssl", "libcrypto.so.3"});
  entries.texts(1118, {"/usr/lib64/", "/etc/"}).text(5096, "crypto:3:902:rhel9");
  return entries;
}

std::vector<std::string> files_of(ByteView header) {
  std::vector<std::string> files;
  for_each_rpm_file(header, [&](std::string_view path) { files.emplace_back(path); });
  return files;
}

TEST(RpmHeader, APackageAndItsFiles) {
  const Bytes header = openssl().header();
  const auto package = parse_rpm_header(header);
  ASSERT_TRUE(package.has_value()) << package.error().message();
  EXPECT_EQ(*package, (InstalledPackage{.name = "openssl-libs",
                                        .architecture = "x86_64",
                                        .version = "1:3.0.7-24.el9",
                                        .source = "openssl",
                                        .source_version = "1:3.0.7-24.el9",
                                        .vendor = "Red Hat, Inc.",
                                        .stream = "crypto:3"}));
  EXPECT_THAT(files_of(header),
              ElementsAre("/usr/lib64/libssl.so.3", "/etc/openssl", "/usr/lib64/libcrypto.so.3"));
}

TEST(RpmHeader, NothingLeadsOutOfIt) {
  const Bytes whole = openssl().header();
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(parse_rpm_header(ByteView(whole).first(size)).has_value()) << size;
  // Each number in turn is as large as can be.
  for (std::size_t at = 0; at < 8 + 16 * openssl().count; at += 4) {
    Bytes broken = whole;
    std::fill_n(broken.begin() + static_cast<std::ptrdiff_t>(at), 4, std::uint8_t{0xff});
    if (const auto package = parse_rpm_header(broken)) {
      EXPECT_EQ(package->name, "openssl-libs");
    }
    for (const std::string& path : files_of(broken)) EXPECT_LT(path.size(), 64u);
  }
  Entries folders = openssl();
  folders.index.clear();
  folders.heap.clear();
  folders.count = 0;
  folders.text(1000, "a").text(1001, "1").numbers(1116, {7, 0}).texts(1117, {"x", "y"}).texts(1118, {"/"});
  EXPECT_THAT(files_of(folders.header()), ElementsAre("/y")) << "of no folder, and of one";
  EXPECT_EQ(parse_rpm_header(folders.header())->version, "1-");
  EXPECT_EQ(parse_rpm_header(Entries{}.text(1000, "a").header()).error().code, "audit.rpm-header");
}

Bytes ndb_of(const std::vector<Bytes>& headers) {
  Bytes database(4096);
  put_little(database, 0, 'R' | 'p' << 8 | 'm' << 16 | 'P' << 24);
  put_little(database, 12, 1);
  for (std::size_t slot = 32; slot < 4096; slot += 16)
    put_little(database, slot, 'S' | 'l' << 8 | 'o' << 16 | 't' << 24);
  std::uint32_t number = 0;
  for (const Bytes& header : headers) {
    ++number;
    const std::size_t at = database.size();
    const std::size_t slot = 32 + 16 * (number - 1);
    put_little(database, slot + 4, number);
    put_little(database, slot + 8, static_cast<std::uint32_t>(at / 16));
    database.resize(at + 16);
    put_little(database, at, 'B' | 'l' << 8 | 'b' << 16 | 'S' << 24);
    put_little(database, at + 4, number);
    put_little(database, at + 12, static_cast<std::uint32_t>(header.size()));
    database.insert(database.end(), header.begin(), header.end());
    database.resize((database.size() + 12 + 15) / 16 * 16);
  }
  return database;
}

std::vector<std::string> names_in(const Bytes& database) {
  std::vector<std::string> names;
  const auto read = for_each_ndb_header(database, [&](ByteView header) {
    if (const auto package = parse_rpm_header(header)) names.push_back(package->name);
  });
  if (!read) names.push_back(read.error().code);
  return names;
}

TEST(RpmDatabase, SlotsThatLeadToHeaders) {
  const Bytes expat = Entries{}.text(1000, "expat").text(1001, "2.5.0").text(1002, "1").header();
  const Bytes whole = ndb_of({openssl().header(), expat});
  EXPECT_THAT(names_in(whole), ElementsAre("openssl-libs", "expat"));
  Bytes broken = whole;
  put_little(broken, 32 + 8, 0xffffffff);
  EXPECT_THAT(names_in(broken), ElementsAre("expat")) << "beyond the end";
  broken = whole;
  put_little(broken, 32 + 8, 0);
  EXPECT_THAT(names_in(broken), ElementsAre("expat")) << "a slot that is free";
  broken = whole;
  put_little(broken, 4096 + 12, 0xffffffff);
  EXPECT_THAT(names_in(broken), ElementsAre("expat")) << "a header that is longer than all";
  broken = whole;
  broken.resize(std::size_t{3} * 4096);
  put_little(broken, 12, 0xffffffff);
  EXPECT_THAT(names_in(broken).back(), "audit.packages") << "pages of slots that are none";
  EXPECT_THAT(names_in(Bytes(4096)), ElementsAre("audit.packages"));
  EXPECT_THAT(names_in({}), ElementsAre("audit.packages"));
}

/// As rpm and rpmbuild make it.
class RpmSystem : public RunningRoot {
 protected:
  void SetUp() override {
    RunningRoot::SetUp();
    ASSERT_TRUE(
        write_file(path("etc/os-release"),
                   std::string_view("ID=\"almalinux\"\nVERSION_ID=\"9.4\"\nPRETTY_NAME=\"AlmaLinux 9\"\n")));
    std::filesystem::create_directories(path("var/lib/rpm"));
    install("2.4.1-2.el9");
  }

  /// The files that are there already become those of packages.
  void install(const std::string& version) {
    auto work = TempDir::make("suture-test");
    ASSERT_TRUE(work.has_value());
    const std::string top = work->path().string();
    const std::size_t dash = version.find('-');
    ASSERT_TRUE(write_file(
        top + "/expat.spec",
        "Name: expat\nEpoch: 1\nVersion: " + version.substr(0, dash) +
            "\nRelease: " + version.substr(dash + 1) +
            "\nSummary: A library\nLicense: none\nVendor: AlmaLinux\n%define debug_package %{nil}\n"
            "%description\nA library\n%package -n reader\nSummary: A program\n%description -n reader\nA "
            "program\n"
            "%install\nmkdir -p %{buildroot}/usr/lib %{buildroot}/usr/bin %{buildroot}/lib64\n"
            "cp " +
            path("usr/lib/") + "*.so.* %{buildroot}/usr/lib\ncp " + path("usr/bin/reader") +
            " %{buildroot}/usr/bin\ncp " + path("lib64/ld-linux-x86-64.so.2") +
            " %{buildroot}/lib64\n%files\n/usr/lib/libexpat.so.1\n%files -n "
            "reader\n/usr/bin/reader\n/usr/lib/libc.so.6\n"
            "/lib64/ld-linux-x86-64.so.2\n"));
    const auto built =
        run({.argv = {"rpmbuild", "-bb", "--define", "_topdir " + top, "--define", "_build_id_links none",
                      "--define", "__os_install_post %{nil}", top + "/expat.spec"}});
    ASSERT_TRUE(built && built->status == 0) << (built ? built->err : built.error().message());
    std::vector<std::string> argv = {"rpm",     "--dbpath", path("var/lib/rpm"), "--justdb", "--nodeps",
                                     "--force", "-U"};
    for (const auto& entry : std::filesystem::recursive_directory_iterator(top + "/RPMS")) {
      if (entry.path().extension() == ".rpm") argv.push_back(entry.path());
    }
    const auto installed = run({.argv = argv});
    ASSERT_TRUE(installed && installed->status == 0) << installed->err;
  }

  std::string asked(const std::string& format) const {
    return run({.argv = {"rpm", "--dbpath", path("var/lib/rpm"), "-qa", "--qf", format}})
        .value_or(Finished{})
        .out;
  }
};

TEST_F(RpmSystem, IsReadAsRpmItselfReadsIt) {
  const auto root = RootFolder::open(path(""));
  ASSERT_TRUE(root.has_value());
  const auto list = read_packages(*root, false);
  ASSERT_TRUE(list.has_value()) << list.error().message();
  EXPECT_EQ(list->kind, PackageKind::kRpm);
  auto told = parse_rpm_query(asked(kRpmQuery)).value();
  std::ranges::sort(told, {}, &InstalledPackage::name);
  EXPECT_EQ(list->packages, told);
  ASSERT_THAT(list->packages, SizeIs(2));
  EXPECT_EQ(list->packages[0].version, "1:2.4.1-2.el9");
  EXPECT_EQ(list->packages[1].source, "expat");
  EXPECT_EQ(list->packages[1].vendor, "AlmaLinux");
  std::string files;
  ASSERT_TRUE(for_each_file(*root, PackageKind::kRpm, [&](std::string_view file, std::string_view package) {
    files += std::string(package) + " " + std::string(file) + "\n";
  }));
  const std::string rpms = asked("[%{=NAME} %{FILENAMES}\\n]");
  EXPECT_EQ(std::ranges::count(files, '\n'), 4);
  EXPECT_EQ(files.size(), rpms.size()) << rpms << files;
  // Whoever owns it may have it written to while it is read.
  for (const char* name : {"rpmdb.sqlite-shm", "rpmdb.sqlite-wal"})
    std::filesystem::remove(path("var/lib/rpm/") + name);
  EXPECT_EQ(read_packages(*root, false)->packages, told);
}

TEST_F(RpmSystem, WhatRunsThereHasItsOwners) {
  START_OR_SKIP(running);
  advise("CVE-2022-40674", "1:2.4.8-1.el9", "AlmaLinux:9", VersionOrder::kRpm);
  auto result = look(*running, path(""));
  ASSERT_TRUE(result.has_value()) << result.error().message();
  EXPECT_EQ(result->mapped_files, 4u);
  EXPECT_THAT(result->files, IsEmpty()) << "all are of a package, and none is outdated";
  ASSERT_THAT(result->steps, SizeIs(1));
  EXPECT_EQ(result->steps[0].how, "update expat to 1:2.4.8-1.el9");

  build("2.4.8", path("usr/lib/libexpat.so.1"));
  install("2.4.8-1.el9");
  ASSERT_TRUE(
      write_file(path("var/log/dnf.rpm.log"),
                 std::string_view("2100-01-01T10:00:00Z SUBDEBUG Upgraded: expat-1:2.4.1-2.el9.x86_64\n")));
  result = look(*running, path(""));
  ASSERT_TRUE(result.has_value()) << result.error().message();
  const AuditedFile* library = file_called(*result, "/usr/lib/libexpat.so.1");
  ASSERT_NE(library, nullptr);
  EXPECT_EQ(library->file.state, CodeState::kReplaced);
  EXPECT_EQ(library->package, "expat");
  ASSERT_THAT(result->restarts, SizeIs(1));
  EXPECT_THAT(result->restarts[0].pids, ElementsAre(running->pid()));
  EXPECT_EQ(result->restarts[0].closes, 1u);
  ASSERT_THAT(result->findings, SizeIs(1));
  EXPECT_EQ(result->findings[0].kind, SoftwareFinding::Kind::kRunning);
  EXPECT_EQ(result->findings[0].version, "1:2.4.1-2.el9");
}

TEST_F(RpmSystem, AContainersPackagesAreReadFromOutside) {
  START_OR_SKIP(running);
  advise("CVE-2022-40674", "1:2.4.8-1.el9", "AlmaLinux:9", VersionOrder::kRpm);
  auto host = TempDir::make("suture-test");
  ASSERT_TRUE(host.has_value());
  ASSERT_TRUE(write_file(host->path() / "var/lib/dpkg/status", std::string_view("Package: a\nVersion: 1\n")));
  const auto result = look(*running, host->path().string());
  ASSERT_TRUE(result.has_value()) << result.error().message();
  ASSERT_THAT(result->roots, SizeIs(2));
  EXPECT_EQ(result->roots[1].packages, 2u);
  EXPECT_EQ(result->roots[1].problem, "");
  ASSERT_THAT(result->findings, SizeIs(1));
  EXPECT_EQ(result->findings[0].root, 1u);
}

}  // namespace
}  // namespace suture
