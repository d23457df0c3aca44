// SPDX-License-Identifier: Apache-2.0
#include "build/engine_module.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

#include "base/hash.h"
#include "elf/object.h"
#include "module/exports.h"
#include "module/link.h"
#include "module/modpost_text.h"

namespace suture {
namespace {

constexpr std::size_t kLargestText = 64u << 20;
constexpr std::string_view kModpostUnit = "modpost";

struct Requirement {
  std::string_view option;
  std::string_view why;
};

// What kmod/ calls; without these it would not even compile, or refuse to load.
constexpr std::array kRequirements{
    Requirement{"CONFIG_MODULES", "the engine is a module"},
    Requirement{"CONFIG_SYSFS", "it is talked to through sysfs"},
    Requirement{"CONFIG_KALLSYMS", "it looks functions up by name"},
    Requirement{"CONFIG_KALLSYMS_ALL", "it looks variables up by name"},
    Requirement{"CONFIG_KPROBES", "it finds what the kernel does not export through a kprobe"},
    Requirement{"CONFIG_STACKTRACE", "it looks at the stack of each task"},
    Requirement{"CONFIG_UNWINDER_ORC", "it can only trust stacks that the ORC unwinder has walked"},
    Requirement{"CONFIG_HAVE_RELIABLE_STACKTRACE", "it must know whether a stack was walked to its end"},
};

struct EngineUnit {
  elf::Object object;
  std::vector<std::optional<SymbolSource>> sources{};  ///< as LinkPart's
};

std::string source_name(std::string_view unit) {
  return std::string(unit) + ".c";
}

class EngineBuilder {
 public:
  EngineBuilder(const Kbuild& kbuild, const Exports& exports, std::span<const EngineFile> files)
      : kbuild_(kbuild), exports_(exports), files_(files) {}

  Result<Bytes> build() {
    TRY(write_files());
    const std::vector<UnitFlags> flags = TRY(kbuild_.module_flags(folder_, names_));
    for (const UnitFlags& unit : flags) {
      // Last, since what the others use says which namespaces it must name.
      if (unit.unit == source_name(kModpostUnit))
        TRY(write_file(folder_ / unit.unit, std::string(kModpostHead) + TRY(modpost_text(namespaces_))));
      TRY(compile(unit));
    }
    TRY(check_missing());
    return link();
  }

 private:
  Result<void> write_files() {
    std::string list;
    for (const EngineFile& file : files_) {
      if (file.name == "Kbuild") list = fmt::format("{}suture-y += {}.o\n", file.text, kModpostUnit);
      if (file.name.ends_with(".c")) names_.emplace_back(file.name.substr(0, file.name.size() - 2));
    }
    // kbuild's answers are kept by the question, which the folder is a part of.
    folder_ = kbuild_.tree() / ("suture-engine-" + sha256_hex(as_bytes(list)).substr(0, 16));
    for (const EngineFile& file : files_) TRY(write_file(folder_ / file.name, file.text));
    names_.emplace_back(kModpostUnit);
    TRY(write_file(folder_ / source_name(kModpostUnit), ""));
    return write_file(folder_ / "Kbuild", list);
  }

  Result<void> compile(const UnitFlags& flags) {
    const std::filesystem::path file = folder_ / flags.unit;
    const std::filesystem::path object = std::filesystem::path(file).replace_extension(".o");
    TRY(kbuild_.compile(flags, kbuild_.target().source, file, object));
    units_.push_back({.object = TRY(elf::read_object(object))});
    for (elf::Section& section : units_.back().object.sections) {
      // objtool took the unit for the whole module: what only another unit calls through a pointer would lose
      // the instruction that such calls must come to.
      if (section.name == ".ibt_endbr_seal") section.flags &= ~std::uint64_t{SHF_ALLOC};
    }
    return resolve();
  }

  /// What units refer to and do not define themselves: others may, or the kernel.
  Result<void> resolve() {
    EngineUnit& unit = units_.back();
    unit.sources.resize(unit.object.symbols.size());
    for (std::size_t i = 0; i < unit.object.symbols.size(); ++i) {
      const elf::Symbol& symbol = unit.object.symbols[i];
      if (symbol.name.empty()) continue;
      if (symbol.section != elf::kUndefined) {
        if (symbol.binding != STB_LOCAL) defined_.insert(symbol.name);
        continue;
      }
      const auto found = exports_.find(symbol.name);
      if (!is_exported_to_us(found)) {
        unresolved_.insert(symbol.name);
        continue;
      }
      unit.sources[i] = SymbolSource{.exported_crc = found->second.crc};
      if (!found->second.symbol_namespace.empty()) namespaces_.insert(found->second.symbol_namespace);
    }
    return {};
  }

