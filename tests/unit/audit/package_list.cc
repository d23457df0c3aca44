// SPDX-License-Identifier: Apache-2.0
#include "audit/package_list.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audited_packages.h"

namespace suture {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

constexpr const char* kStatus = R"(Package: libssl3
Status: install ok installed
Priority: optional
Architecture: amd64
Source: openssl
Version: 3.0.11-1~deb12u2
Description: Secure Sockets Layer toolkit - shared libraries
 Version: 9.9
 .
 Package: not-this

Package: gone
Status: deinstall ok config-files
Version: 1

Package: linux-image-6.1.0-47-cloud-amd64
Status: install ok installed
Architecture: amd64
Source: linux-signed-amd64 (6.1.170+3)
Version: 6.1.170-3

Package: half
Status: install reinstreq half-installed
Version: 2

Status: install ok installed
Version: 3

Package: without-version
Status: install ok installed
)";

std::string shown(const InstalledPackage& package) {
  return package.name + " " + package.version + " of " + package.source + " " + package.source_version;
}

TEST(DpkgStatus, InstalledPackagesWithTheirSources) {
  const auto packages = parse_dpkg_status(kStatus);
  ASSERT_TRUE(packages.has_value());
  ASSERT_THAT(*packages, SizeIs(3));
  EXPECT_EQ(shown((*packages)[0]), "libssl3 3.0.11-1~deb12u2 of openssl 3.0.11-1~deb12u2");
  EXPECT_EQ(shown((*packages)[1]),
            "linux-image-6.1.0-47-cloud-amd64 6.1.170-3 of linux-signed-amd64 6.1.170+3");
  EXPECT_EQ(shown((*packages)[2]), "half 2 of half 2");
  EXPECT_EQ(shown(with_plain_source((*packages)[1])),
            "linux-image-6.1.0-47-cloud-amd64 6.1.170-3 of linux 6.1.170-3");
}

