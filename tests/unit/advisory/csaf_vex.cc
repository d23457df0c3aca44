// SPDX-License-Identifier: Apache-2.0
//
// Documents written for these tests after the CSAF 2.0 standard, in the shapes that Red Hat and SUSE use.
#include <gmock/gmock.h>

#include "advisory/csaf_products.h"
#include "feed.h"

namespace suture {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kRedHat = R"csaf({
  "document": {"category": "csaf_vex", "csaf_version": "2.0", "title": "kernel: vsock",
    "tracking": {"id": "CVE-2026-46234", "current_release_date": "2026-06-01T00:00:00+00:00"}},
  "product_tree": {
    "branches": [{"category": "vendor", "name": "Red Hat", "branches": [
      {"category": "product_family", "name": "Red Hat Enterprise Linux 9", "branches": [
        {"product": {"name": "Red Hat Enterprise Linux 9", "product_id": "red_hat_enterprise_linux_9",
          "product_identification_helper": {"cpe": "cpe:/o:redhat:enterprise_linux:9"}}},
        {"product": {"name": "Red Hat Enterprise Linux BaseOS (v. 9)", "product_id": "BaseOS-9.6.0.Z"}}]},
      {"category": "architecture", "name": "src", "branches": [
        {"product": {"name": "kernel", "product_id": "kernel-0:5.14.0-570.el9.src",
          "product_identification_helper": {"purl": "pkg:rpm/redhat/kernel@5.14.0-570.el9?arch=src"}}}]},
      {"category": "architecture", "name": "x86_64", "branches": [
        {"product": {"name": "kernel-core", "product_id": "kernel-core-0:5.14.0-570.el9.x86_64",
          "product_identification_helper": {"purl": "pkg:rpm/redhat/kernel-core@5.14.0-570.el9?arch=x86_64"}}}]},
      {"product": {"name": "kernel", "product_id": "kernel",
          "product_identification_helper": {"purl": "pkg:rpm/redhat/kernel?arch=src"}}},
      {"product": {"name": "kernel-rt", "product_id": "kernel-rt"}}]}],
    "relationships": [
      {"full_product_name": {"product_id": "BaseOS-9.6.0.Z:kernel-0:5.14.0-570.el9.src"},
       "product_reference": "kernel-0:5.14.0-570.el9.src", "relates_to_product_reference": "BaseOS-9.6.0.Z"},
      {"full_product_name": {"product_id": "BaseOS-9.6.0.Z:kernel-core-0:5.14.0-570.el9.x86_64"},
       "product_reference": "kernel-core-0:5.14.0-570.el9.x86_64", "relates_to_product_reference": "BaseOS-9.6.0.Z"},
      {"full_product_name": {"product_id": "red_hat_enterprise_linux_9:kernel"},
       "product_reference": "kernel", "relates_to_product_reference": "red_hat_enterprise_linux_9"},
      {"full_product_name": {"product_id": "red_hat_enterprise_linux_9:kernel-rt"},
       "product_reference": "kernel-rt", "relates_to_product_reference": "red_hat_enterprise_linux_9"},
      {"full_product_name": {"product_id": "nowhere:kernel"},
       "product_reference": "kernel", "relates_to_product_reference": "nowhere"}]},
  "vulnerabilities": [{"cve": "CVE-2026-46234",
    "flags": [{"label": "vulnerable_code_not_present", "product_ids": ["red_hat_enterprise_linux_9:kernel-rt"]}],
    "notes": [{"category": "summary", "text": "short"}, {"category": "description", "text": "A flaw was found."}],
    "product_status": {
      "fixed": ["BaseOS-9.6.0.Z:kernel-0:5.14.0-570.el9.src", "BaseOS-9.6.0.Z:kernel-core-0:5.14.0-570.el9.x86_64"],
      "known_affected": ["red_hat_enterprise_linux_9:kernel"],
      "known_not_affected": ["red_hat_enterprise_linux_9:kernel-rt"]},
    "references": [{"category": "self", "url": "https://access.redhat.com/security/cve/CVE-2026-46234"}],
    "scores": [{"cvss_v3": {"baseScore": 5.5, "vectorString": "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H"}}]}]
})csaf";

