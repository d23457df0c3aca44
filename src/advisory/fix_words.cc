// SPDX-License-Identifier: Apache-2.0
#include "advisory/fix_words.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <utility>

#include "source/c_text.h"

namespace suture {
namespace {

constexpr std::size_t kMostWords = 400;
constexpr std::size_t kLongestName = 64;
constexpr std::size_t kLongestPlace = 32;

std::string in_small_letters(std::string_view text) {
  std::string small(text);
  std::ranges::transform(small, small.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return small;
}

/// "checking", "checked" and "checks" are "check".
std::string without_ending(std::string word) {
  constexpr std::size_t kShortest = 4;
  for (const std::string_view ending : {"ing", "ed", "s"}) {
    if (word.ends_with(ending) && !word.ends_with("ss") && word.size() >= kShortest + ending.size() - 1) {
      word.resize(word.size() - ending.size());
      break;
    }
  }
  return word;
}

/// What is in every second subject, or in every second line of C.
bool says_nothing(std::string_view word) {
  static const std::set<std::string_view> kWords{
      "a",        "an",     "and",      "are",    "as",     "at",    "avoid",   "be",       "before",
      "bug",      "but",    "by",       "can",    "cause",  "code",  "correct", "do",       "doe",
      "don",      "due",    "during",   "else",   "ensure", "fix",   "fixes",   "for",      "from",
      "function", "get",    "goto",     "handle", "have",   "if",    "in",      "int",      "into",
      "is",       "it",     "its",      "issue",  "kernel", "linux", "make",    "may",      "missing",
      "more",     "no",     "not",      "of",     "on",     "only",  "or",      "possible", "potential",
      "prevent",  "proper", "properly", "remove", "return", "s",     "should",  "static",   "struct",
      "t",        "than",   "that",     "the",    "there",  "these", "this",    "to",       "unsigned",
      "use",      "usage",  "using",    "void",   "was",    "when",  "which",   "while",    "with",
      "without",  "const",  "char",     "bool",   "u8",     "u16",   "u32",     "u64",      "long",
      "null",     "err",    "error",    "ret",    "miss",   "us",    "so",      "let",      "after",
      "case",     "break",  "path",     "add",    "also",   "all",   "via"};
  return kWords.contains(word);
}

struct Other {
  std::string_view called{};
  std::string_view name{};
};

/// What subjects call a place, and what its folder or file is called.
std::vector<std::string> names_of_place(std::string place) {
  static constexpr std::array kOthers{
      Other{"alsa", "sound"},       Other{"asoc", "soc"},           Other{"usb-audio", "usb"},
      Other{"hda", "pci"},          Other{"ksmbd", "server"},       Other{"cifs", "client"},
      Other{"smb3", "client"},      Other{"rdma", "infiniband"},    Other{"ib", "infiniband"},
      Other{"tracing", "trace"},    Other{"perf", "events"},        Other{"vsock", "vmw_vsock"},
      Other{"wifi", "wireless"},    Other{"wifi", "mac80211"},      Other{"af_unix", "unix"},
      Other{"af_packet", "packet"}, Other{"vt-d", "intel"},         Other{"nvmet", "target"},
      Other{"nvmet-auth", "auth"},  Other{"nvmet-tcp", "tcp"},      Other{"serial", "tty"},
      Other{"timers", "time"},      Other{"hrtimers", "time"},      Other{"posix-cpu-timers", "time"},
      Other{"libceph", "ceph"},     Other{"uvcvideo", "uvc"},       Other{"be2net", "benet"},
      Other{"memcg", "memcontrol"}, Other{"mlx5e", "mlx5"},         Other{"ovl", "overlayfs"},
      Other{"functionfs", "f_fs"},  Other{"epoll", "eventpoll"},    Other{"svcrdma", "xprtrdma"},
      Other{"pnfs", "nfs"},         Other{"nfsv4", "nfs"},          Other{"nfsv4.1", "nfs"},
      Other{"nfsv4.2", "nfs"},      Other{"nfsv4/pnfs", "nfs"},     Other{"bnxt_en", "bnxt"},
      Other{"nsvm", "nested"},      Other{"nvmx", "nested"},        Other{"hwrng", "hw_random"},
      Other{"rcu-tasks", "rcu"},    Other{"mptcp", "mptcp"},        Other{"vhost-scsi", "scsi"},
      Other{"n_gsm", "tty"},        Other{"ipvs", "ipvs"},          Other{"fs/ntfs3", "ntfs3"},
      Other{"keys", "keys"},        Other{"workqueue", "workqueue"}};
  std::vector<std::string> names;
  for (const auto& [called, name] : kOthers) {
    if (called == place && name != place) names.emplace_back(name);
  }
  std::string underlined = place;
  std::ranges::replace(underlined, '-', '_');
  if (underlined != place) names.push_back(std::move(underlined));
  names.insert(names.begin(), std::move(place));
  return names;
}

void add_places(std::string_view part, FixWords& words) {
  while (!part.empty()) {
    const std::size_t end = std::min(part.find_first_of(" /,&()[]\"'{}"), part.size());
    std::string place = in_small_letters(part.substr(0, end));
    part.remove_prefix(std::min(end + 1, part.size()));
    for (const std::string_view ending : {".c", ".h"}) {
      if (place.ends_with(ending)) place.resize(place.size() - ending.size());
    }
    if (place.size() < 2 || place == "revert" || place == "net-next") continue;
    words.places.push_back(names_of_place(std::move(place)));
  }
}

/// Written as no word of English is.
bool is_name_of_code(std::string_view name) {
  const bool inner = name.find('_') != name.npos && name.find('_') + 1 < name.size();
  const bool mixed = std::ranges::any_of(name, [](unsigned char c) { return std::isdigit(c) != 0; }) &&
                     std::ranges::any_of(name, [](unsigned char c) { return std::islower(c) != 0; });
  return name.size() >= 3 && (inner || mixed);
}

void add_text(std::string_view text, FixWords& words) {
  std::set<std::string> seen(words.words.begin(), words.words.end());
  for (const std::string_view name : names_in(text)) {
    if (words.words.size() >= kMostWords) return;
    // "foo()"
    const auto behind = static_cast<std::size_t>(name.data() - text.data()) + name.size();
    if (is_name_of_code(name) || text.substr(behind).starts_with("()")) {
      if (std::ranges::find(words.names, name) == words.names.end()) words.names.emplace_back(name);
    }
    for (std::string& word : words_of_name(name)) {
      if (!says_nothing(word) && seen.insert(word).second) words.words.push_back(std::move(word));
    }
  }
}

}  // namespace

std::vector<std::string_view> names_in(std::string_view text) {
  std::vector<std::string_view> names;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_word(text[end])) ++end;
    if (end > at && end - at <= kLongestName) names.push_back(text.substr(at, end - at));
    at = std::max(end, at + 1);
  }
  return names;
}

