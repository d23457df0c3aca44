// SPDX-License-Identifier: Apache-2.0
#include "build/kbuild.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "base/hash.h"
#include "base/process.h"
#include "build/author_header.h"
#include "build/command_line.h"
#include "build/includer.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMarker = "suture:";
constexpr std::string_view kListed = "listed ";
constexpr std::size_t kLargestMakefile = 4u << 20;

Result<void> link_to(const fs::path& to, const fs::path& from) {
  std::error_code error;
  fs::create_symlink(to, from, error);
  if (error) return fail("file.write", "make the link " + from.string(), error.message());
  return {};
}

Result<void> link_entries(const fs::path& of, const fs::path& folder) {
  TRY(make_directories(folder));
  std::error_code error;
  for (fs::directory_iterator entry(of, error), end; !error && entry != end; entry.increment(error))
    TRY(link_to(entry->path(), folder / entry->path().filename()));
  if (error) return fail("file.read", "list " + of.string(), error.message());
  return {};
}

Result<void> copy_to(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::copy(from, to, fs::copy_options::recursive, error);
  if (error) return fail("file.write", "copy " + from.string(), error.message());
  return {};
}

std::size_t files_below(const fs::path& folder) {
  std::size_t count = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (!entry->is_symlink(ignored) && entry->is_regular_file(ignored)) ++count;
  }
  return count;
}

}  // namespace

const std::map<std::string, std::string>& Kbuild::environment() {
  // Same input, same bytes: no times, no language, nothing of a make which may be running us, and no flags or
  // headers that the caller's environment adds.
  static const std::map<std::string, std::string> kEnvironment{
      {"LC_ALL", "C"},         {"SOURCE_DATE_EPOCH", "0"}, {"MAKEFLAGS", ""}, {"MAKELEVEL", ""},
      {"KCFLAGS", ""},         {"KCPPFLAGS", ""},          {"CPATH", ""},     {"C_INCLUDE_PATH", ""},
      {"CCACHE_DISABLE", "1"}, {"SRCARCH", "x86"}};  // which objtool reads
  return kEnvironment;
}

Result<Kbuild> Kbuild::prepare(const Target& target, BuildCache cache) {
  Toolchain toolchain = TRY(Toolchain::of(target));
  Kbuild kbuild(target, std::move(toolchain), TRY(TempDir::make("suture-kbuild")), std::move(cache));
  TRY(kbuild.make_tree());
  return kbuild;
}

/// What kbuild is asked with: our makefile, which includes the kernel's. One object that it cannot make shall
/// not keep it from telling of the others (-k).
Command Kbuild::make_command(std::vector<std::string> more) const {
  Command make{
      .argv = {"make", "-s", "-k", "--no-print-directory", "-f", "suture.mk", "CC=" + target_.compiler},
      .directory = tree_.path(),
      .environment = environment()};
  make.argv.insert(make.argv.end(), more.begin(), more.end());
  // Up to 5.17 the first make only calls a second one, of the kernel's own makefile, so that an --include-dir
  // takes effect. It is told that this was done.
  if (sub_make_) {
    make.argv.push_back("--include-dir=" + target_.source.string());
    make.environment.insert({{"sub_make_done", "1"},
                             {"abs_srctree", target_.source.string()},
                             {"abs_objtree", tree_.path().string()}});
  }
  return make;
}

Result<Finished> Kbuild::run_in_place(Command command, const BuildRootAccess& more) const {
  BuildRootAccess access{.read = {target_.source, target_.headers, target_.common_headers, target_.kbuild},
                         .write = {tree_.path()}};
  access.read.insert(access.read.end(), more.read.begin(), more.read.end());
  access.write.insert(access.write.end(), more.write.begin(), more.write.end());
  return run(toolchain_.command(std::move(command), access));
}

