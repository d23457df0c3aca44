// SPDX-License-Identifier: Apache-2.0
#include "base/secret_prompt.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

namespace suture {
namespace {

/// The terminal, silent for as long as this lives.
class SilentTerminal {
 public:
  SilentTerminal() : file_(::open("/dev/tty", O_RDWR | O_CLOEXEC)) {
    good_ = file_ >= 0 && ::tcgetattr(file_, &before_) == 0;
    if (!good_) return;
    struct termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(file_, TCSAFLUSH, &silent);
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;
  ~SilentTerminal() {
    if (good_) ::tcsetattr(file_, TCSAFLUSH, &before_);
    if (file_ >= 0) ::close(file_);
  }
  explicit operator bool() const { return good_; }
  int file() const { return file_; }

 private:
  int file_;
  struct termios before_ {};
  bool good_ = false;
};

}  // namespace

std::optional<std::string> ask_secret(const std::string& question, std::size_t most) {
  const SilentTerminal terminal;
  if (!terminal) return std::nullopt;
  const std::string shown = question + ": ";
  std::string typed;
  char c = 0;
  bool good = ::write(terminal.file(), shown.data(), shown.size()) > 0;
  while (good && typed.size() < most && ::read(terminal.file(), &c, 1) == 1 && c != '\n') typed += c;
  good = ::write(terminal.file(), "\n", 1) == 1 && good;
  if (!good) return std::nullopt;
  return typed;
}

}  // namespace suture
