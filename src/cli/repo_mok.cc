// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "base/json.h"
#include "cli/command.h"
#include "module/mok.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture repo mok ~/module-keys                        mok.pem and mok.der, and how to enrol them
  suture repo mok ~/keys-2027 --name "Example 2027"    the next ones, with a name to know them by
)";

struct Options {
  std::string folder;
  std::string name = "Suture module key";
  int bits = 2048;
  int days = 3650;
};

/// What only a person at the machine's console can do, step by step.
std::string enrolment_text(const std::string& certificate, const Mok& mok) {
  return fmt::format(R"(
A host with Secure Boot loads what this key signs after its owner enrolled the certificate there:
  1. copy {0} to the host, and there, as root:
       mokutil --import {1}
     It asks for a password, which is needed once, in step 3.
  2. reboot, at the machine's console, serial or graphical.
  3. MokManager comes up for ten seconds: press a key, then choose Enroll MOK, View key 0 (compare the
     SHA-1 fingerprint below), Continue, Yes; type the password; choose Reboot.
  4. on the host, see that it is enrolled, and that the kernel has it:
       mokutil --list-enrolled
       keyctl list %:.machine       (kernels before 5.18, and some others: keyctl list %:.platform)
SHA-1 fingerprint, as mokutil shows it: {2}

Sign with: suture build --module-key KEY --module-certificate {0}
docs/module-signing.md tells how to keep the key, enrol it on a fleet, and replace it.
)",
                     certificate, std::filesystem::path(certificate).filename().string(),
                     mok.certificate_sha1);
}

Result<int> make(const Options& options, bool json) {
  const std::filesystem::path folder = options.folder;
  const MokRequest request{.key = folder / "mok.pem",
                           .certificate = folder / "mok.der",
                           .name = options.name,
                           .bits = options.bits,
                           .days = options.days};
  const Mok mok = TRY(make_machine_owner_key(request));
  const std::string certificate = request.certificate.string();
  if (json) {
    fmt::print("{}", json_text({{"key", request.key.string()},
                                {"certificate", certificate},
                                {"subject", mok.subject},
                                {"certificate_sha256", mok.certificate_sha256},
                                {"certificate_sha1", mok.certificate_sha1}}));
    return kOk;
  }
  fmt::print("made the key {}, for you alone\nmade the certificate {}, for hosts: {}, SHA-256 {}\n{}",
             request.key.string(), certificate, mok.subject, mok.certificate_sha256,
             enrolment_text(certificate, mok));
  return kOk;
}

}  // namespace

void add_repo_mok(CLI::App& repo, Invocation& invocation) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = *repo.add_subcommand(
      "mok", "Make the key that signs modules for hosts with Secure Boot; how to enrol it");
  command.footer(kExamples);
  command.add_option("folder", options->folder, "Folder for mok.pem and mok.der; made if it is not there")
      ->required()
      ->type_name("FOLDER");
  command.add_option("--name", options->name, "What MokManager and the kernel call it")
      ->type_name("TEXT")
      ->capture_default_str();
  command
      .add_option("--bits", options->bits, "Length of the RSA key; not every firmware bears more than 2048")
      ->check(CLI::Range(2048, 4096))
      ->capture_default_str();
  command.add_option("--days", options->days, "Until the certificate ends")
      ->check(CLI::Range(1, 36500))
      ->capture_default_str();
  command.callback([&invocation, options] {
    invocation.action = [&invocation, options] { return make(*options, invocation.json); };
  });
}

}  // namespace suture::cli
