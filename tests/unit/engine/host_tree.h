// SPDX-License-Identifier: Apache-2.0
//
// A /sys and a /proc of our own, for what is only observed.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/file.h"
#include "engine/host.h"

namespace suture {

inline constexpr const char* kBootId = "2f7c4a10-9d2e-4c57-8f11-0a1b2c3d4e5f";

class HostTree {
 public:
  HostTree() : folder_(TempDir::make("suture-host").value()) {
    const std::uint32_t head[] = {4, 20, 3};
    std::string notes(reinterpret_cast<const char*>(head), sizeof head);
    notes += std::string("GNU\0", 4) + std::string(20, '\x11');
    put("sys/kernel/notes", notes);
    put("proc/sys/kernel/osrelease", "6.1.0-47-cloud-amd64\n");
    put("proc/sys/kernel/random/boot_id", std::string(kBootId) + "\n");
    put("proc/uptime", "4711.42 9000.00\n");
    put("proc/modules", "vsock 57344 2 - Live 0x0000000000000000\n");
    EXPECT_TRUE(make_directories(folder_.path() / "sys/kernel/livepatch"));
  }

  HostPaths paths() const {
    return {.sys = folder_.path() / "sys", .proc = folder_.path() / "proc", .boot = folder_.path() / "boot"};
  }
  void put(const std::string& path, std::string_view text) const {
    const auto written = write_file(folder_.path() / path, text);
    EXPECT_TRUE(written);
  }
  void remove(const std::string& path) const { std::filesystem::remove_all(folder_.path() / path); }
  void live_patch(const std::string& name, bool enabled, bool transition) const {
    put("sys/kernel/livepatch/" + name + "/enabled", enabled ? "1\n" : "0\n");
    put("sys/kernel/livepatch/" + name + "/transition", transition ? "1\n" : "0\n");
  }
  void task(int pid, const std::string& name, const std::string& state, const std::string& stack) const {
    const std::string folder = "proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) + "/";
    put(folder + "comm", name + "\n");
    put(folder + "patch_state", state + "\n");
    put(folder + "stack", stack);
  }

 private:
  TempDir folder_;
};

}  // namespace suture
