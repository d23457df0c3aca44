// SPDX-License-Identifier: Apache-2.0
#include "engine/host.h"

#include <sys/utsname.h>

#include <charconv>

#include "base/file.h"
#include "engine/notes.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kSmall = 64u << 10;

Result<std::string> first_line(const fs::path& path) {
  std::string text = TRY(read_text_file(path, kSmall));
  return text.substr(0, text.find('\n'));
}

}  // namespace

Result<RunningKernel> read_running_kernel(const HostPaths& paths) {
  RunningKernel kernel;
  kernel.release = TRY(first_line(paths.proc / "sys/kernel/osrelease"));
  kernel.boot_id = TRY(first_line(paths.proc / "sys/kernel/random/boot_id"));
  kernel.build_id = TRY(build_id_of_notes(TRY(read_file(paths.sys / "kernel/notes", kSmall))));

  const std::string uptime = TRY(first_line(paths.proc / "uptime"));
  const auto parsed = std::from_chars(uptime.data(), uptime.data() + uptime.size(), kernel.uptime_seconds);
  if (parsed.ec != std::errc()) {
    return fail("engine.proc-malformed", "read " + (paths.proc / "uptime").string(), "it is not a number");
  }
  struct utsname names {};
  if (::uname(&names) != 0) return fail_errno("engine.proc-malformed", "ask for the machine's architecture");
  kernel.architecture = names.machine;

  std::error_code ignored;
  kernel.livepatch = fs::is_directory(paths.sys / "kernel/livepatch", ignored);
  return kernel;
}

}  // namespace suture
