// SPDX-License-Identifier: Apache-2.0
//
// For how many vulnerabilities that a distribution's changelog names, files and functions are found in the
// difference of its source packages. See changelog.sh.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "advisory/tree_difference.h"
#include "advisory/version_change.h"
#include "base/file.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

struct Entry {
  DescribedFix fix;
  std::vector<std::string> cves;
};

/// Takes "(CVE-2026-1234)" out of a line and "[x86] " off its front.
Entry entry_of(std::string text) {
  Entry entry;
  for (std::size_t at = text.find("CVE-"); at != text.npos; at = text.find("CVE-", at + 1)) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789-", at + 4), text.size());
    const std::string id = text.substr(at, end - at);
    if (id.size() >= 13) entry.cves.push_back(id);
  }
  if (!entry.cves.empty()) text = text.substr(0, text.find(" (CVE-"));
  if (text.starts_with('[')) {
    const std::size_t end = text.find("] ");
    if (end != text.npos) text.erase(0, end + 2);
  }
  entry.fix.title = text;
  return entry;
}

/// All lines of the entries above the version `until`.
std::vector<Entry> read_entries(std::string_view changelog, const std::string& until) {
  std::vector<Entry> entries;
  std::string text;
  const auto finish = [&] {
    if (!text.empty()) entries.push_back(entry_of(text));
    text.clear();
  };
  while (!changelog.empty()) {
    const std::string_view line = changelog.substr(0, changelog.find('\n'));
    changelog.remove_prefix(std::min(line.size() + 1, changelog.size()));
    if (line.starts_with("linux (" + until + ")")) break;
    const std::size_t first = line.find_first_not_of(' ');
    if (first == line.npos || first == 0) {
      finish();
      continue;
    }
    const bool begins = line.substr(first).starts_with("- ") || line.substr(first).starts_with("* ") ||
                        line.substr(first).starts_with("+ ");
    if (begins || first == 1) finish();
    if (first == 1) continue;  // who and when
    if (begins)
      text = line.substr(first + 2);
    else if (!text.empty())
      text += " " + std::string(line.substr(first));
  }
  finish();
  return entries;
}

struct Record {
  std::string description;
  std::vector<std::string> files;
};

std::map<std::string, Record> read_records(const fs::path& folder) {
  std::map<std::string, Record> records;
  if (folder.empty()) return records;
  for (const auto& file : fs::recursive_directory_iterator(folder)) {
    if (file.path().extension() != ".json") continue;
    const auto text = read_text_file(file.path(), 64u << 20);
    if (!text) continue;
    const auto json = nlohmann::json::parse(*text, nullptr, false);
    if (json.is_discarded() || !json.contains("containers")) continue;
    const auto& cna = json["containers"]["cna"];
    Record record;
    std::set<std::string> files;
    for (const auto& product : cna.value("affected", nlohmann::json::array())) {
      for (const auto& path : product.value("programFiles", nlohmann::json::array()))
        files.insert(path.get<std::string>());
    }
    for (const auto& description : cna.value("descriptions", nlohmann::json::array()))
      record.description += description.value("value", "");
    record.files = {files.begin(), files.end()};
    records.emplace(file.path().stem().string(), std::move(record));
  }
  return records;
}

struct Counts {
  std::size_t all = 0;
  std::size_t with_file = 0;
  std::size_t with_function = 0;
  std::size_t with_item = 0;
  std::size_t without_code = 0;  ///< files found, of which none holds C
  std::size_t told_apart = 0;
  // Against records that name files.
  std::size_t judged = 0;
  std::size_t right = 0;
  std::size_t judged_apart = 0;  ///< of those told apart
  std::size_t right_apart = 0;
  std::map<std::string, std::size_t> notes;
};

bool is_code(const std::string& path) {
  return path.ends_with(".c") || path.ends_with(".h") || path.ends_with(".S");
}

void print(const std::string& name, const Counts& counts) {
  const auto share = [](std::size_t part, std::size_t whole) {
    return whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  };
  fmt::print("{}\n  {:<58} {:>6}\n", name, "vulnerabilities", counts.all);
  const auto line = [&](const char* what, std::size_t number, std::size_t of) {
    fmt::print("  {:<58} {:>6}  {:5.1f} %\n", what, number, share(number, of));
  };
  line("file found", counts.with_file, counts.all);
  line("file and function found", counts.with_function, counts.all);
  line("file and function, type, macro or variable found", counts.with_item, counts.all);
  line("of these, told from the other fixes of the file", counts.told_apart, counts.all);
  line("file found that has no C (device trees, build files)", counts.without_code, counts.all);
  if (counts.judged > 0)
    line("a file found that the record names, of those with both", counts.right, counts.judged);
  if (counts.judged_apart > 0)
    line("the same, where told from the other fixes", counts.right_apart, counts.judged_apart);
  for (const auto& [note, number] : counts.notes) line(note.c_str(), number, counts.all);
}