ReadFeed read(std::string_view text) {
  return read_feed(FeedFormat::kCsafVex, "2026/cve-2026-46234.json", text);
}

std::string with(std::string_view from, std::string_view to) {
  std::string changed(kRedHat);
  const std::size_t at = changed.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) changed.replace(at, from.size(), to);
  return changed;
}

TEST(CsafVex, OfRedHat) {
  const ReadFeed feed = read(kRedHat);
  EXPECT_TRUE(feed.end);
  const Voice voice = feed.voice("CVE-2026-46234");
  EXPECT_EQ(voice.record, "CVE-2026-46234");
  EXPECT_EQ(voice.title, "kernel: vsock");
  EXPECT_EQ(voice.description, "A flaw was found.");
  EXPECT_EQ(voice.modified, "2026-06-01T00:00:00+00:00");
  EXPECT_EQ(voice.cvss->score, 5.5);
  EXPECT_THAT(voice.references, ElementsAre("https://access.redhat.com/security/cve/CVE-2026-46234"));
  EXPECT_THAT(
      voice.products,
      ElementsAre(AffectedProduct{.ecosystem = "Red Hat Enterprise Linux 9",
                                  .name = "kernel",
                                  .affected_by_default = true,
                                  .status = "affected"},
                  AffectedProduct{.ecosystem = "Red Hat Enterprise Linux 9",
                                  .name = "kernel-rt",
                                  .status = "not_affected",
                                  .justification = "vulnerable_code_not_present"},
                  AffectedProduct{.ecosystem = "Red Hat Enterprise Linux BaseOS (v. 9)",
                                  .name = "kernel",
                                  .ranges = {{.order = VersionOrder::kRpm, .fixed = "5.14.0-570.el9"}}}));
}

TEST(CsafVex, OfSuseWithoutPackageUrls) {
  const Voice voice = read(R"({
      "document": {"csaf_version": "2.0", "title": "t", "tracking": {"id": "CVE-2026-46234"}},
      "product_tree": {
        "full_product_names": [
          {"product_id": "SLES", "name": "SUSE Linux Enterprise Server 15 SP6"},
          {"product_id": "kernel-default-6.4.0-150600.23.7.1.x86_64", "name": "kernel-default-6.4.0-150600.23.7.1.x86_64"},
          {"product_id": "kernel-default-6.4.0-150600.23.7.1.aarch64", "name": "kernel-default-6.4.0-150600.23.7.1.aarch64"}],
        "relationships": [
          {"full_product_name": {"product_id": "SLES:a"}, "product_reference": "kernel-default-6.4.0-150600.23.7.1.x86_64", "relates_to_product_reference": "SLES"},
          {"full_product_name": {"product_id": "SLES:b"}, "product_reference": "kernel-default-6.4.0-150600.23.7.1.aarch64", "relates_to_product_reference": "SLES"}]},
      "vulnerabilities": [{"cve": "CVE-2026-46234", "product_status": {"fixed": ["SLES:a", "SLES:b"]}}]})")
                          .voice("CVE-2026-46234");
  EXPECT_THAT(voice.products, ElementsAre(AffectedProduct{.ecosystem = "SUSE Linux Enterprise Server 15 SP6",
                                                          .name = "kernel-default",
                                                          .ranges = {{.order = VersionOrder::kRpm,
                                                                      .fixed = "6.4.0-150600.23.7.1"}}}));
}

