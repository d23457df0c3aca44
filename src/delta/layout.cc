// SPDX-License-Identifier: Apache-2.0
#include "delta/layout.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "delta/same_type.h"
#include "delta/type_layout.h"
#include "delta/type_use.h"

namespace suture {
namespace {

/// A type which both units know, and know differently.
struct ChangedType {
  TypeChange change;
  EntryId patched = kNoEntry;
};

class LayoutCheck {
 public:
  LayoutCheck(const Unit& patched, const Selection& selection, const DebugInfo& original_debug,
              const DebugInfo& patched_debug)
      : patched_(patched),
        selection_(selection),
        original_types_(original_debug),
        patched_types_(patched_debug),
        patched_debug_(patched_debug) {}

  Result<LayoutFindings> run(const std::set<std::string>& accepted) {
    const std::vector<ChangedType> changed = changed_types();
    if (changed.empty()) return std::move(findings_);
    use_.emplace(patched_, patched_types_, patched_debug_);
    bool unknown = false;
    const std::vector<bool> shipped = use_->of(selection_.shipped, Reach::kReachable, &unknown);
    const std::vector<bool> anywhere = use_->of_all();
    std::vector<std::string> refused;
    for (const ChangedType& type : changed) {
      const bool used = unknown || shipped[type.patched] || !anywhere[type.patched];
      const std::string text = type.change.text();
      if (!used) {
        note("delta.layout-unused", text + "; no shipped code uses it");
      } else if (type.change.compatible()) {
        note("delta.layout-compatible", text + "; old and new code read it alike");
      } else if (accepted.contains(bare(type.change.type))) {
        note("delta.layout-accepted", text + "; the fix declares that it copes");
      } else {
        refused.push_back(text);
        continue;
      }
      report(type, used);
    }
    if (refused.empty()) return std::move(findings_);
    return fail("delta.layout-changed", "compare the types that shipped code of " + patched_.name() + " uses",
                fmt::format("{}", fmt::join(refused, ". ")),
                "objects of the old form are in use: keep new state elsewhere, as in shadow variables, or "
                "declare with \"Suture-Accept-Layout: TYPE\" how the fix copes");
  }

 private:
  std::vector<ChangedType> changed_types() const {
    std::vector<ChangedType> changed;
    for (const auto& [name, patched] : patched_types_.named()) {
      const auto original = original_types_.named().find(name);
      if (original == original_types_.named().end() ||
          same_type(original_types_, original->second, patched_types_, patched))
        continue;
      TypeChange change = compare_type(name, original_types_, original->second, patched_types_, patched);
      if (change.any()) changed.push_back({.change = std::move(change), .patched = patched});
    }
    std::ranges::sort(changed, {},
                      [](const ChangedType& type) -> const std::string& { return type.change.type; });
    return changed;
  }

  void note(std::string code, std::string text) {
    findings_.notes.push_back({.code = std::move(code), .text = std::move(text)});
  }

  /// "struct request" of "struct request in send".
  static std::string bare(const std::string& type) { return type.substr(0, type.find(" in ")); }

  /// Who else looks at the type: functions of the unit that stay as they are.
  void report(const ChangedType& type, bool used) {
    std::vector<std::string> users;
    for (AtomId id = 0; id < patched_.atoms().size(); ++id) {
      const bool stays = patched_.atom(id).kind == AtomKind::kFunction &&
                         std::ranges::find(selection_.shipped, id) == selection_.shipped.end();
      if (stays && use_->of({&id, 1}, Reach::kDirect)[type.patched]) users.push_back(patched_.atom(id).name);
    }
    if (users.empty() && !used) return;
    findings_.risks.push_back(
        {.code = "risk.layout",
         .function = {},
         .place = {},
         .text = type.change.text() + "; " +
                 (users.empty() ? "in this unit, only shipped code uses it"
                                : "unpatched code of this unit uses it: " + listed(users))});
  }

  static std::string listed(const std::vector<std::string>& names) {
    constexpr std::size_t kShown = 8;
    const std::vector<std::string> first(
        names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min(kShown, names.size())));
    std::string text = fmt::format("{}", fmt::join(first, ", "));
    if (names.size() > kShown) text += fmt::format(" and {} more", names.size() - kShown);
    return text;
  }

  const Unit& patched_;
  const Selection& selection_;
  const Types original_types_;
  const Types patched_types_;
  const DebugInfo& patched_debug_;
  std::optional<TypeUse> use_;
  LayoutFindings findings_;
};

}  // namespace

Result<LayoutFindings> check_layouts(const Unit& patched, const Selection& selection,
                                     const DebugInfo& original_debug, const DebugInfo& patched_debug,
                                     const std::set<std::string>& accepted) {
  if (selection.shipped.empty()) return LayoutFindings{};
  TRY(original_debug.load());
  TRY(patched_debug.load());
  if (original_debug.empty() || patched_debug.empty()) {
    return LayoutFindings{
        .notes = {{.code = "delta.layout-unknown", .text = "layouts not compared: no debug information"}},
        .risks = {}};
  }
  return LayoutCheck(patched, selection, original_debug, patched_debug).run(accepted);
}

}  // namespace suture
