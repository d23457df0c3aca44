// SPDX-License-Identifier: Apache-2.0
#include "cli/run_delta.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/file.h"
#include "base/json.h"
#include "base/terminal.h"
#include "cli/patchset_text.h"
#include "delta/delta.h"
#include "delta/record.h"
#include "delta/refusal.h"
#include "delta/special_sections.h"
#include "delta/symbols.h"
#include "elf/module_name.h"

namespace suture::cli {
namespace {

constexpr std::size_t kLargestSymbolTable = 256u << 20;

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

Result<DeltaOptions> delta_options(const DeltaArguments& arguments) {
  // "dm-mod" is the file's name; livepatch knows the module as "dm_mod".
  DeltaOptions result{.object = module_name(arguments.object)};
  for (const std::string& text : arguments.entry_sizes) {
    if (!result.entry_sizes.insert(TRY(parse_entry_size(text))).second)
      return wrong_use("read --entry-size " + text, "that size is given twice");
  }
  const auto is_of_a_name = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
  };
  if (arguments.object.empty() || !std::ranges::all_of(arguments.object, is_of_a_name))
    return wrong_use("read --object " + arguments.object, "that is no name of a module",
                     "give \"vmlinux\", or a name as lsmod prints it");
  return result;
}

/// The compiler leaves the source file's name in the object.
std::string unit_name(const DeltaArguments& arguments, const elf::Object& original) {
  if (!arguments.unit.empty()) return arguments.unit;
  const auto file = std::ranges::find(original.symbols, STT_FILE, &elf::Symbol::type);
  return file == original.symbols.end() ? std::filesystem::path(arguments.original).stem().string()
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

}  // namespace

Result<int> run_delta(const DeltaArguments& arguments, bool json) {
  DeltaOptions delta_opts = TRY(delta_options(arguments));
  auto [original_file, original] = TRY(Compiled::read(arguments.original));
  auto [patched_file, patched] = TRY(Compiled::read(arguments.patched));
  const DebugInfo original_debug = TRY(DebugInfo::read(std::move(original_file), arguments.original));
  const DebugInfo patched_debug = TRY(DebugInfo::read(std::move(patched_file), arguments.patched));
  delta_opts.original_debug = &original_debug;
  delta_opts.patched_debug = &patched_debug;
  std::optional<SymbolTable> symbols;
  if (!arguments.symbols.empty()) {
    symbols = TRY(SymbolTable::parse(TRY(read_text_file(arguments.symbols, kLargestSymbolTable)),
                                     delta_opts.object, arguments.symbols));
  }
  Delta delta = TRY(make_delta(original, patched, unit_name(arguments, original), delta_opts));
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
  TRY(write_file(arguments.output, TRY(elf::serialize(delta.object))));
  if (json) {
    Json document = to_json(record);
    document["outcome"] = "patched";
    document["output"] = arguments.output;
    document["risks"] = Json::array();
    for (const RiskFact& risk : delta.risks) document["risks"].push_back(to_json(risk));
    fmt::print("{}", json_text(document));
  } else {
    fmt::print("{}{}written to {}\n", text_of(record), risks_text(delta.risks), arguments.output);
  }
  return kOk;
}

int delta_failure_status(const Error& error) {
  return is_refusal(error) ? kRefused : kFailed;
}

}  // namespace suture::cli
