// SPDX-License-Identifier: Apache-2.0
#include "target/debian_root.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/process.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

// What kbuild calls to tell how it compiles a unit, and to make the few headers that it generates for one.
constexpr std::string_view kTools =
    "make,libc6-dev,dash,bash,coreutils,sed,grep,mawk,findutils,diffutils,perl-base,bc,libelf1";

/// Links that scripts of packages would make.
Result<void> add_link(const fs::path& root, const char* name, const std::string& to) {
  const fs::path path = root / "usr/bin" / name;
  std::error_code error;
  if (fs::exists(path, error) || fs::is_symlink(path, error)) return {};
  fs::create_symlink(to, path, error);
  if (error) return fail("file.unwritable", "make the link " + path.string(), error.message());
  return {};
}

}  // namespace

Result<DebianCompiler> parse_debian_compiler(std::string_view text) {
  constexpr std::string_view kBefore = " (Debian ";
  const std::size_t package = text.find(kBefore);
  const std::size_t close = text.find(')', std::min(package, text.size()));
  if (package != text.npos && close != text.npos) {
    const std::size_t version = package + kBefore.size();
    std::string_view name = text.substr(0, package);
    // Debian names the compiler by the machine that it compiles for since 6.12.
    constexpr std::string_view kNative = "x86_64-linux-gnu-";
    if (name.starts_with(kNative)) name.remove_prefix(kNative.size());
    return DebianCompiler{.package = std::string(name),
                          .version = std::string(text.substr(version, close - version))};
  }
  return fail("target.compiler-unknown", "find the compiler \"" + std::string(text) + "\"",
              "that is no compiler of Debian");
}

Result<void> make_debian_root(const DebianSuites& suites, const DebianCompiler& compiler,
                              const fs::path& root) {
  const TempDir folder = TRY(TempDir::make("sources", root.parent_path()));
  const fs::path list = folder.path() / "sources.list";
  TRY(write_file(list, suites.sources));
  Command mmdebstrap{.argv = {"mmdebstrap", "--quiet", "--mode=chrootless", "--variant=extract",
                              fmt::format("--include={}={},{}", compiler.package, compiler.version, kTools),
                              "--aptopt=APT::Install-Recommends \"false\""},
                     .environment = {{"LC_ALL", "C"}},
                     .timeout = std::chrono::hours(1)};
  for (const std::string& option : TRY(apt_fetch_options())) mmdebstrap.argv.push_back("--aptopt=" + option);
  for (const std::string& word : {suites.codename, root.string(), list.string()})
    mmdebstrap.argv.push_back(word);
  const auto made = run(mmdebstrap);
  if (!made) {
    return fail("target.no-mmdebstrap", "make a build root", made.error().why,
                "Install the packages mmdebstrap and bubblewrap.");
  }
  if (made->status != 0)
    return std::unexpected(
        explain_failure({"target.build-root", "make a build root", made->err.substr(0, 2000), ""}));
  TRY(add_link(root, "gcc", compiler.package));
  TRY(add_link(root, "cc", compiler.package));
  TRY(add_link(root, "awk", "mawk"));
  return add_link(root, "sh", "dash");
}

}  // namespace suture
