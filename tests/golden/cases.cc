// SPDX-License-Identifier: Apache-2.0
//
// One small C source for each thing that a delta must get right, compiled twice, without and with -DPATCHED.
// What must come out stands at its head, in lines "// WORD: VALUE...":
//
//   functions: f g     replaced; without any of these lines nothing may come out
//   exits: f           of the replaced, the module's exit function
//   added: x           new functions and variables
//   jumps: body        for the stop-machine engine: of the replaced, those with a jump at their entry (or
//   "none") lifted: body       shipped without an ftrace entry, its callers replaced needs: g           taken
//   from the running kernel (among others) note: CODE         what the reader of the delta is told (among
//   others) refused: CODE      no delta object: NAME       what the unit is part of, if not vmlinux flags:
//   FLAGS       further ones for the compiler
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "base/process.h"
#include "delta/delta.h"
#include "delta/unit.h"

namespace suture {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

/// As a kernel is compiled, as far as objects show it.
const Words kFlags{"-std=gnu11",
                   "-O2",
                   "-w",
                   "-ffunction-sections",
                   "-fdata-sections",
                   "-fno-common",
                   "-fno-PIE",
                   "-mcmodel=kernel",
                   "-mno-red-zone",
                   "-mno-sse",
                   "-pg",
                   "-mfentry",
                   "-fno-stack-protector",
                   "-fcf-protection=none",
                   "-fno-asynchronous-unwind-tables",
                   "-fno-jump-tables"};

std::map<std::string, Words> expectations(const fs::path& source) {
  std::map<std::string, Words> result;
  std::istringstream lines(read_text_file(source).value());
  for (std::string line; std::getline(lines, line) && line.starts_with("//");) {
    const std::size_t colon = line.find(": ");
    std::istringstream rest(colon == std::string::npos ? "" : line.substr(colon + 1));
    Words& words = result[line.substr(3, colon - 3)];
    for (std::string word; rest >> word;) words.push_back(word);
  }
  result.erase("SPDX-License-Identifier");
  return result;
}

Result<elf::Object> compile(const fs::path& source, const Words& flags, const fs::path& output,
                            bool patched) {
  Command compiler{.argv = {"gcc-12"}, .directory = source.parent_path()};
  for (const Words* group : {&kFlags, &flags})
    compiler.argv.insert(compiler.argv.end(), group->begin(), group->end());
  if (patched) compiler.argv.emplace_back("-DPATCHED");
  for (const std::string& word :
       {std::string("-c"), source.filename().string(), std::string("-o"), output.string()})
    compiler.argv.push_back(word);
  TRY(run_ok(compiler));
  return elf::read_object(output);
}

Words sorted(Words words) {
  std::ranges::sort(words);
  return words;
}

class DeltaCase : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const fs::path source = fs::path(SUTURE_GOLDEN_CASES) / (GetParam() + ".c");
    wanted_ = expectations(source);
    const auto folder = TempDir::make("suture-case");
    ASSERT_TRUE(folder.has_value());
    const auto original = compile(source, wanted_["flags"], folder->path() / "original.o", false);
    ASSERT_TRUE(original.has_value()) << original.error().message();
    if (const Words& object = wanted_["object"]; !object.empty()) options_.object = object[0];
    options_.jumps = wanted_.contains("jumps");
    original_ = *original;
    const auto patched = compile(source, wanted_["flags"], folder->path() / "patched.o", true);
    ASSERT_TRUE(patched.has_value()) << patched.error().message();
    patched_ = *patched;
  }

  void check(const Delta& delta) {
    Words functions;
    for (const DeltaFunction& function : delta.functions) functions.push_back(function.name);
    EXPECT_EQ(sorted(functions), sorted(wanted_["functions"]));
    Words exits;
    for (const DeltaFunction& function : delta.functions) {
      if (function.module_exit) exits.push_back(function.name);
    }
    EXPECT_EQ(exits, wanted_["exits"]);
    Words jumps;
    for (const DeltaFunction& function : delta.functions) {
      if (function.entry) jumps.push_back(function.name);
    }
    if (jumps.empty() && options_.jumps) jumps = {"none"};
    EXPECT_EQ(sorted(jumps), sorted(wanted_["jumps"]));
    // Parts of replaced functions are not new by themselves.
    Words added;
    for (const std::string& name : delta.added) {
      if (parent_of_cold(name).empty()) added.push_back(stable_name(name));
    }
    EXPECT_EQ(sorted(added), sorted(wanted_["added"]));
    std::set<std::string> needs;
    for (const DeltaNeed& need : delta.needs) needs.insert(delta.object.symbols[need.symbol].name);
    for (const std::string& need : wanted_["needs"]) EXPECT_TRUE(needs.contains(need)) << need;
    std::string notes;
    for (const DeltaNote& note : delta.notes) notes += note.code + ": " + note.text + "\n";
    for (const std::string& code : wanted_["note"]) EXPECT_NE(notes.find(code), std::string::npos) << notes;
    for (const std::string& name : wanted_["lifted"])
      EXPECT_NE(notes.find("delta.lifted: " + name + " "), std::string::npos) << notes;
    if (wanted_["lifted"].empty()) {
      EXPECT_EQ(notes.find("delta.lifted"), std::string::npos) << notes;
    }
  }

  std::map<std::string, Words> wanted_;
  DeltaOptions options_;
  elf::Object original_;
  elf::Object patched_;
};

TEST_P(DeltaCase, ComesOutAsItsHeadSays) {
  const Result<Delta> delta = make_delta(original_, patched_, GetParam(), options_);
  if (const Words& refused = wanted_["refused"]; !refused.empty()) {
    ASSERT_FALSE(delta.has_value());
    EXPECT_EQ(delta.error().code, refused[0]) << delta.error().message();
    return;
  }
  ASSERT_TRUE(delta.has_value()) << delta.error().message();
  check(*delta);
}

// The entries of tables come with the functions that they are about, and all else of the unit stays behind.
TEST_P(DeltaCase, IsAnObjectOfWhatIsShipped) {
  const Result<Delta> delta = make_delta(original_, patched_, GetParam(), options_);
  if (!delta) return;
  const Result<Bytes> bytes = elf::serialize(delta->object);
  ASSERT_TRUE(bytes.has_value()) << bytes.error().message();
  const Result<elf::Object> again = elf::parse_object(*bytes, "delta");
  ASSERT_TRUE(again.has_value()) << again.error().message();
  for (const char* table : {"__bug_table", "__ex_table", ".smp_locks", ".altinstructions", "__jump_table",
                            "__mcount_loc", ".static_call_sites"}) {
    const elf::Section* section = again->find_section(table);
    if (section == nullptr) continue;
    ASSERT_FALSE(section->relocations.empty()) << table;
    const elf::Symbol& first = again->symbols[section->relocations.front().symbol];
    EXPECT_TRUE(first.defined_in_section()) << table << " is about " << first.name;
  }
}

TEST_P(DeltaCase, FindsNothingBetweenAUnitAndItself) {
  for (const elf::Object* object : {&original_, &patched_}) {
    const Result<Delta> delta = make_delta(*object, *object, GetParam(), options_);
    ASSERT_TRUE(delta.has_value()) << delta.error().message();
    EXPECT_TRUE(delta->empty());
  }
}

std::vector<std::string> all_cases() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(SUTURE_GOLDEN_CASES)) {
    if (entry.path().extension() == ".c") names.push_back(entry.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Cases, DeltaCase, testing::ValuesIn(all_cases()), [](const auto& name) {
  std::string result = name.param;
  std::ranges::replace(result, '-', '_');
  return result;
});

}  // namespace
}  // namespace suture
