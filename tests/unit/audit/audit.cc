// SPDX-License-Identifier: Apache-2.0
//
// A program that really runs, in a root file system of its own, whose library is replaced under it.
#include <gmock/gmock.h>

#include <ctime>

#include "audit/audit_json.h"
#include "base/json.h"
#include "running_root.h"

namespace suture {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class AuditTest : public RunningRoot {
 protected:
  void SetUp() override {
    RunningRoot::SetUp();
    ASSERT_TRUE(write_file(path("etc/os-release"),
                           std::string_view("ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n"
                                            "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n")));
    put_packages("2.4.1-2");
  }

  void put_packages(const std::string& version) {
    ASSERT_TRUE(write_file(
        path("var/lib/dpkg/status"),
        "Package: libexpat1\nStatus: install ok installed\nArchitecture: amd64\nSource: expat\nVersion: " +
            version + "\n\nPackage: reader\nStatus: install ok installed\nVersion: 1\n"));
    ASSERT_TRUE(write_file(path("var/lib/dpkg/info/libexpat1:amd64.list"),
                           std::string_view("/usr/lib/libexpat.so.1\n")));
    ASSERT_TRUE(
        write_file(path("var/lib/dpkg/info/reader.list"),
                   std::string_view("/usr/bin/reader\n/lib/libc.so.6\n/lib64/ld-linux-x86-64.so.2\n")));
  }

  void log_upgrade(std::int64_t time, const std::string& from, const std::string& to) {
    char text[32];
    const std::time_t seconds = time;
    std::tm local{};
    localtime_r(&seconds, &local);
    ASSERT_NE(std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local), 0u);
    ASSERT_TRUE(write_file(path("var/log/dpkg.log"),
                           std::string(text) + " upgrade libexpat1:amd64 " + from + " " + to + "\n"));
  }
};

TEST_F(AuditTest, AHoleOnTheDiskIsClosedByAnUpdate) {
  START_OR_SKIP(running);
  EXPECT_THAT(running->said(), HasSubstr("expat_2.4.1"));
  advise("CVE-2022-40674", "2.4.8-1");
  advise("CVE-2022-43680", "2.4.9-1");
  advise("CVE-2013-0340", "2.1-1");
  const auto result = look(*running, path(""));
  ASSERT_TRUE(result.has_value()) << result.error().message();
  EXPECT_EQ(result->processes, 1u);
  EXPECT_EQ(result->mapped_files, 4u) << "program, library, libc and loader";
  EXPECT_THAT(result->files, IsEmpty()) << json_text(to_json(*result));
  EXPECT_THAT(result->restarts, IsEmpty());
  ASSERT_THAT(result->findings, SizeIs(2));
  EXPECT_EQ(result->findings[0].kind, SoftwareFinding::Kind::kPackage);
  ASSERT_THAT(result->steps, SizeIs(1));
  EXPECT_EQ(result->steps[0].how, "update expat to 2.4.9-1");
  EXPECT_EQ(result->steps[0].closes, 2u);
}

TEST_F(AuditTest, AnUpdatedLibraryIsStillOpenInWhoRunsTheOldOne) {
  START_OR_SKIP(running);
  advise("CVE-2022-40674", "2.4.8-1");
  advise("CVE-2022-43680", "2.5.1-1");
  build("2.5.0", path("usr/lib/libexpat.so.1"));
  put_packages("2.5.0-1");
  log_upgrade(std::time(nullptr) + 60, "2.4.1-2", "2.5.0-1");
  const auto result = look(*running, path(""));
  ASSERT_TRUE(result.has_value()) << result.error().message();
  const AuditedFile* library = file_called(*result, "/usr/lib/libexpat.so.1");
  ASSERT_NE(library, nullptr);
  EXPECT_EQ(library->file.state, CodeState::kReplaced);
  EXPECT_EQ(library->package, "libexpat1");
  EXPECT_THAT(library->file.build_id, SizeIs(40));
  EXPECT_THAT(library->file.current_build_id, SizeIs(40));
  EXPECT_NE(library->file.build_id, library->file.current_build_id);

  ASSERT_THAT(result->restarts, SizeIs(1));
  EXPECT_THAT(result->restarts[0].pids, ElementsAre(running->pid()));
  EXPECT_THAT(result->restarts[0].names, ElementsAre("reader"));
  EXPECT_THAT(result->restarts[0].outdated, ElementsAre("/usr/lib/libexpat.so.1"));
  EXPECT_EQ(result->restarts[0].closes, 1u);
  ASSERT_THAT(result->findings, SizeIs(2));
  const auto& open =
      *std::ranges::find(result->findings, SoftwareFinding::Kind::kRunning, &SoftwareFinding::kind);
  EXPECT_EQ(open.cve, "CVE-2022-40674");
  EXPECT_EQ(open.version, "2.4.1-2");
  EXPECT_THAT(open.judgement.reason, HasSubstr("still in use"));
  ASSERT_THAT(result->steps, SizeIs(2));
  EXPECT_EQ(result->steps[1].so_far, 2u);
}

