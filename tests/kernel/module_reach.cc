// SPDX-License-Identifier: Apache-2.0
//
// Who can have real modules loaded, on each kernel that the store has. What is expected comes from reading
// the kernel's sources, and from how often such modules were the way in.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "advisory/target_facts.h"
#include "target/store.h"

namespace suture {
namespace {

struct Row {
  const char* module;
  Reach reach;
  const char* says;
  const char* not_in = "-";  // a release that is otherwise
};

// Of those that a cloud kernel has, too. A kernel that lacks a module is not asked about it.
constexpr Row kModules[] = {
    {"vsock", Reach::kAnybody, "(net-pf-40)"},
    {"vsock_diag", Reach::kAnybody, "(net-pf-16-proto-4-type-40)"},
    {"algif_aead", Reach::kAnybody, "(algif_aead)"},
    {"af_alg", Reach::kAnybody, "(net-pf-38)"},
    {"af_packet", Reach::kAnybody, "(net-pf-17)"},
    {"sctp", Reach::kAnybody, "(net-pf-"},
    {"tipc", Reach::kAnybody, "(net-pf-"},
    {"rxrpc", Reach::kAnybody, "(net-pf-33)"},
    {"bridge", Reach::kAnybody, "SIOCGIFBR"},
    {"8021q", Reach::kAnybody, "SIOCGIFVLAN"},
    {"tun", Reach::kAnybody, "(devname:net/tun)"},
    {"nfnetlink", Reach::kAnybody, "(net-pf-16-proto-12)"},
    {"sch_netem", Reach::kUserNamespace, "queueing discipline"},
    {"cls_u32", Reach::kUserNamespace, "classifier"},
    {"act_pedit", Reach::kUserNamespace, "action"},
    {"nf_tables", Reach::kUserNamespace, "(nfnetlink-subsys-10)"},
    {"nft_osf", Reach::kUserNamespace, "(nft-expr-osf)"},
    {"ip_set", Reach::kUserNamespace, "(nfnetlink-subsys-6)"},
    {"ip_set_hash_ip", Reach::kUserNamespace, "a set of its type"},
    {"vxlan", Reach::kUserNamespace, "(rtnl-link-vxlan)"},
    {"esp4", Reach::kUserNamespace, "(xfrm-type-2-50)"},
    {"xt_TEE", Reach::kUserNamespace, "a rule of ip"},
    {"overlay", Reach::kUserNamespace, "(fs-overlay)"},
    {"xfs", Reach::kRoot, "(fs-xfs)"},
    {"btrfs", Reach::kRoot, ""},
    // For TCP it is root's, and loaded all the same with what needs it.
    {"tls", Reach::kUserNamespace, "with bonding", "5.10."},
    {"tcp_bbr", Reach::kRoot, "(tcp_bbr)"},
    {"raid10", Reach::kRoot, "(md-"},
    {"nvme", Reach::kHardware, "(pci:"},
    {"virtio_net", Reach::kHardware, "(virtio:"},
    {"kvm_intel", Reach::kHardware, "(cpu:"},
    {"ena", Reach::kHardware, "(pci:"},
};

TEST(ModuleReachOfRealKernels, IsWhatTheirSourcesSay) {
  const char* store = std::getenv("SUTURE_STORE");
  ASSERT_NE(store, nullptr) << "SUTURE_STORE is not set: run `scripts/test.sh kernel`";
  std::size_t kernels = 0;
  for (const char* release : {"5.10.0-46-cloud-amd64", "6.1.0-47-cloud-amd64", "6.12.107+deb13-cloud-amd64",
                              "7.2.13+deb14-cloud-amd64"}) {
    const auto target = TargetStore(store).find(std::string("debian:") + release);
    if (!target) continue;
    const auto facts = read_target_facts(*target, [](const auto&) {
      return [](const std::string&) { return Result<std::vector<std::string>>(); };
    });
    ASSERT_TRUE(facts.has_value()) << facts.error().message();
    ++kernels;
    std::size_t known = 0;
    for (const Row& row : kModules) {
      if (!facts->reach->has(row.module) || std::string_view(release).starts_with(row.not_in)) continue;
      ++known;
      const ReachedBy reached = facts->reach->of(row.module);
      EXPECT_EQ(name_of(reached.reach), name_of(row.reach))
          << row.module << " of " << release << ": " << reached.text;
      EXPECT_NE(reached.text.find(row.says), std::string::npos)
          << row.module << " of " << release << ": " << reached.text;
    }
    EXPECT_GE(known, std::size(kModules) * 2 / 3) << release;
  }
  EXPECT_GT(kernels, 0U) << "the store has none of the kernels";
}

}  // namespace
}  // namespace suture
