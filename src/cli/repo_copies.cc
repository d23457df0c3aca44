// SPDX-License-Identifier: Apache-2.0
//
// `suture repo`: the whole of it, verified: for its owner, for mirrors, for networks without a wire, for
// auditors.
#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/terminal.h"
#include "cli/repo.h"
#include "fetch/http_fetcher.h"
#include "repository/bundle.h"
#include "repository/client.h"
#include "repository/log_head.h"
#include "repository/mirror.h"

namespace suture::cli {
namespace {

struct CopyOptions {
  std::string source;
  std::string destination;
  std::string root;
  std::string since;
  std::string grace = "24h";
  bool dry_run = false;
  std::vector<std::string> heads;
  std::string target;
  std::string state;
  HttpOptions http;
};

/// A folder or a URL.
Result<std::unique_ptr<Fetcher>> open_source(const CopyOptions& options) {
  if (options.source.find("://") == std::string::npos) {
    return std::make_unique<FolderFetcher>(options.source);
  }
  return std::make_unique<HttpFetcher>(TRY(HttpFetcher::open(options.source, options.http)));
}

/// By which root a repository is verified: the one that is given, or the newest of one's own folder.
Result<std::filesystem::path> root_for(const CopyOptions& options) {
  if (!options.root.empty()) return options.root;
  if (options.source.find("://") == std::string::npos) return newest_root_file(options.source);
  return fail("repository.no-root", "verify " + options.source, "it is not known whose it is",
              "Give the root that you trust: --root 1.root.json.");
}

WalkProgress shown_by(Progress& progress) {
  return [&progress](std::uint64_t files, const std::string& path) {
    progress.step(fmt::format("{} files, {}", files, path));
  };
}

Json to_json(const WalkReport& report) {
  return {{"files", report.files},
          {"bytes", report.bytes},
          {"patchsets", report.patchsets.size()},
          {"log", report.log ? log_head_json(*report.log) : Json()},
          {"unlisted_entries", report.unlisted}};
}

std::string sentence(const WalkReport& report) {
  std::string text = fmt::format("{} files, {}, {} patchsets", report.files, human_size(report.bytes),
                                 report.patchsets.size());
  if (report.log) text += fmt::format(", {} entries in the log", report.log->size);
  return text;
}

Result<Time> present() {
  return publishing_time();
}

Result<int> verify(const CopyOptions& options, bool json) {
  const auto source = TRY(open_source(options));
  WalkReport report;
  {
    Progress progress("verifying " + options.source);
    report = TRY(verify_repository(*source, TRY(root_for(options)), TRY(present()), shown_by(progress)));
  }
  if (json) {
    fmt::print("{}", json_text(to_json(report)));
  } else {
    fmt::print("{}: {}\n", coloured("verified", Colour::kGreen), sentence(report));
  }
  return kOk;
}

/// "SIZE:ROOT", as `suture status --json` of a host has it.
Result<LogHead> parse_head(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string digits = text.substr(0, colon);
  const bool number =
      !digits.empty() && digits.size() < 16 && digits.find_first_not_of("0123456789") == std::string::npos;
  if (!number || colon == std::string::npos) {
    return fail("log.malformed", "read the head \"" + text + "\"", "it is not of the form SIZE:ROOT",
                "For example --head 42:9f86d0…, the size and the root in hexadecimal.");
  }
  return log_head_from_json({{"size", std::stoll(digits)}, {"root", text.substr(colon + 1)}});
}

Result<int> audit(const CopyOptions& options, bool json) {
  std::vector<LogHead> heads;
  for (const std::string& text : options.heads) heads.push_back(TRY(parse_head(text)));
  const auto source = TRY(open_source(options));
  WalkReport report;
  {
    Progress progress("auditing " + options.source);
    report = TRY(verify_repository(*source, TRY(root_for(options)), TRY(present()), shown_by(progress)));
    if (!report.log) return fail("log.gone", "audit " + options.source, "it has no transparency log");
    for (const LogHead& head : heads) TRY(check_older_head(*source, head, *report.log));
  }
  if (json) {
    Json out = to_json(report);
    out["entries"] = Json::array();
    for (const std::string& entry : report.log_entries)
      out["entries"].push_back(TRY(parse_json(entry, "an entry")));
    fmt::print("{}", json_text(out));
    return kOk;
  }
  std::uint64_t index = 0;
  for (const std::string& entry : report.log_entries) fmt::print("{:>6}  {}\n", index++, entry);
  fmt::print("{}: each patchset stands in the log, and the log gives its head\n",
             coloured("consistent", Colour::kGreen));
  if (!heads.empty()) fmt::print("{} heads that others saw belong to the same log\n", heads.size());
  if (report.unlisted > 0) fmt::print("{} entries are of levels that are offered no more\n", report.unlisted);
  fmt::print("head {}:{}\n", report.log->size, to_hex(report.log->root));
  return kOk;
}

int tell_mirrored(const MirrorReport& report, bool json) {
  if (json) {
    Json out = to_json(report.walk);
    out["written"] = report.written;
    fmt::print("{}", json_text(out));
  } else {
    fmt::print("{}; {} of them new\n", sentence(report.walk), report.written);
  }
  return kOk;
}

Result<int> mirror(const CopyOptions& options, bool json) {
  const auto source = TRY(open_source(options));
  MirrorReport report;
  {
    Progress progress("mirroring " + options.source);
    report = TRY(
        mirror_repository(*source, options.destination, options.root, TRY(present()), shown_by(progress)));
  }
  return tell_mirrored(report, json);
}

Result<int> import_from(const CopyOptions& options, bool json) {
  MirrorReport report;
  {
    Progress progress("importing " + options.source);
    report = TRY(
        import_bundle(options.source, options.destination, options.root, TRY(present()), shown_by(progress)));
  }
  return tell_mirrored(report, json);
}

Result<int> export_to(const CopyOptions& options, bool json) {
  BundleReport report;
  {
    Progress progress("exporting " + options.source);
    report = TRY(export_bundle(options.source, options.destination, options.since, TRY(present()),
                               shown_by(progress)));
  }
  if (json) {
    fmt::print("{}", json_text({{"files", report.files}, {"listed", report.listed}, {"size", report.size}}));
  } else {
    fmt::print("{}: {} of {} files, {}\n", options.destination, report.files, report.listed,
               human_size(report.size));
  }
  return kOk;
}

/// Any repository of TUF's kind will do: the target need not be one of ours.
Result<int> fetch_one(const CopyOptions& options, bool json) {
  const std::string what = "fetch " + options.target;
  const auto source = TRY(open_source(options));
  std::optional<TempDir> forgotten;
  if (options.state.empty()) {
    if (options.root.empty()) {
      return fail("repository.no-root", what, "it is not known whose " + options.source + " is",
                  "Give the root that you trust: --root 1.root.json.");
    }
    forgotten = TRY(TempDir::make("suture-fetch"));
  }
  const std::filesystem::path state = forgotten ? forgotten->path() : std::filesystem::path(options.state);
  RepositoryClient client = TRY(RepositoryClient::open(state, *source, options.root));
  TRY(client.refresh(TRY(present())));
  const auto target = TRY(client.find_target(options.target));
  if (!target) {
    return fail("repository.no-target", what,
                "no role of " + options.source + " that may speak of it knows it");
  }
  TRY(write_file(options.destination, TRY(client.fetch_target(options.target, *target))));
  if (json) {
    fmt::print("{}", json_text({{"target", options.target},
                                {"length", target->length},
                                {"sha256", target->sha256},
                                {"custom", target->custom},
                                {"output", options.destination}}));
  } else {
    fmt::print("{}: {}, {}\n", options.destination, human_size(target->length), target->sha256);
  }
  return kOk;
}

Result<int> collect(const CopyOptions& options, bool json) {
  const Garbage garbage =
      TRY(collect_garbage(options.source, TRY(parse_span(options.grace)), !options.dry_run));
  if (json) {
    fmt::print(
        "{}", json_text({{"files", garbage.files}, {"bytes", garbage.bytes}, {"removed", !options.dry_run}}));
  } else {
    fmt::print("{} {} files, {}\n", options.dry_run ? "would remove" : "removed", garbage.files.size(),
               human_size(garbage.bytes));
  }
  return kOk;
}

void add_http_options(CLI::App& command, HttpOptions& http) {
  command.add_option("--proxy", http.proxy, "Proxy (default: from http_proxy and https_proxy)")
      ->type_name("URL");
  command.add_option("--tls-ca", http.ca, "Certificates that servers are checked by")->type_name("FILE");
  command.add_option("--tls-certificate", http.certificate, "The client's own certificate")
      ->type_name("FILE");
  command.add_option("--tls-key", http.certificate_key, "Its private key")->type_name("FILE");
}

}  // namespace

void add_repo_copies(CLI::App& repo, Invocation& invocation) {
  const auto options = std::make_shared<CopyOptions>();
  const auto command = [&](const char* name, const char* help, Result<int> (*run)(const CopyOptions&, bool)) {
    return &add_subcommand(repo, invocation, name, help, options, run);
  };
  const auto source = [&](CLI::App* made, const char* help, const char* type) {
    made->add_option("source", options->source, help)->required()->type_name(type);
  };
  const auto destination = [&](CLI::App* made, const char* help, const char* type) {
    made->add_option("destination", options->destination, help)->required()->type_name(type);
  };
  const auto root = [&](CLI::App* made, const char* help) {
    made->add_option("--root", options->root, help)->type_name("FILE");
  };
  const char* const whose = "Root metadata that you trust (default: of a folder, its newest)";
  const char* const first = "Root metadata that you trust; needed the first time";

  CLI::App* verified = command("verify", "Verify all of it, as a host would, and every file", verify);
  source(verified, "The repository", "FOLDER|URL");
  root(verified, whose);
  add_http_options(*verified, options->http);

  CLI::App* audited = command("audit", "Verify all of it, and list the transparency log", audit);
  source(audited, "The repository", "FOLDER|URL");
  root(audited, whose);
  audited
      ->add_option("--head", options->heads,
                   "A head that a host saw: it must be of the same log; may be repeated")
      ->type_name("SIZE:ROOT");
  add_http_options(*audited, options->http);

  CLI::App* mirrored = command("mirror", "Make a copy that can be served on; trusts nobody", mirror);
  source(mirrored, "The repository", "FOLDER|URL");
  destination(mirrored, "The copy", "FOLDER");
  root(mirrored, first);
  add_http_options(*mirrored, options->http);

  CLI::App* fetched = command("fetch", "Download one target as a host would, verified", fetch_one);
  source(fetched, "The repository", "FOLDER|URL");
  fetched->add_option("target", options->target, "Its path, such as stable/debian/BUILD-ID/catalog.json")
      ->required()
      ->type_name("TARGET");
  root(fetched, first);
  fetched->add_option("--output,-o", options->destination, "Where to write it")
      ->required()
      ->type_name("FILE");
  fetched
      ->add_option("--state", options->state,
                   "Keep here what is trusted, so that nothing older is believed the next time")
      ->type_name("FOLDER");
  add_http_options(*fetched, options->http);

  CLI::App* exported = command("export", "All of it as one file", export_to);
  source(exported, "The repository", "FOLDER");
  destination(exported, "The file", "BUNDLE");
  exported->add_option("--since", options->since, "Only what this earlier bundle does not list")
      ->type_name("BUNDLE");

  CLI::App* imported = command("import", "Bring such a file into a copy, verified", import_from);
  source(imported, "The file", "BUNDLE");
  destination(imported, "The copy", "FOLDER");
  root(imported, first);

  CLI::App* collected = command("gc", "Remove files that nothing names any more", collect);
  source(collected, "The repository or a mirror", "FOLDER");
  collected->add_option("--grace", options->grace, "Leave what is younger than this (default: 24h)")
      ->type_name("TIME");
  collected->add_flag("--dry-run", options->dry_run, "Say what would be removed");
}

}  // namespace suture::cli
