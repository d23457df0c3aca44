// SPDX-License-Identifier: Apache-2.0
#include "build/kbuild.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "base/process.h"
#include "build/author_header.h"
#include "build/command_line.h"
#include "build/includer.h"
#include "build/reaching_makefiles.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMarker = "suture:";
constexpr std::string_view kListed = "listed ";
constexpr std::string_view kList = "suture-list:";
constexpr std::string_view kRoots = "suture-roots:";
constexpr const char* kAuthorInclude = "suture-include";  // holds suture/patch.h
constexpr const char* kStandIns = "suture-absent";        // holds empty files

Result<void> link_to(const fs::path& to, const fs::path& from) {
  std::error_code error;
  fs::create_symlink(to, from, error);
  if (error) return fail("file.write", "make the link " + from.string(), error.message());
  return {};
}

Result<void> copy_to(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::copy(from, to, fs::copy_options::recursive, error);
  if (error) return fail("file.write", "copy " + from.string(), error.message());
  return {};
}

const std::map<std::string, std::string>& environment() {
  // Same input, same bytes: no times, no language, nothing of a make which may be running us, and no flags or
  // headers that the caller's environment adds.
  static const std::map<std::string, std::string> kEnvironment{
      {"LC_ALL", "C"},        {"SOURCE_DATE_EPOCH", "0"}, {"MAKEFLAGS", ""}, {"MAKELEVEL", ""},
      {"KCFLAGS", ""},        {"KCPPFLAGS", ""},          {"CPATH", ""},     {"C_INCLUDE_PATH", ""},
      {"CCACHE_DISABLE", "1"}};
  return kEnvironment;
}

/// The first lines of what the compiler said, paths as in the tree.
std::string compiler_words(std::string text, const fs::path& root) {
  const std::string prefix = root.string() + "/";
  for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at))
    text.erase(at, prefix.size());
  std::size_t end = 0;
  for (int lines = 0; lines < 20 && end != std::string::npos; ++lines)
    end = text.find('\n', end == 0 ? 0 : end + 1);
  return "\n" + text.substr(0, end);
}

/// "flask.h" of "avc.c:33:10: fatal error: flask.h: No such file or directory"; empty when it is no header
/// that could be anywhere.
std::string missing_header(const std::string& complaint) {
  constexpr std::string_view kBefore = ": fatal error: ";
  const std::size_t at = complaint.find(kBefore);
  const std::size_t end = complaint.find(": No such file or directory", at);
  if (at == std::string::npos || end == std::string::npos) return {};
  const std::string name = complaint.substr(at + kBefore.size(), end - at - kBefore.size());
  const fs::path path(name);
  const bool inside = path.is_relative() && path == path.lexically_normal() && *path.begin() != "..";
  return inside && name.ends_with(".h") ? name : std::string();
}

/// "./fs/ext4/" → "fs/ext4"
std::string plain_folder(const std::string& folder) {
  std::string plain = fs::path(folder).lexically_normal().string();
  while (plain.size() > 1 && plain.ends_with('/')) plain.pop_back();
  return plain;
}

/// From lines "make[1]: *** No rule to make target 'A', needed by 'B'.": both, but objects.
void add_absent_files(std::string_view complaints, std::set<std::string>& files) {
  const auto quoted = [&](std::string_view before) {
    const std::size_t at = complaints.find(before);
    if (at == std::string_view::npos) return std::string();
    complaints.remove_prefix(at + before.size());
    return std::string(complaints.substr(0, complaints.find('\'')));
  };
  for (;;) {
    const std::string target = quoted("No rule to make target '");
    if (target.empty()) return;
    for (const std::string& file : {target, quoted("needed by '")}) {
      const bool plain = !file.empty() && file.find_first_of(" |\n") == std::string::npos;
      if (plain && !file.ends_with(".o")) files.insert(file);
    }
  }
}

/// The unpatched source misses no header but those which a build generates and no package holds.
const char* missing_generated(const std::string& complaint, bool pristine) {
  const bool missing = complaint.find(": No such file or directory") != std::string::npos;
  return pristine && missing ? "build.generated-file-missing" : "build.does-not-compile";
}

}  // namespace

