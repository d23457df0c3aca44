// SPDX-License-Identifier: Apache-2.0
#include "delta/delta.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "base/file.h"
#include "base/json.h"
#include "base/terminal.h"
#include "cli/command.h"
#include "cli/patchset_text.h"
#include "delta/record.h"
#include "delta/refusal.h"
#include "delta/special_sections.h"
#include "delta/symbols.h"
#include "elf/module_name.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture delta cmdline.o.before cmdline.o.after -o cmdline.delta.o
  suture delta old.o new.o -o delta.o --object loop --symbols kallsyms
  suture delta old.o new.o -o delta.o --entry-size jump_entry=16 --entry-size bug_entry=12

Exit status: 0 written, 3 nothing changed, 4 refused, 1 broken input or wrong use.
)";

constexpr std::size_t kLargestSymbolTable = 256u << 20;

struct Options {
  std::string original;
  std::string patched;
  std::string output;
  std::string object = "vmlinux";
  std::string symbols;
  std::string unit;
  std::vector<std::string> entry_sizes;
};

std::unexpected<Error> wrong_use(std::string what, std::string why, std::string hint = {}) {
  return fail("delta.wrong-use", std::move(what), std::move(why), std::move(hint));
}

/// "jump_entry=16"
Result<std::pair<std::string, std::uint64_t>> parse_entry_size(const std::string& text) {
  const std::string what = "read --entry-size " + text;
  const std::size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  const std::vector<std::string_view> known = table_entry_names();
  if (std::ranges::find(known, name) == known.end()) {
    return wrong_use(what, fmt::format("\"{}\" is not the entry of a table", name),
                     fmt::format("known are: {}", fmt::join(known, ", ")));
  }
  std::uint64_t size = 0;
  const char* begin = text.data() + std::min(equals + 1, text.size());
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(begin, end, size);
  if (equals == std::string::npos || error != std::errc{} || stopped != end || size == 0)
    return wrong_use(what, "a number of bytes must stand behind the \"=\"");
  return std::pair(name, size);
}

Result<DeltaOptions> delta_options(const Options& options) {
  // "dm-mod" is the file's name; livepatch knows the module as "dm_mod".
  DeltaOptions result{.object = module_name(options.object)};
  for (const std::string& text : options.entry_sizes) {
    if (!result.entry_sizes.insert(TRY(parse_entry_size(text))).second)
      return wrong_use("read --entry-size " + text, "that size is given twice");
  }
  const auto is_of_a_name = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
  };
  if (options.object.empty() || !std::ranges::all_of(options.object, is_of_a_name))
    return wrong_use("read --object " + options.object, "that is no name of a module",
                     "give \"vmlinux\", or a name as lsmod prints it");
  return result;
}

/// The compiler leaves the source file's name in the object.
std::string unit_name(const Options& options, const elf::Object& original) {
  if (!options.unit.empty()) return options.unit;
  const auto file = std::ranges::find(original.symbols, STT_FILE, &elf::Symbol::type);
  return file == original.symbols.end() ? std::filesystem::path(options.original).stem().string()
                                        : file->name;
}

std::string text_of(const DeltaRecord& record) {
  std::vector<std::vector<std::string>> rows;
  for (const DeltaRecord::Function& function : record.functions) {
    rows.push_back({function.module_exit ? function.name + " (exit)" : function.name,
                    std::to_string(function.old_size), std::to_string(function.new_size),
                    function.sympos ? std::to_string(*function.sympos) : "-"});
  }
  std::string text = table({"FUNCTION", "BYTES BEFORE", "AFTER", "SYMPOS"}, rows);
  if (!record.added.empty()) text += fmt::format("added: {}\n", fmt::join(record.added, ", "));
  for (const DeltaNote& note : record.notes) text += fmt::format("note: {} [{}]\n", note.text, note.code);
  return text;
}

/// A unit compiled before or after the fix; the file is read once for code and debug information.
struct Compiled {
  FileCopy file;
  elf::Object object;