Result<void> Kbuild::make_tree() {
  const fs::path& tree = tree_.path();
  std::error_code error;
  const std::string makefile = TRY(read_text_file(target_.source / "Makefile", kLargestMakefile));
  const std::string config = TRY(read_text_file(target_.config, kLargestMakefile));
  objtool_at_link_ = config.contains("\nCONFIG_X86_KERNEL_IBT=y\n");
  config_sum_ = BuildCache::key_of(
      {makefile, TRY(read_text_file(target_.headers / "include/config/auto.conf", kLargestMakefile))});
  if (const fs::path objtool = target_.kbuild / "tools/objtool/objtool"; fs::exists(objtool, error))
    objtool_sum_ = TRY(sha256_hex_of_file(objtool));
  sub_make_ = makefile.contains("MAKEFLAGS += --include-dir=$(abs_srctree)\nneed-sub-make := 1\n");
  for (const char* folder : {"include/config", "arch"}) TRY(make_directories(tree / folder));
  TRY(copy_to(target_.headers / ".config", tree / ".config"));
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
  // A folder of links, so that programs which the package lacks can be made beside those that it has.
  TRY(link_entries(target_.kbuild / "scripts", tree / "scripts"));
  TRY(link_to(target_.kbuild / "tools", tree / "tools"));
  // kbuild thinks the configuration changed when this file is missing or older than .config. The file
  // server's clock may not be ours.
  TRY(write_file(tree / "include/config/auto.conf.cmd", ""));
  const auto now = fs::last_write_time(tree / "include/config/auto.conf.cmd", error);
  if (!error) fs::last_write_time(tree / ".config", now - std::chrono::seconds(10), error);
  if (error) return fail("file.write", "set the time of .config", error.message());
  TRY(make_directories(tree / kAuthorInclude / "suture"));
  TRY(write_file(tree / kAuthorInclude / "suture/patch.h", kAuthorHeader));
  const std::string source = target_.source.string();
  TRY(write_file(tree / "suture-list.mk",
                 fmt::format("include $(srctree)/scripts/Makefile.build\n"
                             "suture-list: ; $(info {0} $(obj) $(real-obj-y) $(real-obj-m) $(lib-y))@:\n"
                             "suture-subdirs: ; $(info {0} $(obj) $(subdir-ym))@:\n",
                             kList)));
  return write_file(tree / "suture.mk",
                    fmt::format("include {}/Makefile\n"
                                "suture-units:\n"
                                "\t+$(foreach question,$(SUTURE_QUESTIONS),$(MAKE) -f "
                                "$(srctree)/scripts/Makefile.build $(subst |, ,$(question));)\n"
                                "suture-tools:\n"
                                "\t+$(MAKE) -f $(srctree)/scripts/Makefile.build obj=$(SUTURE_FOLDERS)\n"
                                "suture-lists:\n"
                                "\t+$(foreach folder,$(SUTURE_FOLDERS),$(MAKE) -f suture-list.mk "
                                "obj=$(folder) $(SUTURE_LIST);)\n",
                                source));
}

/// What make prints, now or when it was asked the same before: a target does not change.
Result<Finished> Kbuild::ask(const Command& make, const BuildRootAccess& access) const {
  const Places places = places_of(access.read);
  std::string question = config_sum_;
  for (const std::string& word : make.argv) question += "\n" + word;
  const std::string key =
      BuildCache::key_of({"answer", target_.id.build_id, target_.compiler_version, places.hide(question)});
  constexpr char kBetween = '\0';
  if (const auto known = cache_.find(key)) {
    const std::string text = places.show(as_text(*known));
    const std::size_t end = std::min(text.find(kBetween), text.size());
    return Finished{
        .status = 0, .out = text.substr(0, end), .err = text.substr(std::min(end + 1, text.size()))};
  }
  // On the way kbuild makes generated files that a unit needs (lib/crc32table.h): then it must be asked
  // again.
  const std::size_t before = cache_.exists() ? files_below(tree_.path()) : 0;
  Finished finished = TRY(run_in_place(make, access));
  if (cache_.exists() && finished.status == 0 && files_below(tree_.path()) == before)
    cache_.keep(key, as_bytes(places.hide(finished.out + kBetween + finished.err)));
  return finished;
}

/// One argument of a program may have 128 KiB (MAX_ARG_STRLEN, include/uapi/linux/binfmts.h), and what make
/// hands to the shell is a few times as long as the question.
std::vector<Kbuild::Questions> Kbuild::batches_of(const Questions& questions) {
  constexpr std::size_t kLongest = 32u << 10;
  std::vector<Questions> batches(1);
  std::size_t size = 0;
  for (const auto& [folder, objects] : questions) {
    for (const std::string& object : objects) {
      if (size + folder.size() + object.size() > kLongest) {
        batches.emplace_back();
        size = 0;
      }
      size += object.size() + 1 + (batches.back().contains(folder) ? 0 : folder.size() + 80);
      batches.back()[folder].push_back(object);
    }
  }
  return batches;
}

/// The lines that kbuild would run, and before each whether the folder's Makefile lists the object at all.
Result<Kbuild::Answers> Kbuild::ask_kbuild(const Questions& questions, const BuildRootAccess& access) const {
  Answers all;
  for (const Questions& batch : batches_of(questions)) {
    Answers answers = TRY(ask_at_once(batch, access));
    all.commands.merge(answers.commands);
    all.entered.merge(answers.entered);
    all.complaints += answers.complaints;
  }
  return all;
}

