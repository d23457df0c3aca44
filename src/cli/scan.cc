// SPDX-License-Identifier: Apache-2.0
//
// vex, oval and metrics: what other tools are told of this host.
#include <algorithm>

#include "agent/repository_source.h"
#include "agent/scanned_here.h"
#include "agent/status_metrics.h"
#include "base/json.h"
#include "cli/agent_request.h"
#include "cli/document_output.h"
#include "engine/engine_choice.h"
#include "scanner/csaf.h"
#include "scanner/openvex.h"
#include "scanner/oval.h"

namespace suture::cli {
namespace {

constexpr const char* kVexExamples = R"(
Examples:
  suture vex --output host.openvex.json                    for Trivy, Grype and vexctl
  trivy rootfs / --vex host.openvex.json
  suture vex --format csaf --author 'ACME IT' --namespace https://it.example.org --output host.csaf.json
)";

constexpr const char* kOvalExamples = R"(
Examples:
  suture oval --output suture.oval.xml
  oscap oval eval suture.oval.xml                          true: open here, or a live patch is missing
)";

constexpr const char* kMetricsExamples = R"(
Examples:
  suture metrics                                           what Prometheus would scrape
  suture metrics --textfile /var/lib/prometheus/node-exporter/suture.prom
  suture metrics --json | jq .level
)";

struct Options {
  std::shared_ptr<AgentOptions> agent{};
  std::string format = "openvex";
  std::string output{};
  std::string author{};
  std::string name_space{};
};

/// The agent as a command sees it that changes nothing.
struct Here {
  explicit Here(const AgentConfig& config)
      : engine(engine_options(config)), source(config), agent(config, engine, source) {}
  EngineChoice engine;
  RepositorySource source;
  Agent agent;
};

Result<ScannedHost> scan(const Options& options) {
  const Here here(TRY(read_config(options.agent->config)));
  return read_scanned_host(here.agent, here.engine);
}

Result<int> write_vex(const Options& options) {
  ScannedHost host = TRY(scan(options));
  host.author = options.author;
  host.contact = options.name_space;
  TRY(put_document(options.output, TRY(options.format == "csaf" ? csaf_text(host) : openvex_text(host))));
  return kOk;
}

/// The document is XML with --json as well: nobody has another form of it.
Result<int> write_oval(const Options& options) {
  TRY(put_document(options.output, TRY(oval_text(oval_content(TRY(scan(options)))))));
  return kOk;
}

Result<int> write_metrics(const Options& options, bool json) {
  const Here here(TRY(read_config(options.agent->config)));
  if (json) {
    const HostMetrics metrics = metrics_of(TRY(here.agent.status()));
    TRY(put_document(options.output, json_text(to_json(metrics))));
  } else {
    TRY(put_document(options.output, TRY(read_metrics(here.agent))));
  }
  return kOk;
}

/// CLI11 wants what is wrong, or nothing.
std::string problem_of_url(const std::string& url) {
  const bool known = url.starts_with("https://") || url.starts_with("http://");
  const bool plain = std::ranges::all_of(url, [](unsigned char c) { return c > ' ' && c < 0x7f; }) &&
                     url.find_first_of("\"<>\\^`{|}") == std::string::npos;
  return known && plain ? "" : "\"" + url + "\" is no http or https URL";
}

CLI::App& add(CLI::App& app, const std::shared_ptr<Options>& options, const char* name, const char* help,
              const char* examples) {
  CLI::App& command = *app.add_subcommand(name, help);
  command.footer(examples);
  options->agent = add_agent_options(command);
  return command;
}

void add_output(CLI::App& command, const std::shared_ptr<Options>& options, const char* name,
                const char* help) {
  command.add_option(name, options->output, help)->type_name("FILE");
}

}  // namespace

void add_vex_command(CLI::App& app, Invocation& invocation) {
  const auto options = std::make_shared<Options>();
  CLI::App& command =
      add(app, options, "vex", "On a server: which vulnerabilities are closed, for scanners", kVexExamples);
  command.add_option("--format", options->format, "openvex or csaf")
      ->check(CLI::IsMember({"openvex", "csaf"}))
      ->type_name("FORMAT");
  command.add_option("--author", options->author, "Who answers for it; by default this host's administrator")
      ->type_name("NAME");
  command
      .add_option("--namespace", options->name_space, "URL of the author, for CSAF; by default the host's")
      ->check(problem_of_url)
      ->type_name("URL");
  add_output(command, options, "--output", "Where to write it, instead of to standard output");
  command.callback([&invocation, options] {
    invocation.action = [options]() -> Result<int> { return write_vex(*options); };
  });
}

void add_oval_command(CLI::App& app, Invocation& invocation) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = add(app, options, "oval", "On a server: OVAL definitions for oscap", kOvalExamples);
  add_output(command, options, "--output", "Where to write them, instead of to standard output");
  command.callback([&invocation, options] {
    invocation.action = [options]() -> Result<int> { return write_oval(*options); };
  });
}

void add_metrics_command(CLI::App& app, Invocation& invocation) {
  const auto options = std::make_shared<Options>();
  CLI::App& command =
      add(app, options, "metrics", "On a server: its state in Prometheus' text format", kMetricsExamples);
  add_output(command, options, "--textfile", "A file for node_exporter, which is replaced in one step");
  command.callback([&invocation, options] {
    invocation.action = [&invocation, options]() -> Result<int> {
      return write_metrics(*options, invocation.json);
    };
  });
}

}  // namespace suture::cli