  static Result<Compiled> read(const std::string& path) {
    FileCopy file = TRY(FileCopy::read(path, elf::kLargestObject));
    elf::Object object = TRY(elf::parse_object(std::as_const(file).bytes(), path, elf::Keep::kAllocated));
    return Compiled{.file = std::move(file), .object = std::move(object)};
  }
};

Result<int> run(const Options& options, bool json) {
  DeltaOptions delta_opts = TRY(delta_options(options));
  auto [original_file, original] = TRY(Compiled::read(options.original));
  auto [patched_file, patched] = TRY(Compiled::read(options.patched));
  const DebugInfo original_debug = TRY(DebugInfo::read(std::move(original_file), options.original));
  const DebugInfo patched_debug = TRY(DebugInfo::read(std::move(patched_file), options.patched));
  delta_opts.original_debug = &original_debug;
  delta_opts.patched_debug = &patched_debug;
  std::optional<SymbolTable> symbols;
  if (!options.symbols.empty()) {
    symbols = TRY(SymbolTable::parse(TRY(read_text_file(options.symbols, kLargestSymbolTable)),
                                     delta_opts.object, options.symbols));
  }
  Delta delta = TRY(make_delta(original, patched, unit_name(options, original), delta_opts));
  DeltaRecord record = make_delta_record(delta, delta_opts.object);
  if (delta.empty()) {
    Json document = to_json(record);
    document["outcome"] = "unchanged";
    if (json) fmt::print("{}", json_text(document));
    for (const DeltaNote& note : record.notes) fmt::print(stderr, "note: {} [{}]\n", note.text, note.code);
    fmt::print(stderr, "suture: {}: nothing changed that the running kernel would do otherwise\n",
               delta.unit);
    return kUnchanged;
  }
  if (symbols) TRY(locate_symbols(*symbols, delta, original, record));
  write_delta_record(delta.object, record);
  TRY(write_file(options.output, TRY(elf::serialize(delta.object))));
  if (json) {
    Json document = to_json(record);
    document["outcome"] = "patched";
    document["output"] = options.output;
    document["risks"] = Json::array();
    for (const RiskFact& risk : delta.risks) document["risks"].push_back(to_json(risk));
    fmt::print("{}", json_text(document));
  } else {
    fmt::print("{}{}written to {}\n", text_of(record), risks_text(delta.risks), options.output);
  }
  return kOk;
}

}  // namespace

void add_delta_command(CLI::App& app, Invocation& invocation) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = *app.add_subcommand("delta", "Turn two objects of a unit into what must be shipped");
  command.footer(kExamples);
  command.add_option("original", options->original, "Object of the unpatched source")
      ->required()
      ->type_name("ORIGINAL.o");
  command.add_option("patched", options->patched, "Object of the patched source, compiled alike")
      ->required()
      ->type_name("PATCHED.o");
  command.add_option("-o,--output", options->output, "Object to write")->required()->type_name("OUT.o");
  command.add_option("--object", options->object, "What the unit is part of: vmlinux, or a module")
      ->type_name("NAME")
      ->capture_default_str();
  command.add_option("--symbols", options->symbols, "Its symbols, as nm or /proc/kallsyms prints them")
      ->type_name("FILE");
  command.add_option("--unit", options->unit, "Name of the unit in messages (default: as the object says)")
      ->type_name("NAME");
  command
      .add_option("--entry-size", options->entry_sizes,
                  "Size of an entry of a kernel table; again for each that must be told")
      ->type_name("STRUCT=BYTES");
  // Programs tell by the exit status what became of a pair, so a wrong command line is 1 here, not 2.
  command.preparse_callback([&invocation](std::size_t) {
    invocation.usage_status = kFailed;
    invocation.failure_status = [](const Error& error) { return is_refusal(error) ? kRefused : kFailed; };
  });
  command.callback([&invocation, options] {
    invocation.action = [&invocation, options] { return run(*options, invocation.json); };
  });
}

}  // namespace suture::cli
