// SPDX-License-Identifier: Apache-2.0
//
// bench_watch make FOLDER COUNT: so many CVE records in a folder, of the shape and size of those that the
// kernel's CNA publishes (in 2026 they had 9 kB each: a commit's message, a dozen ranges of commits, as many
// of versions, references); what they say is made up. bench_watch change FOLDER COUNT: changes the first of
// them.
#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

#include "base/file.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

/// The same numbers each time (a linear congruential generator, Knuth's MMIX).
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : state_(seed * 2 + 1) {}
  std::uint64_t next(std::uint64_t below) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return (state_ >> 33) % below;
  }
  std::string commit() {
    std::string text;
    for (int i = 0; i < 5; i++) text += fmt::format("{:08x}", next(1ull << 31));
    return text;
  }

 private:
  std::uint64_t state_;
};

std::string words(Numbers& numbers, std::size_t count) {
  static const char* const kWords[] = {"the",    "lock",     "is",     "taken",    "before", "skb",
                                       "freed",  "refcount", "when",   "a",        "device", "goes",
                                       "away",   "pointer",  "driver", "returns",  "and",    "queue",
                                       "buffer", "of",       "length", "overflow", "fix",    "this"};
  std::string text;
  for (std::size_t i = 0; i < count; i++) {
    text += kWords[numbers.next(std::size(kWords))];
    text += i % 12 == 11 ? "\\n" : " ";
  }
  return text;
}

std::string record(std::uint64_t number, int edition) {
  Numbers numbers(number);
  const std::string introduced = numbers.commit();
  const std::string file = fmt::format("drivers/net/vendor{}/part{}.c", numbers.next(40), numbers.next(900));
  std::string commits;
  std::string versions;
  std::string references;
  for (int i = 0; i < 10; i++) {
    const std::string fix = numbers.commit();
    commits += fmt::format(
        "                  {{\n                     \"version\": \"{}\",\n                     \"lessThan\": "
        "\"{}\",\n"
        "                     \"status\": \"affected\",\n                     \"versionType\": \"git\"\n"
        "                  }}{}\n",
        introduced, fix, i < 9 ? "," : "");
    versions += fmt::format(
        "                  {{\n                     \"version\": \"{0}.{1}.{2}\",\n                     "
        "\"lessThanOrEqual\": \"{0}.{1}.*\",\n                     \"status\": \"unaffected\",\n"
        "                     \"versionType\": \"semver\"\n                  }}{3}\n",
        5 + i % 2, 4 + i, numbers.next(300), i < 9 ? "," : "");
    references += fmt::format(
        "            {{\n               \"url\": \"https://git.kernel.org/stable/c/{}\"\n            }}{}\n",
        fix, i < 9 ? "," : "");
  }
  return fmt::format(
      R"({{
   "containers": {{
      "cna": {{
         "providerMetadata": {{
            "orgId": "00000000-0000-4000-8000-000000000000"
         }},
         "title": "net: driver {0}: {1}",
         "descriptions": [
            {{
               "lang": "en",
               "value": "In the Linux kernel, the following vulnerability has been resolved:\n\n{2}"
            }}
         ],
         "metrics": [
            {{
               "cvssV3_1": {{
                  "version": "3.1",
                  "vectorString": "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H",
                  "baseScore": 7.8,
                  "baseSeverity": "HIGH"
               }}
            }}
         ],
         "affected": [
            {{
               "product": "Linux",
               "vendor": "Linux",
               "defaultStatus": "unaffected",
               "repo": "https://git.kernel.org/pub/scm/linux/kernel/git/stable/linux.git",
               "programFiles": [
                  "{3}"
               ],
               "versions": [
{4}               ]
            }},
            {{
               "product": "Linux",
               "vendor": "Linux",
               "defaultStatus": "affected",
               "repo": "https://git.kernel.org/pub/scm/linux/kernel/git/stable/linux.git",
               "programFiles": [
                  "{3}"
               ],
               "versions": [
{5}               ]
            }}
         ],
         "references": [
{6}         ]
      }}
   }},
   "cveMetadata": {{
      "assignerOrgId": "00000000-0000-4000-8000-000000000000",
      "cveId": "CVE-2026-{7}",
      "state": "PUBLISHED",
      "dateUpdated": "2026-11-{8:02}T10:00:00.000Z"
   }},
   "dataType": "CVE_RECORD",
   "dataVersion": "5.1"
}}
)",
      number, words(numbers, 8).substr(0, 40), words(numbers, 300), file, commits, versions, references,
      100'000 + number, 1 + edition);
}

Result<void> write_records(const fs::path& folder, std::uint64_t count, int edition) {
  for (std::uint64_t number = 0; number < count; number++) {
    const std::string name = fmt::format("CVE-2026-{}.json", 100'000 + number);
    // A folder for each thousand, as large collections have them.
    const fs::path place = folder / fmt::format("{}xxx", (100'000 + number) / 1000);
    if (number % 1000 == 0) TRY(make_directories(place));
    // Not write_file(), which waits for the disk each time.
    std::ofstream out(place / name, std::ios::binary);
    out << record(number, edition);
    if (!out.flush()) return fail_errno("file.unwritable", "write " + (place / name).string());
  }
  return {};
}

}  // namespace
}  // namespace suture

int main(int argc, char** argv) {
  using namespace suture;
  const std::string what = argc == 4 ? argv[1] : "";
  if (what != "make" && what != "change") {
    fmt::print(stderr, "usage: bench_watch make|change FOLDER COUNT\n");
    return 2;
  }
  const auto done = write_records(argv[2], std::strtoull(argv[3], nullptr, 10), what == "make" ? 0 : 1);
  if (!done) fmt::print(stderr, "{}\n", done.error().message());
  return done ? 0 : 1;
}
