// SPDX-License-Identifier: Apache-2.0
#include "engine/kernel_calls.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace suture {

int write_attribute(const std::filesystem::path& path, std::string_view text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  errno = EIO;
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int reason = written ? 0 : errno;
  ::close(fd);
  return reason;
}

Result<void> require_root(const std::string& what) {
  if (::geteuid() == 0) return {};
  return fail("engine.not-root", what, "only root may change the running kernel", "Run it with sudo.");
}

}  // namespace suture
