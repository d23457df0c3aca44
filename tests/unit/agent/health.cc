// SPDX-License-Identifier: Apache-2.0
#include "agent/health.h"

#include <gtest/gtest.h>

#include "agent/hooks.h"
#include "base/file.h"

namespace suture {
namespace {

TEST(KernelRecords, AreReadInTheirForms) {
  const auto records = parse_kernel_records(
      "6,339,5140900,-;NET: Registered PF_INET6\n SUBSYSTEM=net\n"
      "4,340,5140901,-,caller=T7;with a caller; and a semicolon\n"
      "12,341,5140902,-;BUG: a program wrote this\n"
      "6,342,1,c;no end of line");
  EXPECT_EQ(records, (std::vector<KernelRecord>{{339, "NET: Registered PF_INET6"},
                                                {340, "with a caller; and a semicolon"},
                                                {342, "no end of line"}}));
}

TEST(KernelRecords, OfAnotherFormAreLeftOut) {
  for (const char* text : {"", "\n", ";", "6", "6,", "6,339", "6,339,", "6,x,1,-;a", "-6,1,1,-;a",
                           "6,99999999999999999999,1,-;a", " 6,1,1,-;a"}) {
    EXPECT_TRUE(parse_kernel_records(text).empty()) << text;
  }
}

TEST(KernelRecords, BehindAMarkOnly) {
  const TempDir folder = TempDir::make("suture-kmsg").value();
  ASSERT_TRUE(write_file(folder.path() / "kmsg", std::string_view("6,1,1,-;a\n6,2,1,-;b\n6,3,1,-;c\n")));
  EXPECT_EQ(read_kernel_records(folder.path() / "kmsg", 2).value(), (std::vector<KernelRecord>{{3, "c"}}));
  EXPECT_EQ(last_kernel_record(folder.path() / "kmsg").value(), 3u);
  EXPECT_EQ(read_kernel_records(folder.path() / "absent", 2).error().code, "agent.kernel-log");
}

TEST(KernelRecords, OfALongLogAreAllRead) {
  const TempDir folder = TempDir::make("suture-kmsg").value();
  std::string text;
  for (int i = 1; i <= 3000; ++i)
    text += "6," + std::to_string(i) + ",1,-;record " + std::to_string(i) + "\n";
  ASSERT_TRUE(write_file(folder.path() / "kmsg", text));
  const auto records = read_kernel_records(folder.path() / "kmsg", 0).value();
  ASSERT_EQ(records.size(), 3000u);
  EXPECT_EQ(records.at(1234), (KernelRecord{1235, "record 1235"}));
  EXPECT_EQ(last_kernel_record(folder.path() / "kmsg").value(), 3000u);
}

std::vector<BadSign> signs_of(const std::vector<std::string>& lines) {
  std::vector<KernelRecord> records;
  for (const auto& line : lines) records.push_back({records.size() + 1, line});
  return bad_signs(records, "suture_2");
}

TEST(BadSigns, ATraceIsOne) {
  const auto signs =
      signs_of({"all is well", "BUG: kernel NULL pointer dereference, address: 0",
                "Oops: 0002 [#1] PREEMPT SMP", "Modules linked in: suture_2(OEK) vsock",
                "RIP: 0010:f.suture+0x1/0x2 [suture_2]", "---[ end trace 0 ]---", "well again"});
  ASSERT_EQ(signs.size(), 1u);
  EXPECT_EQ(signs[0].kind, "oops");
  EXPECT_TRUE(signs[0].ours);
  EXPECT_TRUE(signs[0].whole);
}

TEST(BadSigns, AModuleThatIsOnlyLoadedIsNotNamed) {
  for (const char* line : {"Modules linked in: suture_2(OEK) vsock", " f+0x1/0x2 [suture_21]", "[suture_2"}) {
    const auto signs = signs_of({"WARNING: CPU: 0 PID: 1 at f.c:1 f+0x1/0x2", line, " </TASK>"});
    ASSERT_EQ(signs.size(), 1u) << line;
    EXPECT_FALSE(signs[0].ours) << line;
  }
  const auto with_build_id =
      signs_of({"WARNING: CPU: 0 PID: 1 at f.c:1 f+0x1/0x2 [suture_2 0a1b2c]", " </TASK>"});
  EXPECT_TRUE(with_build_id.at(0).ours);
}

TEST(BadSigns, WhatComesBehindATraceIsNotOfIt) {
  const auto signs = signs_of({"WARNING: CPU: 0 PID: 1 at f.c:1 f+0x1/0x2", " </TASK>",
                               "INFO: task x:7 blocked for more than 120 seconds.",
                               " f.suture+0x1/0x2 [suture_2]", " </TASK>"});
  ASSERT_EQ(signs.size(), 2u);
  EXPECT_FALSE(signs[0].ours);
  EXPECT_EQ(signs[1].kind, "hung-task");
  EXPECT_TRUE(signs[1].ours);
}

TEST(BadSigns, OneWithoutAnEndIsNotWhole) {
  const auto signs = signs_of({"WARNING: CPU: 0 PID: 1 at f.c:1 f+0x1/0x2", " f+0x1/0x2"});
  ASSERT_EQ(signs.size(), 1u);
  EXPECT_FALSE(signs[0].whole);
  std::vector<std::string> many(300, " f+0x1/0x2");
  many.front() = "WARNING: CPU: 0 PID: 1 at f.c:1 f+0x1/0x2";
  EXPECT_TRUE(signs_of(many).at(0).whole);
}

TEST(Commands, AreAnAbsolutePathAndWords) {
  EXPECT_EQ(parse_command("/bin/a  -b c").value(), (std::vector<std::string>{"/bin/a", "-b", "c"}));
  for (const char* text : {"", " ", "a", "./a", "sh -c /bin/a"}) {
    EXPECT_EQ(parse_command(text).error().code, "agent.config") << text;
  }
}

}  // namespace
}  // namespace suture