std::vector<std::string> words_of_name(std::string_view name) {
  std::vector<std::string> words;
  const auto add = [&](std::string_view piece) {
    std::string word = without_ending(in_small_letters(piece));
    if (word.size() < 2 || std::ranges::all_of(word, [](unsigned char c) { return std::isdigit(c) != 0; }))
      return;
    if (std::ranges::find(words, word) == words.end()) words.push_back(std::move(word));
  };
  add(name);
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= name.size(); ++at) {
    const bool ends = at == name.size() || name[at] == '_' || name[at] == '-' || name[at] == '.';
    const bool humps = !ends && at > begin && std::isupper(static_cast<unsigned char>(name[at])) != 0 &&
                       std::islower(static_cast<unsigned char>(name[at - 1])) != 0;
    if (!ends && !humps) continue;
    if (at > begin) add(name.substr(begin, at - begin));
    begin = humps ? at : at + 1;
  }
  return words;
}

FixWords fix_words(std::string_view title, std::string_view description) {
  FixWords words;
  std::string_view rest = title;
  // Places have few words; what has more is a sentence with a colon.
  constexpr std::ptrdiff_t kMostSpaces = 2;
  while (true) {
    const std::size_t colon = rest.find(": ");
    if (colon == rest.npos || std::ranges::count(rest.substr(0, colon), ' ') > kMostSpaces) break;
    add_places(rest.substr(0, colon), words);
    rest.remove_prefix(colon + 2);
  }
  // "hwmon: (corsair-cpro) Stop device"
  if (const std::size_t close = rest.find(") "); rest.starts_with('(') && close < kLongestPlace) {
    add_places(rest.substr(1, close - 1), words);
    rest.remove_prefix(close + 2);
  }
  // "crypto: caam - guard key"
  if (const std::size_t dash = rest.find(" - "); dash < kLongestPlace) {
    add_places(rest.substr(0, dash), words);
    rest.remove_prefix(dash + 3);
  }
  add_text(rest, words);
  // A file may be named by what stands in front, and so may a function.
  for (const auto& place : words.places) {
    for (std::string& word : words_of_name(place.front())) {
      if (!says_nothing(word) && std::ranges::find(words.words, word) == words.words.end())
        words.words.push_back(std::move(word));
    }
  }
  add_text(description.substr(0, 8192), words);
  return words;
}

}  // namespace suture
