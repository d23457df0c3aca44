// SPDX-License-Identifier: Apache-2.0
#include "audit/embedded.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <set>
#include <utility>

namespace suture {
namespace {

/// How a version stands in the library's constants.
enum class Form : std::uint8_t {
  kBehind,  ///< behind a text: "expat_2.5.0"
  kNumber,  ///< as one number, which ends there: "20914" of libxml2 2.9.14
  kAlone,   ///< as a whole text, found through the symbols: "3.40.1"
};

struct Mark {
  std::string_view library;
  Form form = Form::kBehind;
  std::string_view text;    ///< kBehind: what stands before the version; kNumber, kAlone: how it begins
  std::string_view follow;  ///< what must follow the version
  std::string_view also;    ///< a text that must be there too, or for kAlone a symbol that must be defined
  std::string_view also_text{};  ///< kAlone, where no symbols are left: what stands for the symbol
  char also_next = 0;            ///< what comes behind `also`; these texts here end before it
};

// Looked up in the libraries' own sources, where each text is built into what it returns as its version.
constexpr std::array kMarks = {
    // crypto/cversion.c; the headers have the text, the folders' names are the library's own.
    Mark{"openssl", Form::kBehind, "OpenSSL ", " ", "OPENSSLDIR: ", "", '"'},
    Mark{"zlib", Form::kBehind, " inflate ", " Copyright", ""},  // inftrees.c
    Mark{"zlib", Form::kBehind, " deflate ", " Copyright", ""},  // deflate.c
    Mark{"expat", Form::kBehind, "expat_", "", ""},              // xmlparse.c, XML_ExpatVersion
    Mark{"curl", Form::kBehind, "libcurl/", "", ""},             // version.c
    Mark{"libxml2", Form::kNumber, "2", "", "xmlParseStartTag: invalid element name", "", '\n'},  // parser.c
    Mark{"sqlite3", Form::kAlone, "3.", "", "sqlite3_libversion", "SQLite format 3"},
    Mark{"libpng1.6", Form::kBehind, "libpng version ", "", ""},              // png.c
    Mark{"libarchive", Form::kBehind, "libarchive ", "", ""},                 // archive_util.c
    Mark{"libjpeg-turbo", Form::kBehind, "libjpeg-turbo version ", " ", ""},  // jversion.h
    Mark{"bzip2", Form::kBehind, "", ", ", "bzip2/libbzip2: internal error number", "", ' '},
    Mark{"xz-utils", Form::kAlone, "5.", "", "lzma_version_string"},
    Mark{"libzstd", Form::kAlone, "1.", "", "ZSTD_versionString"},
    Mark{"lz4", Form::kAlone, "1.", "", "LZ4_versionString"},
    Mark{"libssh2", Form::kBehind, "SSH-2.0-libssh2_", "", ""},
    Mark{"libssh", Form::kBehind, "SSH-2.0-libssh_", "", ""},
    Mark{"mbedtls", Form::kBehind, "Mbed TLS ", "", ""},
    Mark{"busybox", Form::kBehind, "BusyBox v", " (", ""},
};

constexpr std::array<std::string_view, 4> kSymbols = {"sqlite3_libversion", "lzma_version_string",
                                                      "ZSTD_versionString", "LZ4_versionString"};

struct LibraryNames {
  std::string_view library;
  std::array<std::string_view, 3> also;     ///< what advisories call it besides
  std::array<std::string_view, 3> sonames;  ///< how its own files' names begin
};

constexpr std::array kNames = {
    LibraryNames{"openssl", {"OpenSSL"}, {"libcrypto.so", "libssl.so"}},
    LibraryNames{"zlib", {}, {"libz.so"}},
    LibraryNames{"expat", {"libexpat"}, {"libexpat.so", "libexpatw.so"}},
    LibraryNames{"curl", {"libcurl"}, {"libcurl"}},
    LibraryNames{"libxml2", {}, {"libxml2.so"}},
    LibraryNames{"sqlite3", {"sqlite", "SQLite"}, {"libsqlite3.so"}},
    LibraryNames{"libpng1.6", {"libpng"}, {"libpng"}},
    LibraryNames{"libarchive", {}, {"libarchive.so"}},
    LibraryNames{"libjpeg-turbo", {}, {"libjpeg.so", "libturbojpeg.so"}},
    LibraryNames{"bzip2", {}, {"libbz2.so"}},
    LibraryNames{"xz-utils", {"xz"}, {"liblzma.so"}},
    LibraryNames{"libzstd", {"zstd"}, {"libzstd.so"}},
    LibraryNames{"lz4", {}, {"liblz4.so"}},
    LibraryNames{"libssh2", {}, {"libssh2.so"}},
    LibraryNames{"libssh", {}, {"libssh.so"}},
    LibraryNames{"mbedtls", {}, {"libmbedcrypto.so", "libmbedtls.so", "libmbedx509.so"}},
    LibraryNames{"busybox", {}, {}},
};

constexpr std::size_t kMostVersions = 16;  // of one library in one file

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// A text's neighbours in the constants are texts, which end in a zero, or tables.
bool is_printable(char c) {
  return c >= 0x20 && c < 0x7f;
}

/// "3.0.19", "1.1.1w": at least two numbers, and at most one letter behind them. Empty: none.
std::string_view version_at(std::string_view text) {
  std::size_t at = 0;
  int numbers = 0;
  while (at < text.size() && is_digit(text[at]) && at < 24) {
    while (at < text.size() && is_digit(text[at])) ++at;
    ++numbers;
    if (at + 1 >= text.size() || text[at] != '.' || !is_digit(text[at + 1])) break;
    ++at;
  }
  if (numbers < 2 || at > 24) return {};
  if (at < text.size() && text[at] >= 'a' && text[at] <= 'z') ++at;
  return text.substr(0, at);
}

class Search {
 public:
  Search(ByteView bytes, const ElfContent& content) : text_(as_text(bytes)), content_(content) {}

