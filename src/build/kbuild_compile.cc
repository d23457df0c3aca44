// SPDX-License-Identifier: Apache-2.0
//
// Compiling a unit. Kernels of one distribution have most of their source in common: so the unit is
// preprocessed first, and an object that was made of the same text, by the same compiler and flags, is taken
// instead of making it again. Paths of targets and temporary folders differ, and are left out of account:
// nothing but debug information holds them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/hash.h"
#include "build/command_line.h"
#include "build/kbuild.h"

namespace suture {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLargestText = 256u << 20;
constexpr const char* kSource = "source";  // in a view: the tree that is compiled

/// The first lines of what the compiler said, paths as in the tree.
std::string compiler_words(std::string text, const fs::path& root) {
  for (const std::string& prefix : {root.string() + "/", std::string(kSource) + "/"}) {
    for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at))
      text.erase(at, prefix.size());
  }
  std::size_t end = 0;
  for (int lines = 0; lines < 20 && end != std::string::npos; ++lines)
    end = text.find('\n', end == 0 ? 0 : end + 1);
  return "\n" + text.substr(0, end);
}

}  // namespace

Places Kbuild::places_of(const std::vector<fs::path>& more) const {
  Places places;
  places.add(tree_.path(), "tree");
  places.add(target_.source, "source");
  places.add(target_.headers, "headers");
  places.add(target_.common_headers, "common");
  places.add(target_.kbuild, "kbuild");
  for (std::size_t i = 0; i < more.size(); ++i) places.add(more[i], fmt::format("more{}", i));
  return places;
}

/// The folder to compile in: the build tree, and the source as "source". So the compiler is told no path that
/// depends on where the source is, and writes none (the undefined-behaviour sanitizer's messages hold the
/// file's name as it was given).
Result<fs::path> Kbuild::view_of(const fs::path& root) const {
  fs::path view = tree_.path() / ("view-" + sha256_hex(as_bytes(root.native())).substr(0, 16));
  TRY(make_directories(view));
  std::error_code error;
  const auto link = [&](const fs::path& to, const std::string& name) {
    // Another thread may be at it.
    fs::create_symlink(to, view / name, error);
  };
  link(root, kSource);
  // kbuild may have made more since the last time.
  for (const auto& entry : fs::directory_iterator(tree_.path(), error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("view-") && name != kSource) link(entry.path(), name);
  }
  if (fs::exists(view / kSource / "Makefile", error)) return view;
  return fail("file.write", "make the folder " + view.string(), "it does not lead to the source");
}

Result<Command> Kbuild::compiler_command(const UnitFlags& flags, const fs::path& root, const fs::path& file,
                                         const fs::path& output) const {
  const fs::path view = TRY(view_of(root));
  Command compiler{.argv = {}, .directory = view, .environment = environment()};
  const std::string source = target_.source.string();
  for (std::string word : flags.compile) {
    for (std::size_t at = word.find(source); at != std::string::npos; at = word.find(source, at))
      word.replace(at, source.size(), kSource);
    compiler.argv.push_back(std::move(word));
  }
  // The kernel's own source is compiled as it was when the kernel was built; only ours may use our header.
  const bool in_tree = file.string().starts_with(root.string() + "/");
  if (root != target_.source || !in_tree) {
    const std::string include = (tree_.path() / kAuthorInclude).string();
    compiler.argv.push_back("-I" + include);
    compiler.argv.push_back(fmt::format("-fmacro-prefix-map={}/=", include));
  }
  // kbuild's own flags say how paths in the tree are to appear; the folder of a generated source shall not.
  // The sanitizers' records of places and of variables would hold it whatever the map says.
  if (!in_tree) {
    compiler.argv.push_back(fmt::format("-fmacro-prefix-map={}/=", file.parent_path().string()));
    compiler.argv.emplace_back("-fno-sanitize=undefined,bounds-strict");
    const auto is_kasan = [](const std::string& word) { return word == "-fsanitize=kernel-address"; };
    if (std::ranges::any_of(flags.compile, is_kasan))
      compiler.argv.insert(compiler.argv.end(), {"--param", "asan-globals=0"});
  }
  // Debug information changes no code; a kernel of the user's own may have been built without.
  const auto is_debug = [](const std::string& word) { return word.starts_with("-g"); };
  if (std::ranges::none_of(flags.compile, is_debug)) compiler.argv.emplace_back("-g");
  const fs::path given = in_tree ? kSource / file.lexically_relative(root) : file;
  for (std::string word :
       {fmt::format("-fdebug-prefix-map={}/=", kSource),
        fmt::format("-fdebug-prefix-map={}=.", view.string()), std::string("-ffunction-sections"),
        std::string("-fdata-sections"), "-Wp,-MMD," + output.string() + ".d", given.string()})
    compiler.argv.push_back(std::move(word));
  return compiler;
}

