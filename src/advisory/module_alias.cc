// SPDX-License-Identifier: Apache-2.0
//
// Each row was looked up in 5.10, 6.1, 6.12 and 7.2, which agree but where it says otherwise. What decides is
// the check that comes before the request: none; capable() of the first user namespace; or ns_capable() and
// netlink_net_capable(), which whoever made a user namespace passes in the network that belongs to it.
#include "advisory/module_alias.h"

#include <algorithm>
#include <array>

namespace suture {
namespace {

struct Row {
  std::string_view prefix;
  Reach reach;
  std::string_view how;
};

// The first that fits counts.
constexpr auto kAliases = std::to_array<Row>({
    // net/netlink/genetlink.c, ctrl_getfamily: a question that everybody may ask
    {"net-pf-16-proto-16-family-", Reach::kAnybody, "asking generic netlink for its family"},
    // net/core/sock.c, sock_load_diag_module
    {"net-pf-16-proto-4-type-", Reach::kAnybody, "asking sock_diag for its sockets"},
    // net/netlink/af_netlink.c, netlink_create
    {"net-pf-16-proto-", Reach::kAnybody, "a netlink socket"},
    // net/socket.c, __sock_create; net/ipv4/af_inet.c, inet_create; net/ipv6/af_inet6.c;
    // drivers/net/ppp/pppox.c
    {"net-pf-", Reach::kAnybody, "socket(2) of its protocol"},
    // net/bluetooth/af_bluetooth.c, bt_sock_create; net/can/af_can.c, can_create
    {"bt-proto-", Reach::kAnybody, "a Bluetooth socket"},
    {"can-proto-", Reach::kAnybody, "a CAN socket"},
    // crypto/af_alg.c, alg_bind, and from there crypto/api.c, crypto_larval_lookup: before the type is
    // checked
    {"crypto-", Reach::kAnybody, "a socket of AF_ALG for its algorithm"},
    // drivers/tty/tty_ldisc.c, tty_ldisc_get: capable(CAP_SYS_MODULE), unless the setting allows it to all
    {"tty-ldisc-", Reach::kAnybody, "its line discipline on any terminal, while dev.tty.ldisc_autoload is 1"},
    // fs/exec.c, search_binary_handler, up to 6.12; 7.2 does not ask
    {"binfmt-", Reach::kAnybody, "executing a file of its format"},
    // drivers/infiniband/core/netlink.c, get_cb_table: before what is asked for is looked at
    {"rdma-netlink-subsys-", Reach::kAnybody, "a message to netlink of RDMA"},
    // systemd's 50-udev-default.rules make these two nodes when a host starts, for all to open; opening one
    // comes to fs/char_dev.c, base_probe, or drivers/char/misc.c
    {"devname:fuse", Reach::kAnybody, "opening /dev/fuse, which all may"},
    {"devname:net/tun", Reach::kAnybody, "opening /dev/net/tun, which all may"},

    // net/core/rtnetlink.c, rtnetlink_rcv_msg: netlink_net_capable(CAP_NET_ADMIN) for all that is no question
    {"rtnl-link-", Reach::kUserNamespace, "making a network interface of its kind"},
    {"rtnl-lwt-", Reach::kUserNamespace, "a route with its encapsulation"},
    {"net-sch-", Reach::kUserNamespace, "its queueing discipline on an interface"},
    {"net-cls-", Reach::kUserNamespace, "its classifier on an interface"},
    {"net-act-", Reach::kUserNamespace, "its action in a classifier"},
    {"ematch-kind-", Reach::kUserNamespace, "its match in a classifier"},  // net/sched/ematch.c
    {"ife-meta-", Reach::kUserNamespace, "its metadata in act_ife"},       // net/sched/act_ife.c
    // Before 6.9 net/sched asked without "net-", also for aliases.
    {"sch_", Reach::kUserNamespace, "its queueing discipline on an interface"},
    {"act_", Reach::kUserNamespace, "its action in a classifier"},
    // net/netfilter/nfnetlink.c, nfnetlink_rcv: netlink_net_capable(CAP_NET_ADMIN)
    {"nfnetlink-subsys-", Reach::kUserNamespace, "its part of nfnetlink"},
    {"nft-", Reach::kUserNamespace, "a rule of nftables"},  // nf_tables_api.c
    {"nf-flowtable-", Reach::kUserNamespace, "a flow table of nftables"},
    {"nf-logger-", Reach::kUserNamespace, "a rule that logs"},   // nf_log.c, in 5.10; later by name
    {"nf-nat-", Reach::kUserNamespace, "translated addresses"},  // nf_conntrack_netlink.c
    {"nfct-helper-", Reach::kUserNamespace, "a helper of connection tracking"},  // nf_conntrack_helper.c
    {"ip_set_", Reach::kUserNamespace, "a set of its type"},                     // ipset/ip_set_core.c
    {"ip_conntrack_netlink", Reach::kUserNamespace, "logging connections"},      // nfnetlink_log.c
    // net/netfilter/x_tables.c, by setsockopt(2) of iptables: ns_capable(CAP_NET_ADMIN)
    {"xt_", Reach::kUserNamespace, "a rule of iptables"},
    {"ipt_", Reach::kUserNamespace, "a rule of iptables"},
    {"ip6t_", Reach::kUserNamespace, "a rule of ip6tables"},
    {"arpt_", Reach::kUserNamespace, "a rule of arptables"},
    {"ebt_", Reach::kUserNamespace, "a rule of ebtables"},
    // net/xfrm/xfrm_state.c, through xfrm_user.c: netlink_net_capable(CAP_NET_ADMIN)
    {"xfrm-type-", Reach::kUserNamespace, "a state of IPsec"},
    {"xfrm-offload-", Reach::kUserNamespace, "a state of IPsec"},
    // GENL_UNS_ADMIN_PERM: net/l2tp/l2tp_netlink.c; net/openvswitch/vport.c
    {"net-l2tp-type-", Reach::kUserNamespace, "a session of L2TP"},
    {"vport-type-", Reach::kUserNamespace, "a port of Open vSwitch"},

    // capable(CAP_NET_ADMIN) of the first namespace: net/ipv4/tcp_ulp.c, net/core/dev_ioctl.c;
    // RDMA_NL_ADMIN_PERM: drivers/infiniband/core/nldev.c
    {"tcp-ulp-", Reach::kRoot, "its layer above TCP, for CAP_NET_ADMIN"},
    {"netdev-", Reach::kRoot, "an ioctl(2) on its interface, for CAP_NET_ADMIN"},
    {"rdma-link-", Reach::kRoot, "a link of RDMA, for CAP_NET_ADMIN"},
    // get_fs_type() comes before mount_capable() in fs/namespace.c and fs/fsopen.c: see file_system_type.h.
    {"fs-", Reach::kRoot, "mounting its file system"},
    // Nodes in /dev which a host's rules open to few: fs/char_dev.c, drivers/char/misc.c, block/genhd.c
    {"devname:", Reach::kRoot, "opening its device node, which is for root or a group"},
    {"char-major-", Reach::kRoot, "opening its device node, which is for root or a group"},
    {"block-major-", Reach::kRoot, "opening its block device"},
    {"dm-", Reach::kRoot, "a device mapper's table"},  // drivers/md/dm-target.c
    {"md-", Reach::kRoot, "an array of its level"},    // drivers/md/md.c
    {"nls_", Reach::kRoot, "mounting with its character set"},
    {"rpc-auth-", Reach::kRoot, "mounting NFS with it"},
    {"9p-", Reach::kRoot, "mounting 9p over it"},
    {"ppp-compress-", Reach::kRoot, "compression of PPP"},
});

constexpr auto kNames = std::to_array<Row>({
    // crypto/af_alg.c, alg_get_type
    {"algif_", Reach::kAnybody, "bind(2) of a socket of AF_ALG"},
    // net/socket.c: br_ioctl_call() and SIOCGIFVLAN ask before anything is checked
    {"bridge", Reach::kAnybody, "ioctl(2) SIOCGIFBR on any socket"},
    {"8021q", Reach::kAnybody, "ioctl(2) SIOCGIFVLAN on any socket"},
    // net/atm/ioctl.c, do_vcc_ioctl
    {"pppoatm", Reach::kAnybody, "ioctl(2) ATM_SETBACKEND on a socket of ATM"},
    {"br2684", Reach::kAnybody, "ioctl(2) ATM_SETBACKEND on a socket of ATM"},

    {"sch_", Reach::kUserNamespace, "its queueing discipline on an interface"},
    {"cls_", Reach::kUserNamespace, "its classifier on an interface"},
    {"act_", Reach::kUserNamespace, "its action in a classifier"},
    {"xt_", Reach::kUserNamespace, "a rule of iptables"},
    {"ipt_", Reach::kUserNamespace, "a rule of iptables"},
    {"ip6t_", Reach::kUserNamespace, "a rule of ip6tables"},
    {"arpt_", Reach::kUserNamespace, "a rule of arptables"},
    {"ebt_", Reach::kUserNamespace, "a rule of ebtables"},
    {"iptable_", Reach::kUserNamespace, "a table of iptables"},
    {"ip6table_", Reach::kUserNamespace, "a table of ip6tables"},
    {"arptable_", Reach::kUserNamespace, "a table of arptables"},
    {"ebtable_", Reach::kUserNamespace, "a table of ebtables"},
    {"ip_set_", Reach::kUserNamespace, "a set of its type"},
    {"ip_vs_", Reach::kUserNamespace, "a virtual service of IPVS"},  // ipvs/ip_vs_sched.c: ns_capable()
    {"ts_", Reach::kUserNamespace, "a rule that searches text"},     // lib/textsearch.c: xt_string, em_text
    {"nf_log_syslog", Reach::kUserNamespace, "a rule that logs"},    // net/netfilter/nft_log.c, xt_LOG.c
    {"nfnetlink_log", Reach::kUserNamespace, "a rule that logs"},    // net/netfilter/xt_NFLOG.c
    {"nf_nat", Reach::kUserNamespace, "translated addresses"},       // net/netfilter/nf_conntrack_netlink.c
    {"nf_conntrack_bridge", Reach::kUserNamespace, "tracking connections of a bridge"},
    {"br_netfilter", Reach::kUserNamespace, "a rule on a bridge's ports"},  // net/netfilter/xt_physdev.c

    {"tcp_", Reach::kRoot, "its congestion control, for CAP_NET_ADMIN"},  // net/ipv4/tcp_cong.c: capable()
});

/// A prefix ends as they are cut; else it is the whole name.
bool fits(std::string_view prefix, std::string_view name) {
  const bool open = prefix.ends_with('-') || prefix.ends_with('_') || prefix.ends_with(':');
  return open ? name.starts_with(prefix) : name == prefix;
}

template <std::size_t Rows>
std::optional<AskedFor> find(const std::array<Row, Rows>& rows, std::string_view name) {
  const auto* const found =
      std::ranges::find_if(rows, [&](const Row& row) { return fits(row.prefix, name); });
  if (found == rows.end()) return std::nullopt;
  return AskedFor{.reach = found->reach, .how = found->how};
}

}  // namespace

std::optional<AskedFor> asked_by_alias(std::string_view alias) {
  if (const auto found = find(kAliases, alias)) return found;
  // What udev is told of a device: "pci:v00008086d…", "acpi*:PNP0501:*" (scripts/mod/file2alias.c).
  if (alias.starts_with("cpu:")) return AskedFor{Reach::kHardware, "a processor that has the feature"};
  if (alias.find(':') != std::string_view::npos && !alias.starts_with("symbol:"))
    return AskedFor{Reach::kHardware, "a device that it drives"};
  return std::nullopt;
}

std::optional<AskedFor> asked_by_name(std::string_view module) {
  return find(kNames, module);
}

}  // namespace suture
