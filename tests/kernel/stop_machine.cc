// SPDX-License-Identifier: Apache-2.0
//
// Modules for the stop-machine engine, made for a real target: what stands in them must be what its kernel
// has.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/file.h"
#include "base/hash.h"
#include "base/process.h"
#include "build/build.h"
#include "build/shipped_target.h"
#include "elf/object.h"
#include "module/klp_tables.h"
#include "module/signature.h"
#include "real_target.h"

namespace suture {
namespace {

using testing::Contains;
using testing::HasSubstr;

using Engines = std::set<std::string, std::less<>>;

const Engines kStopMachine{std::string(kStopMachineEngine)};

class StopMachineOnRealKernel : public test::OnRealTarget {
 protected:
  Result<BuildResult> build(const std::vector<std::string>& fixes, const Engines& engines) {
    std::vector<std::filesystem::path> paths;
    for (const std::string& fix : fixes)
      paths.push_back(std::filesystem::path(SUTURE_TEST_FIXES) / (fix + ".patch"));
    Progress progress("test");
    return build_patchset(
        {.target = target_, .fixes = paths, .level = 3, .output = output(), .engines = engines}, progress);
  }

  std::filesystem::path output() const { return folder_->path() / "out"; }

  elf::Object read_module() const { return elf::read_object(output() / "suture_stop_3.ko").value(); }

