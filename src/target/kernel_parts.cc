// SPDX-License-Identifier: Apache-2.0
#include "target/kernel_parts.h"

#include <elf.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

#include "base/file.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMostConfig = 8u << 20;
constexpr const char* kOneBuild = "All parts must be of one build of the kernel.";

bool is_set(std::string_view config, std::string_view option) {
  return config.contains("\n" + std::string(option) + "=y\n");
}

/// "6.1.170" of "# Linux/x86 6.1.170 Kernel Configuration", the third line of every .config.
std::string version_of_config(std::string_view config) {
  constexpr std::string_view kEnd = " Kernel Configuration\n";
  const std::size_t end = config.find(kEnd);
  if (end == config.npos) return {};
  const std::size_t start = config.rfind(' ', end - (end == 0 ? 0 : 1));
  return start == config.npos ? std::string{} : std::string(config.substr(start + 1, end - start - 1));
}

/// "6.1.170" as the tree's own Makefile has it.
std::string version_of_source(const fs::path& makefile) {
  std::ifstream file(makefile);
  std::array<std::string, 3> numbers;
  constexpr std::array<std::string_view, 3> kKeys{"VERSION", "PATCHLEVEL", "SUBLEVEL"};
  // They are its first lines; vendors add a few of their own.
  constexpr int kLines = 100;
  std::string line;
  for (int i = 0; i < kLines && std::getline(file, line); ++i) {
    std::istringstream words(line);
    std::string key, equals, value;
    words >> key >> equals >> value;
    const auto found = std::ranges::find(kKeys, key);
    if (found != kKeys.end() && equals == "=") {
      auto& number = numbers[static_cast<std::size_t>(found - kKeys.begin())];
      if (number.empty()) number = value;
    }
  }
  if (numbers[0].empty() || numbers[1].empty()) return {};
  return numbers[0] + "." + numbers[1] + "." + (numbers[2].empty() ? "0" : numbers[2]);
}

/// "5.14.0" and "5.14" begin "5.14.0-503.el9.x86_64" and "5.14.0".
bool is_version_of(std::string_view longer, std::string_view version) {
  return longer.starts_with(version) &&
         (longer.size() == version.size() || longer[version.size()] < '0' || longer[version.size()] > '9');
}

Result<void> require(const fs::path& folder, const char* file, const char* code, const char* hint) {
  std::error_code error;
  if (fs::exists(folder / file, error)) return {};
  return fail(code, "look at " + folder.string(), "it has no " + std::string(file), hint);
}

/// What compiled code calls the kernel. Debian builds with another name than kernel.release holds.
Result<void> check_release(const fs::path& headers, std::string_view release) {
  std::error_code error;
  const bool compiled_in = fs::exists(headers / "include/generated/utsrelease.h", error);
  const fs::path file =
      headers / (compiled_in ? "include/generated/utsrelease.h" : "include/config/kernel.release");
  const std::string said = first_line(file);
  if (compiled_in ? said.contains('"' + std::string(release) + '"') : said == release) return {};
  return fail("target.mixed", "check that the headers and the image belong together",
              "the image is of " + std::string(release) + ", " + file.string() +
                  " says: " + (said.empty() ? "nothing" : said),
              kOneBuild);
}

Result<void> check_tools(const fs::path& kbuild, std::string_view config) {
  constexpr const char* kHint =
      "A folder in which the kernel was built has it, or the package that distributions make for building "
      "modules; name it with --kbuild.";
  for (const char* file : {"scripts/basic/fixdep", "scripts/mod/modpost"})
    TRY(require(kbuild, file, "target.not-prepared", kHint));
  if (is_set(config, "CONFIG_OBJTOOL") || is_set(config, "CONFIG_STACK_VALIDATION"))
    TRY(require(kbuild, "tools/objtool/objtool", "target.not-prepared", kHint));
  return {};
}

Result<void> check_modules(const fs::path& modules, std::string_view release) {
  constexpr const char* kHint = "Name the folder lib/modules/RELEASE with --modules.";
  std::error_code error;
  if (modules.empty() || !fs::is_directory(modules / "kernel", error)) {
    return fail("target.no-modules", "look for the kernel's modules",
                modules.empty() ? "they were not named" : modules.string() + " has no folder `kernel`",
                kHint);
  }
  // So folders are called in an installation; elsewhere the name says nothing.
  if (modules.parent_path().filename() != "modules" || modules.filename() == release) return {};
  return fail("target.mixed", "check that the modules and the image belong together",
              "the image is of " + std::string(release) + ", the modules are " + modules.string(), kOneBuild);
}

}  // namespace

std::string first_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) line.pop_back();
  return line;
}

Result<KernelImage> read_kernel_of_this_kind(const fs::path& image) {
  // The reader of images knows what it can read; this is for those who took the wrong file.
  constexpr std::size_t kHead = 64;
  constexpr std::size_t kArmMagicAt = 56;  // Documentation/arm64/booting.rst
  std::array<char, kHead> head{};
  std::ifstream(image, std::ios::binary).read(head.data(), kHead);
  const std::string_view bytes(head.data(), head.size());
  const bool elf = bytes.starts_with(ELFMAG);
  const int machine = static_cast<unsigned char>(head[offsetof(Elf64_Ehdr, e_machine)]) |
                      static_cast<unsigned char>(head[offsetof(Elf64_Ehdr, e_machine) + 1]) << 8;
  if ((elf && machine != EM_X86_64) || bytes.substr(kArmMagicAt, 4) == "ARM\x64") {
    return fail("target.architecture", "read " + image.string(), "it is no kernel for x86-64",
                "suture patches x86-64 kernels only.");
  }
  return KernelImage::read(image);
}

Result<void> check_kernel_parts(const KernelParts& parts, std::string_view release) {
  const std::string config = TRY(read_text_file(parts.config, kMostConfig));
  if (!is_set(config, "CONFIG_X86_64")) {
    return fail("target.architecture", "read " + parts.config.string(), "it is not for x86-64",
                "suture patches x86-64 kernels only.");
  }
  if (is_set(config, "CONFIG_CC_IS_CLANG")) {
    return fail("target.compiler-unsupported", "read " + parts.config.string(),
                "the kernel was built with clang", "suture builds for kernels that were built with gcc.");
  }
  TRY(check_release(parts.headers, release));
  TRY(require(parts.headers, "Module.symvers", "target.no-symvers",
              "It holds the versions of exported symbols; the build of the modules makes it."));
  for (const char* made :
       {"include/config/auto.conf", "include/generated/autoconf.h", "arch/x86/include/generated"}) {
    TRY(require(parts.headers, made, "target.not-prepared",
                "Name the folder in which the kernel was built, or the distribution's headers for it."));
  }
  TRY(check_tools(parts.kbuild, config));
  if (is_set(config, "CONFIG_MODULES")) TRY(check_modules(parts.modules, release));
  return {};
}

Result<void> check_kernel_source(const fs::path& source, const fs::path& config) {
  const std::string version = version_of_source(source / "Makefile");
  std::error_code error;
  if (version.empty() || !fs::exists(source / "Kconfig", error)) {
    return fail("target.no-source", "look for the kernel's source in " + source.string(),
                "that is no kernel's source tree", "Name the source tree with --source.");
  }
  const std::string configured = version_of_config(TRY(read_text_file(config, kMostConfig)));
  if (configured.empty() || is_version_of(configured, version)) return {};
  return fail("target.mixed", "check that the source and the configuration belong together",
              source.string() + " is Linux " + version + ", the .config is of Linux " + configured,
              "The source must be the one which the kernel was built from.");
}

}  // namespace suture
