// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "cli/command.h"
#include "cli/run_delta.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture delta cmdline.o.before cmdline.o.after -o cmdline.delta.o
  suture delta old.o new.o -o delta.o --object loop --symbols kallsyms
  suture delta old.o new.o -o delta.o --entry-size jump_entry=16 --entry-size bug_entry=12

Exit status: 0 written, 3 nothing changed, 4 refused, 1 broken input or wrong use.
)";

}  // namespace

void add_delta_command(CLI::App& app, Invocation& invocation) {
  const auto arguments = std::make_shared<DeltaArguments>();
  CLI::App& command = *app.add_subcommand("delta", "Turn two objects of a unit into what must be shipped");
  command.footer(kExamples);
  command.add_option("original", arguments->original, "Object of the unpatched source")
      ->required()
      ->type_name("ORIGINAL.o");
  command.add_option("patched", arguments->patched, "Object of the patched source, compiled alike")
      ->required()
      ->type_name("PATCHED.o");
  command.add_option("-o,--output", arguments->output, "Object to write")->required()->type_name("OUT.o");
  command.add_option("--object", arguments->object, "What the unit is part of: vmlinux, or a module")
      ->type_name("NAME")
      ->capture_default_str();
  command.add_option("--symbols", arguments->symbols, "Its symbols, as nm or /proc/kallsyms prints them")
      ->type_name("FILE");
  command.add_option("--unit", arguments->unit, "Name of the unit in messages (default: as the object says)")
      ->type_name("NAME");
  command
      .add_option("--entry-size", arguments->entry_sizes,
                  "Size of an entry of a kernel table; again for each that must be told")
      ->type_name("STRUCT=BYTES");
  // Programs tell by the exit status what became of a pair, so a wrong command line is 1 here, not 2.
  command.preparse_callback([&invocation](std::size_t) {
    invocation.usage_status = kFailed;
    invocation.failure_status = delta_failure_status;
  });
  command.callback([&invocation, arguments] {
    invocation.action = [&invocation, arguments] { return run_delta(*arguments, invocation.json); };
  });
}

}  // namespace suture::cli
