// SPDX-License-Identifier: Apache-2.0
//
// What an audit reads: the first byte says which of them. Files of packages and containers, texts of /proc in
// which names are others', and lines of advisories.
#include "audit/elf_content.h"
#include "audit/embedded.h"
#include "audit/installed_distribution.h"
#include "audit/judge.h"
#include "audit/mappings.h"
#include "audit/module_stream.h"
#include "audit/package_list.h"
#include "audit/package_log.h"
#include "audit/rpm_database.h"
#include "audit/rpm_header.h"
#include "audit/running_code.h"
#include "audit/unit_name.h"
#include "audit/voice_lines.h"
#include "base/rpm_version.h"

namespace suture {
namespace {

void elf(ByteView bytes) {
  const auto content = parse_elf_content(bytes, symbols_of_libraries());
  if (content && content->build_id.size() > 128) __builtin_trap();
  for (const EmbeddedLibrary& one : find_embedded(bytes, content.value_or(ElfContent{}))) {
    if (one.version.size() > 32 || one.seen.empty()) __builtin_trap();
  }
}

void proc(std::string_view text) {
  const MappedCodes codes = mapped_code(parse_mappings(text), 16);
  if (codes.files.size() > 16) __builtin_trap();
  for (const MappedCode& file : codes.files) {
    if (!file.path.starts_with('/') || file.start >= file.end || file.inode == 0) __builtin_trap();
  }
  const ProcessOwner owner = owner_of_control_group(text);
  if ((owner.kind == ProcessOwner::Kind::kNone) != owner.name.empty() && !owner.name.empty())
    __builtin_trap();
  if (start_ticks(text) < -1) __builtin_trap();
}

void packages(std::string_view text) {
  for (const auto& read : {parse_dpkg_status(text), parse_rpm_query(text)}) {
    if (!read) continue;
    for (const InstalledPackage& package : *read) {
      if (package.name.empty() || package.version.empty()) __builtin_trap();
      upstream_version(package.version);
    }
  }
  for (const PackageLog& log : {parse_dpkg_log(text), parse_dnf_log(text)}) {
    for (const auto& [package, upgrades] : log) {
      if (!version_at(log, package, upgrades.front().time)) __builtin_trap();
    }
  }
  const InstalledDistribution distribution = parse_os_release(text);
  is_about(text, distribution);
  is_version_of(text, distribution);
  is_vendor_of(text, distribution);
  if (names_minor_release(text) && !text.starts_with("Red Hat")) __builtin_trap();
  same_stream({.name = "a", .version = std::string(text)}, stream_of_ecosystem(text), without_stream(text));
}

void rpm(ByteView bytes) {
  const auto header = [](ByteView one) {
    const auto package = parse_rpm_header(one);
    if (package && (package->name.empty() || package->version.empty() || package->source.empty()))
      __builtin_trap();
    for_each_rpm_file(one, [](std::string_view path) {
      if (path.size() > 4096) __builtin_trap();
    });
  };
  header(bytes);
  (void)for_each_ndb_header(bytes, header);
}

void versions(std::string_view text) {
  const std::string_view first = text.substr(0, text.find('\0'));
  const std::string_view second = text.substr(std::min(first.size() + 1, text.size()));
  const auto order = compare_rpm_versions(first, second);
  if ((order <=> 0) != (0 <=> compare_rpm_versions(second, first))) __builtin_trap();
  if (compare_rpm_versions(first, first) != 0) __builtin_trap();
}

void lines(std::string_view text) {
  VoiceLines voices;
  if (!voices.add(std::string(text), "fuzz")) return;
  for (const char* name : {"openssl", "linux"}) {
    const auto about = voices.about(name);
    if (!about) __builtin_trap();
    for (const Advisory& advisory : *about)
      judge_package(advisory, {.name = name, .version = "1", .source = name, .source_version = "1"},
                    PackageKind::kDebian, {.id = "debian", .version = "12"});
  }
}

}  // namespace
}  // namespace suture

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace suture;
  if (size == 0) return 0;
  const ByteView bytes(data + 1, size - 1);
  switch (data[0] % 6) {
    case 0:
      elf(bytes);
      break;
    case 1:
      proc(as_text(bytes));
      break;
    case 2:
      packages(as_text(bytes));
      break;
    case 3:
      rpm(bytes);
      break;
    case 4:
      versions(as_text(bytes));
      break;
    default:
      lines(as_text(bytes));
      break;
  }
  return 0;
}