  std::vector<EmbeddedLibrary> run() {
    for (const Mark& mark : kMarks) {
      switch (mark.form) {
        case Form::kBehind:
          look_behind(mark);
          break;
        case Form::kNumber:
          look_for_number(mark);
          break;
        case Form::kAlone:
          look_alone(mark);
          break;
      }
    }
    std::vector<EmbeddedLibrary> result;
    for (const auto& [key, seen] : found_)
      result.push_back({.library = key.first, .version = key.second, .seen = seen});
    return result;
  }

 private:
  /// The next place of `text`. memmem(3) does not slow down where the first character is a common one.
  std::size_t find(std::string_view text, std::size_t from) const {
    if (from >= text_.size()) return text_.npos;
    const void* place = memmem(text_.data() + from, text_.size() - from, text.data(), text.size());
    return place == nullptr ? text_.npos
                            : static_cast<std::size_t>(static_cast<const char*>(place) - text_.data());
  }
  bool has(std::string_view text) const { return find(text, 0) != text_.npos; }

  /// Whether the library itself is there, and not only somebody who looks for it, as this program does.
  bool has_also(const Mark& mark) const {
    for (std::size_t at = 0; (at = find(mark.also, at)) != text_.npos; at += mark.also.size()) {
      if (text_.substr(at + mark.also.size()).starts_with(mark.also_next)) return true;
    }
    return false;
  }

  void add(const Mark& mark, std::string_view version, std::string_view seen) {
    const auto of_library = std::ranges::count(
        found_, mark.library, [](const auto& one) { return std::string_view(one.first.first); });
    if (static_cast<std::size_t>(of_library) < kMostVersions)
      found_.try_emplace({std::string(mark.library), std::string(version)}, seen);
  }

  void look_behind(const Mark& mark) {
    if (mark.text.empty()) return look_for_bzip2(mark);
    bool sure = mark.also.empty();
    std::size_t at = 0;
    while ((at = find(mark.text, at)) != text_.npos) {
      const std::size_t start = at + mark.text.size();
      const std::string_view version = version_at(text_.substr(start, 32));
      if (!version.empty() && text_.substr(start + version.size()).starts_with(mark.follow)) {
        if (!sure && !has_also(mark)) return;
        sure = true;
        add(mark, version, text_.substr(at, mark.text.size() + version.size()));
      }
      at = start;
    }
  }

  /// "1.0.8, 13-Jul-2019"
  void look_for_bzip2(const Mark& mark) {
    if (!has_also(mark)) return;
    std::size_t at = 0;
    while ((at = find("-20", at)) != text_.npos) {
      if (at >= 13) {
        const std::string_view version = version_at(text_.substr(at - 13, 13));
        if (version.starts_with("1.0.") && text_.substr(at - 13 + version.size()).starts_with(mark.follow)) {
          add(mark, version, version);
          return;
        }
      }
      ++at;
    }
    add(mark, "", mark.also);
  }

