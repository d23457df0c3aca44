// SPDX-License-Identifier: Apache-2.0
#include "advisory/module_reach.h"

#include <gtest/gtest.h>

#include "advisory/file_system_type.h"
#include "advisory/module_alias.h"

namespace suture {
namespace {

Reach of_alias(std::string_view alias) {
  const auto asked = asked_by_alias(alias);
  return asked ? asked->reach : Reach::kNobody;
}

Reach of_name(std::string_view name) {
  const auto asked = asked_by_name(name);
  return asked ? asked->reach : Reach::kNobody;
}

TEST(ModuleAlias, WhatEveryUserMayAskFor) {
  for (const char* alias : {"net-pf-40", "net-pf-2-proto-132-type-1", "net-pf-16-proto-16-family-nl80211",
                            "net-pf-16-proto-4-type-40", "bt-proto-4", "can-proto-1", "crypto-aegis128",
                            "tty-ldisc-7", "rdma-netlink-subsys-5", "devname:fuse"})
    EXPECT_EQ(of_alias(alias), Reach::kAnybody) << alias;
  for (const char* name : {"algif_hash", "bridge", "8021q"})
    EXPECT_EQ(of_name(name), Reach::kAnybody) << name;
}

TEST(ModuleAlias, WhatAUserNamespaceIsEnoughFor) {
  for (const char* alias :
       {"rtnl-link-vxlan", "rtnl-lwt-MPLS", "net-sch-netem", "ematch-kind-2", "nft-expr-osf",
        "nfnetlink-subsys-6", "ipt_owner", "xfrm-type-2-50", "ip_set_hash:ip,port"})
    EXPECT_EQ(of_alias(alias), Reach::kUserNamespace) << alias;
  for (const char* name : {"sch_netem", "cls_u32", "xt_owner", "iptable_nat", "ip_vs_rr"})
    EXPECT_EQ(of_name(name), Reach::kUserNamespace) << name;
}

TEST(ModuleAlias, WhatIsForRootAndForHardware) {
  for (const char* alias : {"fs-xfs", "tcp-ulp-tls", "netdev-sit0", "rdma-link-rxe", "char-major-10-242",
                            "devname:rfkill", "devname:fuse2", "md-raid10"})
    EXPECT_EQ(of_alias(alias), Reach::kRoot) << alias;
  EXPECT_EQ(of_name("tcp_bbr"), Reach::kRoot);
  for (const char* alias :
       {"pci:v00008086d00007E28sv*sd*bc*sc*i*", "usb:v*p*d*dc*dsc*dp*ic01isc01ip*in*", "virtio:d00000013v*",
        "cpu:type:x86,ven*fam*mod*:feature:*0085*", "acpi*:PNPB006:*"})
    EXPECT_EQ(of_alias(alias), Reach::kHardware) << alias;
}

TEST(ModuleAlias, FormerNamesAreNotAskedFor) {
  for (const char* alias : {"sha384-avx2", "ext3", "symbol:foo", "", "net-p", "bridges"})
    EXPECT_FALSE(asked_by_alias(alias)) << alias;
  for (const char* name : {"ext4", "bridge2", "e1000e", "xt", ""}) EXPECT_FALSE(asked_by_name(name)) << name;
}

TEST(ModuleFacts, AreReadFromModinfo) {
  using namespace std::string_view_literals;
  const ModuleFacts facts = read_module_facts(
      "vsock_diag", "net/vmw_vsock",
      as_bytes("license=GPL\0alias=net-pf-16-proto-4-type-40\0alias=\0depends=dm-mod,vsock\0"
               "softdep=pre: crypto-crc32c post: dm-crypt\0\0\0nonsense\0depends=tail"sv));
  EXPECT_EQ(facts.aliases, (std::vector<std::string>{"net-pf-16-proto-4-type-40", ""}));
  EXPECT_EQ(facts.depends, (std::vector<std::string>{"dm_mod", "vsock", "tail"}));
  EXPECT_EQ(facts.brings, (std::vector<std::string>{"crypto-crc32c", "dm-crypt"}));
  EXPECT_TRUE(read_module_facts("empty", "", {}).aliases.empty());
}

constexpr std::string_view kFileSystems = R"(
struct file_system_type *get(const char *name);
static struct file_system_type first_type = {
	.owner		= THIS_MODULE,
	.name		= "first",
	.fs_flags	= FS_HAS_SUBTYPE | FS_USERNS_MOUNT,
};
static struct file_system_type second_type = {
	.name		= "second",
	.fs_flags	= FS_REQUIRES_DEV | FS_USERNS_MOUNT_RESTRICTED,
};
)";

TEST(FileSystemType, EachSaysItOfItself) {
  EXPECT_EQ(is_mounted_in_user_namespace(kFileSystems, "first"), true);
  EXPECT_EQ(is_mounted_in_user_namespace(kFileSystems, "second"), false);
  EXPECT_EQ(is_mounted_in_user_namespace(kFileSystems, "third"), std::nullopt);
  const std::string later = std::string(kFileSystems) + "  second_type.fs_flags |= FS_USERNS_MOUNT;\n";
  EXPECT_EQ(is_mounted_in_user_namespace(later, "second"), true);
  for (const char* broken :
       {"", "struct file_system_type ", "struct file_system_type x = {",
        "struct file_system_type x = { .name", "struct file_system_type x = {.name = \"first"})
    is_mounted_in_user_namespace(broken, "first");
  EXPECT_EQ(is_mounted_in_user_namespace("struct file_system_type x = { .name", "first"), std::nullopt);
}

/// A bus, a driver on it, its diagnosis that anybody reaches, and what nobody asks for.
ModuleReach example() {
  return ModuleReach(
      {{.name = "vsock", .folder = "net/vmw_vsock", .aliases = {"net-pf-40"}},
       {.name = "vsock_virtio", .aliases = {"virtio:d00000013v*"}, .depends = {"vsock", "vsock_common"}},
       {.name = "vsock_common", .depends = {"vsock"}},
       {.name = "sch_netem"},
       {.name = "sch_new", .aliases = {"net-sch-new"}},
       {.name = "crc32c_generic", .aliases = {"crypto-crc32c", "crc32c"}},
       {.name = "xfs", .aliases = {"fs-xfs"}, .depends = {"libcrc32c"}, .brings = {"crc32c"}},
       {.name = "fuse", .folder = "fs/fuse", .aliases = {"fs-fuse"}},
       {.name = "libcrc32c"},
       {.name = "lonely"},
       {.name = "one", .depends = {"other"}},
       {.name = "other", .aliases = {"net-pf-99"}, .depends = {"one"}}},
      [](const ModuleFacts& module, std::string_view name) {
        return module.folder == "fs/fuse" && name == "fuse";
      });
}

TEST(ModuleReach, ByTheModulesOwnNames) {
  const ModuleReach reach = example();
  EXPECT_EQ(reach.of("vsock"),
            (ReachedBy{.reach = Reach::kAnybody,
                       .text = "anybody can have it loaded: socket(2) of its protocol (net-pf-40)"}));
  EXPECT_EQ(reach.of("vsock_virtio").reach, Reach::kHardware);
  EXPECT_EQ(reach.of("sch_netem").text,
            "whoever may make a user namespace can have it loaded: its queueing discipline on an interface "
            "(sch_netem)");
  EXPECT_EQ(reach.of("xfs").reach, Reach::kRoot);
  EXPECT_EQ(reach.of("xfs").text, "only root can have it loaded: mounting its file system (fs-xfs)");
  EXPECT_EQ(reach.of("fuse").reach, Reach::kUserNamespace);
  EXPECT_EQ(reach.of("vmlinux"), (ReachedBy{.reach = Reach::kAlways, .text = "built into the kernel"}));
  for (const char* name : {"lonely", "unknown"})
    EXPECT_EQ(
        reach.of(name),
        (ReachedBy{
            .reach = Reach::kRoot,
            .text = "it has no name that the kernel asks for: root loads it, or a driver that knows it"}));
}

TEST(ModuleReach, WhatOthersNeedIsReachedWithThem) {
  const ModuleReach reach = example();
  EXPECT_EQ(
      reach.of("vsock_common").text,
      "it is loaded where its hardware is, with vsock_virtio: a device that it drives (virtio:d00000013v*)");
  EXPECT_EQ(reach.of("libcrc32c").reach, Reach::kRoot);
  // One that needs what needs it ends, too.
  EXPECT_EQ(reach.of("one").text,
            "anybody can have it loaded, with other: socket(2) of its protocol (net-pf-99)");
}

TEST(ModuleReach, AHostMayBlockModules) {
  const ModuleReach reach = example();
  EXPECT_EQ(reach.of("vsock", {}).reach, Reach::kAnybody);
  EXPECT_EQ(reach.of("vsock", {.blocked = {"vsock"}}),
            (ReachedBy{.reach = Reach::kNobody, .text = "modprobe's configuration blocks it"}));
  EXPECT_EQ(reach.of("vsock_virtio", {.blocked = {"vsock"}}).text,
            "modprobe's configuration blocks vsock, which it needs");
  EXPECT_EQ(reach.of("vsock_virtio", {.loaded = {"vsock"}, .blocked = {"vsock"}}).reach, Reach::kHardware);
  // Blocked is what would have brought it.
  EXPECT_EQ(reach.of("vsock_common", {.blocked = {"vsock_virtio"}}).reach, Reach::kRoot);
  EXPECT_EQ(reach.of("vsock", {.loading = false}).text, "kernel.modules_disabled is on");
  EXPECT_EQ(reach.of("vmlinux", {.loading = false}).reach, Reach::kAlways);
}

TEST(ModuleReach, ABlacklistIsForAliasesOnly) {
  const ModuleReach reach = example();
  EXPECT_EQ(
      reach.of("vsock", {.blacklisted = {"vsock"}}).text,
      "it is loaded where its hardware is, with vsock_virtio: a device that it drives (virtio:d00000013v*)");
  EXPECT_EQ(reach.of("sch_netem", {.blacklisted = {"sch_netem"}}).reach, Reach::kUserNamespace);
  // From 6.9 on there is an alias for it.
  EXPECT_EQ(reach.of("sch_new", {}).reach, Reach::kUserNamespace);
  EXPECT_EQ(reach.of("sch_new", {.blacklisted = {"sch_new"}}).reach, Reach::kRoot);
  EXPECT_EQ(reach.of("other", {.blocked = {"net_pf_99"}}).reach, Reach::kRoot);
}

TEST(ModuleReach, WithoutUserNamespacesTheirWaysAreRoots) {
  EXPECT_EQ(example().of("sch_netem", {.user_namespaces = false}).text,
            "only root can have it loaded: its queueing discipline on an interface (sch_netem)");
  EXPECT_EQ(example().of("vsock", {.user_namespaces = false}).reach, Reach::kAnybody);
}

}  // namespace
}  // namespace suture
