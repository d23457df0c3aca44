// SPDX-License-Identifier: Apache-2.0
#include "cli/patchset_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/terminal.h"

namespace suture::cli {
namespace {

std::string signer_text(const Patchset& patchset) {
  if (!patchset.module_signer) return {};
  const ModuleSigner& signer = *patchset.module_signer;
  return fmt::format("signed by {} ({}, certificate {})\n", signer.subject, signer.hash,
                     signer.certificate_sha256);
}

std::string modules_text(const Patchset& patchset) {
  std::string text;
  for (const PatchModule& module : patchset.modules) {
    text += fmt::format("engine    {}\nmodule    {}, {}\nsha256    {}\n", module.engine, module.file,
                        human_size(module.size), module.sha256);
    if (const auto& engine = module.engine_module)
      text += fmt::format("needs     {} (ABI {}), {}\nsha256    {}\n", engine->file, engine->abi,
                          human_size(engine->size), engine->sha256);
  }
  return text;
}

}  // namespace

std::string patchset_text(const Patchset& patchset) {
  const TargetId& target = patchset.target;
  const std::string effective =
      patchset.effective_version.empty() ? "" : fmt::format("as        {}\n", patchset.effective_version);
  std::string text =
      fmt::format("target    {}:{} ({}, {})\nbuild-id  {}\nlevel     {}\n{}{}{}made by   {}\n\n",
                  target.distribution, target.release, target.version, target.architecture, target.build_id,
                  patchset.level, effective, modules_text(patchset), signer_text(patchset), patchset.tool);
  std::vector<std::vector<std::string>> rows;
  for (const FixRecord& fix : patchset.fixes) {
    rows.push_back({fix.name, fix.cves.empty() ? "-" : fmt::format("{}", fmt::join(fix.cves, " ")),
                    fix.not_affected.empty() ? "is in it" : "not needed", fix.sha256.substr(0, 16)});
  }
  text += table({"FIX", "CLOSES", "", "SHA-256"}, rows) + "\n";
  for (const FixRecord& fix : patchset.fixes) {
    if (!fix.not_affected.empty())
      text += fmt::format("{} is not needed: {}\n\n", fix.name, fix.not_affected);
  }
  rows.clear();
  for (const PatchedObject& object : patchset.objects) {
    for (const ReplacedFunction& function : object.functions) {
      rows.push_back({object.name, function.module_exit ? function.name + " (exit)" : function.name,
                      function.sympos == 0 ? "unique" : fmt::format("number {}", function.sympos),
                      fmt::format("{} -> {}", function.old_size, function.new_size)});
    }
  }
  text += table({"OBJECT", "FUNCTION", "SYMBOL", "BYTES"}, rows) + "\n";
  rows.clear();
  for (const PatchedObject& object : patchset.objects) {
    for (const UnitEvidence& unit : object.evidence) {
      rows.push_back({unit.unit, fmt::format("{} of {}", unit.functions_equal, unit.functions_compared),
                      unit.different.empty() ? "-" : fmt::format("{}", fmt::join(unit.different, " "))});
    }
  }
  return text + table({"UNIT", "AS SHIPPED", "DIFFERENT, NOT REPLACED"}, rows) + "\n" +
         risks_text(patchset.risks);
}

std::string risks_text(const std::vector<RiskFact>& risks) {
  if (risks.empty()) return {};
  std::string text = "TO LOOK AT BEFORE SIGNING (see docs/risk-report.md)\n";
  for (const RiskFact& risk : risks) {
    std::string where = risk.function;
    if (!risk.place.empty()) where += (where.empty() ? "" : ", ") + risk.place;
    text += fmt::format("  {}{}{}: {}\n", risk.code.substr(risk.code.find('.') + 1),
                        where.empty() ? "" : "  ", where, risk.text);
  }
  return text + "\n";
}

}  // namespace suture::cli
