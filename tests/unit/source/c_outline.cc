// SPDX-License-Identifier: Apache-2.0
#include "source/c_outline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"

namespace suture {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// "function f 1-4", "declared function g 5-5"
std::vector<std::string> in_words(const std::vector<OutlineItem>& outline) {
  std::vector<std::string> words;
  for (const OutlineItem& item : outline) {
    constexpr const char* kKinds[] = {"function ", "type ", "macro ", "variable "};
    words.push_back((item.defined ? "" : "declared ") + std::string(kKinds[static_cast<int>(item.kind)]) +
                    item.name + " " + std::to_string(item.first_line) + "-" + std::to_string(item.last_line));
  }
  return words;
}

std::vector<std::string> c(std::string_view text, OutlineOf extent = OutlineOf::kFile) {
  return in_words(outline_of_c(text, extent));
}

TEST(Outline, OfWhatAFileDefines) {
  EXPECT_THAT(
      c("/* { */\n#include <a.h>\n#define MORE(x) \\\n\tdo { \\\n} while (0)\n"
        "struct s {\n\tint x;\n};\n"
        "static int f(struct s *s,\n\t     int b)\n{\n\tif (b) {\n\t\treturn '{';\n\t}\n\treturn 0;\n}\n"
        "static const struct s table[] = {\n\t{ 1 },\n};\n"
        "int g(void);\nstatic DEFINE_MUTEX(lock);\nextern int count;\nint other;\n"),
      ElementsAre("macro MORE 3-5", "type s 6-8", "function f 9-16", "variable table 17-19",
                  "declared function g 20-20", "variable lock 21-21", "declared variable count 22-22",
                  "variable other 23-23"));
}

TEST(Outline, OfTypesHoweverTheyAreWritten) {
  EXPECT_THAT(
      c("typedef struct {\n\tint x;\n} pair_t;\n"
        "union u {\n\tstruct { int a; } in;\n} __packed;\n"
        "enum { FIRST, SECOND };\n"
        "struct __packed w {\n\tint (*call)(int a);\n};\n"
        "struct aligned_one {\n\tint a;\n} __attribute__((aligned(8)));\n"
        "typedef int (*handler_t)(int a);\nstruct only_named;\n"),
      ElementsAre("type pair_t 1-3", "type u 4-6", "type FIRST 7-7", "type w 8-10", "type aligned_one 11-13",
                  "type handler_t 14-14", "declared variable only_named 15-15"));
}

TEST(Outline, OfFunctionsThatMacrosMake) {
  EXPECT_THAT(c("SYSCALL_DEFINE2(kill, pid_t, pid, int, sig)\n{\n\treturn 0;\n}\n"
                "COMPAT_SYSCALL_DEFINE1(times, int, a)\n{\n}\n"
                "BPF_CALL_1(bpf_now, int, a)\n{\n}\n"
                "DEFINE_IDTENTRY(exc_overflow)\n{\n}\n"),
              ElementsAre("function __do_sys_kill 1-4", "function __do_compat_sys_times 5-7",
                          "function bpf_now 8-10", "function exc_overflow 11-13"));
}

TEST(Outline, AttributesAreNoNames) {
  EXPECT_THAT(c("static __printf(1, 2)\nvoid say(const char *f, ...)\n{\n}\n"
                "static void *start(struct seq *m)\n\t__acquires(RCU)\n{\n}\n"
                "static void stop(struct seq *m)\n__releases(RCU)\n{\n}\n"
                "__attribute__((weak)) int weak_one(void)\n{\n\treturn 0;\n}\n"
                "struct s *made(int a)\n{\n}\n"),
              ElementsAre("function say 1-4", "function start 5-8", "function stop 9-12",
                          "function weak_one 13-16", "function made 17-19"));
}

TEST(Outline, ACallWithoutASemicolonEndsWhereTheNextItemBegins) {
  EXPECT_THAT(
      c("module_init(start)\nMODULE_LICENSE(\"GPL\")\nstatic int f(void)\n{\n}\nEXPORT_SYMBOL(f)\nint a;\n"),
      ElementsAre("variable start 1-1", "variable MODULE_LICENSE 2-2", "function f 3-5",
                  "declared variable f 6-6", "variable a 7-7"));
}

TEST(Outline, AlternativesMayOpenWhatIsClosedOnce) {
  EXPECT_THAT(c("int f(int a)\n{\n#ifdef A\n\tif (a) {\n#else\n\tif (!a) {\n#endif\n\t\tx();\n\t}\n}\n"
                "#ifdef B\nint g(int a)\n#else\nint g(void)\n#endif\n{\n}\n"
                "#ifdef C\nint h(void)\n{\n}\n#else\nint h(int a)\n{\n}\n#endif\nint last;\n"),
              ElementsAre("function f 1-10", "declared function g 12-12", "function g 14-17",
                          "function h 19-21", "function h 23-25", "variable last 27-27"));
}

TEST(Outline, BracesThatDoNotMatchAreForgottenAtTheNextMargin) {
  EXPECT_THAT(
      c("int f(int a)\n{\n#ifdef A\n\tif (a) {\n#endif\n#ifdef A\n\t}\n#endif\n\tFOR_EACH(x) {{\n\t}\n}\n"
        "int g(void)\n{\n}\n"),
      ElementsAre("function f 1-11", "function g 12-14"));
}

TEST(Outline, OfAPartThatBeginsAndEndsAnywhere) {
  EXPECT_THAT(c("\treturn x;\n}\n\nstatic int g(int a)\n{\n\tif (a) {\n", OutlineOf::kPart),
              ElementsAre("function g 4-6"));
  // What was seen of f ends above; its brace was not.
  EXPECT_THAT(c("int f(void)\n{\n\tx();\n\nstatic int g(int a)\n{\n\ty();\n}\n", OutlineOf::kPart),
              ElementsAre("function f 1-4", "function g 5-8"));
}

TEST(Outline, OfAssembly) {
  EXPECT_THAT(
      in_words(outline_of("arch/x86/entry/entry.S",
                          "SYM_FUNC_START(write_ibpb)\n\tret\nSYM_FUNC_END(write_ibpb)\n\nENTRY(old)\n"
                          "\tnop\nEND(old)\n")),
      ElementsAre("function write_ibpb 1-3", "function old 5-7"));
  EXPECT_THAT(outline_of("net/Kconfig", "int f(void)\n{\n}\n"), IsEmpty());
}

TEST(Outline, SaysWhatALineIsIn) {
  const auto outline = outline_of_c("int a;\n\nstruct s {\n\tint x;\n#define FLAG 1\n\tint y;\n};\n");
  EXPECT_EQ(item_at(outline, 2), nullptr);
  EXPECT_EQ(item_at(outline, 4)->name, "s");
  EXPECT_EQ(item_at(outline, 5)->name, "FLAG");
  EXPECT_EQ(item_at(outline, 6)->name, "s");
  EXPECT_EQ(item_at(outline, 8), nullptr);
}

// Words of an item before it do not begin the one that stands within it.
TEST(Outline, AnItemEndsBehindItsBeginning) {
  const std::string text =
      "enum {\nLIMIT(x)\n};\n#ifdef A\nstatic int f(int a)\n{ int b\n{\n#else\nint f(void)\n#endif\n}\n";
  for (const OutlineItem& item : outline_of_c(text, OutlineOf::kPart))
    EXPECT_LE(item.first_line, item.last_line) << item.name;
}

// What might be one head of a hundred thousand lines is not read anew with each of them.
TEST(Outline, AHeadWithoutEndEnds) {
  std::string text = "int before(void);\n";
  for (int i = 0; i < 100'000; ++i) text += "a(*)\n";
  const auto outline = outline_of_c(text + ";\nint behind(void)\n{\n}\n");
  ASSERT_FALSE(outline.empty());
  EXPECT_EQ(outline.front().name, "before");
  EXPECT_EQ(outline.back().name, "behind");
}

TEST(Outline, BrokenTextEnds) {
  for (const char* text :
       {"",    "{",      "}",     "}}}}", "((((", "\"",     "'",   "/*",    "#",        "#define",
        "#if", "#endif", "#else", "a\\",  "\\\n", "int f(", "= {", "{{{{;", "struct {", "#define \\\n"}) {
    for (const OutlineOf extent : {OutlineOf::kFile, OutlineOf::kPart}) {
      for (const OutlineItem& item : outline_of_c(text, extent))
        EXPECT_LE(item.first_line, item.last_line) << text;
    }
    outline_of_assembly(text);
  }
}

}  // namespace
}  // namespace suture
