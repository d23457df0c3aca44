// SPDX-License-Identifier: Apache-2.0
#include "engine/running_modules.h"

#include <gtest/gtest.h>

#include "engine/modprobe_config.h"
#include "host_tree.h"

namespace suture {
namespace {

using Names = std::set<std::string, std::less<>>;

ModprobeConfig config_of(std::string_view text) {
  ModprobeConfig config;
  read_modprobe_text(text, config);
  return config;
}

TEST(ModprobeConfig, WhatLoadsNothingBlocks) {
  const ModprobeConfig config = config_of(
      "# install commented /bin/false\n"
      "install dccp /bin/false\n"
      "install  rds\t/usr/bin/true  # as some guides have it\n"
      "install snd-pcsp /sbin/nologin\n"
      "install tipc :\n"
      "install snd /sbin/modprobe --ignore-install snd && /sbin/modprobe snd-pcm-oss\n"
      "install not_blocked /usr/bin/falsehood\n"
      "alias net-pf-38 off\n"
      "alias eth0 e1000e\n"
      "alias pci:v0000* off\n"
      "blacklist pcspkr\n"
      "options bonding mode=1\n"
      "install long \\\n  /bin/false\n"
      "blacklist last");
  EXPECT_EQ(config.blocked, (Names{"dccp", "rds", "snd_pcsp", "tipc", "net_pf_38", "long"}));
  EXPECT_EQ(config.blacklisted, (Names{"pcspkr", "last"}));
}

TEST(ModprobeConfig, WhatMakesNoSenseDoesNotCount) {
  const std::string long_name(100, 'a');
  for (const std::string& text :
       {std::string("install"), std::string("install \n"), std::string("install dccp\n"),
        std::string("alias\n"), std::string("alias x\n"), std::string("blacklist\n\\"),
        std::string("\\\n\\\n"), std::string("\\"), "blacklist " + long_name,
        std::string("blacklist a\x01"
                    "b"),
        std::string(1, '\0'), std::string("Blacklist pcspkr\n")}) {
    const ModprobeConfig config = config_of(text);
    EXPECT_TRUE(config.blocked.empty()) << text;
    EXPECT_TRUE(config.blacklisted.empty()) << text;
  }
}

TEST(ModprobeConfig, TheKernelsCommandLineHasItsSay) {
  ModprobeConfig config;
  read_kernel_command_line(
      "BOOT_IMAGE=/vmlinuz quiet module_blacklist=dccp,,n-hdlc modprobe.blacklist=pcspkr module_blacklist=\n",
      config);
  EXPECT_EQ(config.blocked, (Names{"dccp", "n_hdlc"}));
  EXPECT_EQ(config.blacklisted, (Names{"pcspkr"}));
}

class RunningModules : public testing::Test {
 protected:
  void SetUp() override {
    put("proc/modules", "vsock 57344 2 vsock_diag, Live 0x0000000000000000\naf_packet 65536 0 - Live 0x0\n");
    put("proc/sys/kernel/modules_disabled", "0\n");
    put("proc/sys/user/max_user_namespaces", "31437\n");
    put("proc/cmdline", "quiet\n");
  }
  void put(const std::string& path, std::string_view text) const {
    ASSERT_TRUE(make_directories((folder_.path() / path).parent_path()));
    ASSERT_TRUE(write_file(folder_.path() / path, text));
  }
  HostModules read() const {
    const auto modules = read_host_modules(folder_.path());
    EXPECT_TRUE(modules.has_value()) << modules.error().message();
    return modules.value_or(HostModules());
  }

  TempDir folder_ = TempDir::make("suture-host").value();
};

TEST_F(RunningModules, AreReadWithWhatKeepsOthersOut) {
  put("etc/modprobe.d/hardening.conf", "install dccp /bin/false\n");
  put("usr/lib/modprobe.d/blacklist.conf", "blacklist pcspkr\n");
  put("etc/modprobe.d/notes.txt", "install vsock /bin/false\n");
  EXPECT_EQ(read(),
            (HostModules{.loaded = {"af_packet", "vsock"}, .blocked = {"dccp"}, .blacklisted = {"pcspkr"}}));
}

TEST_F(RunningModules, AFileInEtcReplacesThePackages) {
  put("usr/lib/modprobe.d/dist.conf", "blacklist pcspkr\n");
  put("lib/modprobe.d/other.conf", "install tipc /bin/true\n");
  put("etc/modprobe.d/dist.conf", "blacklist floppy\n");
  std::filesystem::create_symlink("/dev/null", folder_.path() / "etc/modprobe.d/other.conf");
  EXPECT_EQ(read().blacklisted, (std::vector<std::string>{"floppy"}));
  EXPECT_TRUE(read().blocked.empty());
}

TEST_F(RunningModules, UserNamespacesCanBeKeptFromUsers) {
  EXPECT_TRUE(read().user_namespaces);
  put("proc/sys/kernel/unprivileged_userns_clone", "1\n");
  put("proc/sys/kernel/apparmor_restrict_unprivileged_userns", "0\n");
  EXPECT_TRUE(read().user_namespaces);
  put("proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n");
  EXPECT_FALSE(read().user_namespaces);
  put("proc/sys/kernel/apparmor_restrict_unprivileged_userns", "0\n");
  put("proc/sys/kernel/unprivileged_userns_clone", "0\n");
  EXPECT_FALSE(read().user_namespaces);
  put("proc/sys/kernel/unprivileged_userns_clone", "1\n");
  put("proc/sys/user/max_user_namespaces", "0\n");
  EXPECT_FALSE(read().user_namespaces);
  std::filesystem::remove(folder_.path() / "proc/sys/user/max_user_namespaces");
  EXPECT_FALSE(read().user_namespaces);
}

TEST_F(RunningModules, LoadingCanBeOver) {
  EXPECT_TRUE(read().loading);
  put("proc/sys/kernel/modules_disabled", "1\n");
  EXPECT_FALSE(read().loading);
  put("proc/sys/kernel/modules_disabled", "0\n");
  std::filesystem::remove(folder_.path() / "proc/modules");
  EXPECT_FALSE(read().loading);
  EXPECT_TRUE(read().loaded.empty());
}

TEST_F(RunningModules, BrokenListsAreReadAsFarAsTheyGo) {
  put("proc/modules", std::string("\n \nvsock\n") + std::string(200, 'x') + " 1\n\x01 2\nb");
  EXPECT_EQ(read().loaded, (std::vector<std::string>{"b", "vsock"}));
  std::string many;
  for (int i = 0; i <= static_cast<int>(kMostModules); ++i)
    many += "m" + std::to_string(i) + " 1 0 - Live 0x0\n";
  put("proc/modules", many);
  const auto refused = read_host_modules(folder_.path());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, "engine.modules");
}

TEST_F(RunningModules, NothingIsAssumedOfAFolderThatIsNoHost) {
  const TempDir empty = TempDir::make("suture-host").value();
  EXPECT_EQ(read_host_modules(empty.path()).value(),
            (HostModules{.loading = false, .user_namespaces = false}));
}

}  // namespace
}  // namespace suture