TEST(DpkgStatus, BrokenTextIsPassedOver) {
  for (const std::string& text :
       {std::string(), std::string("\n\n\n"), std::string("Package\nVersion\n"), std::string(":\n:\n"),
        std::string("Package: a\nVersion: ") + std::string(10'000, '1'), std::string("\0\0\0", 3),
        std::string("Package: a\nStatus: install ok not-installed\nVersion: 1")}) {
    const auto packages = parse_dpkg_status(text);
    ASSERT_TRUE(packages.has_value());
    EXPECT_THAT(*packages, IsEmpty()) << text.substr(0, 40);
  }
  std::string many;
  for (int i = 0; i <= 100'000; ++i) many += "Package: a\nVersion: 1\n\n";
  const auto packages = parse_dpkg_status(many);
  ASSERT_FALSE(packages.has_value());
  EXPECT_EQ(packages.error().code, "audit.packages");
}

TEST(RpmQuery, PackagesWithTheirSources) {
  const auto packages = parse_rpm_query(
      "openssl-libs\tx86_64\t1:3.0.7-24.el9\topenssl-3.0.7-24.el9.src.rpm\tRed Hat, Inc.\n"
      "gpg-pubkey\t(none)\t1-2\t(none)\n"
      "kernel-core\tx86_64\t5.14.0-427.16.1.el9_4\tkernel-5.14.0-427.16.1.el9_4.src.rpm\n"
      "own\tnoarch\t1-1\t(none)\n"
      "short\tx86_64\n\t\t\t\n");
  ASSERT_TRUE(packages.has_value());
  ASSERT_THAT(*packages, SizeIs(3));
  EXPECT_EQ(shown((*packages)[0]), "openssl-libs 1:3.0.7-24.el9 of openssl 1:3.0.7-24.el9");
  EXPECT_EQ((*packages)[0].vendor, "Red Hat, Inc.");
  EXPECT_EQ(shown((*packages)[1]), "kernel-core 5.14.0-427.16.1.el9_4 of kernel 5.14.0-427.16.1.el9_4");
  EXPECT_EQ(shown((*packages)[2]), "own 1-1 of own 1-1");
}

TEST(KernelPackages, TheOneThatRunsAndTheNewestThatIsInstalled) {
  PackageList list;
  for (const std::string version : {"46", "47", "48"}) {
    list.packages.push_back({.name = "linux-image-6.1.0-" + version + "-amd64",
                             .architecture = "amd64",
                             .version = "6.1." + version + "-1",
                             .source = "linux-signed-amd64",
                             .source_version = "6.1." + version + "+1"});
  }
  list.packages.push_back(
      {.name = "linux-libc-dev", .version = "6.1.60-1", .source = "linux", .source_version = "6.1.60-1"});
  list.packages.push_back(
      {.name = "linux-base", .version = "9", .source = "linux-base", .source_version = "9"});
  const GroupedPackages groups = group_packages(list);
  const KernelPackages kernel = kernel_packages(groups, PackageKind::kDebian, "6.1.0-47-amd64");
  EXPECT_EQ(shown(kernel.running), "linux-image-6.1.0-47-amd64 6.1.47-1 of linux 6.1.47-1");
  EXPECT_EQ(kernel.newest, "6.1.48-1");
  EXPECT_EQ(kernel_packages(groups, PackageKind::kDebian, "6.1.0-99-amd64").running.name, "");
  ASSERT_NE(groups.of_binary("linux-base"), nullptr);
  EXPECT_FALSE(groups.of_binary("linux-base")->kernel);
  EXPECT_TRUE(groups.of_binary("linux-libc-dev")->kernel);
  EXPECT_EQ(groups.of_binary("absent"), nullptr);

  const PackageList rpms = {.kind = PackageKind::kRpm,
                            .packages = {{.name = "kernel-core",
                                          .architecture = "x86_64",
                                          .version = "5.14.0-427.16.1.el9_4",
                                          .source = "kernel",
                                          .source_version = "5.14.0-427.16.1.el9_4"}}};
  EXPECT_EQ(
      kernel_packages(group_packages(rpms), PackageKind::kRpm, "5.14.0-427.16.1.el9_4.x86_64").running.name,
      "kernel-core");
}

/// A root file system of somebody else's.
class ForeignRoot : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = TempDir::make("suture-test");
    ASSERT_TRUE(folder.has_value());
    folder_.emplace(*std::move(folder));
    std::filesystem::create_directories(path() / "var/lib/dpkg/info");
    std::filesystem::create_directories(path() / "etc");
    auto root = RootFolder::open(path());
    ASSERT_TRUE(root.has_value());
    root_.emplace(*std::move(root));
  }
  std::filesystem::path path() const { return folder_->path(); }
  void put(const std::string& name, std::string_view text) { ASSERT_TRUE(write_file(path() / name, text)); }

  std::optional<TempDir> folder_;
  std::optional<RootFolder> root_;
};

TEST_F(ForeignRoot, LinksStayWithinIt) {
  put("etc/inside", "inside");
  std::filesystem::create_symlink("/etc/inside", path() / "etc/link");
  std::filesystem::create_symlink("../../../../../../../../etc/inside", path() / "etc/up");
  std::filesystem::create_symlink("/etc/passwd", path() / "etc/out");
  std::filesystem::create_symlink("/etc/round", path() / "etc/round");
  std::filesystem::create_symlink("/proc/self/fd/0", path() / "etc/magic");
  EXPECT_EQ(root_->read_text("/etc/link", 100).value_or(""), "inside");
  EXPECT_EQ(root_->read_text("/etc/up", 100).value_or(""), "inside");
  for (const char* name : {"/etc/out", "/etc/round", "/etc/magic", "/etc/absent", "/../../../etc/passwd"}) {
    const auto text = root_->read_text(name, 1u << 20);
    ASSERT_FALSE(text.has_value()) << name;
    EXPECT_EQ(text.error().code, "audit.file");
  }
  EXPECT_EQ(root_->identity("/etc/link"), root_->identity("/etc/inside"));
  EXPECT_EQ(root_->identity("/etc/out"), std::nullopt);
}

