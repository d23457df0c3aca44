// SPDX-License-Identifier: Apache-2.0
#include "qualify/probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/process.h"

namespace suture {
namespace {

using testing::ElementsAre;

constexpr const char* kGood =
    "cve = \"CVE-2026-1\"\nsource = \"probe.c\"\nbefore = \"open\"\nafter = \"closed\"\n";

TEST(Probes, AreDescribedInToml) {
  const auto probe = parse_probe(std::string(kGood) +
                                     "user = \"root\"\ncost = true\n[needs]\nmodules = [\"vsock\"]\n"
                                     "settings = { \"kernel/perf_event_paranoid\" = \"2\" }\n",
                                 "/probes/one");
  ASSERT_TRUE(probe) << probe.error().message();
  EXPECT_EQ(probe->name, "one");
  EXPECT_EQ(probe->closes, "CVE-2026-1");
  EXPECT_EQ(probe->source, "/probes/one/probe.c");
  EXPECT_EQ(probe->user, "root");
  EXPECT_TRUE(probe->has_cost);
  EXPECT_THAT(probe->modules, ElementsAre("vsock"));
  EXPECT_EQ(probe->settings.at("kernel/perf_event_paranoid"), "2");
}

// What stands there ends up in a shell's file in the guest.
TEST(Probes, SayNothingUnusual) {
  const auto code_of = [](const std::string& toml, const char* folder = "/probes/one") {
    const auto probe = parse_probe(toml, folder);
    return probe ? "ok" : probe.error().code;
  };
  EXPECT_EQ(code_of(kGood), "ok");
  EXPECT_EQ(code_of(kGood, "/probes/$(reboot)"), "qualify.probe");
  for (const char* line :
       {"other = \"x\"", "user = \"me\"", "script = \"probe.sh\"", "fix = \"two\"", "cost = \"yes\"",
        "needs = 3", "[needs]\nmodules = \"vsock\"", "[needs]\nmodules = [\"a b\"]",
        "[needs]\nmodules = [\"$(id)\"]", "[needs]\nsettings = { \"../x\" = \"1\" }",
        "[needs]\nsettings = { \"/x\" = \"1\" }", "[needs]\nsettings = { \"x\" = \"1;id\" }",
        "[needs]\nother = []", "[[", "cve = \"again\"", "# \xcb\x80"})
    EXPECT_EQ(code_of(std::string(kGood) + line), "qualify.probe") << line;
  EXPECT_EQ(code_of("source = \"probe.c\"\nbefore = \"open\"\nafter = \"closed\"\n"), "qualify.probe");
  EXPECT_EQ(code_of("cve = \"a\"\nbefore = \"open\"\nafter = \"closed\"\n"), "qualify.probe");
  EXPECT_EQ(code_of("cve = \"a\"\nsource = \"../p.c\"\nbefore = \"open\"\nafter = \"closed\"\n"),
            "qualify.probe");
  EXPECT_EQ(code_of("cve = \"a\"\nsource = \"p.c\"\nbefore = \"open\"\nafter = \"open\"\n"), "qualify.probe");
}

TEST(Probes, AreForAFixThatTheKernelNeeds) {
  const Probe probe = parse_probe(kGood, "/probes/one").value();
  Patchset patchset;
  EXPECT_FALSE(concerns(probe, patchset));
  patchset.fixes = {{.name = "fix", .sha256 = "", .cves = {"CVE-2026-1"}}};
  EXPECT_TRUE(concerns(probe, patchset));
  patchset.fixes[0].not_affected = "its source has the fix";
  EXPECT_FALSE(concerns(probe, patchset));
  patchset.fixes = {{.name = "CVE-2026-1", .sha256 = "", .cves = {}}};
  EXPECT_TRUE(concerns(probe, patchset));
}

TEST(Probes, OfTheTestsAreReadAndCompiled) {
  const auto probes = read_probes(std::filesystem::path(SUTURE_TEST_DATA) / "probes");
  ASSERT_TRUE(probes) << probes.error().message();
  EXPECT_GE(probes->size(), 6u);
  const auto program = program_of(probes->front());
  ASSERT_TRUE(program) << program.error().message();
  const TempDir folder = TempDir::make("suture-test").value();
  ASSERT_TRUE(write_file(folder.path() / "run", *program, 0755));
  // Of the kernel that runs here, whichever that is.
  const auto finished = run({.argv = {(folder.path() / "run").string(), "cost", "0"}});
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->status, 0);
}

TEST(Probes, ThatDoNotCompileSayWhy) {
  const TempDir folder = TempDir::make("suture-test").value();
  ASSERT_TRUE(write_file(folder.path() / "one/probe.toml", kGood));
  ASSERT_TRUE(write_file(folder.path() / "one/probe.c", "#include <suture/probe.h>\nnonsense;\n"));
  const auto probes = read_probes(folder.path()).value();
  const auto program = program_of(probes.at(0));
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error().code, "qualify.probe-does-not-compile");
  EXPECT_NE(program.error().message().find("nonsense"), std::string::npos);
  EXPECT_EQ(read_probes(folder.path() / "nowhere").error().code, "qualify.no-probe");
}

}  // namespace
}  // namespace suture
