// SPDX-License-Identifier: Apache-2.0
//
// Where kernels come from. Each distribution is one implementation; the store knows only this.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/terminal.h"
#include "target/given_files.h"

namespace suture {

struct Target;

struct AvailableKernel {
  std::string release;    ///< uname -r
  std::string version;    ///< of the package
  std::string archive{};  ///< which of the distribution's archives has it: "trixie"; empty: as configured
};

/// What is to be fetched for one kernel; found without fetching it.
struct KernelPlan {
  std::string release;
  std::string version;
  std::string architecture;  ///< uname -m
  std::string archive;       ///< as in AvailableKernel
  /// Names the source tree: targets whose plans agree in it share one copy. A plain file name.
  std::string source_name;
  std::map<std::string, std::string> packages;  ///< name → version, of all
  std::uint64_t kernel_size = 0;                ///< bytes on disk while and after unpacking, about
  std::uint64_t source_size = 0;
  std::string compiler;  ///< command; empty: as the .config names it
};

/// Where things are in the folder that fetch_kernel filled. Relative to it.
struct KernelLayout {
  std::filesystem::path image, modules, headers, common_headers, kbuild, config;
  std::filesystem::path changelog{};  ///< empty: none
};

/// For adapters: the first of these paths, relative to `root`, that is there. "target.unknown-layout" with
/// `hint`.
Result<std::filesystem::path> first_of(const std::filesystem::path& root,
                                       const std::vector<std::filesystem::path>& candidates,
                                       const std::string& hint);

class Distribution {
 public:
  virtual ~Distribution() = default;
  /// As before the colon of "debian:6.1.0-47-cloud-amd64".
  virtual std::string name() const = 0;
  /// Kernels in the archive whose release contains `pattern`, oldest first.
  virtual Result<std::vector<AvailableKernel>> search(std::string_view pattern) const = 0;
  /// The kernel that is meant. Archives know theirs by release; files at hand tell their own.
  virtual Result<AvailableKernel> resolve(const AvailableKernel& asked) const { return asked; }
  /// Whether what the store has under the resolved name is what would be added. An archive never gives one
  /// name to two kernels.
  virtual Result<void> confirm(const Target& present) const;
  /// `version` empty: the newest of that release. "target.unknown" lists near ones; "target.version-gone"
  /// says what the archive has instead.
  virtual Result<KernelPlan> plan(const std::string& release, const std::string& version,
                                  Progress& progress) const = 0;
  /// Fills the empty folder `root` with image, modules and headers.
  virtual Result<KernelLayout> fetch_kernel(const KernelPlan& plan, const std::filesystem::path& root,
                                            Progress& progress) const = 0;
  /// Fills the empty folder `tree` with the source tree.
  virtual Result<void> fetch_source(const KernelPlan& plan, const std::filesystem::path& tree,
                                    Progress& progress) const = 0;
  /// Fills the empty folder `root` with a system that has this compiler, and all that building a unit takes.
  /// `compiler` is as in CONFIG_CC_VERSION_TEXT. "target.compiler-gone" when no archive has it.
  virtual Result<void> fetch_compiler(const KernelPlan& plan, const std::string& compiler,
                                      const std::filesystem::path& root, Progress& progress) const;
};

/// What an archive says of its content is kept below `lists`. "target.unknown-distribution" lists those there
/// are; "target.option-unused" when it has no use for something that was given.
Result<std::unique_ptr<Distribution>> find_distribution(std::string_view name,
                                                        const std::filesystem::path& lists,
                                                        const GivenFiles& given = {});

}  // namespace suture
