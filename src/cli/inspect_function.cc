// SPDX-License-Identifier: Apache-2.0
#include "cli/inspect_function.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/terminal.h"
#include "cli/shipped_code.h"
#include "delta/object_code.h"
#include "delta/record.h"
#include "delta/unit.h"
#include "elf/livepatch_names.h"
#include "module/klp_tables.h"
#include "target/store.h"

namespace suture::cli {
namespace {

/// A function of the object, and what it takes the place of.
struct Part {
  std::uint32_t symbol = 0;
  ShippedFunction before;
  bool replaces = false;  ///< the module's tables say so
};

class Finder {
 public:
  Finder(const elf::Object& object, std::string from, const std::optional<Patchset>& patchset,
         const FunctionRequest& request)
      : object_(object), from_(std::move(from)), patchset_(patchset), request_(request), code_(object) {}

  Result<FunctionViews> run() {
    const std::vector<Part> parts = TRY(find_parts());
    TRY(open_original());
    TRY(open_target());
    for (std::size_t i = 0; i < parts.size(); ++i) {
      FunctionView view{.name = object_.symbols[parts[i].symbol].name,
                        .object = parts[i].replaces ? parts[i].before.object : "",
                        .after = code_.list(parts[i].symbol, request_.syntax),
                        .after_from = from_,
                        .before = std::nullopt,
                        .before_from = {}};
      TRY(add_before(view, parts[i]));
      result_.views.push_back(std::move(view));
    }
    return std::move(result_);
  }

 private:
  /// What livepatch would redirect by that name, other functions of that name, and the cold part of the one.
  Result<std::vector<Part>> find_parts() const {
    const std::vector<KlpFunction> tables = read_klp_tables(object_);
    std::vector<Part> parts = TRY(parts_of_delta());
    for (const KlpFunction& function : tables) {
      if (function.name == request_.name) parts.push_back({function.symbol, shipped(function), true});
    }
    for (const std::uint32_t symbol : code_.find(request_.name)) {
      if (std::ranges::find(parts, symbol, &Part::symbol) == parts.end())
        parts.push_back({symbol, {.name = request_.name}, false});
    }
    if (parts.empty()) return no_function();
    if (parts.size() > 1) return parts;
    const std::string& name = object_.symbols[parts[0].symbol].name;
    for (const std::uint32_t symbol : code_.functions()) {
      const std::string& cold = object_.symbols[symbol].name;
      if (parent_of_cold(cold) == name)
        parts.push_back({symbol, {.object = parts[0].before.object, .name = cold}, parts[0].replaces});
    }
    return parts;
  }

  Result<std::vector<Part>> parts_of_delta() const {
    std::vector<Part> parts;
    const std::optional<DeltaRecord> record = TRY(read_delta_record(object_));
    if (!record) return parts;
    for (const DeltaRecord::Function& function : record->functions) {
      if (function.name != request_.name) continue;
      for (const std::uint32_t symbol : code_.find(function.symbol)) {
        const ShippedFunction before{.object = record->object,
                                     .name = function.name,
                                     .sympos = function.sympos.value_or(0),
                                     .size = function.old_size};
        parts.push_back({symbol, before, true});
      }
    }
    return parts;
  }

  /// The manifest knows how large it was.
  ShippedFunction shipped(const KlpFunction& function) const {
    ShippedFunction result{.object = function.object, .name = function.name, .sympos = function.sympos};
    if (!patchset_) return result;
    for (const PatchedObject& object : patchset_->objects) {
      for (const ReplacedFunction& known : object.functions) {
        if (object.name == function.object && known.name == function.name && known.sympos == function.sympos)
          result.size = known.old_size;
      }
    }
    return result;
  }

  std::unexpected<Error> no_function() const {
    std::vector<std::string> names;
    for (const std::uint32_t symbol : code_.functions())
      names.push_back(printable(object_.symbols[symbol].name));
    const std::vector<std::string> similar = similar_names(names, request_.name);
    return fail("inspect.no-function", fmt::format("find {} in {}", printable(request_.name), from_),
                "it has no function of that name",
                similar.empty() ? "suture inspect " + from_ + " lists those that it has"
                                : fmt::format("it has {}", fmt::join(similar, ", ")));
  }

  Result<void> open_original() {
    if (!request_.original.empty()) original_ = TRY(elf::read_object(request_.original));
    return {};
  }

  /// A target that was asked for must be there; the patchset's own is taken if it is.
  Result<void> open_target() {
    if (!request_.original.empty()) return {};
    const bool asked = !request_.target.empty();
    if (!asked && !patchset_) return {};
    const Result<TargetStore> store = TargetStore::at(request_.store);
    if (!store && !asked) return {};
    Result<Target> target = TRY(store).find(asked ? request_.target : patchset_->target.build_id);
    if (!target && !asked) {
      result_.notes.push_back(fmt::format(
          "what it was before is not shown: {} is not in {}; --store or --original FILE.o say where it is",
          patchset_->target.release, store->folder().string()));
      return {};
    }
    shipped_.emplace(TRY(std::move(target)));
    return {};
  }

  Result<void> add_before(FunctionView& view, const Part& part) {
    if (original_) return add_original(view);
    if (!shipped_) return {};
    const Progress progress("read " + shipped_->target().id.release);
    Result<Listing> before = shipped_->list(part.before, request_.syntax, expected_names());
    if (before) {
      view.before = std::move(*before);
      view.before_from = fmt::format("{} of {}", part.before.object, shipped_->target().id.release);
      return {};
    }
    // What a module adds was nowhere before, and a cold part may be new.
    if (before.error().code == "inspect.no-function" && (patchset_ || !result_.views.empty())) {
      result_.notes.push_back(fmt::format("{} is new: {} has none", view.name, part.before.object));
      return {};
    }
    return std::unexpected(before.error());
  }

  /// By name, and where that is numbered anew ("f.isra.0"), by what is left of it.
  Result<void> add_original(FunctionView& view) {
    const ObjectCode code(*original_);
    std::vector<std::uint32_t> found = code.find(view.name);
    if (found.empty()) {
      std::ranges::copy_if(code.functions(), std::back_inserter(found), [&](std::uint32_t symbol) {
        return stable_name(original_->symbols[symbol].name) == stable_name(view.name);
      });
    }
    if (found.size() > 1) {
      return fail("inspect.ambiguous-function", fmt::format("find {} in {}", view.name, request_.original),
                  fmt::format("{} functions have that name", found.size()));
    }
    if (found.empty()) {
      result_.notes.push_back(fmt::format("{} is new: {} has none", view.name, request_.original));
      return {};
    }
    view.before = code.list(found[0], request_.syntax);
    view.before_from = request_.original;
    return {};
  }

  std::set<std::string> expected_names() const {
    std::set<std::string> names;
    for (const elf::Symbol& symbol : object_.symbols) {
      const auto late = elf::parse_livepatch_symbol(symbol.name);
      names.insert(late ? late->name : symbol.name);
    }
    return names;
  }

  const elf::Object& object_;
  std::string from_;
  const std::optional<Patchset>& patchset_;
  const FunctionRequest& request_;
  ObjectCode code_;
  std::optional<elf::Object> original_;
  std::optional<ShippedCode> shipped_;
  FunctionViews result_;
};

}  // namespace

Result<FunctionViews> function_views(const elf::Object& object, const std::string& from,
                                     const std::optional<Patchset>& patchset,
                                     const FunctionRequest& request) {
  return Finder(object, from, patchset, request).run();
}

}  // namespace suture::cli
