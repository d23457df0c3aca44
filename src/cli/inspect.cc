// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/terminal.h"
#include "cli/code_view.h"
#include "cli/command.h"
#include "cli/inspect_function.h"
#include "cli/inspect_object.h"
#include "cli/patchset_text.h"
#include "cli/statement_text.h"
#include "elf/object.h"
#include "module/signature.h"
#include "patchset/patchset.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture inspect out                  what a patchset replaces, for which kernel, and on what evidence
  suture inspect out/suture_1.ko      what its module holds, and what the kernel will fill in
  suture inspect out --function ip_options_get      the code, beside that of the kernel it is for
  suture inspect new.o --function f --original old.o     the same for two objects of one unit
)";

constexpr std::size_t kLargestManifest = 16u << 20;
constexpr std::size_t kLargestObject = 1u << 30;

struct Options {
  std::string path;
  FunctionRequest function;
  std::string syntax = "att";
  bool whole = false;
};

bool is_manifest(const std::filesystem::path& path) {
  return path.extension() == ".json";
}

Result<Patchset> read_manifest(const std::filesystem::path& path) {
  return parse_patchset(TRY(read_text_file(path, kLargestManifest)));
}

/// A manifest is worth nothing if a module beside it is another one.
Result<std::filesystem::path> module_of(const Patchset& patchset, const std::filesystem::path& folder) {
  for (const ModuleFile& named : patchset.files()) {
    const std::string sha256 = TRY(sha256_hex_of_file(folder / named.file));
    if (sha256 == named.sha256) continue;
    return fail("patchset.module-differs", "inspect " + folder.string(),
                named.file + " is not the module of the manifest", "its SHA-256 is " + sha256);
  }
  return folder / patchset.module().file;
}

/// The manifest in the same folder, if it speaks of just this file.
std::optional<Patchset> manifest_beside(const std::filesystem::path& object) {
  Result<Patchset> patchset = read_manifest(object.parent_path() / kManifestName);
  if (!patchset) return std::nullopt;
  const auto named = std::ranges::find(patchset->modules, object.filename().string(), &PatchModule::file);
  if (named == patchset->modules.end()) return std::nullopt;
  const Result<std::string> sha256 = sha256_hex_of_file(object);
  if (!sha256 || *sha256 != named->sha256) return std::nullopt;
  return std::move(*patchset);
}

/// What the command line names: an object, and the manifest that goes with it.
struct Subject {
  std::filesystem::path object;
  std::optional<Patchset> patchset;
  bool by_manifest = false;  ///< it named the patchset, rather than its module
};

Result<Subject> subject_of(const std::filesystem::path& path) {
  std::error_code error;
  const bool folder = std::filesystem::is_directory(path, error);
  if (!folder && !is_manifest(path))
    return Subject{.object = path, .patchset = manifest_beside(path), .by_manifest = false};
  Patchset patchset = TRY(read_manifest(folder ? path / kManifestName : path));
  std::filesystem::path module = TRY(module_of(patchset, folder ? path : path.parent_path()));
  return Subject{.object = std::move(module), .patchset = std::move(patchset), .by_manifest = true};
}

Result<int> inspect_function(const Subject& subject, const Options& options, bool json) {
  const elf::Object object = TRY(elf::read_object(subject.object));
  const FunctionViews found =
      TRY(function_views(object, subject.object.string(), subject.patchset, options.function));
  if (json) {
    Json functions = Json::array();
    for (const FunctionView& view : found.views) functions.push_back(to_json(view));
    fmt::print("{}", json_text({{"functions", functions}, {"notes", found.notes}}));
    return kOk;
  }
  const CodeLayout layout{.width = terminal_width(), .whole = options.whole};
  for (std::size_t i = 0; i < found.views.size(); ++i)
    fmt::print("{}{}", i == 0 ? "" : "\n", code_text(found.views[i], layout));
  for (const std::string& note : found.notes) fmt::print(stderr, "note: {}\n", note);
  return kOk;
}

/// What the signature behind a module says of itself. It is read for people: only a kernel that has the
/// certificate can tell whether it is good.
void add_signature(Json& contents, ByteView file) {
  const Result<ModuleParts> parts = split_module(file);
  if (parts && !parts->is_signed()) return;
  const Result<SignatureInfo> signature =
      parts ? read_signature(parts->signature) : Result<SignatureInfo>(std::unexpected(parts.error()));
  if (signature)
    contents["signature"] = {{"signer", signature->signer}, {"hash", signature->hash}};
  else
    contents["signature_unread"] = signature.error().message();
}

Result<int> inspect(const Options& options, bool json) {
  const Subject subject = TRY(subject_of(options.path));
  if (!options.function.name.empty()) return inspect_function(subject, options, json);
  if (subject.by_manifest) {
    const std::filesystem::path folder = subject.object.parent_path();
    if (json) {
      Json contents = to_json(*subject.patchset);
      contents.update(statements_json(folder, *subject.patchset));
      fmt::print("{}", json_text(contents));
    } else {
      fmt::print("{}\n{}", statements_text(folder, *subject.patchset), patchset_text(*subject.patchset));
    }
    return kOk;
  }
  const FileCopy file = TRY(FileCopy::read(subject.object, kLargestObject));
  const elf::Object object = TRY(elf::parse_object(file.bytes(), subject.object.string()));
  Json contents = TRY(object_json(object, subject.patchset));
  add_signature(contents, file.bytes());
  fmt::print("{}", json ? json_text(contents) : object_text(contents));
  return kOk;
}

}  // namespace

void add_inspect_command(CLI::App& app, Invocation& invocation) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = *app.add_subcommand("inspect", "Show what is in a patchset, a module or an object");
  command.footer(kExamples);
  command
      .add_option("path", options->path, "A patchset's folder or patchset.json, a module, or an object file")
      ->required()
      ->type_name("PATH");
  CLI::Option* function = command
                              .add_option("--function", options->function.name,
                                          "Show the code of this function, before and after")
                              ->type_name("NAME");
  CLI::Option* original =
      command
          .add_option("--original", options->function.original, "The object that holds the function before")
          ->needs(function)
          ->type_name("FILE.o");
  command
      .add_option("--target", options->function.target,
                  "The kernel that holds it before (default: the patchset's, if it is in the store)")
      ->needs(function)
      ->excludes(original)
      ->type_name("TARGET");
  command
      .add_option("--store", options->function.store,
                  "Folder that holds the targets (default: ~/.cache/suture)")
      ->needs(function)
      ->type_name("FOLDER");
  command.add_option("--syntax", options->syntax, "Of the instructions")
      ->check(CLI::IsMember({"att", "intel"}))
      ->needs(function)
      ->capture_default_str();
  command.add_flag("--whole", options->whole, "Also what is far from any change")->needs(function);
  command.callback([&invocation, options] {
    options->function.syntax = options->syntax == "intel" ? Syntax::kIntel : Syntax::kAtt;
    invocation.action = [&invocation, options] { return inspect(*options, invocation.json); };
  });
}

}  // namespace suture::cli