Result<Kbuild> Kbuild::prepare(const Target& target) {
  TRY(check_compiler(target));
  Kbuild kbuild(target, TRY(TempDir::make("suture-kbuild")));
  TRY(kbuild.make_tree());
  return kbuild;
}

Result<void> Kbuild::make_tree() const {
  const fs::path& tree = tree_.path();
  for (const char* folder : {"include/config", "arch"}) TRY(make_directories(tree / folder));
  TRY(copy_to(target_.headers / ".config", tree / ".config"));
  std::error_code error;
  if (fs::exists(target_.headers / ".kernelvariables", error)) {
    TRY(copy_to(target_.headers / ".kernelvariables", tree / ".kernelvariables"));
  }
  for (const char* file : {"include/config/auto.conf", "include/config/kernel.release"}) {
    TRY(copy_to(target_.headers / file, tree / file));
  }
  // Asked about a unit, kbuild makes the generated files that it needs (lib/crc32table.h), and on a changed
  // configuration it deletes some: where it writes may be no link into the target. These are 0.5 MB.
  TRY(copy_to(target_.headers / "include/generated", tree / "include/generated"));
  TRY(copy_to(target_.headers / "arch/x86", tree / "arch/x86"));
  TRY(link_to(target_.headers / "Module.symvers", tree / "Module.symvers"));
  TRY(link_to(target_.kbuild / "scripts", tree / "scripts"));
  TRY(link_to(target_.kbuild / "tools", tree / "tools"));
  // kbuild thinks the configuration changed when this file is missing or older than .config.
  TRY(write_file(tree / "include/config/auto.conf.cmd", ""));
  fs::last_write_time(tree / "include/config/auto.conf.cmd",
                      fs::last_write_time(tree / ".config", error) + std::chrono::seconds(10), error);
  if (error) return fail("file.write", "set the time of auto.conf.cmd", error.message());
  TRY(make_directories(tree / kAuthorInclude / "suture"));
  TRY(write_file(tree / kAuthorInclude / "suture/patch.h", kAuthorHeader));
  const std::string source = target_.source.string();
  TRY(write_file(tree / "suture-list.mk",
                 fmt::format("include $(srctree)/scripts/Makefile.build\n"
                             "suture-list: ; $(info {} $(obj) $(real-obj-y) $(real-obj-m) $(lib-y) "
                             "$(addsuffix /,$(subdir-ym)))@:\n",
                             kList)));
  return write_file(tree / "suture.mk",
                    fmt::format("include {}/Makefile\n"
                                "suture-units:\n"
                                "\t+$(foreach question,$(SUTURE_QUESTIONS),$(MAKE) -f "
                                "$(srctree)/scripts/Makefile.build $(subst |, ,$(question));)\n"
                                "suture-lists:\n"
                                "\t$(info {} $(vmlinux-dirs) $(build-dir))\n"
                                "\t+$(foreach folder,$(SUTURE_FOLDERS),$(MAKE) -f suture-list.mk "
                                "obj=$(folder) suture-list;)\n",
                                source, kRoots));
}

/// The lines that kbuild would run, and before each whether the folder's Makefile lists the object at all.
/// Files of which `absent` tells are taken for made.
Result<Kbuild::Answers> Kbuild::ask_kbuild(const Questions& questions,
                                           const std::set<std::string>& absent) const {
  std::string made;
  for (const std::string& file : absent) made += "|-o|" + file;
  // The kernel takes no argument of more than 128 KiB (MAX_ARG_STRLEN), and make hands all questions to one
  // shell, each with a command line of its own.
  constexpr std::size_t kLongestLine = 100'000;
  const std::size_t command = std::string_view("make -f /scripts/Makefile.build obj=; ").size() +
                              target_.source.string().size() + made.size();
  Answers answers;
  std::string words;
  std::size_t line = 0;
  for (const auto& [folder, objects] : questions) {
    bool named = false;
    for (const std::string& object : objects) {
      if (line + command + folder.size() + object.size() > kLongestLine) {
        TRY(ask_kbuild(words, answers));
        words.clear();
        line = 0;
        named = false;
      }
      if (!named) {
        words += (words.empty() ? "obj=" : " obj=") + folder + made;
        line += command + folder.size();
      }
      named = true;
      words += "|" + object;
      line += object.size() + 1;
    }
  }
  if (!words.empty()) TRY(ask_kbuild(words, answers));
  return answers;
}