  /// As if the kernel had been built with another value of one option, as far as suture looks at it.
  void set_option(const std::string& from, const std::string& to) {
    std::string config = read_text_file(target_.config).value();
    const std::size_t at = config.find(from + "\n");
    ASSERT_NE(at, std::string::npos) << from;
    config.replace(at, from.size(), to);
    target_.config = folder_->path() / "config";
    ASSERT_TRUE(write_file(target_.config, config).has_value());
  }
};

std::vector<std::string> names_of(const std::vector<KlpFunction>& functions) {
  std::vector<std::string> names;
  for (const KlpFunction& function : functions)
    names.push_back(function.object + ":" + function.name + ":" + std::to_string(function.sympos));
  std::ranges::sort(names);
  return names;
}

/// What an address in suture_symbols will be, before KASLR.
std::vector<std::optional<std::uint64_t>> addresses_in(const elf::Object& module,
                                                       const ShippedKernel& kernel) {
  constexpr std::uint64_t kSize = 32, kAddress = 24;
  std::vector<std::optional<std::uint64_t>> result;
  const auto table = std::ranges::find(module.symbols, "suture_symbols", &elf::Symbol::name);
  for (std::uint64_t at = table->value; at < table->value + table->size; at += kSize) {
    std::optional<std::uint64_t>& address = result.emplace_back();
    for (const elf::Relocation& relocation : module.sections[table->section].relocations) {
      if (relocation.offset != at + kAddress) continue;
      const elf::Symbol& symbol = module.symbols[relocation.symbol];
      const bool absolute = symbol.section == elf::kAbsolute;
      address = (absolute ? symbol.value : kernel.addresses_of(symbol.name).at(0)) +
                static_cast<std::uint64_t>(relocation.addend);
    }
  }
  return result;
}

TEST_F(StopMachineOnRealKernel, OneDeltaGivesTwoModules) {
  const auto result = build({"CVE-2026-53249", "CVE-2026-53236", "CVE-2026-46234"}, BuildRequest{}.engines);
  ASSERT_TRUE(result.has_value()) << result.error().message();
  const auto& modules = result->patchset.modules;
  ASSERT_EQ(modules.size(), 2u);
  EXPECT_EQ(modules[0].name, "suture_3");
  EXPECT_EQ(modules[1].engine, kStopMachineEngine);
  EXPECT_EQ(modules[1].name, "suture_stop_3");
  EXPECT_TRUE(modules[1].engine_module.has_value());
  for (const PatchModule& module : modules)
    EXPECT_EQ(sha256_hex(read_file(output() / module.file).value()), module.sha256);
  const elf::Object klp = elf::read_object(output() / "suture_3.ko").value();
  EXPECT_EQ(names_of(read_klp_tables(read_module())), names_of(read_klp_tables(klp)));
}

// The loader of the kernel finds all that it is asked for; the rest is where kallsyms of the image has it.
TEST_F(StopMachineOnRealKernel, AddressesAreThoseOfTheImage) {
  const auto result = build({"CVE-2026-53249", "CVE-2026-53236", "kernel_clone-signal", "CVE-2026-31684",
                             "ptrace-get_dumpable-padding"},
                            kStopMachine);
  ASSERT_TRUE(result.has_value()) << result.error().message();
  const elf::Object module = read_module();
  EXPECT_TRUE(is_for_stop_machine(module));
  EXPECT_TRUE(module.late_relocations.empty());
  const ShippedTarget shipped = ShippedTarget::read(target_).value();
  std::set<std::string> undefined;
  for (const elf::Symbol& symbol : module.symbols) {
    EXPECT_NE(symbol.section, elf::kLivepatch) << symbol.name;
    if (symbol.section == elf::kUndefined && !symbol.name.empty()) undefined.insert(symbol.name);
  }
  for (const std::string& name : undefined) EXPECT_TRUE(shipped.exports().contains(name)) << name;
  const std::vector<EngineSymbol> symbols = read_engine_symbols(module);
  const auto addresses = addresses_in(module, shipped.kernel());
  EXPECT_GT(symbols.size(), 20u);
  ASSERT_EQ(addresses.size(), symbols.size() + 1);
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    const EngineSymbol& symbol = symbols[i];
    if (symbol.object != "vmlinux") {
      EXPECT_FALSE(addresses[i].has_value()) << symbol.name;
      continue;
    }
    const std::vector<std::uint64_t> places = shipped.kernel().addresses_of(symbol.name);
    ASSERT_GE(places.size(), std::max(1u, symbol.sympos)) << symbol.name;
    EXPECT_EQ(addresses[i], places[symbol.sympos == 0 ? 0 : symbol.sympos - 1]) << symbol.name;
    EXPECT_EQ(symbol.sympos == 0, places.size() == 1) << symbol.name;
    EXPECT_EQ(symbol.places, 0u);
  }
}

// KASLR does not move them.
TEST_F(StopMachineOnRealKernel, PerCpuVariablesHaveTheirOwnAddress) {
  ASSERT_TRUE(build({"CVE-2026-53249", "kernel_clone-signal"}, kStopMachine).has_value());
  const elf::Object module = read_module();
  const ShippedTarget shipped = ShippedTarget::read(target_).value();
  for (const elf::Symbol& symbol : module.symbols) {
    if (symbol.section != elf::kAbsolute || symbol.type == STT_FILE) continue;
    const std::string name = symbol.name.substr(0, symbol.name.find('@'));
    EXPECT_THAT(shipped.kernel().addresses_of(name), Contains(symbol.value)) << name;
  }
}

TEST_F(StopMachineOnRealKernel, SymbolsOfModulesAreLeftToTheEngine) {
  ASSERT_TRUE(build({"vsock-reopened", "netem-validate-slot"}, kStopMachine).has_value());
  const elf::Object module = read_module();
  const auto symbols = read_engine_symbols(module);
  const auto late =
      std::ranges::find_if(symbols, [](const EngineSymbol& symbol) { return symbol.object != "vmlinux"; });
  ASSERT_NE(late, symbols.end());
  EXPECT_GT(late->places, 0u);
}

// livepatch has two callers of the body replaced, which is what can be reached by ftrace. A jump reaches it.
TEST_F(StopMachineOnRealKernel, ReplacesASystemCallsBodyWhereItIs) {
  const auto result = build({"CVE-2026-98655"}, kStopMachine);
  ASSERT_TRUE(result.has_value()) << result.error().message();
  const auto& functions = result->patchset.objects.at(0).functions;
  ASSERT_EQ(functions.size(), 1u);
  EXPECT_EQ(functions[0].name, "__do_sys_perf_event_open");
  EXPECT_THAT(result->notes, Contains(HasSubstr("delta.jump-at-entry")));
  const elf::Object module = read_module();
  const auto table = std::ranges::find(module.symbols, "suture_stop_functions_0", &elf::Symbol::name);
  ASSERT_NE(table, module.symbols.end());
  const ByteView entry = ByteView(module.sections[table->section].data).subspan(table->value, 64);
  // unsigned int entry_length; u8 entry[16], entry_mask[16].
  ASSERT_EQ(entry[24], 5);
  const ShippedTarget shipped = ShippedTarget::read(target_).value();
  const std::uint64_t address = shipped.kernel().addresses_of("__do_sys_perf_event_open").at(0);
  EXPECT_TRUE(std::ranges::equal(*shipped.kernel().bytes(address, 5), entry.subspan(28, 5)));
}

TEST_F(StopMachineOnRealKernel, IsTheOnlyOneForAKernelWithoutLivepatch) {
  set_option("CONFIG_LIVEPATCH=y", "# CONFIG_LIVEPATCH is not set");
  const auto result = build({"CVE-2026-98655"}, BuildRequest{}.engines);
  ASSERT_TRUE(result.has_value()) << result.error().message();
  ASSERT_EQ(result->patchset.modules.size(), 1u);
  EXPECT_EQ(result->patchset.module().engine, kStopMachineEngine);
  EXPECT_THAT(result->notes, Contains(HasSubstr("CONFIG_LIVEPATCH")));
  EXPECT_EQ(result->patchset.objects.at(0).functions.size(), 1u);
}

TEST_F(StopMachineOnRealKernel, IsNotThereForAKernelWithoutProbes) {
  set_option("CONFIG_KPROBES=y", "# CONFIG_KPROBES is not set");
  const auto alone = build({"CVE-2026-46234"}, kStopMachine);
  ASSERT_FALSE(alone.has_value());
  EXPECT_EQ(alone.error().code, "build.engine-unsupported");
  const auto result = build({"CVE-2026-46234"}, BuildRequest{}.engines);
  ASSERT_TRUE(result.has_value()) << result.error().message();
  ASSERT_EQ(result->patchset.modules.size(), 1u);
  EXPECT_EQ(result->patchset.module().engine, kKlpEngine);
  EXPECT_THAT(result->notes, Contains(HasSubstr("CONFIG_KPROBES")));
}

// A function that other units may call has callers that nobody knows here: livepatch cannot have it.
TEST_F(StopMachineOnRealKernel, TakesOverWhatLivepatchCannotReach) {
  const auto fix = folder_->path() / "trace.patch";
  ASSERT_TRUE(write_file(fix,
                         "--- a/kernel/trace/trace_printk.c\n+++ b/kernel/trace/trace_printk.c\n"
                         "@@ -202,6 +202,8 @@ int __trace_bprintk(unsigned long ip, const char *fmt, ...)\n"
                         " \tint ret;\n \tva_list ap;\n \n"
                         "+\tif (unlikely(ip == 42))\n+\t\treturn -EINVAL;\n"
                         " \tif (unlikely(!fmt))\n \t\treturn 0;\n \n")
                  .has_value());
  Progress progress("test");
  BuildRequest request{.target = target_, .fixes = {fix}, .level = 3, .output = output()};
  request.engines = {std::string(kKlpEngine)};
  const auto refused = build_patchset(request, progress);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, "delta.no-ftrace-entry") << refused.error().message();
  request.engines = BuildRequest{}.engines;
  const auto result = build_patchset(request, progress);
  ASSERT_TRUE(result.has_value()) << result.error().message();
  ASSERT_EQ(result->patchset.modules.size(), 1u);
  EXPECT_EQ(result->patchset.module().engine, kStopMachineEngine);
  EXPECT_THAT(result->notes, Contains(HasSubstr("there is no module for klp: __trace_bprintk changed")));
}