TEST_F(AuditTest, WhatWasReplacedByTheSameCodeIsCurrent) {
  START_OR_SKIP(running);
  build("2.4.1", path("usr/lib/libexpat.so.1"));
  const auto result = look(*running, path(""));
  ASSERT_TRUE(result.has_value()) << result.error().message();
  EXPECT_THAT(result->restarts, IsEmpty()) << json_text(to_json(*result));
}

TEST_F(AuditTest, ADeletedLibraryIsOutdatedUnlessItWasOnlyUnpacked) {
  std::filesystem::create_directories(path("tmp"));
  std::filesystem::rename(path("usr/lib/libexpat.so.1"), path("tmp/libexpat.so.1"));
  START_OR_SKIP(running, {"--setenv", "LD_LIBRARY_PATH", "/tmp"});
  std::filesystem::remove(path("tmp/libexpat.so.1"));
  auto result = look(*running, path(""));
  ASSERT_TRUE(result.has_value()) << result.error().message();
  const AuditedFile* library = file_called(*result, "/tmp/libexpat.so.1");
  ASSERT_NE(library, nullptr);
  EXPECT_EQ(library->file.state, CodeState::kDeleted);
  EXPECT_THAT(result->restarts, IsEmpty());
  std::filesystem::remove(path("usr/bin/reader"));
  result = look(*running, path(""));
  ASSERT_TRUE(result.has_value());
  ASSERT_THAT(result->restarts, SizeIs(1));
  EXPECT_THAT(result->restarts[0].outdated, ElementsAre("/usr/bin/reader"));
}

TEST_F(AuditTest, ANameThatEndsLikeTheKernelsMark) {
  std::filesystem::create_directories(path("opt"));
  std::filesystem::rename(path("usr/lib/libexpat.so.1"), path("opt/libexpat.so.1 (deleted)"));
  std::filesystem::create_symlink("/opt/libexpat.so.1 (deleted)", path("usr/lib/libexpat.so.1"));
  START_OR_SKIP(running);
  const auto result = look(*running, path(""));
  ASSERT_TRUE(result.has_value()) << result.error().message();
  const AuditedFile* library = file_called(*result, "/opt/libexpat.so.1 (deleted)");
  ASSERT_NE(library, nullptr) << json_text(to_json(*result));
  EXPECT_EQ(library->file.state, CodeState::kCurrent);
  EXPECT_THAT(result->restarts, IsEmpty());
}

TEST_F(AuditTest, ABundledCopyIsNamedAndJudged) {
  std::filesystem::create_directories(path("opt/app"));
  build("2.4.0", path("opt/app/libexpat.so.1"));
  START_OR_SKIP(running, {"--setenv", "LD_PRELOAD", "/opt/app/libexpat.so.1"});
  advise("CVE-2022-40674", "2.4.9", "libexpat project", VersionOrder::kOther);
  advise("CVE-2022-43680", "2.4.1-1");
  const auto result = look(*running, path(""));
  ASSERT_TRUE(result.has_value()) << result.error().message();
  const AuditedFile* copy = file_called(*result, "/opt/app/libexpat.so.1");
  ASSERT_NE(copy, nullptr);
  EXPECT_EQ(copy->package, "");
  EXPECT_EQ(copy->same_as, "");
  ASSERT_THAT(copy->file.embedded, SizeIs(1));
  EXPECT_EQ(copy->file.embedded[0].version, "2.4.0");
  ASSERT_THAT(result->findings, SizeIs(2)) << json_text(to_json(*result));
  EXPECT_EQ(result->findings[0].cve, "CVE-2022-40674");
  EXPECT_EQ(result->findings[0].judgement.standing, Standing::kAffected);
  EXPECT_EQ(result->findings[1].judgement.standing, Standing::kUnderInvestigation);
  ASSERT_THAT(result->steps, SizeIs(1));
  EXPECT_EQ(result->steps[0].how, "replace /opt/app/libexpat.so.1, which has expat 2.4.0 in it");
}

TEST_F(AuditTest, ACopyOfAPackagedFileIsKnownByItsBuildId) {
  std::filesystem::create_directories(path("opt/app"));
  std::filesystem::copy_file(path("usr/lib/libexpat.so.1"), path("opt/app/libexpat.so.1"));
  START_OR_SKIP(running, {"--setenv", "LD_LIBRARY_PATH", "/opt/app"});
  advise("CVE-2022-40674", "2.4.8-1");
  const auto result = look(*running, path(""));
  ASSERT_TRUE(result.has_value()) << result.error().message();
  const AuditedFile* copy = file_called(*result, "/opt/app/libexpat.so.1");
  ASSERT_NE(copy, nullptr);
  EXPECT_EQ(copy->same_as, "/usr/lib/libexpat.so.1");
  EXPECT_EQ(copy->same_package, "libexpat1");
  ASSERT_THAT(result->findings, SizeIs(2));
  EXPECT_EQ(result->findings[0].kind, SoftwareFinding::Kind::kPackage);
  EXPECT_EQ(result->findings[1].kind, SoftwareFinding::Kind::kCopy);
  EXPECT_EQ(result->findings[1].version, "2.4.1-2");
}

