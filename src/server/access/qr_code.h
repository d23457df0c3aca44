// SPDX-License-Identifier: Apache-2.0
//
// A text as a QR code (ISO/IEC 18004), for a telephone's camera to read off a terminal or a page.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace suture::server {

class QrCode {
 public:
  /// "user.qr-code" for what is too long.
  static Result<QrCode> of(const std::string& text);

  /// Modules in a row and in a column, without the quiet zone of four around them.
  int size() const { return size_; }
  /// False outside of it, too.
  bool dark(int row, int column) const;

  /// Two rows in a line, in half blocks: dark on light, whatever the terminal's colours are.
  std::string terminal_text() const;
  /// The dark modules as an SVG path, one unit each, at 4,4 within a square of size() + 8.
  std::string svg_path() const;

 private:
  int size_ = 0;
  std::string dark_{};
};

}  // namespace suture::server