/// Asks again for what is not told because a file is missing which a build generates with a program that no
/// package holds (asn1_compiler, genheaders): how a unit is compiled does not depend on what is in it.
Result<Kbuild::Answers> Kbuild::ask_in_spite_of_absent_files(Questions questions) const {
  Answers answers = TRY(ask_kbuild(questions, {}));
  std::set<std::string> absent;
  for (;;) {
    for (auto& [folder, objects] : questions)
      std::erase_if(objects, [&](const std::string& object) { return answers.commands.contains(object); });
    std::erase_if(questions, [](const auto& question) { return question.second.empty(); });
    const std::size_t known = absent.size();
    if (!questions.empty()) add_absent_files(answers.complaints, absent);
    if (absent.size() == known) return answers;
    answers.complaints.clear();
    Answers more = TRY(ask_kbuild(questions, absent));
    answers.commands.merge(more.commands);
    answers.complaints = std::move(more.complaints);
  }
}

/// `words`: "obj=FOLDER|OBJECT|OBJECT obj=…"
Result<void> Kbuild::ask_kbuild(const std::string& words, Answers& answers) const {
  // One object that it cannot make shall not keep it from telling of the others.
  const Finished make =
      TRY(run({.argv = {"make", "-s", "-k", "-f", "suture.mk", "suture-units", "SUTURE_QUESTIONS=" + words,
                        // Print instead of running.
                        fmt::format("rule_cc_o_c=$(info {} $@ $(if $(filter $@,$(real-obj-y) "
                                    "$(real-obj-m) $(lib-y)),listed,unlisted) "
                                    "$(cmd_cc_o_c))@:",
                                    kMarker)},
               .directory = tree_.path(),
               .environment = environment()}));
  // make expands the variable for each rule that it runs on the way: generated headers and their tools, too.
  answers.complaints += make.err;
  for (std::size_t at = 0; at < make.out.size();) {
    const std::size_t end = std::min(make.out.find('\n', at), make.out.size());
    std::string_view line = std::string_view(make.out).substr(at, end - at);
    at = end + 1;
    if (!line.starts_with(kMarker) || line.find(" -c ") == std::string_view::npos) continue;
    line.remove_prefix(kMarker.size() + 1);
    const std::size_t space = line.find(' ');
    answers.commands.try_emplace(std::string(line.substr(0, space)), line.substr(space + 1));
  }
  return {};
}

Result<std::string> Kbuild::ask_kbuild(const std::string& folder, const std::string& object) const {
  Answers answers = TRY(ask_kbuild({{folder, {object}}}, {}));
  const auto found = answers.commands.find(object);
  if (found != answers.commands.end()) return std::move(found->second);
  return fail("build.kbuild-failed", "ask kbuild how to compile " + object,
              answers.complaints.empty() ? "it does not know" : answers.complaints.substr(0, 2000));
}

/// What the Makefiles of these folders list, objects as they spell them. A folder whose Makefile cannot be
/// read is left out, and make's complaints are kept.
Result<Kbuild::Lists> Kbuild::ask_lists(const std::set<std::string>& folders) const {
  Lists lists;
  std::string words;
  for (auto folder = folders.begin(); folder != folders.end();) {
    // As for ask_kbuild().
    constexpr std::size_t kMostFolders = 300;
    words.clear();
    for (std::size_t i = 0; i < kMostFolders && folder != folders.end(); ++i, ++folder)
      words += *folder + " ";
    const Finished make =
        TRY(run({.argv = {"make", "-s", "-k", "-f", "suture.mk", "suture-lists", "SUTURE_FOLDERS=" + words},
                 .directory = tree_.path(),
                 .environment = environment()}));
    lists.complaints += make.err;
    std::istringstream lines(make.out);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(kRoots)) {
        std::istringstream roots(line.substr(kRoots.size()));
        for (std::string root; roots >> root;) lists.roots.insert(plain_folder(root));
      }
      if (!line.starts_with(kList)) continue;
      std::istringstream listed(line.substr(kList.size()));
      std::string name;
      listed >> name;
      std::set<std::string>& objects = lists.objects[name];
      for (std::string word; listed >> word;) {
        if (word.ends_with('/'))
          lists.folders[name].insert(plain_folder(word));
        else
          objects.insert(word);
      }
    }
  }
  return lists;
}

