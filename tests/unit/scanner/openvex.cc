// SPDX-License-Identifier: Apache-2.0
#include "scanner/openvex.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "hosts.h"

namespace suture {
namespace {

Json document(const ScannedHost& host) {
  const auto text = openvex_text(host);
  EXPECT_TRUE(text) << text.error().message();
  return parse_json(text.value_or("{}"), "a document").value();
}

TEST(OpenVex, EachVerdictHasItsStatus) {
  const Json vex = document(plain_host());
  EXPECT_EQ(vex["@context"], "https://openvex.dev/ns/v0.2.0");
  EXPECT_EQ(vex["timestamp"], "2026-11-24T10:00:00Z");
  EXPECT_EQ(vex["version"], 1);
  EXPECT_EQ(vex["author"], "administrator of web-1");
  const Json& statements = vex["statements"];
  ASSERT_EQ(statements.size(), 5u);
  const auto status = [&](std::size_t at) { return statements[at]["status"].get<std::string>(); };
  EXPECT_EQ(statements[0]["vulnerability"]["name"], "CVE-2026-1001");
  EXPECT_EQ(status(0), "fixed");
  EXPECT_EQ(statements[0]["status_notes"], "closed by level 2");
  EXPECT_EQ(status(1), "fixed");
  EXPECT_EQ(status(2), "affected");
  EXPECT_NE(statements[2]["action_statement"].get<std::string>().find("level 3"), std::string::npos);
  EXPECT_EQ(status(3), "not_affected");
  EXPECT_EQ(statements[3]["justification"], "vulnerable_code_not_present");
  EXPECT_FALSE(statements[3].contains("impact_statement"));
  EXPECT_EQ(status(4), "under_investigation");
  for (const Json& statement : statements) {
    const Json& product = statement["products"][0];
    EXPECT_EQ(product["@id"], "pkg:deb/debian/linux-image-6.1.0-47-cloud-amd64@6.1.170-3?arch=amd64");
    EXPECT_EQ(product["identifiers"]["purl"], product["@id"]);
    EXPECT_FALSE(product.contains("subcomponents"));
  }
}

TEST(OpenVex, TheSameHostGivesTheSameBytes) {
  ScannedHost other = plain_host();
  std::ranges::reverse(other.verdicts);
  EXPECT_EQ(openvex_text(plain_host()).value(), openvex_text(other).value());
}

TEST(OpenVex, WhatIsSaidTwiceStandsThereOnce) {
  ScannedHost host = plain_host();
  host.verdicts.push_back(host.verdicts.front());
  EXPECT_EQ(openvex_text(host).value(), openvex_text(plain_host()).value());
}

TEST(OpenVex, OtherContentHasAnotherId) {
  ScannedHost other = plain_host();
  other.verdicts[0].verdict = Verdict::kPatched;
  const std::string id = document(plain_host())["@id"];
  EXPECT_NE(document(other)["@id"], id);
  EXPECT_TRUE(id.starts_with("urn:uuid:"));
  EXPECT_EQ(id.size(), std::string("urn:uuid:").size() + 36);
}

TEST(OpenVex, NothingToSayIsAnError) {
  ScannedHost host = plain_host();
  host.verdicts.clear();
  EXPECT_EQ(openvex_text(host).error().code, "scanner.no-verdicts");
}

TEST(OpenVex, HostileTextStaysText) {
  const Json vex = document(hostile_host());
  EXPECT_EQ(vex["statements"].size(), 3u);
  const std::string purl = vex["statements"][0]["products"][0]["@id"];
  EXPECT_TRUE(purl.starts_with("pkg:generic/linux@%22%27%3C%26"));
  EXPECT_EQ(purl.find_first_of("\"'<>\\ \n"), std::string::npos);
}

}  // namespace
}  // namespace suture