TEST(CsafVex, OfSuseWhatIsRecommendedHasTheFix) {
  const Voice voice = read(R"({
      "document": {"csaf_version": "2.0", "title": "t", "tracking": {"id": "CVE-2023-0464"}},
      "product_tree": {
        "full_product_names": [
          {"product_id": "SLES", "name": "SUSE Linux Enterprise Server 15 SP5"},
          {"product_id": "openssl", "name": "libopenssl1_0_0"},
          {"product_id": "bash", "name": "bash"},
          {"product_id": "openssl-1.1.1l-150500.15.4", "name": "libopenssl1_0_0-1.1.1l-150500.15.4"}],
        "relationships": [
          {"full_product_name": {"product_id": "SLES:openssl"}, "product_reference": "openssl", "relates_to_product_reference": "SLES"},
          {"full_product_name": {"product_id": "SLES:bash"}, "product_reference": "bash", "relates_to_product_reference": "SLES"},
          {"full_product_name": {"product_id": "SLES:new"}, "product_reference": "openssl-1.1.1l-150500.15.4", "relates_to_product_reference": "SLES"}]},
      "vulnerabilities": [{"cve": "CVE-2023-0464", "product_status": {
        "known_affected": ["SLES:openssl", "SLES:bash"], "first_fixed": ["SLES:new"], "recommended": ["SLES:new"]}}]})")
                          .voice("CVE-2023-0464");
  const std::string platform = "SUSE Linux Enterprise Server 15 SP5";
  EXPECT_THAT(
      voice.products,
      ElementsAre(
          AffectedProduct{
              .ecosystem = platform, .name = "bash", .affected_by_default = true, .status = "affected"},
          AffectedProduct{.ecosystem = platform,
                          .name = "libopenssl1_0_0",
                          .ranges = {{.order = VersionOrder::kRpm, .fixed = "1.1.1l-150500.15.4"}}}));
}

TEST(CsafVex, OfRedHatPackagesOfModules) {
  const Voice voice = read(R"csaf({
      "document": {"csaf_version": "2.0", "title": "t", "tracking": {"id": "CVE-2023-0464"}},
      "product_tree": {
        "branches": [
          {"product": {"name": "Red Hat Enterprise Linux AppStream (v. 8)", "product_id": "A"}},
          {"product": {"name": "nodejs:16:8080:63b3", "product_id": "m",
            "product_identification_helper": {"purl": "pkg:rpmmod/redhat/nodejs@16%3A8080%3A63b3"}}},
          {"product": {"name": "npm", "product_id": "n",
            "product_identification_helper": {"purl": "pkg:rpm/redhat/npm@8.19-1.module%2Bel8?arch=src&epoch=1"}}},
          {"product": {"name": "npm", "product_id": "o",
            "product_identification_helper": {"purl": "pkg:rpm/redhat/npm@9.1-1.module%2Bel8?arch=src&rpmmod=nodejs:18:8:6"}}},
          {"product": {"name": "ruby:2.6/ruby", "product_id": "r",
            "product_identification_helper": {"purl": "pkg:rpmmod/redhat/ruby:2.6/ruby"}}}],
        "relationships": [
          {"full_product_name": {"product_id": "A:m"}, "product_reference": "m", "relates_to_product_reference": "A"},
          {"full_product_name": {"product_id": "A:m:n"}, "product_reference": "n", "relates_to_product_reference": "A:m"},
          {"full_product_name": {"product_id": "A:o"}, "product_reference": "o", "relates_to_product_reference": "A"},
          {"full_product_name": {"product_id": "A:r"}, "product_reference": "r", "relates_to_product_reference": "A"}]},
      "vulnerabilities": [{"cve": "CVE-2023-0464", "product_status": {
        "fixed": ["A:m:n", "A:o"], "known_affected": ["A:r"]}}]})csaf")
                          .voice("CVE-2023-0464");
  const std::string platform = "Red Hat Enterprise Linux AppStream (v. 8)";
  const auto fixed = [&](const std::string& stream, const std::string& version) {
    return AffectedProduct{.ecosystem = platform + " " + stream,
                           .name = "npm",
                           .ranges = {{.order = VersionOrder::kRpm, .fixed = version}}};
  };
  EXPECT_THAT(voice.products,
              testing::UnorderedElementsAre(AffectedProduct{.ecosystem = platform + " ruby:2.6",
                                                            .name = "ruby",
                                                            .affected_by_default = true,
                                                            .status = "affected"},
                                            fixed("nodejs:16", "1:8.19-1.module+el8"),
                                            fixed("nodejs:18", "9.1-1.module+el8")));
}