/// The folders that a build enters, from the top down. Objects of other folders are listed by their Makefiles
/// as well, as if nothing depended on the folder: arch/x86/kernel/cpu/mce where there is no CONFIG_X86_MCE.
std::set<std::string> Kbuild::entered(const Lists& lists) {
  std::set<std::string> entered = lists.roots;
  std::vector<std::string> open(entered.begin(), entered.end());
  while (!open.empty()) {
    const auto below = lists.folders.find(open.back());
    open.pop_back();
    if (below == lists.folders.end()) continue;
    for (const std::string& folder : below->second) {
      if (entered.insert(folder).second) open.push_back(folder);
    }
  }
  return entered;
}

/// Objects that a Makefile lists which is in no folder above them, by what their paths come to.
Result<Kbuild::Faraway> Kbuild::listed_from_afar() const {
  const std::vector<std::string> folders = TRY(reaching_makefiles(target_.source));
  const Lists lists = TRY(ask_lists({folders.begin(), folders.end()}));
  Faraway objects;
  for (const std::string& folder : folders) {
    const auto list = lists.objects.find(folder);
    // What such a Makefile lists must be known before a unit is taken for one that this kernel lacks.
    if (list == lists.objects.end()) {
      return fail("build.kbuild-failed", "ask kbuild what the Makefile of " + folder + " lists",
                  lists.complaints.empty() ? "it does not say" : lists.complaints.substr(0, 2000));
    }
    for (const std::string& object : list->second) {
      const std::string path = fs::path(object).lexically_normal().string();
      if (path != object) objects.try_emplace(path, Place{.folder = folder, .object = object});
    }
  }
  return objects;
}

/// The nearest folder, from this one upward, that has a Makefile; empty when there is none.
fs::path Kbuild::folder_above(fs::path folder) const {
  std::error_code error;
  while (!folder.empty() && !fs::exists(target_.source / folder / "Makefile", error) &&
         !fs::exists(target_.source / folder / "Kbuild", error))
    folder = folder.parent_path();
  return folder;
}

Result<UnitFlags> Kbuild::flags(const std::string& unit) const {
  return std::move(flags(std::span(&unit, 1)).front());
}

std::vector<Result<UnitFlags>> Kbuild::flags(std::span<const std::string> units) const {
  std::vector<Result<UnitFlags>> found(units.size());
  std::vector<Search> searches;
  std::set<std::string> folders;
  for (std::size_t i = 0; i < units.size(); ++i) {
    const fs::path path(units[i]);
    std::error_code error;
    if (!fs::is_regular_file(target_.source / path, error)) {
      found[i] = fail("build.no-such-unit", "compile " + units[i], "the source has no such file");
      continue;
    }
    searches.push_back({.index = i,
                        .unit = units[i],
                        .object = fs::path(path).replace_extension(".o").string(),
                        .folder = {},
                        .failure = {}});
    for (fs::path above = folder_above(path.parent_path()); !above.empty();
         above = folder_above(above.parent_path()))
      folders.insert(above.string());
  }
  folders.insert(".");
  // To list is cheap, to tell a command is not: so only what is listed is asked for.
  const Result<Lists> lists = ask_lists(folders);
  std::set<std::string> way_in;
  if (lists) {
    const Result<std::set<std::string>> entered = folders_entered(*lists);
    if (!entered) return std::vector<Result<UnitFlags>>(units.size(), std::unexpected(entered.error()));
    way_in = *entered;
  }
  std::vector<Search> unlisted;
  Questions questions;
  std::erase_if(searches, [&](Search& search) {
    if (!lists) {
      found[search.index] = std::unexpected(lists.error());
      return true;
    }
    find_list(search, *lists);
    if (!search.folder.empty()) {
      if (!way_in.contains(search.folder.string())) {
        found[search.index] = fail("build.unit-not-built", "compile " + search.unit,
                                   "no part of this kernel's configuration leads to the Makefile of " +
                                       search.folder.string() + ", which lists it");
        return true;
      }
      questions[search.folder.string()].push_back(search.object);
      return false;
    }
    unlisted.push_back(std::move(search));
    return true;
  });
  const Result<Answers> answers =
      questions.empty() ? Answers{} : ask_in_spite_of_absent_files(std::move(questions));
  for (const Search& search : searches) found[search.index] = told(search, answers);
  if (!unlisted.empty()) look_far(unlisted, found);
  return found;
}

