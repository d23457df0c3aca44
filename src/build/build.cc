// SPDX-License-Identifier: Apache-2.0
#include "build/build.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "base/file.h"
#include "base/hash.h"
#include "build/compiled_unit.h"
#include "build/evidence.h"
#include "build/fix.h"
#include "build/kbuild.h"
#include "build/patched_tree.h"
#include "build/resolve.h"
#include "delta/delta.h"
#include "image/shipped_kernel.h"
#include "image/shipped_module.h"
#include "module/exports.h"
#include "module/glue.h"
#include "module/link.h"

namespace suture {
namespace {

/// A unit that changes, with all that is known of it.
struct UnitPatch {
  const CompiledUnit* compiled = nullptr;
  const ShippedObject* home = nullptr;
  Delta delta;
  Evidence evidence;
  LinkPart part;
};

class Builder {
 public:
  Builder(const BuildRequest& request, Progress& progress) : request_(request), progress_(progress) {
    result_.patchset.target = request.target.id;
    result_.patchset.level = request.level;
    result_.patchset.engine = "klp";
    result_.patchset.module_name = fmt::format("suture_{}", request.level);
    result_.patchset.module_file = result_.patchset.module_name + ".ko";
    result_.patchset.tool = "suture " SUTURE_VERSION;
  }

  Result<BuildResult> run() {
    // Read the fixes and lay them, in order, over the source that the kernel was built from.
    progress_.step("apply the fixes");
    std::vector<Fix> fixes;
    for (const auto& path : request_.fixes) fixes.push_back(TRY(read_fix(path)));
    for (const Fix& fix : fixes) result_.patchset.fixes.push_back(fix.record);
    const PatchedTree tree = TRY(PatchedTree::make(request_.target.source, fixes));

    // Compile each touched unit as the kernel was compiled, before and after.
    const Kbuild kbuild = TRY(Kbuild::prepare(request_.target));
    const std::vector<UnitFlags> units = TRY(find_units(kbuild, TRY(units_of(fixes))));
    const std::vector<CompiledUnit> compiled = TRY(compile_units(kbuild, tree, units, progress_));

    // Compare the two objects: what changed, and what goes with it.
    for (const CompiledUnit& unit : compiled) TRY(compare(unit));
    if (patches_.empty()) {
      return fail("build.nothing-changed", "build a patchset", "the fixes change no code of this kernel",
                  "they touch only comments, line numbers, or code that its configuration leaves out");
    }

    // Prove against the kernel that runs: what we replace is what is there.
    progress_.step("read the kernel image");
    const KernelImage image = TRY(read_image());
    const ShippedKernel kernel(image);
    exports_ = TRY(parse_exports(TRY(read_text_file(request_.target.headers / "Module.symvers", 64u << 20))));
    for (UnitPatch& patch : patches_) TRY(prove(patch, kernel));

    // Link one module of it, and write it down with its manifest.
    progress_.step("link the module");
    const Bytes module = TRY(make_module(kbuild));
    TRY(write_patchset(module));
    return std::move(result_);
  }

 private:
  Result<std::vector<UnitFlags>> find_units(const Kbuild& kbuild, const std::vector<std::string>& names) {
    std::vector<UnitFlags> units;
    for (const std::string& name : names) {
      progress_.step("ask kbuild about " + name);
      Result<UnitFlags> flags = kbuild.flags(name);
      if (!flags && flags.error().code == "build.unit-not-built") {
        result_.notes.push_back(fmt::format("{} is left out: this kernel was configured without it", name));
        continue;
      }
      units.push_back(TRY(std::move(flags)));
    }
    return units;
  }

  Result<void> compare(const CompiledUnit& unit) {
    progress_.step("compare " + unit.flags.unit);
    TRY(check_layouts(unit.original_layouts, unit.patched_layouts, unit.flags.unit));
    Delta delta = TRY(make_delta(unit.original, unit.patched, unit.flags.unit));
    if (delta.empty()) {
      result_.notes.push_back(fmt::format("{} compiles to the same code with the fix", unit.flags.unit));
      return {};
    }
    patches_.push_back(
        {.compiled = &unit, .home = nullptr, .delta = std::move(delta), .evidence = {}, .part = {}});
    return {};
  }

  Result<KernelImage> read_image() const {
    KernelImage image = TRY(KernelImage::read(request_.target.image));
    if (image.build_id() == request_.target.id.build_id) return image;
    return fail("build.image-differs", "read " + request_.target.image.string(),
                "its build-id is not the target's",
                "the target's files were changed; remove the target and add it again");
  }

  Result<void> prove(UnitPatch& patch, const ShippedObject& kernel) {
    const UnitFlags& flags = patch.compiled->flags;
    progress_.step("check " + flags.unit + " against " + flags.object);
    patch.home = TRY(home_of(flags.object, kernel));
    const Unit original = TRY(Unit::cut(patch.compiled->original, flags.unit));
    patch.evidence = check_against_shipped(original, *patch.home);
    PatchedObject& object = object_named(flags.object);
    object.evidence.push_back(patch.evidence.record);
    for (const DeltaFunction& function : patch.delta.functions) {
      const auto atom = std::ranges::find(original.atoms(), function.original_symbol, &Atom::symbol);
      const auto id = static_cast<std::size_t>(atom - original.atoms().begin());
      if (!patch.evidence.proven[id]) {
        return fail(
            "build.not-as-shipped", fmt::format("check {} against {}", flags.unit, flags.object),
            fmt::format("{}, compiled from the unpatched source, is not what the kernel has", function.name),
            "source, configuration or compiler are not those of this kernel; nothing was built");
      }
      object.functions.push_back(
          {.name = function.name,
           .sympos = TRY(sympos_of(*patch.home, function.name, *patch.evidence.address_of[id])),
           .old_size = function.old_size,
           .new_size = function.new_size});
    }
    patch.part =
        TRY(resolve_needs(patch.delta, original, patch.evidence,
                          {.home = *patch.home, .kernel = kernel, .exports = exports_}, namespaces_));
    return {};
  }

