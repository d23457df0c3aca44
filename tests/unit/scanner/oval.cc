// SPDX-License-Identifier: Apache-2.0
#include "scanner/oval.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>
#include <vector>

#include "hosts.h"
#include "scanner/number_pattern.h"
#include "scanner/xml_text.h"

namespace suture {
namespace {

std::vector<std::string> found(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  std::vector<std::string> all;
  for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at) {
    all.push_back((*at)[1].str());
  }
  return all;
}

TEST(NumberPattern, MatchesJustTheNumbersFromOneOn) {
  for (const std::uint32_t least :
       {1u, 2u, 9u, 10u, 19u, 27u, 90u, 99u, 100u, 109u, 190u, 999u, 1000u, 1234u}) {
    const std::regex pattern(numbers_from(least));
    for (std::uint32_t number = 0; number < 3000; ++number) {
      EXPECT_EQ(std::regex_match(std::to_string(number), pattern), number >= least) << least << " " << number;
    }
    EXPECT_TRUE(std::regex_match("4294967295", pattern));
    EXPECT_FALSE(std::regex_match("0" + std::to_string(least), pattern));
  }
  const std::regex highest(numbers_from(4294967295u));
  EXPECT_TRUE(std::regex_match("4294967295", highest));
  EXPECT_FALSE(std::regex_match("4294967294", highest));
  EXPECT_FALSE(std::regex_match("999999999", highest));
}

TEST(XmlText, EscapesAndReplaces) {
  EXPECT_EQ(xml_escaped("a<b>&\"c'"), "a&lt;b&gt;&amp;&quot;c'");
  EXPECT_EQ(xml_escaped("a\nb"), "a&#10;b");
  const std::string bad = "\xEF\xBF\xBD";
  for (const char* broken : {"\x01", "\x1b", "\xff", "\xc3", "\xef\xbf\xbf"}) {
    EXPECT_EQ(xml_escaped(broken), bad) << broken;
  }
  // Too long a form, a surrogate, beyond Unicode: each byte of them.
  EXPECT_EQ(xml_escaped("\xc0\x80"), bad + bad);
  EXPECT_EQ(xml_escaped("\xed\xa0\x80"), bad + bad + bad);
  EXPECT_EQ(xml_escaped("\xf4\x90\x80\x80"), bad + bad + bad + bad);
  EXPECT_EQ(xml_escaped("é𝄞"), "é𝄞");
  EXPECT_EQ(xml_escaped(std::string_view("\0", 1)), bad);
}

TEST(Oval, OnlyWhatALevelClosesIsDefined) {
  const std::string text = oval_text(oval_content(plain_host())).value();
  EXPECT_EQ(found(text, "class=\"vulnerability\">\\s*<metadata>\\s*<title>([^<]*)").size(), 2u);
  EXPECT_EQ(found(text, "class=\"patch\">\\s*<metadata>\\s*<title>([^<]*)").size(), 2u);
  EXPECT_NE(text.find("CVE-2026-1001"), std::string::npos);
  EXPECT_NE(text.find("CVE-2026-1003"), std::string::npos);
  EXPECT_EQ(text.find("CVE-2026-1002"), std::string::npos);
}

TEST(Oval, WhatIsReferredToIsThereOnce) {
  const std::string text = oval_text(oval_content(plain_host())).value();
  const auto defined = found(text, " id=\"(oval:[^\"]*)\"");
  const std::set<std::string> once(defined.begin(), defined.end());
  EXPECT_EQ(once.size(), defined.size());
  for (const std::string& reference : found(text, "_ref=\"(oval:[^\"]*)\"")) {
    EXPECT_TRUE(once.contains(reference)) << reference;
  }
}

TEST(Oval, KernelsOfAFleetShareWhatIsTheSame) {
  OvalContent fleet = oval_content(plain_host());
  fleet.kernels.push_back(
      {.release = "6.1.0-48-cloud-amd64", .version = {}, .fixes = {{"CVE-2026-1001", 2}}});
  const std::string text = oval_text(fleet).value();
  EXPECT_EQ(found(text, "class=\"(vulnerability)\"").size(), 2u);
  EXPECT_EQ(found(text, "class=\"(patch)\"").size(), 3u);
  EXPECT_EQ(found(text, "<(unix:uname_state) ").size(), 2u);
  EXPECT_EQ(found(text, "<(unix:uname_object) ").size(), 1u);
  // The order of kernels makes no difference to anything but the order inside of a definition.
  std::ranges::reverse(fleet.kernels);
  EXPECT_EQ(oval_text(fleet).value().size(), text.size());
}

TEST(Oval, AFixThatTheAppliedLevelDroppedNeedsALaterOne) {
  ScannedHost host = plain_host();
  host.level = 5;
  host.verdicts = {{"CVE-2026-1001", Verdict::kOpen, "level 2 closes it, but level 5 does not name it", 2}};
  const OvalContent content = oval_content(host);
  EXPECT_EQ(content.kernels[0].fixes[0].level, 6u);
  host.verdicts[0].level = 5;  // not every task runs it yet
  EXPECT_EQ(oval_content(host).kernels[0].fixes[0].level, 5u);
}

TEST(Oval, NothingToSayIsAnError) {
  ScannedHost host = plain_host();
  std::erase_if(host.verdicts, [](const CveVerdict& one) { return one.level > 0; });
  EXPECT_EQ(oval_text(oval_content(host)).error().code, "scanner.no-verdicts");
}

}  // namespace
}  // namespace suture