/// Those of `lists` which a build enters. A folder for which this is not shown by the Makefiles above it may
/// be entered from elsewhere.
Result<std::set<std::string>> Kbuild::folders_entered(const Lists& lists) const {
  std::set<std::string> found = entered(lists);
  const bool all = std::ranges::all_of(
      lists.objects, [&](const auto& list) { return list.second.empty() || found.contains(list.first); });
  if (all) return found;
  const std::vector<std::string> reaching = TRY(reaching_makefiles(target_.source));
  Lists far = TRY(ask_lists({reaching.begin(), reaching.end()}));
  // Makefiles above those were not read: they count as entered.
  for (const auto& [folder, objects] : far.objects) far.roots.insert(folder);
  far.roots.insert(lists.roots.begin(), lists.roots.end());
  far.folders.insert(lists.folders.begin(), lists.folders.end());
  found = entered(far);
  if (!lists.roots.empty() && found.contains("kernel")) return found;
  return fail("build.kbuild-failed", "ask kbuild which folders a build enters",
              lists.complaints.empty() ? "it does not say" : lists.complaints.substr(0, 2000));
}

/// The folder, from the unit's own upward, whose Makefile lists it: objects of sub-folders may be listed
/// further up.
void Kbuild::find_list(Search& search, const Lists& lists) const {
  for (fs::path folder = folder_above(fs::path(search.unit).parent_path()); !folder.empty();
       folder = folder_above(folder.parent_path())) {
    const auto list = lists.objects.find(folder.string());
    if (list != lists.objects.end() && list->second.contains(search.object)) {
      search.folder = folder;
      return;
    }
    if (list == lists.objects.end() && !search.failure) {
      search.failure =
          fail("build.kbuild-failed", "ask kbuild what the Makefile of " + folder.string() + " lists",
               lists.complaints.empty() ? "it does not say" : lists.complaints.substr(0, 2000))
              .error();
    }
  }
}

Result<UnitFlags> Kbuild::told(const Search& search, const Result<Answers>& answers) const {
  if (!answers) return std::unexpected(answers.error());
  const auto told = answers->commands.find(search.object);
  // Asked again, alone, for its own complaint.
  const std::string answer =
      told != answers->commands.end() ? told->second : TRY(ask_kbuild(search.folder.string(), search.object));
  if (answer.starts_with(kListed)) return parse_answer(search.unit, answer.substr(kListed.size()));
  return fail("build.kbuild-answer", "ask kbuild how to compile " + search.unit,
              "the Makefile of " + search.folder.string() + " lists it, and then does not");
}

/// Answers for units that no Makefile above them lists.
void Kbuild::look_far(std::vector<Search>& unlisted, std::vector<Result<UnitFlags>>& found) const {
  const Result<Faraway> faraway = listed_from_afar();
  Questions questions;
  for (const Search& search : unlisted) {
    if (!faraway || !faraway->contains(search.object)) continue;
    const Place& place = faraway->at(search.object);
    questions[place.folder].push_back(place.object);
  }
  const Result<Answers> answers =
      questions.empty() ? Answers{} : ask_in_spite_of_absent_files(std::move(questions));
  std::vector<std::string> nowhere;
  for (const Search& search : unlisted) {
    if (faraway && !search.failure && !faraway->contains(search.object)) nowhere.push_back(search.unit);
  }
  const Result<Includers> includers = includers_of(target_.source, nowhere);
  for (Search& search : unlisted) found[search.index] = far_flags(search, faraway, answers, includers);
}

