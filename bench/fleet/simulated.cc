// SPDX-License-Identifier: Apache-2.0
#include "simulated.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "base/json.h"
#include "patchset/report_signature.h"

namespace suture::bench {
namespace {

constexpr Time kFirstBoot{std::chrono::seconds(1'796'000'000)};
constexpr std::chrono::hours kInterval{4};

/// Spreads numbers over hosts' properties without a pattern that a database could profit from.
std::string digest_of(std::string_view what, std::uint64_t number) {
  return sha256_hex(as_bytes(fmt::format("{}:{}", what, number)));
}

HostModules modules_of(std::uint64_t number) {
  HostModules modules;
  modules.loaded = {"8021q",
                    "aesni_intel",
                    "af_packet",
                    "ahci",
                    "ata_generic",
                    "ata_piix",
                    "autofs4",
                    "bpf_preload",
                    "button",
                    "cirrus",
                    "configfs",
                    "crc16",
                    "crc32_pclmul",
                    "crc32c_intel",
                    "crct10dif_pclmul",
                    "cryptd",
                    "crypto_simd",
                    "drm",
                    "drm_kms_helper",
                    "efi_pstore",
                    "evdev",
                    "ext4",
                    "failover",
                    "fuse",
                    "ghash_clmulni_intel",
                    "i2c_piix4",
                    "intel_rapl_common",
                    "ip_tables",
                    "jbd2",
                    "joydev",
                    "kvm",
                    "kvm_intel",
                    "libata",
                    "libcrc32c",
                    "loop",
                    "mbcache",
                    "net_failover",
                    "nf_conntrack",
                    "nf_defrag_ipv4",
                    "nf_nat",
                    "nf_tables",
                    "nfnetlink",
                    "nft_chain_nat",
                    "nft_compat",
                    "nft_ct",
                    "overlay",
                    "psmouse",
                    "qemu_fw_cfg",
                    "rapl",
                    "scsi_mod",
                    "serio_raw",
                    "sg",
                    "sunrpc",
                    "t10_pi",
                    "uhci_hcd",
                    "usbcore",
                    "virtio_blk",
                    "virtio_net",
                    "vsock",
                    "x_tables"};
  for (int i = 0; i < 12; ++i) modules.blocked.push_back(fmt::format("net_pf_{:02}", i));
  modules.blacklisted = {"floppy", "pcspkr"};
  modules.user_namespaces = number % 2 == 0;
  return modules;
}

}  // namespace

std::string host_id(std::uint64_t number) {
  return digest_of("host", number).substr(0, 32);
}

Result<Ed25519Private> host_key(std::uint64_t number) {
  const auto seed = TRY([&]() -> Result<Bytes> {
    if (auto bytes = from_hex(digest_of("key", number))) return *std::move(bytes);
    return fail("bench.key", "make a key", "its seed is not hexadecimal");
  }());
  return Ed25519Private::from_seed(seed);
}

HostReport host_report(std::uint64_t number, std::uint64_t round) {
  const std::string boot = digest_of("boot", number);
  const auto up = std::chrono::seconds(round * std::chrono::seconds(kInterval).count() + number % 14'400);
  HostReport report{.host_id = host_id(number),
                    .hostname = fmt::format("web{}.example.org", number),
                    .agent = "sutured 0.1.0",
                    .boot_id = fmt::format("{}-{}-4{}-8{}-{}", boot.substr(0, 8), boot.substr(8, 4),
                                           boot.substr(12, 3), boot.substr(15, 3), boot.substr(18, 12)),
                    .uptime_seconds = static_cast<std::uint64_t>(up.count()),
                    .release = fmt::format("6.1.0-{}-cloud-amd64", 30 + number % 18),
                    .architecture = "x86_64",
                    .build_id = digest_of("kernel", number % 18).substr(0, 40),
                    .state = HostState::kApplied,
                    .level = 3,
                    .engine = "klp",
                    .channel = "stable",
                    .cves = {},
                    .changed_at = time_text(kFirstBoot),
                    .checked_at = time_text(kFirstBoot + up)};
  for (int i = 0; i < 12; ++i) report.cves.push_back(fmt::format("CVE-2026-{}", 46'234 + 7 * i));
  report.modules = modules_of(number);
  return report;
}

Result<std::string> report_request(std::uint64_t number, std::uint64_t round, Time created,
                                   std::int64_t counter, const std::string& authority) {
  const Ed25519Private key = TRY(host_key(number));
  const HostReport report = host_report(number, round);
  const std::string body = json_text(to_json(report));
  const ReportHeaders headers = TRY(sign_report(key, report.host_id, body, created, counter));
  return fmt::format(
      "POST {} HTTP/1.1\r\nHost: {}\r\nAccept: */*\r\nContent-Type: application/json\r\n"
      "Suture-Host-Id: {}\r\nContent-Digest: {}\r\nSignature-Input: {}\r\nSignature: {}\r\n"
      "Content-Length: {}\r\n\r\n{}",
      kReportPath, authority, headers.host_id, headers.content_digest, headers.signature_input,
      headers.signature, body.size(), body);
}

std::string get_request(const std::string& path, const std::string& etag, const std::string& authority) {
  const std::string condition = etag.empty() ? "" : "If-None-Match: " + etag + "\r\n";
  return fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: suture/" SUTURE_VERSION
                     "\r\nAccept: */*\r\n{}\r\n",
                     path, authority, condition);
}

}  // namespace suture::bench
