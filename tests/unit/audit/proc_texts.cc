// SPDX-License-Identifier: Apache-2.0
//
// What /proc says of a process, with names as hostile as its owner can make them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/mappings.h"
#include "audit/package_log.h"
#include "audit/running_code.h"
#include "audit/unit_name.h"
#include "base/process.h"

namespace suture {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using Kind = ProcessOwner::Kind;

constexpr const char* kMaps =
    R"(55d0c8a00000-55d0c8a02000 r--p 00000000 fe:01 131 /usr/sbin/nginx
55d0c8a02000-55d0c8a09000 r-xp 00002000 fe:01 131 /usr/sbin/nginx
55d0c9000000-55d0c9021000 rw-p 00000000 00:00 0 [heap]
7f0000000000-7f0000001000 r--p 00000000 fe:01 200                        /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)
7f0000001000-7f0000005000 r-xp 00001000 fe:01 200                        /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)
7f0000100000-7f0000105000 r-xp 00001000 fe:01 201                        /usr/lib/x86_64-linux-gnu/libssl.so.3
7f0000200000-7f0000201000 r--s 00000000 fe:01 300                        /usr/share/locale/a b.mo
7f0000300000-7f0000301000 r-xp 00000000 00:01 9                          /memfd:jit (deleted)
7f0000400000-7f0000401000 r-xp 00000000 fe:01 400                        /srv/a\012b (deleted) (deleted)
7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0                          [stack]
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
)";

TEST(Mappings, CodeIsWhatIsExecutableAndOfAFile) {
  const MappedCodes codes = mapped_code(parse_mappings(kMaps));
  EXPECT_EQ(codes.left_out, 0u);
  ASSERT_THAT(codes.files, SizeIs(4));
  EXPECT_EQ(codes.files[0].path, "/srv/a\nb (deleted)");
  EXPECT_TRUE(codes.files[0].deleted);
  EXPECT_EQ(codes.files[1].path, "/usr/lib/x86_64-linux-gnu/libssl.so.3");
  EXPECT_TRUE(codes.files[1].deleted);
  EXPECT_EQ(codes.files[1].head, 0x7f0000000000u);
  EXPECT_EQ(codes.files[1].head_size, 0x1000u);
  EXPECT_EQ(codes.files[1].start, 0x7f0000001000u);
  EXPECT_FALSE(codes.files[2].deleted);
  EXPECT_EQ(codes.files[2].inode, 201u);
  EXPECT_EQ(codes.files[2].head, 0u);
  EXPECT_EQ(codes.files[3].path, "/usr/sbin/nginx");
}

TEST(Mappings, LinesThatAreNoneArePassedOver) {
  for (const char* line :
       {"", "\n\n", "zz-yy r-xp 0 fe:01 1 /a", "2-1 r-xp 0 fe:01 1 /a", "1-2 r-xp 0 fe:01 0 /a",
        "1-2 rwxpp 0 fe:01 1 /a", "1-2 r-xp 0 fe:01 1", "1-2 r-xp 0 fe:01 1 a", "1-2",
        "1-2 r-xp 99999999999999999999999 fe:01 1 /a", "1-2 r-xp 0 fe:01 -1 /a"}) {
    EXPECT_THAT(parse_mappings(line), IsEmpty()) << line;
  }
  EXPECT_THAT(parse_mappings("1-2 r-xp 0 fe:01 1 /a"), SizeIs(1)) << "the last line may be cut off";
}

TEST(Mappings, ThereIsALimit) {
  std::string maps;
  for (int i = 1; i <= 30; ++i)
    maps += std::to_string(i) + "000-" + std::to_string(i) + "001 r-xp 0 fe:01 1 /lib/" + std::to_string(i) +
            "\n";
  const MappedCodes codes = mapped_code(parse_mappings(maps), 10);
  EXPECT_THAT(codes.files, SizeIs(10));
  EXPECT_EQ(codes.left_out, 20u);
}

