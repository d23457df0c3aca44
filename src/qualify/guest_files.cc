// SPDX-License-Identifier: Apache-2.0
#include "qualify/guest_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/process.h"
#include "elf/module_name.h"
#include "elf/object.h"
#include "image/module_file.h"
#include "qualify/guest_scripts.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestFile = 512u << 20;

std::string relative(std::string path) {
  path.erase(0, path.find_first_not_of('/'));
  return path;
}

/// "depends=net_failover,failover" of the section .modinfo.
Result<std::vector<std::string>> dependencies_of(ByteView module, const std::string& module_of) {
  const elf::Object object = TRY(elf::parse_object(module, module_of));
  std::vector<std::string> names;
  const elf::Section* info = object.find_section(".modinfo");
  if (info == nullptr) return names;
  const std::string_view text = as_text(info->data);
  constexpr std::string_view kKey = "depends=";
  std::size_t at = text.starts_with(kKey) ? 0 : text.find(std::string("\0depends=", 9));
  if (at == std::string_view::npos) return names;
  if (text[at] == '\0') ++at;
  std::string_view list = text.substr(at + kKey.size());
  list = list.substr(0, list.find('\0'));
  while (!list.empty()) {
    const std::string_view name = list.substr(0, list.find(','));
    names.push_back(module_name(name));
    list.remove_prefix(std::min(name.size() + 1, list.size()));
  }
  return names;
}

}  // namespace

Result<GuestFiles> GuestFiles::make() {
  GuestFiles files;
  const Result<Bytes> busybox = read_file("/bin/busybox", kLargestFile);
  if (!busybox) {
    return fail("qualify.no-busybox", "make a guest's files", busybox.error().why,
                "install the package busybox-static");
  }
  for (const char* folder :
       {"dev", "proc", "sys", "run", "root", "var", "sbin", "etc/suture", "usr/sbin", "modules"})
    files.archive_.add_folder(folder);
  files.archive_.add_folder("tmp", 01777);
  files.archive_.add_device("dev/console", 5, 1);
  files.archive_.add_file("bin/busybox", *busybox, 0755);
  files.archive_.add_link("bin/sh", "busybox");
  files.add_text("init", kGuestInit, 0755);
  files.add_text("suture/lib.sh", kGuestLibrary);
  files.add_text("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n");
  files.add_text("etc/group", "root:x:0:\nnogroup:x:65534:\n");
  files.add_text("etc/hosts", "127.0.0.1 localhost\n10.0.2.2 host\n");
  files.add_text("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n");
  return files;
}

Result<void> GuestFiles::add_file(const fs::path& from, const std::string& to) {
  const Bytes content = TRY(read_file(from, kLargestFile));
  std::error_code error;
  const fs::perms mode = fs::status(from, error).permissions();
  archive_.add_file(relative(to), content, static_cast<unsigned>(mode) & 0777);
  return {};
}

Result<void> GuestFiles::add_folder(const fs::path& from, const std::string& to) {
  std::error_code error;
  std::vector<fs::path> entries;
  for (fs::recursive_directory_iterator entry(from, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->is_regular_file(error)) entries.push_back(entry->path());
  }
  if (error) return fail("file.read", "list " + from.string(), error.message());
  std::ranges::sort(entries);
  for (const fs::path& entry : entries)
    TRY(add_file(entry, (fs::path(to) / entry.lexically_relative(from)).string()));
  return {};
}

void GuestFiles::add_text(const std::string& to, std::string_view text, unsigned mode) {
  archive_.add_file(relative(to), as_bytes(text), mode);
}

Result<void> GuestFiles::add_program(const fs::path& from, const std::string& to) {
  TRY(add_file(from, to.empty() ? "usr/bin/" + from.filename().string() : to));
  // The loader itself knows best; a static program makes it fail, and needs nothing.
  const Finished list = TRY(run({.argv = {"/lib64/ld-linux-x86-64.so.2", "--list", from.string()}}));
  if (list.status != 0) return {};
  for (std::size_t at = list.out.find('/'); at != std::string::npos;
       at = list.out.find('/', list.out.find('\n', at))) {
    const std::string library = list.out.substr(at, list.out.find_first_of(" \n", at) - at);
    TRY(add_file(library, library));
  }
  return {};
}

Result<void> GuestFiles::index(const fs::path& modules) {
  if (!module_files_.empty()) return {};
  std::error_code error;
  for (fs::recursive_directory_iterator entry(modules / "kernel", error), end; !error && entry != end;
       entry.increment(error)) {
    if (!is_module_file(entry->path())) continue;
    module_files_.emplace(module_name(entry->path().native()), entry->path());
  }
  if (error) return fail("file.read", "list the modules of " + modules.string(), error.message());
  return {};
}

Result<void> GuestFiles::add_with_dependencies(const fs::path& modules, const std::string& name,
                                               std::vector<std::string>& order) {
  const auto file = module_files_.find(name);
  if (file == module_files_.end()) {
    return fail("qualify.no-module", "add the module " + name + " to the guest",
                "there is none in " + modules.string());
  }
  const std::string path = "/modules/" + name + ".ko";
  if (std::ranges::find(order, path) != order.end()) return {};
  // Unpacked, since the guest's insmod may not know how.
  const Bytes module = TRY(read_module_file(file->second));
  for (const std::string& dependency : TRY(dependencies_of(module, name))) {
    TRY(add_with_dependencies(modules, dependency, order));
  }
  order.push_back(path);
  archive_.add_file(relative(path), module, 0644);
  return {};
}

Result<void> GuestFiles::add_module(const fs::path& modules, const std::string& name, bool load_at_boot) {
  TRY(index(modules));
  std::vector<std::string> order;
  TRY(add_with_dependencies(modules, name, order));
  add_text(fmt::format("modules/{}.order", name), fmt::format("{}\n", fmt::join(order, "\n")));
  if (load_at_boot) boot_order_.push_back(name);
  return {};
}

Bytes GuestFiles::finish() && {
  add_text("modules/boot", fmt::format("{}\n", fmt::join(boot_order_, "\n")));
  return std::move(archive_).finish();
}

}  // namespace suture