  Result<const ShippedObject*> home_of(const std::string& object, const ShippedObject& kernel) {
    if (object == "vmlinux") return &kernel;
    auto& module = modules_[object];
    if (!module) {
      module =
          std::make_unique<ShippedModule>(TRY(ShippedModule::find_and_read(request_.target.modules, object)));
    }
    return module.get();
  }

  PatchedObject& object_named(const std::string& name) {
    auto& objects = result_.patchset.objects;
    const auto found = std::ranges::find(objects, name, &PatchedObject::name);
    if (found != objects.end()) return *found;
    return objects.emplace_back(PatchedObject{.name = name, .functions = {}, .evidence = {}});
  }

  Result<Bytes> make_module(const Kbuild& kbuild) {
    const Patchset& patchset = result_.patchset;
    const elf::Object glue = TRY(compile_glue(kbuild));
    LinkInput input{.glue = {.object = &glue, .patches = "vmlinux", .sources = TRY(glue_sources(glue))},
                    .deltas = {},
                    .aliases = {},
                    .module_layout_crc = TRY(version_of("module_layout"))};
    std::map<std::string, std::size_t> seen;  // functions of each object so far, in the manifest's order
    for (std::size_t i = 0; i < patches_.size(); ++i) {
      const std::string& name = patches_[i].compiled->flags.object;
      const auto object =
          std::ranges::find(patchset.objects, name, &PatchedObject::name) - patchset.objects.begin();
      for (const DeltaFunction& function : patches_[i].delta.functions) {
        input.aliases.push_back(
            {glue_symbol(static_cast<std::size_t>(object), seen[name]++), i, function.symbol});
      }
      input.deltas.push_back(patches_[i].part);
    }
    return elf::serialize(TRY(link_module(input)));
  }

  Result<elf::Object> compile_glue(const Kbuild& kbuild) const {
    const Patchset& patchset = result_.patchset;
    const TempDir folder = TRY(TempDir::make("suture-glue"));
    const std::filesystem::path source = folder.path() / (patchset.module_name + ".c");
    TRY(write_file(
        source,
        TRY(glue_source({.objects = patchset.objects, .namespaces = namespaces_, .level = patchset.level}))));
    const UnitFlags flags = TRY(kbuild.module_flags(folder.path(), patchset.module_name));
    const std::filesystem::path output = folder.path() / (patchset.module_name + ".o");
    TRY(kbuild.compile(flags, request_.target.source, source, output));
    return elf::read_object(output);
  }

  /// All that the glue calls is exported.
  Result<std::vector<std::optional<SymbolSource>>> glue_sources(const elf::Object& glue) const {
    std::vector<std::optional<SymbolSource>> sources(glue.symbols.size());
    for (std::size_t i = 0; i < glue.symbols.size(); ++i) {
      const elf::Symbol& symbol = glue.symbols[i];
      if (symbol.section != elf::kUndefined || !exports_.contains(symbol.name)) continue;
      sources[i] = SymbolSource{.exported_crc = TRY(version_of(symbol.name))};
    }
    return sources;
  }

  Result<std::uint32_t> version_of(const std::string& name) const {
    const auto found = exports_.find(name);
    if (found != exports_.end()) return found->second.crc;
    return fail("build.symbol-unknown", "link the module", name + " is not exported by this kernel");
  }

  /// The folder appears as a whole, or not at all.
  Result<void> write_patchset(const Bytes& module) {
    Patchset& patchset = result_.patchset;
    patchset.module_sha256 = sha256_hex(module);
    patchset.module_size = module.size();
    const std::filesystem::path output = std::filesystem::absolute(request_.output).lexically_normal();
    TempDir folder = TRY(TempDir::make(".suture-build", output.parent_path()));
    TRY(write_file(folder.path() / patchset.module_file, module));
    TRY(write_file(folder.path() / kManifestName, to_json(patchset).dump(2) + "\n"));
    return folder.move_to(output);
  }

  const BuildRequest& request_;
  Progress& progress_;
  BuildResult result_;
  std::vector<UnitPatch> patches_;
  Exports exports_;
  std::set<std::string> namespaces_;
  std::map<std::string, std::unique_ptr<ShippedModule>> modules_;
};

}  // namespace

Result<BuildResult> build_patchset(const BuildRequest& request, Progress& progress) {
  const std::string what = "make the patchset " + request.output.string();
  if (request.fixes.empty())
    return fail("build.no-fix", what, "no fix was given", "name at least one with --fix");
  if (request.level == 0) return fail("build.bad-level", what, "levels count from 1");
  std::error_code error;
  if (std::filesystem::exists(request.output, error)) {
    return fail("build.output-exists", what, "it is there already", "give another --output, or remove it");
  }
  return Builder(request, progress).run();
}

}  // namespace suture
