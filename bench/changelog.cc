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
#include <set>

#include "advisory/changelog_items.h"
#include "advisory/package_update.h"
#include "advisory/reader.h"
#include "advisory/unpack.h"
#include "base/file.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

/// What the records of a folder say, by CVE id.
std::map<std::string, Advisory> read_records(const fs::path& folder) {
  std::map<std::string, Advisory> records;
  if (folder.empty()) return records;
  for (const auto& file : fs::recursive_directory_iterator(folder)) {
    if (file.path().extension() != ".json") continue;
    const auto text = read_text_file(file.path(), 64u << 20);
    if (!text) continue;
    const Sink keep = [&](const std::string&, ReadRecord read) -> Result<void> {
      if (!read) return {};  // not every file is a record
      for (Voice& voice : *read) {
        Advisory& advisory = records[voice.cve];
        advisory.cve = voice.cve;
        advisory.voices.push_back({.source = "records", .voice = std::move(voice)});
      }
      return {};
    };
    if (!read_document(FeedFormat::kCve, file.path().filename().string(), *text, keep)) continue;
  }
  return records;
}

std::set<std::string> files_named(const Advisory& advisory) {
  std::set<std::string> files;
  for (const Told<std::string>& file : advisory.files()) files.insert(file.value);
  return files;
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
  app.add_option("--changelog", changelog, "of the newer package")->required();
  app.add_option("--until", until, "the older package's version")->required();
  app.add_option("--records", records_folder, "folder with CVE records, which name files");
  app.add_flag("--judge-only", blind, "use the records to judge what is found without them");
  app.add_option("--table", table, "write what was found for each to this file");
  CLI11_PARSE(app, argc, argv);

  const auto text = read_packed_text(changelog, kLargestChangelog);
  if (!text) return std::cerr << text.error().message() << '\n', 1;
  const auto records = read_records(records_folder);
  const auto start = std::chrono::steady_clock::now();
  const auto known = [&](const std::string& cve) -> Result<std::optional<Advisory>> {
    const auto record = records.find(cve);
    return record == records.end() || blind ? std::nullopt : std::optional(record->second);
  };
  const auto update = PackageUpdate::read(
      {.before = before, .before_version = until, .after = after, .changelog = *text}, known);
  if (!update) return std::cerr << update.error().message() << '\n', 1;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

  Counts counts;
  std::string rows;
  std::set<std::string> seen;
  for (const UpdateFix& fix : update->fixes()) {
    const CodeChange& change = fix.change;
    for (const std::string& cve : fix.cves) {
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
      const auto record = records.find(cve);
      const std::set<std::string> named =
          record == records.end() ? std::set<std::string>() : files_named(record->second);
      if (!named.empty()) {
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
      rows += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\n", cve, fix.title, fmt::join(files, " "),
                          fmt::join(functions, " "), change.mixed ? "mixed" : "", change.note, verdict);
    }
  }
  print(records.empty() ? "without records" : (blind ? "without records, judged by them" : "with records"),
        counts);
  fmt::print("  items {}, files that differ {}; compared and given to fixes in {:.1f} s\n",
             update->fixes().size(), update->files_that_differ(), seconds);
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