Result<UnitFlags> Kbuild::far_flags(Search& search, const Result<Faraway>& faraway,
                                    const Result<Answers>& answers,
                                    const Result<Includers>& includers) const {
  if (!faraway) return std::unexpected(faraway.error());
  if (!answers) return std::unexpected(answers.error());
  const auto place = faraway->find(search.object);
  if (place == faraway->end()) {
    // "Not built" means that no patch is needed: it must be known, not assumed.
    if (search.failure) return std::unexpected(std::move(*search.failure));
    if (!includers) return std::unexpected(includers.error());
    return not_listed(search.unit, *includers);
  }
  const std::string& object = place->second.object;
  const auto told = answers->commands.find(object);
  if (told == answers->commands.end() || !told->second.starts_with(kListed)) {
    return fail(
        "build.kbuild-failed", "ask kbuild how to compile " + search.unit,
        place->second.folder + "/Makefile lists it as " + object + ", but does not say how to make it");
  }
  UnitFlags flags = TRY(parse_answer(search.unit, told->second.substr(kListed.size())));
  flags.compile.push_back(
      fmt::format("-fmacro-prefix-map={}={}", (target_.source / search.unit).string(),
                  fs::path(object).replace_extension(fs::path(search.unit).extension()).string()));
  return flags;
}

Result<UnitFlags> Kbuild::not_listed(const std::string& unit, const Includers& includers) {
  if (const auto includer = includers.find(unit); includer != includers.end()) {
    return fail("build.unit-included", "compile " + unit, "it is compiled as a part of " + includer->second,
                "this version builds only changes to units which kbuild compiles by themselves");
  }
  return fail("build.unit-not-built", "compile " + unit,
              "no Makefile on the way to it lists it under this kernel's configuration",
              "this kernel was built without that code, so it needs no patch for it");
}

Result<UnitFlags> Kbuild::module_flags(const fs::path& folder, const std::string& name) const {
  TRY(write_file(folder / "Kbuild", fmt::format("obj-m := {}.o\n", name)));
  const std::string answer = TRY(ask_kbuild(folder.string(), (folder / (name + ".o")).string()));
  if (!answer.starts_with(kListed))
    return fail("build.glue", "compile the module's tables", "kbuild does not take the folder for a module");
  return parse_answer(name + ".c", answer.substr(kListed.size()));
}

Result<UnitFlags> Kbuild::parse_answer(const std::string& unit, const std::string& answer) const {
  const std::vector<std::string> words = TRY(split_command_line(answer));
  UnitFlags flags{.unit = unit, .object = "vmlinux", .compile = {}, .objtool = {}};
  const auto semicolon = std::ranges::find(words, ";");
  for (auto word = words.begin(); word != semicolon; ++word) {
    constexpr std::string_view kModuleName = "-DKBUILD_MODNAME=\"";
    if (*word == "-DMODULE") flags.object.clear();
    if (*word == "-o" && word + 1 != semicolon) {
      ++word;
      continue;
    }
    if (*word == "-c" || word->starts_with("-Wp,-MMD") || word + 1 == semicolon) continue;
    if (flags.object.empty() && word->starts_with(kModuleName)) {
      flags.object = word->substr(kModuleName.size(), word->size() - kModuleName.size() - 1);
    }
    flags.compile.push_back(*word);
  }
  if (semicolon != words.end()) flags.objtool.assign(semicolon + 1, words.end() - 1);
  if (flags.compile.empty() || flags.object.empty()) {
    return fail("build.kbuild-answer", "ask kbuild how to compile " + unit,
                "its answer was not understood: " + answer);
  }
  return flags;
}

/// The unit's own command, with headers from `root`.
Command Kbuild::compiler(const UnitFlags& flags, const fs::path& root, bool in_tree) const {
  Command compiler{.argv = {}, .directory = tree_.path(), .environment = environment()};
  const std::string source = target_.source.string();
  for (std::string word : flags.compile) {
    for (std::size_t at = word.find(source); at != std::string::npos;
         at = word.find(source, at + root.string().size())) {
      word.replace(at, source.size(), root.string());
    }
    compiler.argv.push_back(std::move(word));
  }
  // The kernel's own source is compiled as it was when the kernel was built; only ours may use our header.
  if (root != target_.source || !in_tree) {
    const std::string include = (tree_.path() / kAuthorInclude).string();
    compiler.argv.push_back("-I" + include);
    compiler.argv.push_back(fmt::format("-fmacro-prefix-map={}/=", include));
  }
  return compiler;
}

