// SPDX-License-Identifier: Apache-2.0
#include "advisory/changelog_items.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace suture {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kChangelog = R"(linux-signed-amd64 (6.1.176+1) bookworm-security; urgency=high

  * Sign kernel from linux 6.1.176-1

  * New upstream stable update:
    https://example.org/ChangeLog-6.1.171
    - net/sched: act_one: fix what goes on for
      two lines (CVE-2026-1001)
    - [amd64] fs: no vulnerability

 -- A Person <a@example.org>  Mon, 16 Nov 2026 11:17:40 +0100

linux (6.1.173-1) bookworm; urgency=medium

  * [x86] kvm: mend it (CVE-2026-1002, CVE-2026-1003)

 -- A Person <a@example.org>  Mon, 09 Nov 2026 11:17:40 +0100

linux (6.1.170-3) bookworm-security; urgency=high

  * too old (CVE-2026-1004)
)";

std::vector<std::string> subjects(const std::vector<ChangelogItem>& items) {
  std::vector<std::string> all;
  for (const ChangelogItem& item : items) all.push_back(item.subject);
  return all;
}

TEST(ChangelogItems, AreThoseAboveAVersion) {
  const auto items = items_since(kChangelog, "6.1.170-3");
  ASSERT_TRUE(items.has_value()) << items.error().message();
  EXPECT_THAT(subjects(*items),
              ElementsAre("Sign kernel from linux 6.1.176-1",
                          "New upstream stable update: https://example.org/ChangeLog-6.1.171",
                          "net/sched: act_one: fix what goes on for two lines", "fs: no vulnerability",
                          "kvm: mend it"));
  EXPECT_THAT(items->at(2).cves, ElementsAre("CVE-2026-1001"));
  EXPECT_THAT(items->at(3).cves, IsEmpty());
  EXPECT_THAT(items->at(4).cves, ElementsAre("CVE-2026-1002", "CVE-2026-1003"));
}

TEST(ChangelogItems, TheSignedPackagesEntryIsOfTheVersionThatItSigns) {
  const auto items = items_since(kChangelog, "6.1.176-1");
  ASSERT_TRUE(items.has_value()) << items.error().message();
  EXPECT_THAT(*items, IsEmpty());
}

TEST(ChangelogItems, AChangelogThatDoesNotKnowTheVersionIsRefused) {
  for (const char* text : {"", "no changelog\n", kChangelog}) {
    const auto items = items_since(text, "6.1.169-1");
    ASSERT_FALSE(items.has_value());
    EXPECT_EQ(items.error().code, "advisory.changelog");
    EXPECT_EQ(items.error().why, "it has no entry of that version");
  }
}

TEST(ChangelogItems, AnItemWithoutAnEndIsRefused) {
  std::string text = "linux (2-1) sid\n\n  * begins\n";
  for (int i = 0; i < 1000; ++i) text += "    and goes on and on\n";
  const auto items = items_since(text + "\nlinux (1-1) sid\n", "1-1");
  ASSERT_FALSE(items.has_value());
  EXPECT_EQ(items.error().why, "an item in it has no end");
}

}  // namespace
}  // namespace suture
