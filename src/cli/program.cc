// SPDX-License-Identifier: Apache-2.0
#include "cli/program.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/json.h"
#include "base/process.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture target add debian:6.1.0-47-cloud-amd64       prepare a kernel to build for
  suture build --target 6.1.0-47-cloud-amd64 --fix CVE-2026-53249.patch --output out
  suture publish out --repository /srv/suture --keys keys    offer it to the fleet
  suture update                                       on a server: fetch and apply now
  suture status                                       on a server: what is applied
)";

void print_error(const Error& error, bool json) {
  if (json) {
    const Json document = {
        {"error", {{"code", error.code}, {"what", error.what}, {"why", error.why}, {"hint", error.hint}}}};
    fmt::print("{}", json_text(document));
  }
  fmt::print(stderr, "suture: {}\n", error.message());
}

}  // namespace

int run_program(int argc, char** argv, void (*add_commands)(CLI::App&, Invocation&)) {
  end_children_with_us();
  CLI::App app("Live patching for Linux servers: build, publish, apply and take back kernel fixes.",
               "suture");
  app.set_version_flag("--version", "suture " SUTURE_VERSION);
  app.footer(kExamples);
  app.require_subcommand(1);
  app.fallthrough();

  Invocation invocation;
  app.add_flag("--json", invocation.json, "Print one JSON document for programs instead of text");
  add_commands(app, invocation);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : invocation.usage_status;
  }
  const auto status = invocation.action();
  if (status) return *status;
  print_error(status.error(), invocation.json);
  return invocation.failure_status(status.error());
}

}  // namespace suture::cli
