// SPDX-License-Identifier: Apache-2.0
#include "agent/kernel_changelog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

namespace suture {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr const char* kProcVersion =
    "Linux version 6.1.0-47-cloud-amd64 (debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14+deb12u1) "
    "12.2.0, GNU ld (GNU Binutils for Debian) 2.40) #1 SMP PREEMPT_DYNAMIC Debian 6.1.170-3 (2026-05-08)\n";

constexpr const char* kChangelog = R"(linux-signed-amd64 (6.1.176+1) bookworm-security; urgency=high

  * Sign kernel from linux 6.1.176-1
    - net: a fix that was not booted (CVE-2026-9999)

 -- A Person <a@example.org>  Thu, 02 Jul 2026 13:50:00 +0200

linux (6.1.170-3) bookworm-security; urgency=high

  * xfrm: esp: ipv4: fix up flags setting (CVE-2026-1003)

linux (6.1.170-2) bookworm-security; urgency=high

  * rxrpc: input: open-code skb_unshare()
    (CVE-2026-1001, CVE-2026-1002)

linux (6.1.164-1) bookworm-security; urgency=high

  * rxrpc: the first half of it (CVE-2026-1001)
)";

Bytes gzip(std::string_view text) {
  z_stream stream{};
  EXPECT_EQ(::deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  Bytes packed(::deflateBound(&stream, text.size()));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  ::deflateEnd(&stream);
  return packed;
}

TEST(KernelChangelog, TheBootedVersionIsInTheKernelsOwnWords) {
  EXPECT_EQ(debian_version_of(kProcVersion), "6.1.170-3");
  EXPECT_EQ(debian_version_of("Linux version 6.18.44 (gcc) #1 SMP PREEMPT_DYNAMIC @0\n"), std::nullopt);
  EXPECT_EQ(debian_version_of(" Debian "), std::nullopt);
  EXPECT_EQ(debian_version_of(" Debian GNU/Linux"), std::nullopt);
  EXPECT_EQ(debian_version_of(" Debian 6.1/../x"), std::nullopt);
  EXPECT_EQ(debian_version_of(" Debian 6" + std::string(200, '1')), std::nullopt);
}

TEST(KernelChangelog, EntriesAboveTheBootedVersionDoNotCount) {
  const auto read = parse_debian_changelog(kChangelog, "6.1.170-3");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->version, "6.1.170-3");
  EXPECT_THAT(read->named, ElementsAre(Pair("CVE-2026-1001", "6.1.164-1"), Pair("CVE-2026-1002", "6.1.170-2"),
                                       Pair("CVE-2026-1003", "6.1.170-3")));
}

TEST(KernelChangelog, ASignedPackageHasAVersionOfItsOwn) {
  const auto read = parse_debian_changelog(kChangelog, "6.1.176-1");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->named.find("CVE-2026-9999")->second, "6.1.176-1");
  EXPECT_EQ(read->named.size(), 4u);
}

TEST(KernelChangelog, OneThatDoesNotKnowTheBootedVersionSaysNothing) {
  EXPECT_EQ(parse_debian_changelog(kChangelog, "6.1.170-4"), std::nullopt);
  EXPECT_EQ(parse_debian_changelog(kChangelog, "6.1.170"), std::nullopt);
  EXPECT_EQ(parse_debian_changelog("", "6.1.170-3"), std::nullopt);
}

TEST(KernelChangelog, TakesWholeIdentifiersOnly) {
  const std::string text =
      "linux (1-1) x; urgency=low\n\n  * CVE-2026-123 CVE-26-1234 CVE-2026_1234 "
      "CVE-2026-12345678901234567890\n"
      "  * CVE-CVE-2026-12345) xCVE-2025-1111x CVE-2026-\n";
  EXPECT_THAT(parse_debian_changelog(text, "1-1")->named,
              ElementsAre(Pair("CVE-2025-1111", "1-1"), Pair("CVE-2026-12345", "1-1")));
}