TEST_F(AuditTest, AContainersPackagesAreItsOwn) {
  START_OR_SKIP(running);
  advise("CVE-2022-40674", "2.4.8-1");
  // The host is another root, whose packages are elsewhere.
  auto host = TempDir::make("suture-test");
  ASSERT_TRUE(host.has_value());
  ASSERT_TRUE(write_file(host->path() / "var/lib/dpkg/status", std::string_view("Package: a\nVersion: 1\n")));
  const auto result = look(*running, host->path().string());
  ASSERT_TRUE(result.has_value()) << result.error().message();
  ASSERT_THAT(result->roots, SizeIs(2));
  EXPECT_EQ(result->roots[0].packages, 1u);
  EXPECT_EQ(result->roots[1].packages, 2u);
  EXPECT_EQ(result->roots[1].distribution.codename, "bookworm");
  ASSERT_THAT(result->findings, SizeIs(1));
  EXPECT_EQ(result->findings[0].root, 1u);
  ASSERT_THAT(result->steps, SizeIs(1));
  EXPECT_THAT(result->steps[0].how, HasSubstr("update expat to 2.4.8-1 in "));
}

TEST_F(AuditTest, TheKernelThatRunsIsJudgedAndNotTheOneThatIsInstalled) {
  ASSERT_TRUE(write_file(path("var/lib/dpkg/status"), std::string_view(R"(Package: linux-image-6.1.0-47-amd64
Status: install ok installed
Source: linux-signed-amd64 (6.1.170+3)
Version: 6.1.170-3

Package: linux-image-6.1.0-48-amd64
Status: install ok installed
Source: linux-signed-amd64 (6.1.176+1)
Version: 6.1.176-1

Package: linux-libc-dev
Status: install ok installed
Source: linux
Version: 6.1.100-1
)")));
  const auto advisory = [](const std::string& cve, const std::string& fixed) {
    Voice voice = {.cve = cve};
    voice.products = {{.ecosystem = "Debian:12",
                       .name = "linux",
                       .ranges = {{.order = VersionOrder::kDebian, .fixed = fixed}}}};
    return Advisory{.cve = cve, .voices = {{.source = "tracker", .voice = voice}}};
  };
  AuditRequest request{.places = {.root = path("")}, .processes = false};
  request.kernel = {
      .release = "6.1.0-47-amd64", .package_version = "6.1.170-3", .patched = {"CVE-2026-1003"}};
  request.advisories = [&](const std::string& name) -> Result<std::vector<Advisory>> {
    if (name != "linux") return std::vector<Advisory>{};
    return std::vector{advisory("CVE-2026-1001", "6.1.170-3"), advisory("CVE-2026-1002", "6.1.176-1"),
                       advisory("CVE-2026-1003", "6.1.176-1"), advisory("CVE-2026-1004", "6.1.187-1")};
  };
  auto result = audit(request, nullptr);
  ASSERT_TRUE(result.has_value()) << result.error().message();
  ASSERT_TRUE(result->kernel.has_value());
  EXPECT_EQ(result->kernel->newest, "6.1.176-1");
  EXPECT_EQ(result->kernel->closed_live, 1u);
  EXPECT_EQ(result->kernel->closed_reboot, 1u);
  ASSERT_THAT(result->findings, SizeIs(2));
  ASSERT_THAT(result->steps, SizeIs(1));
  EXPECT_EQ(result->steps[0].kind, AuditStep::Kind::kUpdateKernel);
  EXPECT_EQ(result->steps[0].version, "6.1.187-1");
  EXPECT_EQ(result->steps[0].closes, 2u);

  // With a live patch that amounts to what is installed, only the newest is left.
  request.kernel->effective_version = "6.1.176-1";
  result = audit(request, nullptr);
  ASSERT_TRUE(result.has_value());
  ASSERT_THAT(result->findings, SizeIs(1));
  EXPECT_EQ(result->findings[0].cve, "CVE-2026-1004");
  EXPECT_EQ(result->kernel->closed_live, 2u);
}

TEST_F(AuditTest, AnImageIsNotAskedWithTheHostsRpm) {
  std::filesystem::remove(path("var/lib/dpkg/status"));
  ASSERT_TRUE(write_file(path("var/lib/rpm/Packages"), std::string_view("x")));
  const AuditRequest request{.places = {.root = path("")}, .processes = false};
  const auto result = audit(request, nullptr);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, "audit.packages-elsewhere");
}

TEST_F(AuditTest, WhatTheStoreCannotAnswerIsAnError) {
  AuditRequest request{.places = {.root = path("")}, .processes = false};
  request.advisories = [](const std::string&) -> Result<std::vector<Advisory>> {
    return fail("store.unavailable", "look", "locked");
  };
  const auto result = audit(request, nullptr);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, "store.unavailable");
  request.places.root = path("absent");
  EXPECT_EQ(audit(request, nullptr).error().code, "audit.root");
}

}  // namespace
}  // namespace suture
