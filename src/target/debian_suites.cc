// SPDX-License-Identifier: Apache-2.0
#include "target/debian_suites.h"

#include <algorithm>
#include <array>

namespace suture {
namespace {

struct Release {
  std::string_view codename;
  bool moves;  ///< it has no updates or backports: all goes into it
};

// Those with kernels that somebody maintains, long-term support included; the likeliest first.
constexpr std::array kReleases{Release{"bookworm", false}, Release{"trixie", false},
                               Release{"bullseye", false}, Release{"sid", true}, Release{"forky", true}};

constexpr const char* kKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

bool is_codename(std::string_view suite) {
  return std::ranges::find(kReleases, suite, &Release::codename) != kReleases.end();
}

/// The server of the first site with such a suite.
std::string server(const std::vector<AptSite>& sites, bool (*wanted)(const AptSite&)) {
  const auto found = std::ranges::find_if(sites, wanted);
  return found == sites.end() ? std::string{} : found->url;
}

}  // namespace

std::string debian_sources(const std::vector<AptSite>& sites, const std::string& codename) {
  const std::string archive = server(sites, [](const AptSite& site) { return is_codename(site.suite); });
  const std::string security = server(sites, [](const AptSite& site) {
    constexpr std::string_view kSuffix = "-security";
    const std::string_view suite = site.suite;
    return suite.ends_with(kSuffix) && is_codename(suite.substr(0, suite.size() - kSuffix.size()));
  });
  std::string text;
  if (archive.empty()) return text;
  const auto add = [&text](const std::string& url, const std::string& suite) {
    text += std::string("deb [signed-by=") + kKeyring + "] " + url + " " + suite + " main\n";
  };
  add(archive, codename);
  const auto release = std::ranges::find(kReleases, codename, &Release::codename);
  if (release != kReleases.end() && release->moves) return text;
  add(archive, codename + "-updates");
  // Backports go once the release is in long-term support only.
  if (codename != "bullseye") add(archive, codename + "-backports");
  if (!security.empty()) add(security, codename + "-security");
  return text;
}

Result<std::vector<DebianSuites>> debian_suites(const std::filesystem::path& folder) {
  std::vector<DebianSuites> all(1);
  const std::vector<AptSite> sites = TRY(apt_sites());
  for (const Release& release : kReleases) {
    const std::string codename(release.codename);
    const std::string sources = debian_sources(sites, codename);
    if (sources.empty()) continue;
    all.push_back({.codename = codename,
                   .sources = sources,
                   .apt = TRY(Apt::with_sources(folder / codename, sources))});
  }
  return all;
}

}  // namespace suture