TEST(CsafVex, PackagesByTheirUrlAndByTheirFile) {
  const CsafPackage library =
      package_of_purl("pkg:rpm/redhat/openssl-libs@3.0.7-6.el9?arch=x86_64&epoch=1#x");
  EXPECT_EQ(library.name, "openssl-libs");
  EXPECT_EQ(library.version, "1:3.0.7-6.el9");
  EXPECT_FALSE(library.source);
  EXPECT_EQ(package_of_purl("pkg:rpm/suse/libstdc%2B%2B6@1%zz").name, "libstdc++6");
  EXPECT_EQ(package_of_purl("pkg:rpm/suse/libstdc%2B%2B6@1%zz").version, "1%zz");
  EXPECT_EQ(package_of_purl("pkg:rpm").name, "");
  EXPECT_EQ(package_of_purl("cpe:/o:x").name, "");
  EXPECT_EQ(package_of_file_name("kernel-0:5.14.0-1.el9.src").version, "5.14.0-1.el9");
  EXPECT_TRUE(package_of_file_name("kernel-0:5.14.0-1.el9.src").source);
  EXPECT_EQ(package_of_file_name("kernel-default").name, "kernel-default");
  EXPECT_EQ(package_of_file_name("kernel-default-base").name, "kernel-default-base");
  EXPECT_EQ(package_of_file_name("-1-2").name, "-1-2");
  EXPECT_EQ(package_of_file_name("-").name, "-");
  EXPECT_EQ(package_of_file_name("").name, "");
}

TEST(CsafVex, ThatMakesNoSenseIsNamedWithItsReason) {
  const std::pair<std::string, const char*> broken[] = {
      {std::string(kRedHat.substr(0, 2000)), ""},
      {with("\"csaf_version\": \"2.0\"", "\"csaf_version\": \"1.2\""), "no CSAF document of version 2"},
      {with("\"id\": \"CVE-2026-46234\"", "\"id\": 5"), "no CSAF document of version 2"},
      {with("\"vulnerabilities\"", "\"others\""), "no vulnerability"},
  };
  for (const auto& [text, why] : broken) {
    const ReadFeed feed = read(text);
    EXPECT_TRUE(feed.end);
    EXPECT_THAT(feed.refusal("2026/cve-2026-46234.json"),
                testing::AllOf(HasSubstr("advisory.record"), HasSubstr(why)));
  }
  EXPECT_THAT(read(with("\"known_affected\": [\"", "\"known_affected\": [\"nowhere:kernel\", \""))
                  .refusal("CVE-2026-46234"),
              HasSubstr("no product is called nowhere:kernel"));
  const ReadFeed feed = read(with("\"cve\": \"CVE-2026-46234\"", "\"cve\": \"CVE-1\""));
  EXPECT_THAT(feed.names(), ElementsAre("2026/cve-2026-46234.json vulnerability 1"));
  EXPECT_FALSE(feed.records[0].second);
}

TEST(CsafVex, DocumentsLieAmongOtherFiles) {
  EXPECT_TRUE(is_document(FeedFormat::kCsafVex, "2026/cve-2026-46234.json"));
  EXPECT_TRUE(is_document(FeedFormat::kCsafVex, "csaf_vex_2026-11-26.tar.zst"));
  for (const char* other :
       {"index.txt", "changes.csv", "provider-metadata.json", "2026/cve-2026-46234.json.asc"}) {
    EXPECT_FALSE(is_document(FeedFormat::kCsafVex, other)) << other;
  }
}

}  // namespace
}  // namespace suture
