// SPDX-License-Identifier: Apache-2.0
#include "scanner/csaf.h"

#include <gtest/gtest.h>

#include <set>

#include "base/json.h"
#include "hosts.h"

namespace suture {
namespace {

Json document(const ScannedHost& host) {
  const auto text = csaf_text(host);
  EXPECT_TRUE(text) << text.error().message();
  return parse_json(text.value_or("{}"), "a document").value();
}

/// Every product_id that is defined anywhere below.
void collect_ids(const Json& json, std::multiset<std::string>& ids) {
  if (json.is_object() && json.contains("product_id")) ids.insert(json["product_id"].get<std::string>());
  for (const Json& part : json) {
    if (part.is_structured()) collect_ids(part, ids);
  }
}

std::set<std::string> keys_of(const Json& object) {
  std::set<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.insert(key);
  return keys;
}

TEST(Csaf, TheProductIsTheLivePatchOnTheKernel) {
  const Json csaf = document(plain_host());
  const Json& relation = csaf["product_tree"]["relationships"][0];
  EXPECT_EQ(relation["category"], "installed_on");
  EXPECT_EQ(relation["product_reference"], "live-patch");
  EXPECT_EQ(relation["relates_to_product_reference"], "kernel");
  const Json& product = relation["full_product_name"];
  EXPECT_EQ(product["name"], "Linux 6.1.0-47-cloud-amd64 6.1.170-3 (x86_64) with Suture level 2");
  EXPECT_EQ(product["product_identification_helper"]["purl"],
            "pkg:deb/debian/linux-image-6.1.0-47-cloud-amd64@6.1.170-3?arch=amd64");
}

TEST(Csaf, WithoutALivePatchTheProductIsTheKernel) {
  ScannedHost host = plain_host();
  host.level = 0;
  host.verdicts = {{"CVE-2026-1001", Verdict::kOpen, "level 1 closes it", 1}};
  const Json csaf = document(host);
  EXPECT_FALSE(csaf["product_tree"].contains("relationships"));
  EXPECT_EQ(csaf["vulnerabilities"][0]["product_status"]["known_affected"][0], "kernel");
}

TEST(Csaf, EachVerdictHasItsStatusAndWhatTheProfileAsksForWithIt) {
  const Json vulnerabilities = document(plain_host())["vulnerabilities"];
  ASSERT_EQ(vulnerabilities.size(), 5u);
  const std::set<std::string> wanted[] = {
      {"fixed"}, {"fixed"}, {"known_affected"}, {"known_not_affected"}, {"under_investigation"}};
  for (std::size_t at = 0; at < 5; ++at) {
    const Json& one = vulnerabilities[at];
    EXPECT_EQ(one["cve"], "CVE-2026-100" + std::to_string(at + 1));
    EXPECT_EQ(keys_of(one["product_status"]), wanted[at]);
    EXPECT_FALSE(one["notes"][0]["text"].get<std::string>().empty());
    EXPECT_EQ(one.contains("remediations"), at == 2);
    EXPECT_EQ(one.contains("flags"), at == 3);
  }
  EXPECT_EQ(vulnerabilities[2]["remediations"][0]["category"], "vendor_fix");
  EXPECT_EQ(vulnerabilities[2]["remediations"][0]["product_ids"][0], "patched-kernel");
  EXPECT_EQ(vulnerabilities[3]["flags"][0]["label"], "vulnerable_code_not_present");
}

TEST(Csaf, ProductsAreDefinedOnce) {
  for (const ScannedHost& host : {plain_host(), hostile_host()}) {
    std::multiset<std::string> ids;
    collect_ids(document(host)["product_tree"], ids);
    EXPECT_EQ(ids, (std::multiset<std::string>{"kernel", "live-patch", "patched-kernel"}));
  }
}

TEST(Csaf, ItNamesItselfByItsContent) {
  ScannedHost other = plain_host();
  other.verdicts[0].why = "said otherwise";
  const auto id = [](const ScannedHost& host) { return document(host)["document"]["tracking"]["id"]; };
  EXPECT_EQ(csaf_text(plain_host()).value(), csaf_text(plain_host()).value());
  EXPECT_NE(id(plain_host()), id(other));
}

TEST(Csaf, WhatIsNoCveHasAnIdOfAnotherSystem) {
  const Json vulnerabilities = document(hostile_host())["vulnerabilities"];
  ASSERT_EQ(vulnerabilities.size(), 3u);
  EXPECT_FALSE(vulnerabilities[0].contains("cve"));
  EXPECT_EQ(vulnerabilities[0]["ids"][0]["text"], "unknown");
  EXPECT_TRUE(vulnerabilities[2].contains("ids") || vulnerabilities[1].contains("ids"));
}

TEST(Csaf, NothingToSayIsAnError) {
  ScannedHost host = plain_host();
  host.verdicts.clear();
  EXPECT_EQ(csaf_text(host).error().code, "scanner.no-verdicts");
}

}  // namespace
}  // namespace suture