Result<std::vector<fs::path>> Kbuild::compile(const UnitFlags& flags, const fs::path& root,
                                              const fs::path& file, const fs::path& output) const {
  const Command compiler = TRY(compiler_command(flags, root, file, output));
  const BuildRootAccess access{.read = {root, file.parent_path()}, .write = {output.parent_path()}};
  const std::optional<std::string> key = TRY(object_key(flags, compiler, root, output, access));
  const std::optional<Bytes> known = key ? cache_.find(*key) : std::nullopt;
  if (known) {
    TRY(write_file(output, *known));
  } else {
    TRY(make_object(flags, compiler, root, output, access));
    if (key) cache_.keep(*key, TRY(read_file(output)));
  }
  std::vector<fs::path> files;
  const std::string source = std::string(kSource) + "/";
  for (const std::string& read : dependencies_of(TRY(read_text_file(output.string() + ".d", 16u << 20)))) {
    files.push_back(read.starts_with(source) ? root / read.substr(source.size()) : tree_.path() / read);
  }
  return files;
}

Result<std::string> Kbuild::preprocess(const UnitFlags& flags, const fs::path& root, const fs::path& file,
                                       const fs::path& output) const {
  const Command compiler = TRY(compiler_command(flags, root, file, output));
  return preprocessed(flags, compiler, root, output,
                      {.read = {root, file.parent_path()}, .write = {output.parent_path()}});
}

Result<std::string> Kbuild::preprocessed(const UnitFlags& flags, Command compiler, const fs::path& root,
                                         const fs::path& output, const BuildRootAccess& access) const {
  const fs::path text = output.string() + ".i";
  compiler.argv.insert(compiler.argv.end(), {"-E", "-o", text.string()});
  const Finished done = TRY(run_in_place(compiler, access));
  if (done.status != 0) return does_not_compile(flags, root, done);
  return read_text_file(text, kLargestText);
}

/// Of all that the object depends on; nothing when that is more than the text, or nobody keeps objects. The
/// text holds where each line is from, so debug information is right, too.
Result<std::optional<std::string>> Kbuild::object_key(const UnitFlags& flags, const Command& compiler,
                                                      const fs::path& root, const fs::path& output,
                                                      const BuildRootAccess& access) const {
  if (!cache_.exists()) return std::nullopt;
  const std::string text = TRY(preprocessed(flags, compiler, root, output, access));
  if (text.contains(".incbin")) return std::nullopt;  // the assembler reads a file
  Places places = places_of({});
  places.add(compiler.directory, "view");
  places.add(root, "root");
  places.add(output, "output");
  places.add(fs::path(compiler.argv.back()).parent_path(), "folder");
  const std::string command = fmt::format("{}", fmt::join(compiler.argv, "\n"));
  const std::string checks = fmt::format("{}", fmt::join(flags.objtool, "\n"));
  return BuildCache::key_of({"object", target_.compiler_version, places.hide(command), places.hide(checks),
                             objtool_sum_, places.hide(text)});
}

std::unexpected<Error> Kbuild::does_not_compile(const UnitFlags& flags, const fs::path& root,
                                                const Finished& compiler) const {
  // The unpatched source misses no header but those which a build generates and no package holds.
  const bool generated =
      root == target_.source && compiler.err.find(": No such file or directory") != std::string::npos;
  return fail(generated ? "build.generated-file-missing" : "build.does-not-compile", "compile " + flags.unit,
              compiler_words(compiler.err, root));
}

Result<void> Kbuild::make_object(const UnitFlags& flags, Command compiler, const fs::path& root,
                                 const fs::path& output, const BuildRootAccess& access) const {
  compiler.argv.insert(compiler.argv.end(), {"-c", "-o", output.string()});
  const Finished compiled = TRY(run_in_place(compiler, access));
  if (compiled.status != 0) return does_not_compile(flags, root, compiled);
  if (flags.objtool.empty()) return {};
  Command objtool{.argv = flags.objtool, .directory = tree_.path(), .environment = environment()};
  objtool.argv.push_back(output.string());
  const Finished checked = TRY(run_in_place(objtool, access));
  if (checked.status != 0)
    return fail("build.objtool-failed", "run objtool on " + flags.unit, checked.err.substr(0, 2000));
  return {};
}

}  // namespace suture