TEST_F(ForeignRoot, OnlyPlainFilesAreOpened) {
  ASSERT_EQ(mkfifo((path() / "etc/pipe").c_str(), 0600), 0);
  // To open it for reading would wait for ever.
  EXPECT_FALSE(root_->read_text("/etc/pipe", 100).has_value());
  EXPECT_FALSE(root_->read_text("/etc", 100).has_value());
  put("etc/large", std::string(101, 'x'));
  EXPECT_FALSE(root_->read_text("/etc/large", 100).has_value());
  EXPECT_EQ(root_->identity("/etc"), std::nullopt);
  const auto names = root_->names("/etc", 1);
  ASSERT_FALSE(names.has_value());
  EXPECT_EQ(names.error().code, "audit.too-many");
  EXPECT_THAT(root_->names("/absent", 1).value_or(std::vector<std::string>{"x"}), IsEmpty());
}

TEST_F(ForeignRoot, PackagesAndTheOwnersOfFiles) {
  put("var/lib/dpkg/status", kStatus);
  put("var/lib/dpkg/info/libssl3:amd64.list", "/.\n/usr/lib/x86_64-linux-gnu/libssl.so.3\n");
  put("var/lib/dpkg/info/base.list", "/lib/x86_64-linux-gnu/libc.so.6\n/bin/sh\n/opt/x\n");
  put("var/lib/dpkg/info/base.postinst", "/opt/script\n");
  const auto list = read_packages(*root_, true);
  ASSERT_TRUE(list.has_value());
  EXPECT_EQ(list->kind, PackageKind::kDebian);
  EXPECT_THAT(list->packages, SizeIs(3));
  const auto owners = find_owners(*root_, PackageKind::kDebian,
                                  {"/lib/x86_64-linux-gnu/libssl.so.3", "/usr/lib/x86_64-linux-gnu/libc.so.6",
                                   "/usr/bin/sh", "/usr/opt/x", "/opt/script", "/opt/x"});
  ASSERT_TRUE(owners.has_value());
  EXPECT_THAT(*owners,
              ElementsAre(Pair("/lib/x86_64-linux-gnu/libssl.so.3", "libssl3"), Pair("/opt/x", "base"),
                          Pair("/usr/bin/sh", "base"), Pair("/usr/lib/x86_64-linux-gnu/libc.so.6", "base")));
}

TEST_F(ForeignRoot, SmallImagesHaveAFileForEachPackage) {
  put("var/lib/dpkg/status.d/libssl3", "Package: libssl3\nSource: openssl\nVersion: 3.0.11-1\n");
  put("var/lib/dpkg/status.d/libssl3.md5sums", "0123456789abcdef0123456789abcdef  usr/lib/libssl.so.3\n");
  const auto list = read_packages(*root_, false);
  ASSERT_TRUE(list.has_value());
  ASSERT_THAT(list->packages, SizeIs(1));
  EXPECT_EQ(list->packages[0].source, "openssl");
  EXPECT_THAT(find_owners(*root_, PackageKind::kDebian, {"/usr/lib/libssl.so.3"}).value(),
              ElementsAre(Pair("/usr/lib/libssl.so.3", "libssl3")));
}

TEST_F(ForeignRoot, WithoutPackages) {
  const auto none = read_packages(*root_, true);
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().code, "audit.packages");
  put("var/lib/rpm/Packages", "x");
  const auto elsewhere = read_packages(*root_, false);
  ASSERT_FALSE(elsewhere.has_value());
  EXPECT_EQ(elsewhere.error().code, "audit.packages-elsewhere");
  for (const char* name : {"Packages.db", "rpmdb.sqlite"}) {
    for (const std::string& text : {std::string(), std::string("x"), std::string(10'000, 'x')}) {
      put(std::string("var/lib/rpm/") + name, text);
      const auto broken = read_packages(*root_, true);
      ASSERT_FALSE(broken.has_value()) << name;
      EXPECT_EQ(broken.error().code, "audit.packages");
    }
  }
}

}  // namespace
}  // namespace suture