  /// Two digits of major, minor and patch each, but the first.
  void look_for_number(const Mark& mark) {
    if (!has_also(mark)) return;
    std::set<std::string> versions;
    std::size_t at = 0;
    while (versions.size() < kMostVersions && (at = find(mark.text, at)) != text_.npos) {
      const std::string_view digits = text_.substr(at, 5);
      const std::string_view behind = text_.substr(std::min(at + 5, text_.size()));
      const bool begins = at == 0 || !is_digit(text_[at - 1]);
      const bool ends = behind.starts_with('\0') || behind.starts_with("-GITv");
      if (begins && ends && digits.size() == 5 && std::ranges::all_of(digits, is_digit) &&
          digits.substr(1, 2) <= "30") {
        const auto number = [&](std::size_t place) {
          return std::to_string((digits[place] - '0') * 10 + (digits[place + 1] - '0'));
        };
        versions.insert(std::string(1, digits[0]) + "." + number(1) + "." + number(3));
      }
      ++at;
    }
    // Any five digits look like one: only a single candidate tells.
    add(mark, versions.size() == 1 ? *versions.begin() : "", mark.also);
  }

  void look_alone(const Mark& mark) {
    const bool symbol =
        std::ranges::find(content_.symbols, mark.also, &ElfSymbolPlace::name) != content_.symbols.end();
    // A name that stands in the file may be that of a function which it calls in the shared library; the text
    // of the library's own does not.
    if (!symbol && (mark.also_text.empty() || !has_sqlite())) return;
    std::set<std::string_view> versions;
    std::size_t at = 0;
    while ((at = find(mark.text, at)) != text_.npos) {
      const std::string_view version = version_at(text_.substr(at, 32));
      if (at > 0 && !is_printable(text_[at - 1]) && text_.substr(at + version.size()).starts_with('\0') &&
          std::ranges::count(version, '.') == 2)
        versions.insert(version);
      ++at;
    }
    add(mark, versions.size() == 1 ? *versions.begin() : "", symbol ? mark.also : mark.also_text);
  }

  /// Its check-in: "2022-12-28 14:03:47 df5c253c…", as sqlite3_sourceid() returns it. The shell of SQLite
  /// knows the file's first words as well, but not this.
  bool has_sqlite() const {
    if (!has(std::string_view("SQLite format 3\0", 16))) return false;
    std::size_t at = 0;
    while ((at = find(":", at)) != text_.npos) {
      if (at >= 13 && looks_like_check_in(text_.substr(at - 13, 80))) return true;
      ++at;
    }
    return false;
  }

  static bool looks_like_check_in(std::string_view text) {
    constexpr std::string_view kForm = "dddd-dd-dd dd:dd:dd ";
    if (text.size() < kForm.size() + 60) return false;
    for (std::size_t i = 0; i < kForm.size(); ++i) {
      if (kForm[i] == 'd' ? !is_digit(text[i]) : text[i] != kForm[i]) return false;
    }
    return text.substr(kForm.size(), 60).find_first_not_of("0123456789abcdef") == text.npos;
  }

  std::string_view text_;
  const ElfContent& content_;
  std::map<std::pair<std::string, std::string>, std::string> found_;  ///< library and version: what was seen
};

}  // namespace

std::vector<EmbeddedLibrary> find_embedded(ByteView bytes, const ElfContent& content) {
  return Search(bytes, content).run();
}

std::span<const std::string_view> symbols_of_libraries() {
  return kSymbols;
}

std::vector<std::string> names_of_library(std::string_view library) {
  std::vector<std::string> names = {std::string(library)};
  const auto found = std::ranges::find(kNames, library, &LibraryNames::library);
  if (found == kNames.end()) return names;
  for (const std::string_view name : found->also) {
    if (!name.empty()) names.emplace_back(name);
  }
  return names;
}

bool is_library_itself(std::string_view library, std::string_view soname) {
  const auto found = std::ranges::find(kNames, library, &LibraryNames::library);
  return found != kNames.end() && std::ranges::any_of(found->sonames, [&](std::string_view own) {
           return !own.empty() && soname.starts_with(own);
         });
}

}  // namespace suture
