// SPDX-License-Identifier: Apache-2.0
#include "advisory/target_facts.h"

#include "advisory/changelog_items.h"
#include "advisory/unpack.h"
#include "base/file.h"

namespace suture {
namespace {

constexpr std::size_t kLargestConfig = 8u << 20;

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
  const auto symbols = std::make_shared<const TargetSymbols>(TRY(TargetSymbols::read(target)));
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
