// SPDX-License-Identifier: Apache-2.0
//
// Compiles single units exactly as the distribution compiled them, without building or preparing a kernel.
//
// The packages with headers hold what a build generates (configuration, generated headers, objtool), the
// source package the rest. A folder of copies and links joins them into what kbuild takes for a finished
// build tree. Then kbuild itself is asked for a unit's command line, so no flag is guessed, and the compiler
// is run by us.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "build/build_cache.h"
#include "build/places.h"
#include "target/target.h"
#include "target/toolchain.h"

namespace suture {

/// How one unit is compiled. Paths to sources begin with Target::source.
struct UnitFlags {
  std::string unit;                  ///< "net/core/sock.c"
  std::string object;                ///< what it is linked into: "vmlinux" or a module as in /proc/modules
  std::vector<std::string> compile;  ///< compiler and flags, without files and output
  std::vector<std::string> objtool;  ///< without the object; empty when the unit is not for objtool
};

class Kbuild {
  static constexpr const char* kAuthorInclude = "suture-include";  // in the tree; holds suture/patch.h
  static constexpr std::string_view kList = "suture-list:";

 public:
  /// "target.compiler-differs" and the like when no compiler at hand makes the kernel's code.
  /// `cache`: where answers and objects are kept for the next time.
  static Result<Kbuild> prepare(const Target& target, BuildCache cache = {});

  /// "build.unit-not-built" when this kernel's configuration has no place for the unit;
  /// "build.unit-included" when another source includes it; "build.kbuild-failed" when it cannot be told.
  Result<UnitFlags> flags(const std::string& unit) const;
  /// The same for many at once, in the order given. kbuild takes a second to read its Makefiles and little
  /// more for each unit, so this is how to ask about hundreds.
  std::vector<Result<UnitFlags>> flags(std::span<const std::string> units) const;
  const Target& target() const { return target_; }
  const BuildCache& cache() const { return cache_; }
  /// Where all this happens; goes away with the object.
  const std::filesystem::path& tree() const { return tree_.path(); }
  /// For `folder/NAME.c`, the only source of a module of its own.
  Result<UnitFlags> module_flags(const std::filesystem::path& folder, const std::string& name) const;
  /// For the sources "NAME.c" of a module whose Kbuild is in the folder, which lies below tree(). Answers are
  /// kept by the folder's name: its Kbuild must say the same each time.
  Result<std::vector<UnitFlags>> module_flags(const std::filesystem::path& folder,
                                              std::span<const std::string> names) const;

  /// Compiles `file` to `output`, each function and variable in a section of its own, with debug information,
  /// and runs objtool. Headers come from the tree `root`: the target's source, or a patched tree of it; for
  /// what is not the target's own source, <suture/patch.h> is there as well. Gives back the files that were
  /// read. "build.does-not-compile" carries the compiler's words; "build.generated-file-missing",
  /// "build.objtool-failed".
  Result<std::vector<std::filesystem::path>> compile(const UnitFlags& flags,
                                                     const std::filesystem::path& root,
                                                     const std::filesystem::path& file,
                                                     const std::filesystem::path& output) const;
  /// What the compiler would compile, in the same way; files beside `output` are written on the way.
  Result<std::string> preprocess(const UnitFlags& flags, const std::filesystem::path& root,
                                 const std::filesystem::path& file,
                                 const std::filesystem::path& output) const;

