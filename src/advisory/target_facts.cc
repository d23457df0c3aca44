// SPDX-License-Identifier: Apache-2.0
#include "advisory/target_facts.h"

#include "advisory/changelog_items.h"
#include "advisory/file_system_type.h"
#include "advisory/unpack.h"
#include "base/file.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestConfig = 8u << 20;
constexpr std::size_t kLargestSource = 4u << 20;

/// By the sources beside which a module was built: the type is in one of them.
bool is_mountable(const fs::path& source, const ModuleFacts& module, std::string_view file_system) {
  std::error_code error;
  for (fs::directory_iterator entry(source / module.folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() != ".c") continue;
    const Result<std::string> text = read_text_file(entry->path(), kLargestSource);
    if (!text) continue;
    if (const auto mounted = is_mounted_in_user_namespace(*text, file_system)) return *mounted;
  }
  return false;
}

/// With what .modinfo says of each module.
Result<TargetSymbols> read_symbols(const Target& target, TargetFacts& facts) {
  std::vector<ModuleFacts> modules;
  TargetSymbols symbols = TRY(TargetSymbols::read(
      target, [&](const std::string& name, const std::string& folder, const elf::Object& module) {
        const elf::Section* info = module.find_section(".modinfo");
        modules.push_back(
            read_module_facts(name, folder, info == nullptr ? ByteView() : ByteView(info->data)));
      }));
  facts.reach = std::make_shared<ModuleReach>(
      std::move(modules), [source = target.source](const ModuleFacts& module, std::string_view file_system) {
        return is_mountable(source, module, file_system);
      });
  return symbols;
}

/// What the target's own changelog names. One that does not know the target says nothing.
Result<ClosedCves> closed_in(const Target& target) {
  const std::string text = TRY(read_packed_text(target.changelog, kLargestChangelog));
  return cves_closed_in(text, target.id.version).value_or(ClosedCves());
}

}  // namespace

Result<TargetFacts> read_target_facts(
    const Target& target,
    const std::function<decltype(TargetFacts::objects_of)(std::shared_ptr<const TargetSymbols>)>& units) {
  TargetFacts facts;
  facts.id = target.id;
  facts.upstream = parse_kernel_version(target.id.version).value_or(KernelVersion());
  facts.config = parse_kernel_config(TRY(read_text_file(target.config, kLargestConfig)));
  if (!target.changelog.empty()) facts.changelog = TRY(closed_in(target));
  facts.source = std::make_shared<SourceTree>(target.source);
  const auto symbols = std::make_shared<const TargetSymbols>(TRY(read_symbols(target, facts)));
  facts.has_symbol = [symbols](const std::string& object, const std::string& function) {
    return symbols->has(object, function);
  };
  facts.objects_of = units(symbols);
  return facts;
}

bool is_of_other_architecture(std::string_view path, std::string_view architecture) {
  constexpr std::string_view kFolder = "arch/";
  if (!path.starts_with(kFolder)) return false;
  path.remove_prefix(kFolder.size());
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return false;  // arch/Kconfig
  const std::string_view folder = path.substr(0, slash);
  if (architecture == "x86_64") return folder != "x86";
  if (architecture == "aarch64") return folder != "arm64";
  if (architecture == "ppc64le") return folder != "powerpc";
  return folder != architecture;
}

}  // namespace suture
