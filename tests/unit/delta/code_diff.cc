// SPDX-License-Identifier: Apache-2.0
#include "delta/code_diff.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <sstream>

namespace suture {
namespace {

/// "mov a;je@2;nop": instructions, with the number of the line that a jump leads to.
Listing listing(const std::string& text) {
  Listing result;
  std::stringstream lines(text);
  for (std::string line; std::getline(lines, line, ';');) {
    const std::size_t at = line.find('@');
    const std::string code = line.substr(0, at);
    result.lines.push_back({.offset = result.code.size(),
                            .size = 1,
                            .text = code,
                            .key = code,
                            .target = at == std::string::npos ? kNoLine : std::stoul(line.substr(at + 1))});
    result.code.push_back(0);
  }
  return result;
}

/// " ~-+" and the line of each row: as a diff would print it.
std::string diff(const Listing& before, const Listing& after) {
  std::string text;
  for (const CodeRow& row : align_code(before, after)) {
    text += " ~-+"[static_cast<std::size_t>(row.status)];
    text += row.after == kNoLine ? before.lines[row.before].text : after.lines[row.after].text;
    text += ";";
  }
  return text;
}

void expect_complete(const Listing& before, const Listing& after) {
  std::vector<std::size_t> before_lines;
  std::vector<std::size_t> after_lines;
  for (const CodeRow& row : align_code(before, after)) {
    if (row.before != kNoLine) before_lines.push_back(row.before);
    if (row.after != kNoLine) after_lines.push_back(row.after);
    EXPECT_EQ(row.before == kNoLine, row.status == CodeStatus::kAdded);
    EXPECT_EQ(row.after == kNoLine, row.status == CodeStatus::kRemoved);
    const bool same = row.status == CodeStatus::kSame;
    EXPECT_TRUE(!same || before.lines[row.before].key == after.lines[row.after].key);
  }
  const auto counted = [](std::size_t count) {
    std::vector<std::size_t> numbers(count);
    std::iota(numbers.begin(), numbers.end(), std::size_t{0});
    return numbers;
  };
  EXPECT_EQ(before_lines, counted(before.lines.size()));
  EXPECT_EQ(after_lines, counted(after.lines.size()));
}

TEST(AlignCode, TellsWhatWasAddedAndRemoved) {
  EXPECT_EQ(diff(listing("push a;mov b;ret"), listing("push a;mov b;ret")), " push a; mov b; ret;");
  EXPECT_EQ(diff(listing("push a;ret"), listing("push a;call f;ret")), " push a;+call f; ret;");
  EXPECT_EQ(diff(listing("push a;call f;ret"), listing("push a;ret")), " push a;-call f; ret;");
  EXPECT_EQ(diff(listing(""), listing("ret")), "+ret;");
  EXPECT_EQ(diff(listing("ret"), listing("")), "-ret;");
  EXPECT_EQ(diff(listing(""), listing("")), "");
}

TEST(AlignCode, FindsTheShortestScript) {
  EXPECT_EQ(diff(listing("a;b;c;a;b;b;a"), listing("c;b;a;b;a;c")), "-a;-b; c;+b; a; b;-b; a;+c;");
}

TEST(AlignCode, CallsOtherOperandsOfOneInstructionAChange) {
  EXPECT_EQ(diff(listing("push a;cmp 4;ret"), listing("push a;cmp 5;ret")), " push a;~cmp 5; ret;");
  EXPECT_EQ(diff(listing("push a;cmp 4;mov x;ret"), listing("push a;test q;cmp 5;ret")),
            " push a;+test q;~cmp 5;-mov x; ret;");
}

TEST(AlignCode, FollowsJumps) {
  // The same place further down is the same; another place is not.
  EXPECT_EQ(diff(listing("je @2;mov;ret"), listing("je @3;mov;nop;ret")), " je ; mov;+nop; ret;");
  EXPECT_EQ(diff(listing("je @2;mov;ret"), listing("je @1;mov;ret")), "~je ; mov; ret;");
  EXPECT_EQ(diff(listing("je @1;mov;ret"), listing("je @1;ret")), "~je ;-mov; ret;");
}

TEST(AlignCode, LabelsBothSidesAlike) {
  const Listing before = listing("je @2;mov;ret");
  const Listing after = listing("je @1;nop;je @3;ret");
  const auto labels = label_code(before, after, align_code(before, after));
  EXPECT_EQ(labels.before, (std::vector<std::string>{"", "", labels.after[3]}));
  EXPECT_EQ(labels.after[1], ".L1");
  EXPECT_EQ(labels.after[3], ".L2");
  EXPECT_EQ(line_text(after.lines[2], labels.after), "je .L2");
}

std::string random_code(std::mt19937& random, std::size_t lines, unsigned words) {
  std::string text;
  for (std::size_t i = 0; i < lines; ++i) text += "op" + std::to_string(random() % words) + ";";
  return text;
}

TEST(AlignCode, LosesNoLineOfAny) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    expect_complete(listing(random_code(random, random() % 30, 6)),
                    listing(random_code(random, random() % 30, 6)));
  }
}

// Two functions of 20,000 instructions with little in common but some that occur once: beyond the most edits
// that are looked for, and done all the same.
TEST(AlignCode, StaysWithinBounds) {
  std::mt19937 random(2);
  const auto code = [&] {
    std::string text;
    for (int i = 0; i < 200; ++i) text += "unique" + std::to_string(i) + ";" + random_code(random, 100, 1000);
    return listing(text);
  };
  const Listing before = code();
  const Listing after = code();
  expect_complete(before, after);
  std::size_t unique = 0;
  for (const CodeRow& row : align_code(before, after)) {
    if (row.status == CodeStatus::kSame && before.lines[row.before].key.starts_with("unique")) ++unique;
  }
  EXPECT_EQ(unique, 200u);
  // Nothing at all to hold on to.
  expect_complete(listing(random_code(random, 20000, 40)), listing(random_code(random, 20000, 40)));
}

}  // namespace
}  // namespace suture
