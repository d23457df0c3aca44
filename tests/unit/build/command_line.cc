// SPDX-License-Identifier: Apache-2.0
#include "build/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace suture {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(CommandLine, UndoesQuotesAndEscapes) {
  EXPECT_THAT(split_command_line(R"(gcc-12 -DKBUILD_MODNAME='"vsock"' -DX=\"a\ b\" "c d" '')").value(),
              ElementsAre("gcc-12", "-DKBUILD_MODNAME=\"vsock\"", "-DX=\"a b\"", "c d", ""));
}

TEST(CommandLine, KeepsABackslashInSingleQuotes) {
  EXPECT_THAT(split_command_line(R"('a\b')").value(), ElementsAre("a\\b"));
}

TEST(CommandLine, TellsWhereOneCommandEnds) {
  EXPECT_THAT(split_command_line("gcc -c x.c ; ./objtool x.o;y").value(),
              ElementsAre("gcc", "-c", "x.c", ";", "./objtool", "x.o", ";", "y"));
  EXPECT_THAT(split_command_line("'a;b'").value(), ElementsAre("a;b"));
}

TEST(CommandLine, OfNothingIsEmpty) {
  EXPECT_THAT(split_command_line("").value(), IsEmpty());
  EXPECT_THAT(split_command_line(" \t\n").value(), IsEmpty());
}

TEST(CommandLine, RefusesAnOpenQuote) {
  EXPECT_EQ(split_command_line("gcc 'x").error().code, "build.command-line");
  EXPECT_EQ(split_command_line("gcc \"x").error().code, "build.command-line");
}

TEST(Dependencies, AreTheFilesOfTheRule) {
  EXPECT_THAT(dependencies_of("out/x.o: net/x.c include/a.h \\\n include/b.h \\\n  /abs/c.h\n"),
              ElementsAre("net/x.c", "include/a.h", "include/b.h", "/abs/c.h"));
  EXPECT_THAT(dependencies_of("x.o: a\\ b.h c.h"), ElementsAre("a b.h", "c.h"));
}

TEST(Dependencies, OfABrokenRuleAreNone) {
  for (const char* text : {"", "x.o", "x.o:", "x.o: ", "x.o: \\\n"})
    EXPECT_THAT(dependencies_of(text), IsEmpty());
}

}  // namespace
}  // namespace suture