 private:
  Kbuild(const Target& target, Toolchain toolchain, TempDir tree, BuildCache cache)
      : target_(target), toolchain_(std::move(toolchain)), tree_(std::move(tree)), cache_(std::move(cache)) {}
  Command make_command(std::vector<std::string> more) const;
  /// Runs it where the compiler is. It sees the target and our tree; `more` is what else.
  Result<Finished> run_in_place(Command command, const BuildRootAccess& more = {}) const;
  Result<void> make_tree();
  static const std::map<std::string, std::string>& environment();
  Places places_of(const std::vector<std::filesystem::path>& more) const;
  Result<Finished> ask(const Command& make, const BuildRootAccess& access = {}) const;
  Result<std::filesystem::path> view_of(const std::filesystem::path& root) const;
  Result<Command> compiler_command(const UnitFlags& flags, const std::filesystem::path& root,
                                   const std::filesystem::path& file,
                                   const std::filesystem::path& output) const;
  Result<std::string> preprocessed(const UnitFlags& flags, Command compiler,
                                   const std::filesystem::path& root, const std::filesystem::path& output,
                                   const BuildRootAccess& access) const;
  Result<std::optional<std::string>> object_key(const UnitFlags& flags, const Command& compiler,
                                                const std::filesystem::path& root,
                                                const std::filesystem::path& output,
                                                const BuildRootAccess& access) const;
  std::unexpected<Error> does_not_compile(const UnitFlags& flags, const std::filesystem::path& root,
                                          const Finished& compiler) const;
  Result<void> make_object(const UnitFlags& flags, Command compiler, const std::filesystem::path& root,
                           const std::filesystem::path& output, const BuildRootAccess& access) const;
  using ByFolder = std::map<std::string, std::vector<std::string>>;
  static ByFolder read_lists(const std::string& out);
  std::set<std::string> makefiles_above(const std::filesystem::path& folder) const;
  bool is_entered(const std::filesystem::path& folder, const ByFolder& entered) const;
  /// What to ask: objects by the folder whose Makefile is to be read.
  using Questions = std::map<std::string, std::vector<std::string>>;
  struct Answers {
    std::map<std::string, std::string> commands;  ///< by object
    ByFolder entered;                             ///< by folder: those that kbuild comes to from there
    std::string complaints;
  };
  static std::vector<Questions> batches_of(const Questions& questions);
  Result<Answers> ask_kbuild(const Questions& questions, const BuildRootAccess& access = {}) const;
  Result<bool> make_missing_tool(std::string_view complaints) const;
  Result<Answers> ask_at_once(const Questions& questions, const BuildRootAccess& access) const;
  Result<std::string> ask_kbuild(const std::string& folder, const std::string& object,
                                 const BuildRootAccess& access = {}) const;
  Result<std::filesystem::path> place_of(const std::filesystem::path& folder) const;
  /// An object as the Makefile of a folder that is not above it spells it: "arch/x86/kvm/../../../virt/….o".
  struct Place {
    std::string folder;
    std::string object;
  };
  using Faraway = std::map<std::string, Place>;  ///< by the object's plain path
  Result<Faraway> listed_from_afar() const;
  struct Lists {
    ByFolder of;
    std::string complaints;
  };
  Result<Lists> ask_for_lists(const std::vector<std::string>& folders, std::string_view list) const;
  Result<void> check_not_entered(const std::vector<std::string>& silent, const std::string& complaints) const;
  using Includers = std::map<std::string, std::string>;  ///< see includers_of()
  std::filesystem::path folder_above(std::filesystem::path folder) const;
  /// A unit on the way to the Makefile which lists it.
  struct Search {
    std::size_t index = 0;
    std::string unit;
    std::string object;
    std::filesystem::path folder;  ///< whose Makefile is to be asked next; empty: there is none left
    std::optional<Error> failure;  ///< the first that could not be asked
  };
  std::optional<Result<UnitFlags>> go_on(Search& search, const Result<Answers>& answers) const;
  void look_far(std::vector<Search>& unlisted, std::vector<Result<UnitFlags>>& found) const;
  Result<UnitFlags> far_flags(Search& search, const Result<Faraway>& faraway, const Result<Answers>& answers,
                              const Result<Includers>& includers) const;
  static std::unexpected<Error> not_entered(const std::string& unit, const std::filesystem::path& folder);
  static Result<UnitFlags> not_listed(const std::string& unit, const Includers& includers);
  Result<UnitFlags> parse_answer(const std::string& unit, const std::string& answer) const;

  Target target_;
  Toolchain toolchain_;
  TempDir tree_;
  BuildCache cache_;
  std::string config_sum_;   ///< of auto.conf and the top makefile
  std::string objtool_sum_;  ///< of the program
  bool objtool_at_link_ = false;
  bool sub_make_ = false;  ///< the kernel's makefile wants to call itself
};

}  // namespace suture