Result<Kbuild::Answers> Kbuild::ask_at_once(const Questions& questions, const BuildRootAccess& access) const {
  std::string words;
  for (const auto& [folder, objects] : questions)
    words += fmt::format("{}obj={}|{}", words.empty() ? "" : " ", folder, fmt::join(objects, "|"));
  // Print instead of running. Up to 5.16 objtool is a step of its own, later a part of the same command.
  const std::string rule = fmt::format(
      "rule_cc_o_c=$(info {} $@ $(if $(filter $@,$(real-obj-y) $(real-obj-m) $(lib-y)),listed,"
      "unlisted) $(cmd_cc_o_c)$(if $(findstring /objtool/objtool,$(cmd_cc_o_c)),,"
      "$(if $(strip $(cmd_objtool)), ; $(cmd_objtool))))@:",
      kMarker);
  // With indirect branch tracking kbuild runs objtool on what is linked, not on each object: we on each.
  const std::string objtool = "objtool-enabled=$(if $(is-standard-object),y)";
  // Up to 5.16 kbuild leaves objtool out where it could not be compiled. It is there.
  std::vector<std::string> question{"suture-units", "SUTURE_QUESTIONS=" + words, rule,
                                    "SKIP_STACK_VALIDATION="};
  // In the same breath, which of the folders kbuild comes to.
  std::set<std::string> above;
  for (const auto& [folder, objects] : questions) above.merge(makefiles_above(folder));
  if (!above.empty()) {
    question.insert(question.end(), {"suture-lists", "SUTURE_LIST=suture-subdirs",
                                     fmt::format("SUTURE_FOLDERS={}", fmt::join(above, " "))});
  }
  if (objtool_at_link_) question.push_back(objtool);
  Finished make = TRY(ask(make_command(question), access));
  if (TRY(make_missing_tool(make.err))) make = TRY(ask(make_command(question), access));
  // make expands the variable for each rule that it runs on the way: generated headers and their tools, too.
  Answers answers{.commands = {}, .entered = read_lists(make.out), .complaints = make.err};
  for (std::size_t at = 0; at < make.out.size();) {
    const std::size_t end = std::min(make.out.find('\n', at), make.out.size());
    std::string_view line = std::string_view(make.out).substr(at, end - at);
    at = end + 1;
    if (!line.starts_with(kMarker) || line.find(" -c ") == std::string_view::npos) continue;
    line.remove_prefix(kMarker.size() + 1);
    const std::size_t space = line.find(' ');
    answers.commands.try_emplace(std::string(line.substr(0, space)), line.substr(space + 1));
  }
  return answers;
}

/// Some generated headers are written by programs which packages with headers leave out: SELinux's flask.h by
/// scripts/selinux/genheaders. kbuild complains of the first; false when it does of none, or it cannot be
/// made.
Result<bool> Kbuild::make_missing_tool(std::string_view complaints) const {
  constexpr std::string_view kComplaint = "No rule to make target 'scripts/";
  const std::size_t at = complaints.find(kComplaint);
  if (at == std::string_view::npos) return false;
  const std::size_t name = at + kComplaint.size() - std::string_view("scripts/").size();
  const fs::path tool(complaints.substr(name, complaints.find('\'', name) - name));
  std::error_code error;
  if (tool.lexically_normal() != tool || fs::exists(tree_.path() / tool, error) ||
      !fs::exists(target_.source / tool.parent_path() / "Makefile", error))
    return false;
  TRY(run_in_place(make_command(
      {"suture-tools", "HOSTCC=" + target_.compiler, "SUTURE_FOLDERS=" + tool.parent_path().string()})));
  return fs::exists(tree_.path() / tool, error);
}

Result<std::string> Kbuild::ask_kbuild(const std::string& folder, const std::string& object,
                                       const BuildRootAccess& access) const {
  Answers answers = TRY(ask_kbuild({{folder, {object}}}, access));
  const auto found = answers.commands.find(object);
  if (found != answers.commands.end()) return std::move(found->second);
  return fail("build.kbuild-failed", "ask kbuild how to compile " + object,
              answers.complaints.empty() ? "it does not know" : answers.complaints.substr(0, 2000));
}

Result<UnitFlags> Kbuild::flags(const std::string& unit) const {
  return std::move(flags(std::span(&unit, 1)).front());
}

