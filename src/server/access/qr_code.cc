// SPDX-License-Identifier: Apache-2.0
#include "server/access/qr_code.h"

#include <fmt/format.h>
#include <qrencode.h>

#include <memory>

namespace suture::server {
namespace {

constexpr int kQuiet = 4;

struct Free {
  void operator()(QRcode* code) const { QRcode_free(code); }
};

}  // namespace

Result<QrCode> QrCode::of(const std::string& text) {
  const std::unique_ptr<QRcode, Free> made(QRcode_encodeString8bit(text.c_str(), 0, QR_ECLEVEL_M));
  if (!made) return fail("user.qr-code", "make a QR code", "the text is too long for one");
  QrCode code;
  code.size_ = made->width;
  for (int i = 0; i < made->width * made->width; ++i) code.dark_ += static_cast<char>(made->data[i] & 1);
  return code;
}

bool QrCode::dark(int row, int column) const {
  if (row < 0 || column < 0 || row >= size_ || column >= size_) return false;
  return dark_[static_cast<std::size_t>(row) * static_cast<std::size_t>(size_) +
               static_cast<std::size_t>(column)] != 0;
}

std::string QrCode::terminal_text() const {
  std::string text;
  for (int row = -kQuiet; row < size_ + kQuiet; row += 2) {
    text += "\x1b[30;107m";
    for (int column = -kQuiet; column < size_ + kQuiet; ++column) {
      const bool upper = dark(row, column);
      const bool lower = dark(row + 1, column);
      text += upper ? (lower ? "\u2588" : "\u2580") : (lower ? "\u2584" : " ");
    }
    text += "\x1b[0m\n";
  }
  return text;
}

std::string QrCode::svg_path() const {
  std::string path;
  for (int row = 0; row < size_; ++row) {
    for (int column = 0; column < size_; ++column) {
      if (!dark(row, column)) continue;
      const int begin = column;
      while (dark(row, column + 1)) ++column;
      const int width = column - begin + 1;
      path += fmt::format("M{} {}h{}v1h-{}z", begin + kQuiet, row + kQuiet, width, width);
    }
  }
  return path;
}

}  // namespace suture::server