TEST(Owner, IsTheUnitThatAPersonRestarts) {
  const std::string id(64, 'a');
  const std::vector<std::pair<std::string, ProcessOwner>> cases = {
      {"0::/system.slice/nginx.service\n", {Kind::kService, "nginx.service", ""}},
      {"0::/system.slice/system-postgresql.slice/postgresql@15-main.service\n",
       {Kind::kService, "postgresql@15-main.service", ""}},
      {"0::/init.scope\n", {Kind::kManager, "systemd", ""}},
      {"0::/user.slice/user-1000.slice/session-3.scope\n", {Kind::kSession, "session-3.scope", "1000"}},
      {"0::/user.slice/user-1000.slice/user@1000.service/app.slice/syncthing.service\n",
       {Kind::kUserService, "syncthing.service", "1000"}},
      {"0::/user.slice/user-1000.slice/user@1000.service/init.scope\n",
       {Kind::kService, "user@1000.service", "1000"}},
      {"0::/system.slice/docker-" + id + ".scope\n", {Kind::kContainer, "aaaaaaaaaaaa", ""}},
      {"0::/machine.slice/libpod-" + id + ".scope/container\n", {Kind::kContainer, "aaaaaaaaaaaa", ""}},
      {"0::/kubepods.slice/kubepods-burstable.slice/cri-containerd-" + id + ".scope\n",
       {Kind::kContainer, "aaaaaaaaaaaa", ""}},
      {"0::/lxc.payload.web/system.slice/nginx.service\n", {Kind::kContainer, "web", ""}},
      // Version 1: the line of systemd's own, whatever the others say.
      {"12:cpu:/docker/" + id + "\n1:name=systemd:/system.slice/cron.service\n0::/x.service\n",
       {Kind::kService, "cron.service", ""}},
      {"0::/\n", {}},
      {"", {}},
      {"nonsense", {}},
      {"0::/system.slice", {}},
      {"0::///.service", {Kind::kService, ".service", ""}},
  };
  for (const auto& [text, wanted] : cases) EXPECT_EQ(owner_of_control_group(text), wanted) << text;
}

TEST(StartTicks, TheNameMayHoldAnything) {
  const std::string rest = " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 23 24\n";
  EXPECT_EQ(start_ticks("7 (nginx)" + rest), 4242);
  EXPECT_EQ(start_ticks("7 (a) S 1 1 (b) )" + rest), 4242);
  for (const char* text : {"", "7 (nginx", "7 (nginx) S 1 2", "7 (nginx)", ")"})
    EXPECT_EQ(start_ticks(text), -1) << text;
}

TEST(PackageLog, TheOnesPutAsideByTheirAge) {
  EXPECT_THAT(package_logs({"dpkg.log.10.gz", "dpkg.log.2.gz", "dpkg.log", "dpkg.log.1", "dpkg.log.3.xz",
                            "dpkg.log.x", "dpkg.logs", "dpkg.log.", "dpkg.log.-1", "alternatives.log.1",
                            "dpkg.log.gz", "dpkg.log-1"}),
              ElementsAre("dpkg.log", "dpkg.log.1", "dpkg.log.2.gz", "dpkg.log.3.xz", "dpkg.log.10.gz"));
  EXPECT_THAT(package_logs({"dpkg.log-20260901.gz", "dpkg.log-20261101", "dpkg.log"}),
              ElementsAre("dpkg.log", "dpkg.log-20261101", "dpkg.log-20260901.gz"));
  EXPECT_THAT(package_logs(std::vector<std::string>(1000, "dpkg.log.1")), SizeIs(64));
}

TEST(PackageLog, OlderOnesAreOpenedAsFarAsTheyAreNeeded) {
  const auto folder = TempDir::make("suture-test");
  ASSERT_TRUE(folder.has_value());
  const auto put = [&](const std::string& name, const std::string& text) {
    ASSERT_TRUE(write_file(folder->path() / "var/log" / name, std::string_view(text)));
  };
  const auto line = [](const std::string& month, const std::string& from, const std::string& to) {
    return "2026-" + month + "-01 10:00:00 upgrade libssl3:amd64 " + from + " " + to + "\n";
  };
  put("dpkg.log", line("11", "3", "4"));
  put("dpkg.log.1", line("10", "2", "3"));
  put("dpkg.log.2", line("09", "1", "2"));
  ASSERT_EQ(run({.argv = {"gzip", (folder->path() / "var/log/dpkg.log.2").string()}})->status, 0);
  put("dpkg.log.3.gz", "this is not packed, and no log");
  put("dpkg.log.4.gz", "\x1f\x8b and this is broken");
  const auto root = RootFolder::open(folder->path());
  ASSERT_TRUE(root.has_value());
  const PackageLog all = read_package_log(*root, PackageKind::kDebian, 0);
  ASSERT_THAT(all, SizeIs(1));
  ASSERT_THAT(all.at("libssl3"), SizeIs(3));
  EXPECT_EQ(version_at(all, "libssl3", 0), "1");
  const std::int64_t october = all.at("libssl3")[1].time;
  EXPECT_THAT(read_package_log(*root, PackageKind::kDebian, october).at("libssl3"), SizeIs(3))
      << "the one of October begins with it";
  EXPECT_THAT(read_package_log(*root, PackageKind::kDebian, october + 1).at("libssl3"), SizeIs(2));
  EXPECT_THAT(read_package_log(*root, PackageKind::kDebian, all.at("libssl3")[2].time + 1).at("libssl3"),
              SizeIs(1));
}