TEST_F(StopMachineOnRealKernel, ComesWithItsEngineAndIsSignedLikeIt) {
  const auto key = folder_->path() / "key.pem", certificate = folder_->path() / "key.der";
  ASSERT_TRUE(run_ok({.argv = {"openssl", "req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
                               "/CN=Test", "-keyout", key.string(), "-out", certificate.string()}})
                  .has_value());
  std::filesystem::permissions(key, std::filesystem::perms::owner_read);
  Progress progress("test");
  BuildRequest request{.target = target_,
                       .fixes = {std::filesystem::path(SUTURE_TEST_FIXES) / "CVE-2026-46234.patch"},
                       .output = output()};
  request.module_key = ModuleKey::load(key, certificate).value();
  const auto result = build_patchset(request, progress);
  ASSERT_TRUE(result.has_value()) << result.error().message();
  const PatchModule* module = result->patchset.module_for(kStopMachineEngine);
  ASSERT_TRUE(module != nullptr && module->engine_module);
  EXPECT_EQ(module->engine_module->file, "suture.ko");
  EXPECT_EQ(module->engine_module->abi, 1u);
  EXPECT_FALSE(result->patchset.module_for(kKlpEngine)->engine_module);
  const PatchsetFiles files = read_files(result->patchset, output()).value();
  EXPECT_EQ(files.size(), 3u);
  EXPECT_FALSE(differing_file(result->patchset, files)) << "each is as the manifest says";
  for (const auto& [name, bytes] : files) EXPECT_TRUE(split_module(bytes).value().is_signed()) << name;
}

}  // namespace
}  // namespace suture
