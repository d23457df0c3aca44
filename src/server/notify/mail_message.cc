// SPDX-License-Identifier: Apache-2.0
#include "server/notify/mail_message.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/base64.h"
#include "base/lines.h"
#include "base/utf8.h"

namespace suture::server {
namespace {

constexpr std::size_t kColumns = 76;

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Atoms with single dots between them (RFC 5322, 3.2.3), of the given characters beside letters and digits.
bool is_dotted(std::string_view text, std::string_view others) {
  if (text.empty() || text.front() == '.' || text.back() == '.' || text.find("..") != text.npos) return false;
  return std::ranges::all_of(
      text, [&](char c) { return is_alnum(c) || c == '.' || others.find(c) != others.npos; });
}

bool is_domain(std::string_view text) {
  if (!is_dotted(text, "-")) return false;
  while (!text.empty()) {
    const auto label = text.substr(0, text.find('.'));
    if (label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    text.remove_prefix(std::min(label.size() + 1, text.size()));
  }
  return true;
}

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; });
}

/// As much of a text as fits into `most` bytes without cutting a letter.
std::string_view take_letters(std::string_view& text, std::size_t most) {
  std::size_t size = 0;
  while (size < text.size()) {
    const std::size_t length = std::max<std::size_t>(first_letter(text.substr(size)).length, 1);
    if (size + length > most) break;
    size += length;
  }
  const auto taken = text.substr(0, size);
  text.remove_prefix(size);
  return taken;
}

std::string joined(const std::vector<std::string>& addresses) {
  std::string list;
  for (const auto& address : addresses) list.append(list.empty() ? "" : ",\r\n ").append(address);
  return list;
}

}  // namespace

bool is_mail_address(std::string_view text) {
  const auto at = text.rfind('@');
  // A text without one has it further than that.
  if (at > 64 || text.size() > 254) return false;
  return is_dotted(text.substr(0, at), "!#$%&'*+-/=?^_`{|}~") && is_domain(text.substr(at + 1));
}

std::string header_words(std::string_view text, std::size_t column) {
  std::string clean = as_utf8(text);
  std::ranges::replace_if(
      clean, [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; }, ' ');
  // What looks like an encoded word would be decoded by the reader.
  if (is_plain(clean) && clean.size() + column <= 78 && clean.find("=?") == clean.npos) return clean;
  constexpr std::string_view kBegin = "=?UTF-8?B?";
  constexpr std::string_view kEnd = "?=";
  std::string words;
  std::string_view rest = clean;
  while (!rest.empty()) {
    const std::size_t room = (75 - std::min<std::size_t>(column, 40) - kBegin.size() - kEnd.size()) / 4 * 3;
    const auto part = take_letters(rest, room);
    words.append(words.empty() ? "" : "\r\n ").append(kBegin).append(to_base64(as_bytes(part))).append(kEnd);
    column = 1;
  }
  return words;
}

std::string quoted_printable(std::string_view text) {
  std::string out;
  std::string line;
  const auto end_line = [&](std::string_view how) {
    out.append(line).append(how);
    line.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      end_line("\r\n");
      continue;
    }
    const bool last = i + 1 == text.size() || text[i + 1] == '\n';
    const bool blank = c == ' ' || c == '\t';
    const bool plain = (c > ' ' && c < 0x7f && c != '=') || (blank && !last);
    const std::string piece =
        plain ? std::string(1, c) : fmt::format("={:02X}", static_cast<unsigned char>(c));
    if (line.size() + piece.size() > kColumns - 1) end_line("=\r\n");
    line += piece;
  }
  if (!line.empty()) end_line("\r\n");
  return out;
}

std::string mail_text(const Mail& mail) {
  const std::string domain = mail.from.substr(mail.from.rfind('@') + 1);
  std::string out;
  out += fmt::format("Date: {:%a, %d %b %Y %H:%M:%S} +0000\r\n",
                     fmt::gmtime(static_cast<std::time_t>(mail.date.time_since_epoch().count())));
  out += fmt::format("From: {}\r\n", mail.from);
  out += fmt::format("To: {}\r\n", joined(mail.to));
  out += fmt::format("Subject: {}\r\n", header_words(mail.subject, 9));
  out += fmt::format("Message-ID: <{}@{}>\r\n", mail.id, domain);
  // So that nobody's holiday answers it (RFC 3834).
  out += "Auto-Submitted: auto-generated\r\n";
  out += "MIME-Version: 1.0\r\n";
  out += "Content-Type: text/plain; charset=utf-8\r\n";
  out += "Content-Transfer-Encoding: quoted-printable\r\n\r\n";
  return out + quoted_printable(as_utf8(mail.text));
}

}  // namespace suture::server
