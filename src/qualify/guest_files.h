// SPDX-License-Identifier: Apache-2.0
//
// What a guest's first file system holds: busybox, programs with their libraries, modules with what they
// depend on.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "qualify/cpio.h"

namespace suture {

class GuestFiles {
 public:
  /// With busybox, the guest's init and its library of checks. "qualify.no-busybox".
  static Result<GuestFiles> make();

  Result<void> add_file(const std::filesystem::path& from, const std::string& to);
  /// A folder and all below it.
  Result<void> add_folder(const std::filesystem::path& from, const std::string& to);
  void add_bytes(const std::string& to, ByteView content) { archive_.add_file(to, content); }
  void add_text(const std::string& to, std::string_view text, unsigned mode = 0644);
  /// With the libraries which the dynamic loader of this machine would load for it. `to` empty:
  /// /usr/bin/NAME.
  Result<void> add_program(const std::filesystem::path& from, const std::string& to);
  /// With the modules that it depends on; /modules/NAME.order lists them in the order to load them.
  /// `modules`: `lib/modules/RELEASE`. "qualify.no-module".
  Result<void> add_module(const std::filesystem::path& modules, const std::string& name, bool load_at_boot);

  Bytes finish() &&;

 private:
  Result<void> add_with_dependencies(const std::filesystem::path& modules, const std::string& name,
                                     std::vector<std::string>& order);
  Result<void> index(const std::filesystem::path& modules);

  CpioArchive archive_;
  std::map<std::string, std::filesystem::path> module_files_;  ///< by name, once indexed
  std::vector<std::string> boot_order_;
};

}  // namespace suture
