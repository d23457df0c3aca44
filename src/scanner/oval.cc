// SPDX-License-Identifier: Apache-2.0
#include "scanner/oval.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/cve_id.h"
#include "base/hash.h"
#include "scanner/number_pattern.h"
#include "scanner/xml_text.h"

namespace suture {
namespace {

constexpr const char* kSchema = "http://oval.mitre.org/XMLSchema/";

/// An identifier's number has to be the same in every file and another for everything else, so that files of
/// two kernels can be joined.
std::string id(std::string_view kind, std::string_view what) {
  const std::string digits = sha256_hex(as_bytes(std::string(kind) + "\n" + std::string(what))).substr(0, 15);
  return fmt::format("oval:suture:{}:{}", kind, std::max(1ull, std::stoull(digits, nullptr, 16)));
}

/// For a regular expression of Perl: all but letters and digits stands for itself.
std::string literal(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       static_cast<unsigned char>(c) >= 0x80 || static_cast<unsigned char>(c) < 0x20;
    if (!plain) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

std::string name_of(const OvalKernel& kernel) {
  return kernel.release + (kernel.version.empty() ? "" : " " + kernel.version);
}

/// Each part of a file is a map from identifier to XML: what several definitions need is there once.
struct Parts {
  std::map<std::string, std::string> definitions{};
  std::map<std::string, std::string> tests{};
  std::map<std::string, std::string> objects{};
  std::map<std::string, std::string> states{};
};

/// True where this kernel runs. One release may have been built again, as another version.
std::string add_kernel_test(Parts& parts, const OvalKernel& kernel) {
  const std::string object = id("obj", "uname");
  const std::string state = id("ste", name_of(kernel));
  std::string test = id("tst", name_of(kernel));
  parts.objects[object] = fmt::format("    <unix:uname_object id=\"{}\" version=\"1\"/>\n", object);
  std::string fields =
      fmt::format("      <unix:os_release>{}</unix:os_release>\n", xml_escaped(kernel.release));
  if (!kernel.version.empty()) {
    fields +=
        fmt::format("      <unix:os_version operation=\"pattern match\">(^|\\s){}(\\s|$)</unix:os_version>\n",
                    xml_escaped(literal(kernel.version)));
  }
  parts.states[state] = fmt::format(
      "    <unix:uname_state id=\"{}\" version=\"1\">\n{}    </unix:uname_state>\n", state, fields);
  parts.tests[test] = fmt::format(
      "    <unix:uname_test id=\"{}\" version=\"1\" check=\"all\" check_existence=\"at_least_one_exists\" "
      "comment=\"the kernel is {}\">\n"
      "      <unix:object object_ref=\"{}\"/>\n      <unix:state state_ref=\"{}\"/>\n"
      "    </unix:uname_test>\n",
      test, xml_escaped(name_of(kernel)), object, state);
  return test;
}

/// True where a file has such a line. `path` is the inside of the folder's element.
std::string add_sysfs_test(Parts& parts, const std::string& path, std::string_view file,
                           const std::string& line, const std::string& comment) {
  const std::string what = fmt::format("{}/{}={}", path, file, line);
  const std::string object = id("obj", what);
  std::string test = id("tst", what);
  parts.objects[object] = fmt::format(
      "    <ind:textfilecontent54_object id=\"{}\" version=\"1\">\n"
      "      {}\n"
      "      <ind:filename>{}</ind:filename>\n"
      "      <ind:pattern operation=\"pattern match\">^{}$</ind:pattern>\n"
      "      <ind:instance datatype=\"int\" operation=\"greater than or equal\">1</ind:instance>\n"
      "    </ind:textfilecontent54_object>\n",
      object, path, file, xml_escaped(line));
  parts.tests[test] = fmt::format(
      "    <ind:textfilecontent54_test id=\"{}\" version=\"1\" check=\"all\" "
      "check_existence=\"at_least_one_exists\" comment=\"{}\">\n"
      "      <ind:object object_ref=\"{}\"/>\n    </ind:textfilecontent54_test>\n",
      test, comment, object);
  return test;
}

/// True where a live patch from this level on has a file with this content.
std::string add_klp_test(Parts& parts, const OvalContent& content, std::uint32_t level, std::string_view file,
                         char value) {
  const std::string folder = "^" + literal(content.live_patches) + "/suture_" + numbers_from(level) + "$";
  return add_sysfs_test(parts, "<ind:path operation=\"pattern match\">" + xml_escaped(folder) + "</ind:path>",
                        file, std::string(1, value),
                        fmt::format("{} is {} of a live patch of level {} or later", file, value, level));
}

/// True where the stop-machine engine holds this level or a later one: it has switched all tasks then.
std::string add_stop_machine_test(Parts& parts, const OvalContent& content, std::uint32_t level) {
  return add_sysfs_test(parts, "<ind:path>" + xml_escaped(content.stop_machine) + "</ind:path>", "patch",
                        "suture_stop_" + numbers_from(level),
                        fmt::format("the stop-machine engine holds level {} or later", level));
}

/// True on a host that runs this kernel without what is to be there. While a level replaces another in the
/// kernel's livepatch, both are enabled and one is in transition: it is enough that one is not.
std::string open_criteria(Parts& parts, const OvalContent& content, const OvalKernel& kernel,
                          std::uint32_t level) {
  return fmt::format(
      "          <criteria operator=\"AND\" comment=\"{0} without live patch level {1}\">\n"
      "            <criterion test_ref=\"{2}\" comment=\"the kernel is {0}\"/>\n"
      "            <criteria operator=\"OR\" negate=\"true\" comment=\"level {1} or later is in the "
      "kernel\">\n"
      "              <criteria operator=\"AND\" comment=\"by its livepatch\">\n"
      "                <criterion test_ref=\"{3}\" comment=\"enabled\"/>\n"
      "                <criterion test_ref=\"{4}\" comment=\"all tasks have moved\"/>\n"
      "              </criteria>\n"
      "              <criterion test_ref=\"{5}\" comment=\"by the stop-machine engine\"/>\n"
      "            </criteria>\n          </criteria>\n",
      xml_escaped(name_of(kernel)), level, add_kernel_test(parts, kernel),
      add_klp_test(parts, content, level, "enabled", '1'),
      add_klp_test(parts, content, level, "transition", '0'), add_stop_machine_test(parts, content, level));
}

std::string reference(const std::string& cve) {
  const std::string url =
      is_cve_id(cve) ? fmt::format(" ref_url=\"https://www.cve.org/CVERecord?id={}\"", cve) : "";
  return fmt::format("        <reference source=\"CVE\" ref_id=\"{}\"{}/>\n", xml_escaped(cve), url);
}

void add_definition(Parts& parts, std::string_view kind, const std::string& title,
                    const std::set<std::string>& cves, const std::string& description,
                    const std::string& criteria) {
  const std::string own = id("def", std::string(kind) + " " + title);
  std::string references;
  for (const std::string& cve : cves) references += reference(cve);
  parts.definitions[own] = fmt::format(
      "    <definition id=\"{}\" version=\"1\" class=\"{}\">\n      <metadata>\n"
      "        <title>{}</title>\n"
      "        <affected family=\"unix\"><product>Linux</product></affected>\n{}"
      "        <description>{}</description>\n      </metadata>\n"
      "      <criteria operator=\"OR\">\n{}      </criteria>\n    </definition>\n",
      own, kind, xml_escaped(title), references, xml_escaped(description), criteria);
}

void add_vulnerabilities(Parts& parts, const OvalContent& content) {
  std::map<std::string, std::string> criteria;  // by CVE: one hole is in many kernels
  for (const OvalKernel& kernel : content.kernels) {
    for (const OvalFix& fix : kernel.fixes) {
      criteria[fix.cve] += open_criteria(parts, content, kernel, fix.level);
    }
  }
  for (const auto& [cve, open] : criteria) {
    add_definition(parts, "vulnerability", cve, {cve},
                   "True where the running kernel has " + cve +
                       " and no live patch of Suture that closes it is in effect.",
                   open);
  }
}

void add_patches(Parts& parts, const OvalContent& content) {
  for (const OvalKernel& kernel : content.kernels) {
    std::map<std::uint32_t, std::set<std::string>> levels;
    for (const OvalFix& fix : kernel.fixes) levels[fix.level].insert(fix.cve);
    for (const auto& [level, cves] : levels) {
      add_definition(parts, "patch", fmt::format("Suture level {} for {}", level, name_of(kernel)), cves,
                     "True where this kernel runs without that live patch or a later one: "
                     "`suture update` applies it.",
                     open_criteria(parts, content, kernel, level));
    }
  }
}

std::string element(std::string_view name, const std::map<std::string, std::string>& parts) {
  std::string text = fmt::format("  <{}>\n", name);
  for (const auto& [own, part] : parts) text += part;
  return text + fmt::format("  </{}>\n", name);
}

std::string head(const OvalContent& content) {
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<oval_definitions xmlns=\"{0}oval-definitions-5\" xmlns:oval=\"{0}oval-common-5\"\n"
      "    xmlns:ind=\"{0}oval-definitions-5#independent\" xmlns:unix=\"{0}oval-definitions-5#unix\">\n"
      "  <generator>\n    <oval:product_name>Suture</oval:product_name>\n"
      "    <oval:product_version>{1}</oval:product_version>\n"
      "    <oval:schema_version>5.11</oval:schema_version>\n"
      "    <oval:timestamp>{2}</oval:timestamp>\n  </generator>\n",
      kSchema, xml_escaped(content.tool), xml_escaped(content.time));
}

}  // namespace

OvalContent oval_content(const ScannedHost& host) {
  OvalKernel kernel{.release = host.release, .version = host.version};
  for (const CveVerdict& verdict : sorted_verdicts(host)) {
    const bool live = verdict.verdict == Verdict::kPatched || verdict.verdict == Verdict::kOpen;
    if (!live || verdict.level == 0) continue;
    // Levels keep what lower ones closed, but for a fix that was dropped on purpose: what is applied is such
    // a level, and only a later one can close it again.
    const bool dropped = verdict.verdict == Verdict::kOpen && verdict.level < host.level;
    kernel.fixes.push_back({verdict.cve, dropped ? host.level + 1 : verdict.level});
  }
  return {.tool = host.tool, .time = host.time, .kernels = {std::move(kernel)}};
}

Result<std::string> oval_text(const OvalContent& content) {
  Parts parts;
  add_vulnerabilities(parts, content);
  add_patches(parts, content);
  if (parts.definitions.empty()) {
    return fail("scanner.no-verdicts", "write OVAL definitions",
                "no level that is known here closes a vulnerability of this kernel",
                "`suture check` asks the repository what there is.");
  }
  return head(content) + element("definitions", parts.definitions) + element("tests", parts.tests) +
         element("objects", parts.objects) + element("states", parts.states) + "</oval_definitions>\n";
}

}  // namespace suture
