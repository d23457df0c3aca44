// SPDX-License-Identifier: Apache-2.0
#include "server/notify/mail_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/lines.h"
#include "base/process.h"

namespace suture::server {
namespace {

using testing::HasSubstr;
using testing::Not;

Mail mail_of(std::string subject, std::string text) {
  return {.from = "suture@example.org",
          .to = {"ops@example.org", "night@example.org"},
          .subject = std::move(subject),
          .text = std::move(text),
          .id = "msg_1",
          .date = *parse_time("2026-11-27T15:04:05Z")};
}

/// What another reader, Python's, takes out of a mail: the headers asked for, then the text.
std::string read_back(const std::string& mail) {
  const auto said =
      run({.argv = {"python3", "-c",
                    "import sys, email, email.policy\n"
                    "m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)\n"
                    "for name in m.keys(): print(name + ':', m[name])\n"
                    "print(); sys.stdout.write(m.get_content().replace(chr(13) + chr(10), chr(10)))\n"
                    "assert not m.defects, m.defects\n"},
           .environment = {{"PYTHONIOENCODING", "utf-8"}},
           .input = mail});
  EXPECT_TRUE(said && said->status == 0) << (said ? said->err : said.error().message());
  return said ? said->out : "";
}

TEST(MailAddress, PlainOnesOnly) {
  for (const char* good : {"ops@example.org", "a.b+c@mail.example.org", "x@localhost", "o'neil@example.org"})
    EXPECT_TRUE(is_mail_address(good)) << good;
  for (const char* wrong : {"", "ops", "@example.org", "ops@", "a b@example.org", "a@b@example.org",
                            "ops@example.org\r\nBcc: x@y", "<ops@example.org>", "\"a\"@example.org",
                            "a..b@example.org", ".a@example.org", "a@-example.org", "a@example..org",
                            "a@[127.0.0.1]", "\xC3\xA4@example.org", "a,b@example.org"})
    EXPECT_FALSE(is_mail_address(wrong)) << wrong;
  EXPECT_FALSE(is_mail_address(std::string(65, 'a') + "@example.org"));
  EXPECT_FALSE(is_mail_address("a@" + std::string(64, 'b') + ".org"));
}

TEST(MailText, ReadsBackAsItWasWritten) {
  const std::string text = "Grüße = 100 %\n\n.\ntrailing space \nFrom here\n" + std::string(500, 'x') + "\n";
  const std::string read = read_back(mail_text(mail_of("[prod] 3 hosts crashed", text)));
  EXPECT_THAT(read, HasSubstr("Date: Fri, 27 Nov 2026 15:04:05 +0000\n"));
  EXPECT_THAT(read, HasSubstr("From: suture@example.org\n"));
  EXPECT_THAT(read, HasSubstr("To: ops@example.org, night@example.org\n"));
  EXPECT_THAT(read, HasSubstr("Subject: [prod] 3 hosts crashed\n"));
  EXPECT_THAT(read, HasSubstr("Message-ID: <msg_1@example.org>\n"));
  EXPECT_THAT(read, testing::EndsWith("\n\n" + text));
}

TEST(MailText, SubjectsOfAnyLengthAndLanguage) {
  for (const std::string& subject :
       {std::string("[prod] Größe, naïve, 日本語のホスト名がとても長い場合でも正しく読めること"),
        std::string(300, 'a'), std::string("=?UTF-8?B?QmNj?="), std::string("a\xff b")}) {
    const std::string read = read_back(mail_text(mail_of(subject, "x\n")));
    const std::string shown = subject == "a\xff b" ? "a\xEF\xBF\xBD b" : subject;
    EXPECT_THAT(read, HasSubstr("Subject: " + shown + "\n"));
  }
}

TEST(MailText, NothingBecomesAHeaderOrAnEndOfTheHeader) {
  const std::string subject = "web1\r\nBcc: thief@example.org\r\n\r\nbody";
  const std::string mail = mail_text(mail_of(subject, "x\n"));
  EXPECT_THAT(mail, Not(HasSubstr("\nBcc:")));
  EXPECT_THAT(read_back(mail), HasSubstr("Subject: web1  Bcc: thief@example.org    body\n"));
}

TEST(MailText, LinesAreShortAndEndAsTheyMust) {
  const std::string mail = mail_text(mail_of(std::string(400, 's'), std::string(4000, 'x') + "\r\r\nü\n"));
  std::string_view rest = mail;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    ASSERT_NE(end, rest.npos);
    ASSERT_GT(end, 0u);
    EXPECT_EQ(rest[end - 1], '\r');
    EXPECT_LE(end, 79u);
    for (const char c : rest.substr(0, end - 1)) EXPECT_TRUE(c >= ' ' && c < 0x7f);
    rest.remove_prefix(end + 1);
  }
}

}  // namespace
}  // namespace suture::server
