// SPDX-License-Identifier: Apache-2.0
//
// What administrators and events bring into mails and webhooks: none of it may become a header.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "server/notify/mail_message.h"
#include "server/notify/mail_words.h"
#include "server/notify/postman.h"
#include "server/notify/receiver.h"

namespace {

using namespace suture::server;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Nine headers and a body, in lines that a mail server takes.
void check_mail(const std::string& text) {
  std::string_view rest = text;
  int headers = 0;
  bool in_body = false;
  while (!rest.empty()) {
    const auto end = rest.find("\r\n");
    require(end != rest.npos && end <= 998);
    const auto line = rest.substr(0, end);
    require(line.find_first_of("\r\n") == line.npos);
    rest.remove_prefix(end + 2);
    if (line.empty()) in_body = true;
    if (!in_body && line.front() != ' ') ++headers;
  }
  require(in_body && headers == 9);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto receiver = parse_new_receiver(text, {.mail = true, .plain_http = false});
  if (receiver) {
    require(receiver->way == Way::kMail ? !receiver->to.empty() : !receiver->url.empty());
    for (const auto& address : receiver->to) require(address.find_first_of("\r\n <>,") == address.npos);
  }
  static_cast<void>(parse_credentials(text));
  Message message{.id = "msg_1", .time = "2026-11-27T15:00:00Z", .fleet = text};
  if (const auto read = parse_message(text)) message = *read;
  message.id = "msg_1";
  message.add({.id = 1, .time = "", .what = {.kind = "host.silent", .subject = text, .text = text}});
  check_mail(mail_text({.from = "a@example.org",
                        .to = {"b@example.org"},
                        .subject = mail_subject(message),
                        .text = mail_body(message, text),
                        .id = message.id,
                        .date = {}}));
  return 0;
}