Result<std::vector<fs::path>> Kbuild::files_read(const fs::path& dependencies) const {
  std::vector<fs::path> files;
  for (const std::string& read : dependencies_of(TRY(read_text_file(dependencies, 16u << 20)))) {
    files.push_back(fs::path(read).is_absolute() ? fs::path(read) : tree_.path() / read);
  }
  return files;
}

Result<Kbuild::Preprocessed> Kbuild::preprocess(const UnitFlags& flags, const fs::path& root,
                                                const fs::path& scratch,
                                                std::set<std::string>& absent) const {
  const fs::path stand_ins = tree_.path() / kStandIns;
  for (;;) {
    Command command = compiler(flags, root, true);
    for (std::string word : {std::string("-idirafter"), stand_ins.string()}) {
      if (!absent.empty()) command.argv.push_back(std::move(word));
    }
    for (std::string word : {"-Wp,-MMD," + scratch.string(), std::string("-E"), std::string("-P"),
                             (root / flags.unit).string()}) {
      command.argv.push_back(std::move(word));
    }
    Finished finished = TRY(run(command));
    if (finished.status == 0)
      return Preprocessed{.text = std::move(finished.out), .files = TRY(files_read(scratch))};
    const bool pristine = root == target_.source;
    const std::string missing = pristine ? missing_header(finished.err) : "";
    if (missing.empty() || !absent.insert(missing).second) {
      return fail(missing_generated(finished.err, pristine), "preprocess " + flags.unit,
                  compiler_words(finished.err, root));
    }
    TRY(write_file(stand_ins / missing, ""));
  }
}

Result<void> Kbuild::compile_text(const UnitFlags& flags, const fs::path& text,
                                  const fs::path& output) const {
  Command command = compiler(flags, target_.source, true);
  for (std::string word : {std::string("-w"), std::string("-x"), std::string("cpp-output"), std::string("-c"),
                           std::string("-o"), output.string(), text.string()}) {
    command.argv.push_back(std::move(word));
  }
  const Finished finished = TRY(run(command));
  if (finished.status == 0) return {};
  return fail("build.does-not-compile", "compile the declarations of " + flags.unit,
              compiler_words(finished.err, target_.source));
}

Result<std::vector<fs::path>> Kbuild::compile(const UnitFlags& flags, const fs::path& root,
                                              const fs::path& file, const fs::path& output) const {
  const fs::path dependencies = output.string() + ".d";
  const bool in_tree = file.string().starts_with(root.string() + "/");
  Command compiler = this->compiler(flags, root, in_tree);
  for (std::string word : {std::string("-ffunction-sections"), std::string("-fdata-sections"),
                           "-Wp,-MMD," + dependencies.string(), std::string("-c"), std::string("-o"),
                           output.string(), file.string()}) {
    compiler.argv.push_back(std::move(word));
  }
  // kbuild's own flags say how paths in the tree are to appear; the folder of a generated source shall not.
  if (!in_tree) {
    compiler.argv.push_back(fmt::format("-fmacro-prefix-map={}/=", file.parent_path().string()));
  }
  const Finished compiled = TRY(run(compiler));
  if (compiled.status != 0) {
    return fail(missing_generated(compiled.err, root == target_.source), "compile " + flags.unit,
                compiler_words(compiled.err, root));
  }
  if (!flags.objtool.empty()) {
    Command objtool{.argv = flags.objtool, .directory = tree_.path(), .environment = environment()};
    objtool.argv.push_back(output.string());
    const Finished checked = TRY(run(objtool));
    if (checked.status != 0)
      return fail("build.objtool-failed", "run objtool on " + flags.unit, checked.err.substr(0, 2000));
  }
  return files_read(dependencies);
}

}  // namespace suture