  /// By the kernel itself, and not to certain modules only (EXPORT_SYMBOL_FOR_MODULES).
  bool is_exported_to_us(Exports::const_iterator found) const {
    return found != exports_.end() && found->second.home == "vmlinux" &&
           !found->second.symbol_namespace.starts_with("module:");
  }

  Result<void> check_missing() const {
    std::set<std::string> missing;
    std::ranges::set_difference(unresolved_, defined_, std::inserter(missing, missing.end()));
    if (missing.empty()) return {};
    return fail("build.engine-symbol", "link " + std::string(kEngineFileName),
                fmt::format("this kernel does not export {}", fmt::join(missing, ", ")),
                "it needs another version of the engine");
  }

  Result<Bytes> link() const {
    const auto part_of = [](const EngineUnit& unit) {
      return LinkPart{.object = &unit.object, .patches = "vmlinux", .sources = unit.sources};
    };
    LinkInput input{.glue = part_of(units_.back()), .deltas = {}, .aliases = {}};
    for (std::size_t i = 0; i + 1 < units_.size(); ++i) input.deltas.push_back(part_of(units_[i]));
    if (const auto layout = exports_.find("module_layout"); layout != exports_.end())
      input.module_layout_crc = layout->second.crc;
    return elf::serialize(TRY(link_module(input)));
  }

  const Kbuild& kbuild_;
  const Exports& exports_;
  std::span<const EngineFile> files_;
  std::filesystem::path folder_;
  std::vector<std::string> names_;  ///< of units, the one with modpost's text last
  std::vector<EngineUnit> units_;   ///< as names_
  std::set<std::string> defined_;
  std::set<std::string> unresolved_;
  std::set<std::string> namespaces_;
};

std::filesystem::path symvers_of(const Target& target) {
  return target.headers / "Module.symvers";
}

/// All that the unsigned module depends on.
Result<std::string> cache_key(const Target& target) {
  const std::string config = TRY(read_text_file(target.config, kLargestText));
  const std::string exports = TRY(read_text_file(symvers_of(target), kLargestText));
  const std::string modpost = TRY(modpost_text({}));
  std::vector<std::string_view> parts{
      "engine", target.id.build_id, target.compiler_version, config, exports, kModpostHead, modpost};
  for (const EngineFile& file : kEngineFiles) parts.insert(parts.end(), {file.name, file.text});
  return BuildCache::key_of(parts);
}

bool is_set(std::string_view config, std::string_view option) {
  const std::string line = fmt::format("{}=y\n", option);
  return config.starts_with(line) || config.contains("\n" + line);
}

}  // namespace

Result<void> check_engine_can_run(std::string_view config) {
  std::vector<std::string> lacks;
  for (const Requirement& requirement : kRequirements) {
    if (!is_set(config, requirement.option))
      lacks.push_back(fmt::format("{} ({})", requirement.option, requirement.why));
  }
  if (lacks.empty()) return {};
  return fail("build.engine-unsupported", "build the stop-machine engine",
              fmt::format("this kernel was built without {}", fmt::join(lacks, ", ")),
              "livepatch may do, if the kernel has that");
}

Result<Bytes> compile_engine(const Kbuild& kbuild, std::span<const EngineFile> files) {
  const Exports exports = TRY(parse_exports(TRY(read_text_file(symvers_of(kbuild.target()), kLargestText))));
  return EngineBuilder(kbuild, exports, files).build();
}

Result<Bytes> unsigned_engine_module(const Kbuild& kbuild) {
  const std::string key = TRY(cache_key(kbuild.target()));
  if (std::optional<Bytes> known = kbuild.cache().find(key)) return std::move(*known);
  Bytes module = TRY(compile_engine(kbuild, kEngineFiles));
  kbuild.cache().keep(key, module);
  return module;
}

Result<EngineModuleBuild> build_engine_module(const Target& target, const BuildCache& cache,
                                              const std::optional<ModuleKey>& key) {
  const std::string config = TRY(read_text_file(target.config, kLargestText));
  TRY(check_engine_can_run(config));
  EngineModuleBuild build{.module = {}, .abi = kEngineAbi};
  SignatureRules rules;
  if (key) {
    rules = TRY(signature_rules(config));
    TRY(key->check(rules));
    build.signer = key->signer(rules);
  }
  if (std::optional<Bytes> known = cache.find(TRY(cache_key(target))))
    build.module = std::move(*known);
  else
    build.module = TRY(unsigned_engine_module(TRY(Kbuild::prepare(target, cache))));
  if (key) build.module = TRY(key->sign(build.module, rules));
  return build;
}

}  // namespace suture
