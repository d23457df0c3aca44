// SPDX-License-Identifier: Apache-2.0
//
// What uname(2) would say of a kernel that has the same fixes without a live patch. Scanners compare versions
// of packages, and the one that was booted is in the kernel's release or version text: there, the effective
// one takes its place.
//
//   Debian   release 6.1.0-47-cloud-amd64 stays; "#1 SMP PREEMPT_DYNAMIC Debian 6.1.170-3 (…)"
//   tells 6.1.176-1 RPM      release 5.14.0-427.16.1.el9_4.x86_64 becomes 5.14.0-503.11.1.el9_5.x86_64
#pragma once

#include <string>

#include "agent/config.h"
#include "engine/engine.h"

namespace suture {

/// The fields of uname(2).
struct KernelNames {
  std::string system{};  ///< "Linux"
  std::string node{};
  std::string release{};
  std::string version{};
  std::string machine{};
  bool operator==(const KernelNames&) const = default;
};

struct EffectiveKernel {
  KernelNames booted{};
  KernelNames effective{};        ///< the same, unless the level in the kernel says otherwise
  std::uint32_t level = 0;        ///< in the kernel; 0: none
  std::string package_version{};  ///< of the kernel's package, effective; empty: nothing tells it
  bool operator==(const EffectiveKernel&) const = default;
};

/// `from` and `to` are versions of the package.
KernelNames with_version(KernelNames names, const std::string& from, const std::string& to);

/// What is in the kernel by halves does not count.
Result<EffectiveKernel> read_effective_kernel(const AgentConfig& config, const Engine& engine,
                                              const KernelNames& booted);

Result<KernelNames> read_kernel_names();

}  // namespace suture
