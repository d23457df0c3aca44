// SPDX-License-Identifier: Apache-2.0
#include "advisory/debian_changelog.h"

#include <algorithm>
#include <ctime>
#include <map>
#include <optional>

#include "advisory/changelog_items.h"
#include "advisory/record.h"
#include "base/cve_id.h"
#include "base/debian_changelog.h"
#include "base/lines.h"
#include "base/time.h"

namespace suture {
namespace {

constexpr std::size_t kMostItem = 8192;
constexpr std::size_t kMostVoices = 16384;
/// Of an entry, as each vulnerability of an item gets its text.
constexpr std::size_t kMostEntry = 64u << 20;

bool names_cve(std::string_view text) {
  bool found = false;
  for_each_cve_id(text, [&](std::string_view) { found = true; });
  return found;
}

/// Takes out "(CVE-2026-1003)", "(XSA-423, CVE-2022-3643)" and "(Closes: #1024149)".
std::string without_notes(std::string_view item) {
  std::string rest;
  while (true) {
    const std::size_t open = item.find('(');
    rest += item.substr(0, open);
    if (open == std::string_view::npos) return rest;
    const std::size_t close = item.find(')', open);
    const std::string_view note = item.substr(open, close == std::string_view::npos ? close : close - open);
    if (close != std::string_view::npos && (names_cve(note) || note.starts_with("(Closes:"))) {
      item.remove_prefix(close + 1);
    } else {
      rest += '(';
      item.remove_prefix(open + 1);
    }
  }
}

/// Where no brackets set them apart: "CVE-2022-41674: …", "… CVE-2022-41674".
std::string without_ids(std::string_view item) {
  std::string rest;
  while (true) {
    const std::size_t at = item.find("CVE-");
    rest += item.substr(0, at);
    if (at == std::string_view::npos) return rest;
    const std::string_view id = cve_id_at_start(item.substr(at));
    item.remove_prefix(at + id.size());
    if (!id.empty()) continue;
    rest += item.front();
    item.remove_prefix(1);
  }
}

/// As RFC 2822 has it: "Mon, 16 Nov 2026 11:17:40 +0100".
std::string date_of_trailer(std::string_view line) {
  const std::string date(line.substr(std::min(line.size(), line.rfind(">  ") + 3)));
  std::tm parts{};
  if (::strptime(date.c_str(), "%a, %d %b %Y %T %z", &parts) == nullptr) return {};
  const long east = parts.tm_gmtoff;
  return time_text(Time(std::chrono::seconds(::timegm(&parts) - east)));
}

/// "Debian:bookworm" of bookworm-security too: the two are one line of versions.
std::string ecosystem_of(std::string_view distribution) {
  constexpr std::string_view kSecurity = "-security";
  if (distribution.ends_with(kSecurity)) distribution.remove_suffix(kSecurity.size());
  return distribution.empty() ? "Debian" : "Debian:" + shown_line(distribution, kMostName);
}

/// A package linux-signed-amd64 of version 6.1.170+3 has the images of linux 6.1.170-3.
struct PackageVersion {
  std::string package;
  std::string version;
};

PackageVersion signed_by(const DebianChangelogHead& head) {
  PackageVersion names{std::string(head.package), std::string(head.version)};
  if (!names.package.starts_with("linux-signed-")) return names;
  names.package = "linux";
  if (const std::size_t plus = names.version.find('+'); plus != std::string::npos) names.version[plus] = '-';
  return names;
}

class Entry {
 public:
  Entry(const Entry&) = delete;  // its items come back to it
  Entry& operator=(const Entry&) = delete;
  ~Entry() = default;
  explicit Entry(const DebianChangelogHead& head)
      : is_of_(signed_by(head)), ecosystem_(ecosystem_of(head.distribution)) {
    record_ = std::string(head.package) + " " + std::string(head.version);
  }

  const std::string& record() const { return record_; }

  void add(std::string_view line) {
    constexpr std::string_view kTrailer = " -- ";
    if (line.starts_with(kTrailer)) {
      items_.end();
      date_ = date_of_trailer(line);
      return;
    }
    items_.add(line);
  }

  ReadRecord end() {
    items_.end();
    if (items_.too_long()) return bad_record(record_, "an item in it has no end");
    if (voices_.size() > kMostVoices || text_ > kMostEntry) {
      return bad_record(record_, "it names too many vulnerabilities");
    }
    std::vector<Voice> voices;
    for (auto& [cve, voice] : voices_) {
      voice.modified = date_;
      voices.push_back(std::move(voice));
    }
    return voices;
  }

 private:
  void add_item(const std::string& item) {
    for_each_cve_id(item, [&](std::string_view cve) {
      if (voices_.size() > kMostVoices || text_ > kMostEntry) return;
      Voice& voice = voices_[std::string(cve)];
      const std::string line = shown_line(item, kMostItem);
      if (voice.cve.empty()) {
        voice.cve = cve;
        voice.record = is_of_.package + " " + is_of_.version;
        voice.title = shown_line(subject_of_item(item), kMostTitle);
        voice.products.push_back({.ecosystem = ecosystem_,
                                  .name = is_of_.package,
                                  .ranges = {{.order = VersionOrder::kDebian, .fixed = is_of_.version}}});
      } else if (voice.description.size() + line.size() < kMostDescription) {
        voice.description += '\n';
      } else {
        return;
      }
      voice.description += line;
      text_ += line.size();
    });
  }

  PackageVersion is_of_;
  std::string ecosystem_;
  std::string record_;
  std::string date_;
  ChangelogItems items_{[this](const std::string& item) { add_item(item); }};
  std::size_t text_ = 0;  ///< bytes of all descriptions
  std::map<std::string, Voice, std::less<>> voices_;
};

}  // namespace

std::string subject_of_item(std::string_view item) {
  std::string kept = without_ids(without_notes(item));
  std::string_view subject = kept;
  const auto trim = [&](std::string_view front, std::string_view back) {
    subject.remove_prefix(std::min(subject.size(), subject.find_first_not_of(front)));
    subject = subject.substr(0, subject.find_last_not_of(back) + 1);
  };
  trim(" :,\t\n", " :,\t\n");
  // Architectures that it is for.
  while (subject.starts_with('[')) {
    const std::size_t close = subject.find("] ");
    if (close == std::string_view::npos) break;
    subject.remove_prefix(close + 2);
    trim(" ", " ");
  }
  // A bracket too many, behind the one of the note that is gone.
  for (const std::string_view rest : {" ).", " )", " .", " *"}) {
    if (subject.ends_with(rest)) subject.remove_suffix(rest.size());
  }
  const auto count = [&](char c) { return std::ranges::count(subject, c); };
  if (subject.ends_with(')') && count(')') > count('(')) subject.remove_suffix(1);
  return shown_line(subject, kMostItem);
}

Result<void> read_debian_changelog(std::string_view name, std::string_view text, const Sink& sink) {
  std::optional<Entry> entry;
  const auto pass_on = [&]() -> Result<void> {
    if (entry) TRY(sink(entry->record(), entry->end()));
    return {};
  };
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (const auto head = read_debian_head(line)) {
      TRY(pass_on());
      entry.emplace(*head);
    } else if (entry) {
      entry->add(line);
    }
  }
  if (!entry) {
    return fail("advisory.document", "read " + std::string(name),
                "it has no entry as deb-changelog(5) has them");
  }
  return pass_on();
}

}  // namespace suture
