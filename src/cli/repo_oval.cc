// SPDX-License-Identifier: Apache-2.0
//
// OVAL definitions for all kernels of a channel: one file for a fleet.
#include <algorithm>
#include <map>
#include <ranges>

#include "base/hash.h"
#include "cli/document_output.h"
#include "cli/repo.h"
#include "repository/publisher.h"
#include "scanner/oval.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture repo oval /srv/suture --channel stable --output stable.oval.xml
  oscap oval eval stable.oval.xml                          on any host of the fleet
)";

struct Options : PublisherOptions {
  std::string channel = "stable";
  std::string output;
};

bool closes(const AvailablePatchset& patchset, const std::string& cve) {
  const auto has = [&](const std::vector<std::string>& cves) {
    return std::ranges::find(cves, cve) != cves.end();
  };
  return has(patchset.cves) && !has(patchset.fixed) && !has(patchset.unaffected);
}

/// The package's version, which the catalog does not tell.
std::string version_of(const std::filesystem::path& repository, const AvailablePatchset& patchset) {
  constexpr std::size_t kLimit = 16u << 20;
  const auto text = read_text_file(repository / patchset.stored(patchset.manifest), kLimit);
  if (!text || sha256_hex(as_bytes(*text)) != patchset.manifest.sha256) return {};
  const auto manifest = parse_patchset(*text);
  return manifest ? manifest->target.version : std::string();
}

/// From which level on each CVE is closed by every level that is offered. `levels` are rising.
std::vector<OvalFix> fixes_of(const std::vector<AvailablePatchset>& levels) {
  std::vector<OvalFix> fixes;
  for (const std::string& cve : levels.back().cves) {
    std::uint32_t lowest = 0;
    for (const AvailablePatchset& level : levels | std::views::reverse) {
      if (!closes(level, cve)) break;
      lowest = level.level;
    }
    if (lowest > 0) fixes.push_back({cve, lowest});
  }
  return fixes;
}

Result<int> write_oval(const Options& options, bool /*json*/) {
  const RepositoryState state = TRY(read_repository(options.repository));
  std::map<std::string, std::vector<AvailablePatchset>> kernels;  // by build-id
  for (const AvailablePatchset& patchset : state.patchsets) {
    const bool offered = patchset.stream.channel == options.channel && !patchset.withdrawn;
    if (offered) kernels[patchset.build_id].push_back(patchset);
  }
  OvalContent content{.tool = SUTURE_VERSION, .time = time_text(TRY(publishing_time()))};
  for (auto& [build_id, levels] : kernels) {
    std::ranges::sort(levels, {}, &AvailablePatchset::level);
    content.kernels.push_back({.release = levels.back().release,
                               .version = version_of(options.repository, levels.back()),
                               .fixes = fixes_of(levels)});
  }
  TRY(put_document(options.output, TRY(oval_text(content))));
  return kOk;
}

}  // namespace

void add_repo_oval(CLI::App& repo, Invocation& invocation) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = add_subcommand(repo, invocation, "oval", "OVAL definitions for a channel's kernels",
                                     options, write_oval);
  command.footer(kExamples);
  command.add_option("repository", options->repository, "The repository")->required()->type_name("FOLDER");
  command.add_option("--channel", options->channel, "Which channel's hosts (default: stable)")
      ->type_name("NAME");
  command.add_option("--output", options->output, "Where to write them, instead of to standard output")
      ->type_name("FILE");
}

}  // namespace suture::cli
