// SPDX-License-Identifier: Apache-2.0
#include "audit/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/cover.h"
#include "audit/voice_lines.h"
#include "base/json.h"

namespace suture {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const InstalledDistribution kBookworm = {.id = "debian", .version = "12", .codename = "bookworm"};
const InstalledDistribution kRhel = {.id = "rhel", .like = "fedora", .version = "9.4"};
const InstalledPackage kOpenssl = {.name = "libssl3",
                                   .architecture = "amd64",
                                   .version = "3.0.11-1~deb12u2",
                                   .source = "openssl",
                                   .source_version = "3.0.11-1~deb12u2"};

AffectedProduct fixed_in(const std::string& ecosystem, const std::string& version,
                         VersionOrder order = VersionOrder::kDebian) {
  return {.ecosystem = ecosystem, .name = "openssl", .ranges = {{.order = order, .fixed = version}}};
}

SourcedVoice voice(const std::string& source, const AffectedProduct& product) {
  return {.source = source, .voice = {.cve = "CVE-2023-5678", .products = {product}}};
}

/// "affected 3.0.13-1~deb12u1" of what the sources make of openssl, or "nothing".
std::string judged(const std::vector<SourcedVoice>& voices, const InstalledPackage& package = kOpenssl,
                   const InstalledDistribution& distribution = kBookworm,
                   PackageKind kind = PackageKind::kDebian) {
  const auto judgement =
      judge_package({.cve = "CVE-2023-5678", .voices = voices}, package, kind, distribution);
  if (!judgement) return "nothing";
  return std::string(name_of(judgement->standing)) + (judgement->fixed.empty() ? "" : " " + judgement->fixed);
}

TEST(Judge, TheDistributionsOwnVersionsDecide) {
  EXPECT_EQ(judged({voice("tracker", fixed_in("Debian:bookworm", "3.0.13-1~deb12u1"))}),
            "affected 3.0.13-1~deb12u1");
  EXPECT_EQ(judged({voice("osv", fixed_in("Debian:12", "3.0.13-1~deb12u1"))}), "affected 3.0.13-1~deb12u1");
  EXPECT_EQ(judged({voice("tracker", fixed_in("Debian:bookworm", "3.0.11-1~deb12u2"))}), "fixed");
  EXPECT_EQ(judged({voice("tracker", fixed_in("Debian:bookworm", "0"))}), "not_affected");
  // Of other releases, other distributions and other packages nothing follows.
  EXPECT_EQ(judged({voice("tracker", fixed_in("Debian:trixie", "3.1.4-2"))}), "nothing");
  EXPECT_EQ(judged({voice("osv", fixed_in("Ubuntu:22.04:LTS", "3.0.2-0ubuntu1.13"))}), "nothing");
  EXPECT_EQ(judged({voice("osv", {.ecosystem = "Debian:12", .name = "edk2"})}), "nothing");
  EXPECT_EQ(judged({}), "nothing");
}

TEST(Judge, TheUpdateIsToTheVersionWithWhichAllAgree) {
  const SourcedVoice early = voice("a", fixed_in("Debian:12", "3.0.13-1"));
  const SourcedVoice late = voice("b", fixed_in("Debian:12", "3.0.14-1"));
  EXPECT_EQ(judged({early, late}), "affected 3.0.14-1");
  EXPECT_EQ(judged({late, early}), "affected 3.0.14-1");
  EXPECT_EQ(judged({voice("c", fixed_in("Debian:12", "")), early}), "affected 3.0.13-1");
}

TEST(Judge, OfABinaryPackageItsOwnVersionCounts) {
  AffectedProduct product = fixed_in("Debian:12", "5");
  product.name = "libssl3";
  EXPECT_EQ(judged({voice("osv", product)},
                   {.name = "libssl3", .version = "4", .source = "openssl", .source_version = "9"}),
            "affected 5");
}

TEST(Judge, RangesAndDefaults) {
  AffectedProduct product = {.ecosystem = "Debian:12", .name = "openssl"};
  product.status = "affected";
  product.affected_by_default = true;
  EXPECT_EQ(judged({voice("tracker", product)}), "affected");
  product.status = "under_investigation";
  product.affected_by_default = false;
  EXPECT_EQ(judged({voice("tracker", product)}), "under_investigation");
  product.status = "not_affected";
  EXPECT_EQ(judged({voice("tracker", product)}), "not_affected");
  product.status.clear();
  EXPECT_EQ(judged({voice("tracker", product)}), "nothing");

  const auto range = [](AffectedRange one) {
    one.order = VersionOrder::kDebian;
    return AffectedProduct{.ecosystem = "Debian:12", .name = "openssl", .ranges = {std::move(one)}};
  };
  EXPECT_EQ(judged({voice("a", range({.introduced = "3.0.12-1", .fixed = "3.0.13-1"}))}), "not_affected");
  EXPECT_EQ(judged({voice("a", range({.introduced = "3.0.0-1"}))}), "affected");
  EXPECT_EQ(judged({voice("a", range({.introduced = "0", .last = "3.0.11-1~deb12u2"}))}), "affected");
  EXPECT_EQ(judged({voice("a", range({.last = "3.0.11-1~deb12u1"}))}), "not_affected");
  EXPECT_EQ(judged({voice("a", range({.last = "3.0.*"}))}), "affected");
  EXPECT_EQ(judged({voice("a", range({.last = "2.9.*"}))}), "not_affected");
  EXPECT_EQ(judged({voice("a", range({.last = "*"}))}), "affected");
  // Within a product that is affected by default, a range that is not.
  AffectedProduct but = range({.affected = false, .introduced = "3.0.11-1~deb12u1"});
  but.affected_by_default = true;
  EXPECT_EQ(judged({voice("a", but)}), "not_affected");
  but.ranges[0].introduced = "3.0.12-1";
  EXPECT_EQ(judged({voice("a", but)}), "affected");
  // An order that is none of packages.
  EXPECT_EQ(judged({voice("a", fixed_in("Debian:12", "3.0.13", VersionOrder::kOther))}),
            "under_investigation");
}

TEST(Judge, ContradictionsAreNotDecided) {
  const Advisory advisory = {.cve = "CVE-2023-5678",
                             .voices = {voice("tracker", fixed_in("Debian:bookworm", "3.0.13-1~deb12u1")),
                                        voice("osv", fixed_in("Debian:12", "3.0.11-1~deb12u1"))}};
  const auto judgement = judge_package(advisory, kOpenssl, PackageKind::kDebian, kBookworm);
  ASSERT_TRUE(judgement.has_value());
  EXPECT_EQ(judgement->standing, Standing::kUnderInvestigation);
  EXPECT_THAT(judgement->by, ElementsAre("tracker", "osv"));
  EXPECT_THAT(judgement->reason, HasSubstr("affected according to tracker, and not according to osv"));
  // What is withdrawn is not said any longer.
  Advisory withdrawn = advisory;
  withdrawn.voices[1].voice.withdrawn = true;
  EXPECT_EQ(judge_package(withdrawn, kOpenssl, PackageKind::kDebian, kBookworm)->standing,
            Standing::kAffected);
}

TEST(Judge, VersionsOfAnotherReleaseOfRedHatDecideNothing) {
  const InstalledPackage package = {.name = "openssl-libs",
                                    .version = "1:3.0.7-24.el9",
                                    .source = "openssl",
                                    .source_version = "1:3.0.7-24.el9"};
  const auto judge = [&](const std::string& ecosystem, const std::string& version) {
    return judged({voice("vex", fixed_in(ecosystem, version, VersionOrder::kRpm))}, package, kRhel,
                  PackageKind::kRpm);
  };
  EXPECT_EQ(judge("Red Hat", "1:3.0.7-27.el9"), "affected 1:3.0.7-27.el9");
  EXPECT_EQ(judge("Red Hat", "1:3.0.7-24.el9"), "fixed");
  EXPECT_EQ(judge("Red Hat", "1:1.1.1k-12.el8_9"), "nothing");
  EXPECT_EQ(judge("Red Hat:enterprise_linux:9::baseos", "1:3.0.7-27.el9"), "affected 1:3.0.7-27.el9");
  EXPECT_EQ(judge("Red Hat:enterprise_linux:8::baseos", "1:3.0.7-27.el9"), "nothing");
}

TEST(Distribution, WhichEcosystemsAreAboutIt) {
  const InstalledDistribution bookworm = parse_os_release(
      "PRETTY_NAME=\"Debian GNU/Linux 12 "
      "(bookworm)\"\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nID=debian\n\nx\n=\n");
  EXPECT_EQ(bookworm.name, "Debian GNU/Linux 12 (bookworm)");
  EXPECT_TRUE(is_about("Debian:12", bookworm));
  EXPECT_TRUE(is_about("Debian:bookworm", bookworm));
  EXPECT_TRUE(is_about("Debian", bookworm));
  for (const char* other :
       {"Debian:11", "Debian:trixie", "Debian:", "Debian:1", "Debian:122", "DebianX", "", "Ubuntu:12"})
    EXPECT_FALSE(is_about(other, bookworm)) << other;
  EXPECT_FALSE(is_about("Debian:", {.id = "debian"})) << "of no release is not of the unnamed one";

  const InstalledDistribution jammy = {
      .id = "ubuntu", .like = "debian", .version = "22.04", .codename = "jammy"};
  EXPECT_TRUE(is_about("Ubuntu:22.04:LTS", jammy));
  EXPECT_TRUE(is_about("Ubuntu:jammy", jammy));
  EXPECT_FALSE(is_about("Ubuntu:Pro:22.04:LTS", jammy));
  EXPECT_FALSE(is_about("Debian", jammy));

  const InstalledDistribution sles = {.id = "sles", .version = "15.5"};
  EXPECT_TRUE(is_about("SUSE:Linux Enterprise Server 15 SP5", sles));
  EXPECT_TRUE(is_about("SUSE:Linux Enterprise Module for Basesystem 15 SP5", sles));
  for (const char* other : {"SUSE:Linux Enterprise Server 15 SP4", "SUSE:Linux Enterprise Server 15 SP50",
                            "SUSE", "SUSE:Linux Enterprise Server 15", "openSUSE:Leap 15.5"})
    EXPECT_FALSE(is_about(other, sles)) << other;
  const InstalledDistribution alma = {.id = "almalinux", .version = "9.4"};
  EXPECT_TRUE(is_about("AlmaLinux:9", alma));
  EXPECT_FALSE(is_about("AlmaLinux:8", alma));
  EXPECT_FALSE(is_about("AlmaLinux", alma));
  EXPECT_TRUE(is_version_of("3.0.7-24.el9_2", alma));
  EXPECT_FALSE(is_version_of("3.0.7-24.el90", alma));
  EXPECT_TRUE(is_version_of("anything", bookworm));
}

TEST(Distribution, PlatformsThatAreNamedForPeople) {
  for (const char* name : {"Red Hat Enterprise Linux 9", "Red Hat Enterprise Linux BaseOS (v. 9)",
                           "Red Hat Enterprise Linux AppStream EUS (v.9.4)",
                           "Red Hat CodeReady Linux Builder (v. 9)", "Red Hat:rhel_eus:9.4::baseos"})
    EXPECT_TRUE(is_about(name, kRhel)) << name;
  for (const char* name : {"Red Hat Enterprise Linux 8", "Red Hat Enterprise Linux AppStream EUS (v.9.2)",
                           "Red Hat Enterprise Linux", "Red Hat JBoss Core Services 9",
                           "Red Hat Enterprise Linux (v. ", "Red Hat:rhel_eus:9.2::baseos", "Red HatX"})
    EXPECT_FALSE(is_about(name, kRhel)) << name;
  EXPECT_TRUE(names_minor_release("Red Hat Enterprise Linux AppStream EUS (v.9.4)"));
  EXPECT_FALSE(names_minor_release("Red Hat Enterprise Linux BaseOS (v. 9)"));
  EXPECT_FALSE(names_minor_release("SUSE Linux Enterprise Micro 5.5"));

  const InstalledDistribution leap = {.id = "opensuse-leap", .version = "15.6"};
  EXPECT_TRUE(is_about("openSUSE Leap 15.6", leap));
  EXPECT_TRUE(is_about("openSUSE:Leap 15.6", leap));
  for (const char* name : {"openSUSE Leap 15.5", "openSUSE Leap 15.60", "openSUSE Leap Micro 15.6",
                           "openSUSE Tumbleweed", "SUSE Linux Enterprise Server 15 SP6", "openSUSE"})
    EXPECT_FALSE(is_about(name, leap)) << name;
  EXPECT_TRUE(is_about("openSUSE Tumbleweed", {.id = "opensuse-tumbleweed", .version = "20260101"}));
  EXPECT_FALSE(is_about("openSUSE Leap 15.6", {.id = "opensuse-tumbleweed", .version = "20260101"}));
  EXPECT_TRUE(is_about("SUSE Linux Enterprise Server 15 SP5", {.id = "sles_sap", .version = "15.5"}));
  EXPECT_TRUE(is_about("SUSE Linux Enterprise Micro 5.5", {.id = "sle-micro", .version = "5.5"}));
  EXPECT_TRUE(is_about("SUSE Linux Micro 6.0", {.id = "sl-micro", .version = "6.0"}));
  EXPECT_FALSE(is_about("SUSE Linux Enterprise Micro 5.5", {.id = "sles", .version = "5.5"}));
  EXPECT_TRUE(is_distribution("Red Hat Enterprise Linux 9"));
  EXPECT_FALSE(is_distribution("Fedorable"));
}

TEST(Distribution, WhoBuildsItsPackages) {
  EXPECT_TRUE(is_vendor_of("Red Hat, Inc.", kRhel));
  EXPECT_TRUE(is_vendor_of("", kRhel)) << "not told";
  EXPECT_FALSE(is_vendor_of("Fedora Project", kRhel));
  EXPECT_TRUE(is_vendor_of("SUSE LLC <https://www.suse.com/>", {.id = "opensuse-leap"}));
  EXPECT_TRUE(is_vendor_of("openSUSE", {.id = "opensuse-leap"}));
  EXPECT_FALSE(is_vendor_of("obs://build.opensuse.org/home:somebody", {.id = "sles"}));
  EXPECT_TRUE(is_vendor_of("anybody", kBookworm)) << "nobody knows";
}

TEST(Judge, APackageThatSomebodyElseHasBuiltIsAQuestion) {
  InstalledPackage package = {
      .name = "openssl", .version = "3-1.el9", .source = "openssl", .source_version = "3-1.el9"};
  const auto judge = [&] {
    return judged({voice("vex", fixed_in("Red Hat Enterprise Linux 9", "4-1.el9", VersionOrder::kRpm))},
                  package, kRhel, PackageKind::kRpm);
  };
  package.vendor = "Red Hat, Inc.";
  EXPECT_EQ(judge(), "affected 4-1.el9");
  package.vendor = "Somebody";
  EXPECT_EQ(judge(), "under_investigation 4-1.el9");
}

TEST(Judge, AReleaseThatIsCaredForBesideTheNewerOnesHasVersionsOfItsOwn) {
  const InstalledPackage package = {
      .name = "openssl", .version = "3-2.el9_4.1", .source = "openssl", .source_version = "3-2.el9_4.1"};
  Voice both = {.cve = "CVE-2023-5678"};
  both.products = {
      fixed_in("Red Hat Enterprise Linux BaseOS (v. 9)", "3-7.el9", VersionOrder::kRpm),
      fixed_in("Red Hat Enterprise Linux BaseOS EUS (v.9.4)", "3-2.el9_4.1", VersionOrder::kRpm)};
  EXPECT_EQ(judged({{.source = "vex", .voice = both}}, package, kRhel, PackageKind::kRpm), "fixed");
  both.products[1].ranges[0].fixed = "3-2.el9_4.2";
  EXPECT_EQ(judged({{.source = "vex", .voice = both}}, package, kRhel, PackageKind::kRpm),
            "affected 3-2.el9_4.2");
}

/// What follows for a package of nodejs from one version of a source's.
std::string of_stream(const std::string& ecosystem, const std::string& fixed, const std::string& stream,
                      const std::string& version = "16.20.1-1.module+el9+1+a",
                      const std::string& name = "openssl") {
  const InstalledPackage package = {
      .name = name, .version = version, .source = name, .source_version = version, .stream = stream};
  AffectedProduct product = fixed_in(ecosystem, fixed, VersionOrder::kRpm);
  product.name = name;
  return judged({voice("vex", product)}, package, kRhel, PackageKind::kRpm);
}

TEST(Judge, EachStreamOfAModuleHasItsOwnFixes) {
  const std::string platform = "Red Hat Enterprise Linux AppStream (v. 9)";
  const std::string newer = "16.20.2-1.module+el9+1+a";
  const std::string next = "18.1.1-1.module+el9+1+b";
  EXPECT_EQ(of_stream(platform + " nodejs:16", newer, "nodejs:16"), "affected " + newer);
  EXPECT_EQ(of_stream(platform + " nodejs:18", next, "nodejs:16"), "nothing");
  EXPECT_EQ(of_stream(platform + " nodejs:18", next, "nodejs:16", "16.20.1-1.el9"), "nothing");
  EXPECT_EQ(of_stream(platform, next, "nodejs:16"), "nothing") << "by the version, where no stream is told";
  EXPECT_EQ(of_stream(platform, newer, "nodejs:16"), "affected " + newer);
  EXPECT_EQ(of_stream(platform, next, "php:8.1"), "under_investigation") << "nothing tells";
  EXPECT_EQ(of_stream(platform, "2.20.2-1.el9", ""), "nothing") << "of no module";
  EXPECT_EQ(of_stream(platform, newer, "", "16.20.1-1.el9"), "nothing");
  EXPECT_EQ(of_stream(platform + " nodejs:16", newer, ""), "affected " + newer) << "a label that is not told";
  // Of whom no version is told.
  const auto statement = [&](const std::string& ecosystem, const std::string& stream) {
    AffectedProduct product = {.ecosystem = ecosystem, .name = "openssl", .affected_by_default = true};
    const InstalledPackage package = {.name = "openssl",
                                      .version = "1-1.el9",
                                      .source = "openssl",
                                      .source_version = "1-1.el9",
                                      .stream = stream};
    return judged({voice("vex", product)}, package, kRhel, PackageKind::kRpm);
  };
  EXPECT_EQ(statement("Red Hat Enterprise Linux 9 ruby:3.1", "ruby:3.1"), "affected");
  EXPECT_EQ(statement("Red Hat Enterprise Linux 9 ruby:3.1", "ruby:3.3"), "nothing");
  EXPECT_EQ(statement("Red Hat Enterprise Linux 9 ruby:3.1", ""), "nothing");
}

std::string copy(const std::vector<AffectedProduct>& products, const std::string& version) {
  const std::vector<std::string> names = {"openssl", "OpenSSL"};
  const auto judgement =
      judge_copy({.voices = {{.source = "cna", .voice = {.products = products}}}}, names, version, kBookworm);
  return judgement ? std::string(name_of(judgement->standing)) : "nothing";
}

TEST(Judge, ACopyIsJudgedByUpstreamsVersions) {
  AffectedProduct upstream = {.ecosystem = "OpenSSL", .name = "OpenSSL"};
  upstream.ranges = {{.order = VersionOrder::kOther, .introduced = "3.0.0", .fixed = "3.0.13"},
                     {.order = VersionOrder::kOther, .introduced = "1.1.1", .fixed = "1.1.1x"}};
  EXPECT_EQ(copy({upstream}, "3.0.11"), "affected");
  EXPECT_EQ(copy({upstream}, "3.0.13"), "fixed");
  EXPECT_EQ(copy({upstream}, "1.1.1w"), "affected");
  EXPECT_EQ(copy({upstream}, "1.0.2u"), "not_affected");
  upstream.name = "openSSL";
  EXPECT_EQ(copy({upstream}, "3.0.11"), "affected") << "in any case";
  upstream.ranges = {{.order = VersionOrder::kGit, .fixed = std::string(40, 'a')}};
  EXPECT_EQ(copy({upstream}, "3.0.11"), "nothing");
}

TEST(Judge, DistributionsVersionsOnlyRaiseTheQuestionOfACopy) {
  EXPECT_EQ(copy({fixed_in("Debian:bookworm", "3.0.13-1~deb12u1")}, "3.0.11"), "under_investigation");
  EXPECT_EQ(copy({fixed_in("Debian:bookworm", "3.0.13-1~deb12u1")}, "3.0.13"), "under_investigation")
      << "the package may have the fix as a patch";
  EXPECT_EQ(copy({fixed_in("Debian:bookworm", "3.0.13-1~deb12u1")}, "3.0.14"), "nothing");
  EXPECT_EQ(copy({fixed_in("Debian:bookworm", "")}, "3.0.14"), "under_investigation");
  EXPECT_EQ(copy({fixed_in("Debian:trixie", "3.0.13-1")}, "3.0.11"), "nothing");
  EXPECT_EQ(upstream_version("1:3.0.11+dfsg-1~deb12u2"), "3.0.11");
  EXPECT_EQ(upstream_version(""), "");
}

std::vector<std::size_t> choices(const std::vector<Covered>& covered) {
  std::vector<std::size_t> result;
  for (const Covered& one : covered) result.push_back(one.choice);
  return result;
}

TEST(Cover, TakesWhatRemovesMostOfWhatIsLeft) {
  // The second overlaps with the first, so the third is worth more by then.
  const auto covered = greedy_cover({{0, 1, 2, 3}, {2, 3, 4}, {4, 5}, {0}, {}}, {1, 1, 1, 1, 1, 1});
  EXPECT_THAT(choices(covered), ElementsAre(0, 2));
  EXPECT_EQ(covered[1].newly, 2u);
  EXPECT_EQ(covered[1].total, 6u);
  EXPECT_THAT(choices(greedy_cover({{0}, {1}}, {1, 5})), ElementsAre(1, 0));
  EXPECT_THAT(choices(greedy_cover({{0}, {0}}, {1})), ElementsAre(0));
  EXPECT_THAT(greedy_cover({}, {}), IsEmpty());
  EXPECT_THAT(greedy_cover({{7}, {0, 0}}, {0}), IsEmpty()) << "indices beyond the end, and no weight";
}

TEST(VoiceLines, OneVoiceALine) {
  Voice first = {
      .cve = "CVE-2023-5678", .record = "openssl CVE-2023-5678", .products = {fixed_in("Debian:12", "2")}};
  Voice second = {.cve = "CVE-2023-5678", .record = "CVE-2023-5678"};
  second.exploited = KnownExploited{.added = "2023-11-30"};
  Json line = to_json(first);
  line["source"] = "tracker";
  VoiceLines lines;
  ASSERT_TRUE(lines.add(line.dump() + "\n\n  \n{\n[]\n" + to_json(second).dump(), "other"));
  EXPECT_EQ(lines.voices(), 2u);
  EXPECT_EQ(lines.broken(), 2u);
  EXPECT_THAT(lines.first_problem(), HasSubstr("other, line 4: "));
  const auto about = lines.about("openssl");
  ASSERT_TRUE(about.has_value());
  ASSERT_THAT(*about, SizeIs(1));
  ASSERT_THAT(about->front().voices, SizeIs(2))
      << "what is told of a vulnerability without naming a package too";
  EXPECT_EQ(about->front().voices[0].source, "tracker");
  EXPECT_EQ(about->front().voices[1].source, "other");
  EXPECT_TRUE(urgency_of(about->front()).exploited);
  EXPECT_THAT(lines.about("absent").value(), IsEmpty());

  for (const std::string text : {"", "\n", "x", "{}", "{\"cve\": 1}"}) {
    VoiceLines none;
    const auto added = none.add(text, "file");
    ASSERT_FALSE(added.has_value()) << text;
    EXPECT_EQ(added.error().code, "audit.advisories");
  }
}

}  // namespace
}  // namespace suture