int run(int argc, char** argv) {
  CLI::App app("For how many vulnerabilities of a changelog are files and functions found");
  std::string before;
  std::string after;
  std::string changelog;
  std::string until;
  std::string records_folder;
  std::string table;
  bool blind = false;
  app.add_option("--before", before, "tree of the older source")->required();
  app.add_option("--after", after, "tree of the newer source")->required();
  app.add_option("--changelog", changelog, "of the newer package, unpacked")->required();
  app.add_option("--until", until, "the older package's version")->required();
  app.add_option("--records", records_folder, "folder with CVE records, which name files");
  app.add_flag("--judge-only", blind, "use the records to judge what is found without them");
  app.add_option("--table", table, "write what was found for each to this file");
  CLI11_PARSE(app, argc, argv);

  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  const auto text = read_text_file(changelog);
  if (!text) return std::cerr << text.error().message() << '\n', 1;
  auto entries = read_entries(*text, until);
  const auto records = read_records(records_folder);
  const double read_at = seconds();
  const auto difference = read_tree_difference(before, after);
  if (!difference) return std::cerr << difference.error().message() << '\n', 1;
  const double compared_at = seconds();

  std::vector<DescribedFix> fixes;
  for (Entry& entry : entries) {
    for (const std::string& cve : entry.cves) {
      const auto record = records.find(cve);
      if (record == records.end() || blind) continue;
      entry.fix.description = record->second.description;
      entry.fix.files = record->second.files;
    }
    fixes.push_back(entry.fix);
  }
  const auto changes = changes_of_fixes(*difference, fixes, "linux " + until);
  const double done_at = seconds();

  Counts counts;
  std::string rows;
  std::set<std::string> seen;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const CodeChange& change = changes[i];
    for (const std::string& cve : entries[i].cves) {
      if (!seen.insert(cve).second) continue;
      std::set<std::string> functions;
      std::set<std::string> items;
      std::vector<std::string> files;
      bool code = false;
      for (const FileCodeChange& file : change.files) {
        files.push_back(file.path);
        code = code || is_code(file.path);
        for (const CodeItem& item : file.items) {
          items.insert(item.name);
          if (item.kind == CodeItemKind::kFunction) functions.insert(item.name);
        }
      }
      ++counts.all;
      counts.with_file += files.empty() ? 0 : 1;
      counts.with_function += functions.empty() ? 0 : 1;
      counts.with_item += items.empty() ? 0 : 1;
      counts.told_apart += !items.empty() && !change.mixed ? 1 : 0;
      counts.without_code += !files.empty() && !code ? 1 : 0;
      if (files.empty())
        ++counts.notes[change.note.starts_with("the subject")
                           ? "no file: the subject fits several"
                           : "no file: none that differs is where the subject says"];
      std::string verdict = "-";
      if (const auto record = records.find(cve); record != records.end() && !record->second.files.empty()) {
        const auto& named = record->second.files;
        // Records name files as the newest kernel has them, and files move between folders.
        const auto is_named = [&](const std::string& file) {
          return std::ranges::any_of(named, [&](const std::string& other) {
            return fs::path(other).filename() == fs::path(file).filename();
          });
        };
        const bool right = std::ranges::any_of(files, is_named);
        if (!files.empty()) {
          ++counts.judged;
          counts.right += right ? 1 : 0;
          counts.judged_apart += change.mixed ? 0 : 1;
          counts.right_apart += right && !change.mixed ? 1 : 0;
        }
        verdict = files.empty() ? "none" : (right ? "right" : "wrong");
        if (!right) verdict += " " + fmt::format("{}", fmt::join(named, ","));
      }
      rows += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\n", cve, entries[i].fix.title, fmt::join(files, " "),
                          fmt::join(functions, " "), change.mixed ? "mixed" : "", change.note, verdict);
    }
  }
  print(records.empty() ? "without records" : (blind ? "without records, judged by them" : "with records"),
        counts);
  fmt::print(
      "  entries {}, files that differ {}; read {:.1f} s, compared {:.1f} s, given to fixes {:.1f} s\n",
      entries.size(), difference->size(), read_at, compared_at - read_at, done_at - compared_at);
  if (!table.empty()) {
    if (const auto written = write_file(table, rows); !written)
      return std::cerr << written.error().message() << '\n', 1;
  }
  return 0;
}

}  // namespace
}  // namespace suture

int main(int argc, char** argv) {
  return suture::run(argc, argv);
}