TEST(KernelChangelog, BrokenHeadsAreNoEntries) {
  for (const char* head : {"linux (6.1.170-3", "linux 6.1.170-3)", "linux ) (6.1.170-3",
                           " linux (6.1.170-3) x", "linux () x", "(6.1.170-3) x", "linux (6.1.170-3;) x"}) {
    EXPECT_EQ(parse_debian_changelog(std::string(head) + "\n  * CVE-2026-1001\n", "6.1.170-3"), std::nullopt)
        << head;
  }
}

TEST(KernelChangelog, ReadsWhatRpmPrints) {
  const KernelChangelog read = parse_rpm_changelog(
      "* Tue May 05 2026 A Person <a@example.org> [5.14.0-427.16.1.el9_4]\n"
      "- ipc: one {CVE-2026-1001}\n- two (A Person) [RHEL-1] {CVE-2026-1002}\n\n"
      "* Mon May 04 2026 A Person <a@example.org> - 5.14.0-427.15.1\n- ipc: half of it {CVE-2026-1001}\n");
  EXPECT_THAT(read.named, ElementsAre(Pair("CVE-2026-1001", "5.14.0-427.15.1"),
                                      Pair("CVE-2026-1002", "5.14.0-427.16.1.el9_4")));
  EXPECT_THAT(parse_rpm_changelog("* \n*\n* []\n").named, IsEmpty());
}

TEST(KernelChangelog, UnpacksWhatIsWholeAndSmall) {
  const Bytes packed = gzip(kChangelog);
  EXPECT_EQ(gunzip(packed, 1u << 20).value_or(""), kChangelog);
  for (std::size_t length = 0; length + 8 < packed.size(); length++) {
    EXPECT_FALSE(gunzip({packed.data(), length}, 1u << 20)) << length;
  }
  EXPECT_EQ(gunzip(as_bytes("no gzip"), 100).error().code, "agent.changelog");
}

TEST(KernelChangelog, ABombIsNotUnpacked) {
  const Bytes packed = gzip(std::string(32u << 20, 'a'));
  ASSERT_LT(packed.size(), 64u << 10);
  const auto text = gunzip(packed, 1u << 20);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, "agent.changelog");
}

struct DebianHost {
  DebianHost() : folder(TempDir::make("suture-changelog").value()) {
    EXPECT_TRUE(write_file(places.proc / "version", kProcVersion));
  }
  std::filesystem::path documentation() const {
    return places.documentation / "linux-image-6.1.0-47-cloud-amd64";
  }
  std::optional<KernelChangelog> read() const {
    return read_kernel_changelog(places, "6.1.0-47-cloud-amd64");
  }
  TempDir folder;
  ChangelogPlaces places{.proc = folder.path() / "proc", .documentation = folder.path() / "doc"};
};

TEST(KernelChangelog, LiesInThePackageOfTheKernelThatRuns) {
  const DebianHost host;
  EXPECT_EQ(host.read(), std::nullopt);
  ASSERT_TRUE(write_file(host.documentation() / "changelog.Debian.gz", gzip(kChangelog)));
  ASSERT_TRUE(host.read());
  EXPECT_EQ(host.read()->source, (host.documentation() / "changelog.Debian.gz").string());
  // The signed image's, which is not what was booted: the other one is asked as well.
  ASSERT_TRUE(write_file(host.documentation() / "changelog.gz", gzip("linux-signed-amd64 (6.1.200+1) x\n")));
  EXPECT_EQ(host.read()->named.size(), 3u);
  ASSERT_TRUE(write_file(host.documentation() / "changelog.gz", std::string_view("no gzip")));
  EXPECT_EQ(host.read()->named.size(), 3u);
  EXPECT_EQ(read_kernel_changelog(host.places, "../linux-image-6.1.0-47-cloud-amd64"), std::nullopt);
}

}  // namespace
}  // namespace suture