std::vector<Result<UnitFlags>> Kbuild::flags(std::span<const std::string> units) const {
  std::vector<Result<UnitFlags>> found(units.size());
  std::vector<Search> open;
  std::vector<Search> unlisted;
  for (std::size_t i = 0; i < units.size(); ++i) {
    const fs::path path(units[i]);
    std::error_code error;
    if (!fs::is_regular_file(target_.source / path, error)) {
      found[i] = fail("build.no-such-unit", "compile " + units[i], "the source has no such file");
      continue;
    }
    Search search{.index = i,
                  .unit = units[i],
                  .object = fs::path(path).replace_extension(".o").string(),
                  .folder = folder_above(path.parent_path()),
                  .failure = {}};
    (search.folder.empty() ? unlisted : open).push_back(std::move(search));
  }
  // Objects of sub-folders may be listed by a Makefile further up: so in rounds, each one folder higher.
  while (!open.empty()) {
    Questions questions;
    for (const Search& search : open) questions[search.folder.string()].push_back(search.object);
    const Result<Answers> answers = ask_kbuild(questions);
    std::erase_if(open, [&](Search& search) {
      std::optional<Result<UnitFlags>> result = go_on(search, answers);
      if (result) {
        found[search.index] = std::move(*result);
      } else if (search.folder.empty()) {
        unlisted.push_back(std::move(search));
        return true;
      }
      return result.has_value();
    });
  }
  if (!unlisted.empty()) look_far(unlisted, found);
  return found;
}

/// What the answers say of the unit; nothing when it is to be looked for one folder higher.
std::optional<Result<UnitFlags>> Kbuild::go_on(Search& search, const Result<Answers>& answers) const {
  if (!answers) return std::unexpected(answers.error());
  const auto told = answers->commands.find(search.object);
  // Asked again, alone, for its own complaint.
  Result<std::string> answer =
      told != answers->commands.end() ? told->second : ask_kbuild(search.folder.string(), search.object);
  const bool listed = answer && answer->starts_with(kListed);
  if (listed && !is_entered(search.folder, answers->entered)) return not_entered(search.unit, search.folder);
  if (listed) return parse_answer(search.unit, answer->substr(kListed.size()));
  if (!answer && !search.failure) search.failure = std::move(answer).error();
  search.folder = folder_above(search.folder.parent_path());
  return std::nullopt;
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
  const Result<Answers> answers = questions.empty() ? Answers{} : ask_kbuild(questions);
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
  if (!is_entered(place->second.folder, answers->entered))
    return not_entered(search.unit, place->second.folder);
  UnitFlags flags = TRY(parse_answer(search.unit, told->second.substr(kListed.size())));
  flags.compile.push_back(
      fmt::format("-fmacro-prefix-map={}={}", (target_.source / search.unit).string(),
                  fs::path(object).replace_extension(fs::path(search.unit).extension()).string()));
  return flags;
}

std::unexpected<Error> Kbuild::not_entered(const std::string& unit, const fs::path& folder) {
  return fail("build.unit-not-built", "compile " + unit,
              "no Makefile above enters " + folder.string() + " under this kernel's configuration",
              "this kernel was built without that code, so it needs no patch for it");
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

/// As kbuild is to be told of a folder outside of the source. Since 6.11 it takes each for one below that,
/// and looks there for what it reads.
Result<fs::path> Kbuild::place_of(const fs::path& folder) const {
  const std::string build = TRY(read_text_file(target_.source / "scripts/Makefile.build", kLargestMakefile));
  const bool below = !build.contains("$(if $(filter /%,$(src)),$(src),$(srctree)/$(src))");
  return below ? folder.lexically_relative(target_.source) : folder;
}

Result<UnitFlags> Kbuild::module_flags(const fs::path& folder, const std::string& name) const {
  TRY(write_file(folder / "Kbuild", fmt::format("obj-m := {}.o\n", name)));
  const fs::path place = TRY(place_of(folder));
  const std::string answer =
      TRY(ask_kbuild(place.string(), (place / (name + ".o")).string(), {.read = {folder}, .write = {}}));
  if (!answer.starts_with(kListed))
    return fail("build.glue", "compile the module's tables", "kbuild does not take the folder for a module");
  return parse_answer(name + ".c", answer.substr(kListed.size()));
}

Result<std::vector<UnitFlags>> Kbuild::module_flags(const fs::path& folder,
                                                    std::span<const std::string> names) const {
  const fs::path place = TRY(place_of(folder));
  std::vector<std::string> objects;
  for (const std::string& name : names) objects.push_back((place / (name + ".o")).string());
  const Answers answers = TRY(ask_kbuild({{place.string(), objects}}));
  std::vector<UnitFlags> flags;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto found = answers.commands.find(objects[i]);
    if (found == answers.commands.end() || !found->second.starts_with(kListed)) {
      return fail(
          "build.kbuild-failed", fmt::format("ask kbuild how to compile {}.c", names[i]),
          answers.complaints.empty() ? "its Kbuild does not list it" : answers.complaints.substr(0, 2000));
    }
    flags.push_back(TRY(parse_answer(names[i] + ".c", found->second.substr(kListed.size()))));
  }
  return flags;
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

}  // namespace suture
