// SPDX-License-Identifier: Apache-2.0
//
// Entries cut from the changelog of Debian's package linux 6.1.192-2 (bookworm-security), and some made up.
#include "advisory/debian_changelog.h"

#include <gmock/gmock.h>

#include "feed.h"

namespace suture {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kChangelog = R"(linux (6.1.192-2) bookworm-security; urgency=high

  * ext4: fix NULL folio dereference in mballoc (Closes: #1154101)

 -- Salvatore Bonaccorso <carnil@debian.org>  Mon, 16 Nov 2026 11:17:40 +0100

linux (6.1.192-1) bookworm-security; urgency=high

  * New upstream stable update:
    https://www.kernel.org/pub/linux/kernel/v6.x/ChangeLog-6.1.191
    - io-wq: order the exit bit against worker creation task work
    - io_uring/io-wq: don't lose the signal that ends work (CVE-2026-99228)
    - smb: client: fix OOB read/write from unvalidated DataOffset in
      coalesce_t2() (CVE-2026-89633)
    - [arm64] crypto: caam - use print_hex_dump_devel to guard key hex dumps
      (CVE-2026-64316) (CVE-2026-64315)
    https://www.kernel.org/pub/linux/kernel/v6.x/ChangeLog-6.1.192
    - smb: client: the other half (CVE-2026-89633)

  [ Ben Hutchings ]
  * [x86] Add mitigations for RETbleed on AMD/Hygon (CVE-2022-29900) and
    Intel (CVE-2022-29901) processors:
    - x86/kvm/vmx: Make noinstr clean

 -- Salvatore Bonaccorso <carnil@debian.org>  Sat, 14 Nov 2026 11:29:58 +0100
)";

ReadFeed read(std::string_view text) {
  return read_feed(FeedFormat::kDebianChangelog, "changelog", text);
}

TEST(DebianChangelog, EachEntryIsARecordOfItsVulnerabilities) {
  const ReadFeed feed = read(kChangelog);
  EXPECT_TRUE(feed.end);
  EXPECT_THAT(feed.names(), ElementsAre("linux 6.1.192-2", "linux 6.1.192-1"));
  EXPECT_THAT(feed.voices("linux 6.1.192-2"), IsEmpty());
  const auto voices = feed.voices("linux 6.1.192-1");
  std::vector<std::string> told;
  for (const Voice& voice : voices) told.push_back(voice.cve + " " + voice.title);
  EXPECT_THAT(
      told, ElementsAre(
                "CVE-2022-29900 Add mitigations for RETbleed on AMD/Hygon and Intel processors",
                "CVE-2022-29901 Add mitigations for RETbleed on AMD/Hygon and Intel processors",
                "CVE-2026-64315 crypto: caam - use print_hex_dump_devel to guard key hex dumps",
                "CVE-2026-64316 crypto: caam - use print_hex_dump_devel to guard key hex dumps",
                "CVE-2026-89633 smb: client: fix OOB read/write from unvalidated DataOffset in coalesce_t2()",
                "CVE-2026-99228 io_uring/io-wq: don't lose the signal that ends work"));
  const Voice& twice = voices[4];
  EXPECT_EQ(twice.record, "linux 6.1.192-1");
  EXPECT_EQ(twice.modified, "2026-11-14T10:29:58Z");
  EXPECT_EQ(twice.description,
            "smb: client: fix OOB read/write from unvalidated DataOffset in coalesce_t2() (CVE-2026-89633)\n"
            "smb: client: the other half (CVE-2026-89633)");
  EXPECT_THAT(twice.products, ElementsAre(AffectedProduct{
                                  .ecosystem = "Debian:bookworm",
                                  .name = "linux",
                                  .ranges = {{.order = VersionOrder::kDebian, .fixed = "6.1.192-1"}}}));
}

TEST(DebianChangelog, SubjectsOfItems) {
  EXPECT_EQ(subject_of_item("[amd64,i386] [rt] xfrm: esp: fix (CVE-2026-1003)"), "xfrm: esp: fix");
  EXPECT_EQ(subject_of_item("tipc: Fix use-after-free in tipc_mon_reinit_self(). (CVE-2025-40280))."),
            "tipc: Fix use-after-free in tipc_mon_reinit_self().");
  EXPECT_EQ(subject_of_item("ipv6: Fix use-after-free in inet6_addr_del(). (CVE-2026-23010))."),
            "ipv6: Fix use-after-free in inet6_addr_del().");
  EXPECT_EQ(subject_of_item("fbdev: bound-check glyph index in bit_putcs* (CVE-2025-40322)*"),
            "fbdev: bound-check glyph index in bit_putcs*");
  EXPECT_EQ(subject_of_item("xen/netback: don't call kfree_skb() (XSA-424, CVE-2022-42328)"),
            "xen/netback: don't call kfree_skb()");
  EXPECT_EQ(subject_of_item("wifi: cfg80211: fix u8 overflow CVE-2022-41674"),
            "wifi: cfg80211: fix u8 overflow");
  EXPECT_EQ(subject_of_item("CVE-2022-3602: punycode overflow (Closes: #1)"), "punycode overflow");
  EXPECT_EQ(subject_of_item("usb: fix frags[] (see a (b)) CVE-2022-9"),
            "usb: fix frags[] (see a (b)) CVE-2022-9");
  EXPECT_EQ(subject_of_item("(CVE-2026-1003"), "(");
  EXPECT_EQ(subject_of_item("[CVE-2026-1003"), "[");
  EXPECT_EQ(subject_of_item(""), "");
}

TEST(DebianChangelog, ASignedPackageHasTheVersionsOfWhatItSigned) {
  const Voice voice = read(
                          "linux-signed-amd64 (6.1.176+1) bookworm-security; urgency=high\n\n"
                          "  * Sign kernel from linux 6.1.176-1\n\n    - net: a fix (CVE-2026-9999)\n")
                          .voice("linux-signed-amd64 6.1.176+1");
  EXPECT_EQ(voice.record, "linux 6.1.176-1");
  EXPECT_EQ(voice.products[0].name, "linux");
  EXPECT_EQ(voice.products[0].ranges[0].fixed, "6.1.176-1");
}

TEST(DebianChangelog, ForeignBytesDoNoHarm) {
  EXPECT_EQ(read("").end.error().code, "advisory.document");
  EXPECT_EQ(read("no changelog\n  * CVE-2026-1003\n").end.error().code, "advisory.document");
  const ReadFeed odd =
      read("x (1) y\n  * \xff\x1b[2J (CVE-2026-1003)\n -- a <b>  yesterday\n  - \n*\n- CVE-2026-1004");
  EXPECT_TRUE(odd.end);
  const auto voices = odd.voices("x 1");
  ASSERT_EQ(voices.size(), 2u);
  EXPECT_EQ(voices[0].title, "\xEF\xBF\xBD [2J");
  EXPECT_EQ(voices[0].modified, "");
  EXPECT_EQ(voices[0].products[0].ecosystem, "Debian:y");
  const std::string endless = "x (1) y\n  * CVE-2026-1003 " + std::string(100000, 'a');
  EXPECT_EQ(read(endless).refusal("x 1"), "advisory.record: an item in it has no end");
}

TEST(DebianChangelog, ASmallEntryDoesNotGrowWithoutBounds) {
  std::string text = "x (1) y\n";
  for (int item = 0; item < 40; ++item) {
    text += "  *";
    for (int at = 0; at < 500; ++at) text += " CVE-2026-" + std::to_string(1000 + item * 500 + at);
    text += "\n";
  }
  EXPECT_EQ(read(text).refusal("x 1"), "advisory.record: it names too many vulnerabilities");
}

}  // namespace
}  // namespace suture