TEST(PackageLog, OfDnf) {
  const PackageLog log = parse_dnf_log(
      "2026-11-20T10:00:00+0100 SUBDEBUG Upgrade: openssl-libs-1:3.0.7-27.el9.x86_64\n"
      "2026-11-20T10:00:01+0100 SUBDEBUG Upgraded: openssl-libs-1:3.0.7-24.el9.x86_64\n"
      "2026-11-20T08:00:00Z SUBDEBUG Upgraded: openssl-libs-1:3.0.7-20.el9.x86_64\n"
      "2026-11-20T10:00:01+01 SUBDEBUG Upgraded: a-1-1.x86_64\n2026-11-20T10:00:01Z SUBDEBUG Upgraded: "
      "a-1.x86_64\n"
      "2026-11-20T10:00:01Z SUBDEBUG Upgraded: -1-1.x\n2026-11-20 SUBDEBUG Upgraded: a-1-1.x\n\nT "
      "Upgraded:\n");
  ASSERT_THAT(log, SizeIs(1));
  ASSERT_THAT(log.at("openssl-libs"), SizeIs(2));
  EXPECT_EQ(log.at("openssl-libs")[1], (PackageUpgrade{.time = 1795165201, .from = "1:3.0.7-24.el9"}));
  EXPECT_EQ(version_at(log, "openssl-libs", 0), "1:3.0.7-20.el9");
  EXPECT_THAT(package_logs({"dnf.rpm.log", "dnf.rpm.log.1", "dnf.log"}, "dnf.rpm.log"),
              ElementsAre("dnf.rpm.log", "dnf.rpm.log.1"));
}

TEST(PackageLog, APackedOneThatGrowsWithoutEndIsLeftOut) {
  const auto folder = TempDir::make("suture-test");
  ASSERT_TRUE(folder.has_value());
  const std::string log = (folder->path() / "var/log/dpkg.log.1").string();
  ASSERT_TRUE(write_file(log, std::string_view("2026-10-01 10:00:00 upgrade a 1 2\n")));
  std::filesystem::resize_file(log, std::uintmax_t{65} << 20);
  ASSERT_EQ(run({.argv = {"gzip", "-1", log}})->status, 0);
  ASSERT_TRUE(write_file(folder->path() / "var/log/dpkg.log",
                         std::string_view("2026-11-01 10:00:00 upgrade a 2 3\n")));
  const auto root = RootFolder::open(folder->path());
  ASSERT_TRUE(root.has_value());
  EXPECT_THAT(read_package_log(*root, PackageKind::kDebian, 0).at("a"), SizeIs(1));
}

TEST(PackageLog, TheFirstUpgradeAfterAProcessBeganTellsWhatItBeganWith) {
  const PackageLog log = parse_dpkg_log(
      "2026-11-20 10:00:00 startup archives unpack\n"
      "2026-11-22 10:00:00 upgrade libssl3:amd64 3.0.13-1~deb12u1 3.0.14-1~deb12u1\n"
      "2026-11-20 10:00:00 upgrade libssl3:amd64 3.0.11-1~deb12u2 3.0.13-1~deb12u1\n"
      "2026-11-22 10:00:00 upgrade libssl3:amd64 3.0.14-1~deb12u1 3.0.14-1~deb12u1\n"
      "2026-11-22 10:00:01 status unpacked libssl3:amd64 3.0.14-1~deb12u1\n"
      "2026-13-22 10:00:00 upgrade libssl3:amd64 1 2\n"
      "2026-11-22 1x:00:00 upgrade libssl3:amd64 1 2\n"
      "upgrade\n2026-11-22\n");
  ASSERT_EQ(log.size(), 1u);
  ASSERT_THAT(log.at("libssl3"), SizeIs(2));
  const std::int64_t first = log.at("libssl3")[0].time;
  EXPECT_EQ(log.at("libssl3")[1].time - first, 2 * 86400);
  EXPECT_EQ(version_at(log, "libssl3", first - 1), "3.0.11-1~deb12u2");
  EXPECT_EQ(version_at(log, "libssl3", first + 1), "3.0.13-1~deb12u1");
  EXPECT_EQ(version_at(log, "libssl3", first + 3 * 86400), std::nullopt);
  EXPECT_EQ(version_at(log, "zlib1g", first), std::nullopt);
}

}  // namespace
}  // namespace suture
