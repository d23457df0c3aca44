// SPDX-License-Identifier: Apache-2.0
#include "cli/code_view.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <span>

#include "base/json.h"
#include "base/terminal.h"

namespace suture::cli {
namespace {

constexpr std::size_t kContext = 6;           // equal lines shown around each change
constexpr std::size_t kShortGap = 4;          // so many between two changes are shown as well
constexpr std::size_t kTwoColumns = 100;      // what a terminal must have for them
constexpr std::string_view kSeparator = "│";  // between the two, where both are the same

/// "shown…": cut or filled to just that many columns.
std::string fit(std::string_view text, std::size_t width) {
  std::size_t used = 0;
  std::size_t cut = 0;  // bytes that fit with an ellipsis behind
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) == 0x80) continue;
    if (used + 1 == width) cut = i;
    if (used++ == width) return fmt::format("{}…", text.substr(0, cut));
  }
  return std::string(text) + std::string(width - used, ' ');
}

std::string without_trailing_blanks(std::string text) {
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

char mark_of(CodeStatus status) {
  constexpr std::array kMarks{' ', '~', '-', '+'};
  return kMarks[static_cast<std::size_t>(status)];
}

std::string_view name_of(CodeStatus status) {
  constexpr std::array<std::string_view, 4> kNames{"same", "changed", "removed", "added"};
  return kNames[static_cast<std::size_t>(status)];
}

Colour colour_of(CodeStatus status) {
  constexpr std::array kColours{Colour::kDim, Colour::kYellow, Colour::kRed, Colour::kGreen};
  return kColours[static_cast<std::size_t>(status)];
}

/// One of the two listings, with its labels.
class Side {
 public:
  Side(const Listing& listing, const std::vector<std::string>& labels) : listing_(listing), labels_(labels) {
    for (const std::string& label : labels) label_width_ = std::max(label_width_, label.size() + 1);
    offset_width_ = fmt::format("{:x}", listing.code.size()).size();
  }

  /// Label and offset.
  std::string margin(std::size_t index) const {
    const std::string label = labels_[index].empty() ? "" : labels_[index] + ":";
    return fmt::format("{:<{}} {:>{}x}  ", label, label_width_, listing_.lines[index].offset, offset_width_);
  }
  std::size_t margin_width() const { return label_width_ + offset_width_ + 3; }

  std::string text(std::size_t index) const { return line_text(listing_.lines[index], labels_); }

  Json json(std::size_t index) const {
    const CodeLine& line = listing_.lines[index];
    std::string bytes;
    for (const std::uint8_t byte : listing_.bytes(line)) bytes += fmt::format("{:02x}", byte);
    return {{"offset", line.offset}, {"bytes", bytes}, {"text", text(index)}};
  }

 private:
  const Listing& listing_;
  const std::vector<std::string>& labels_;
  std::size_t label_width_ = 0;
  std::size_t offset_width_ = 1;
};

/// Both listings aligned and labelled, ready to be written line by line.
class Page {
 public:
  explicit Page(const FunctionView& view)
      : comparing_(view.before.has_value()),
        before_listing_(view.before ? *view.before : Listing{}),
        rows_(comparing_ ? align_code(before_listing_, view.after) : only(view.after)),
        labels_(label_code(before_listing_, view.after, rows_)),
        before_(before_listing_, labels_.before),
        after_(view.after, labels_.after) {}
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;

  bool comparing() const { return comparing_; }
  const std::vector<CodeRow>& rows() const { return rows_; }
  const Side& before() const { return before_; }
  const Side& after() const { return after_; }

  std::size_t count(CodeStatus status) const {
    return static_cast<std::size_t>(std::ranges::count(rows_, status, &CodeRow::status));
  }

  /// By row: whether it is near enough to a change to be shown.
  std::vector<bool> shown(bool whole) const {
    if (whole || !comparing_) return std::vector<bool>(rows_.size(), true);
    std::vector<bool> result(rows_.size(), false);
    std::size_t shown_to = 0;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (rows_[i].status == CodeStatus::kSame) continue;
      const std::size_t end = std::min(rows_.size(), i + kContext + 1);
      for (std::size_t at = std::max(shown_to, i - std::min(i, kContext)); at < end; ++at) result[at] = true;
      shown_to = end;
    }
    // A line about few lines left out is worth less than they are.
    for (std::size_t i = 0; i < rows_.size();) {
      std::size_t end = i;
      while (end < rows_.size() && !result[end]) ++end;
      const bool between = i > 0 && end < rows_.size();
      if (between && end - i <= kShortGap)
        std::fill(result.begin() + static_cast<std::ptrdiff_t>(i),
                  result.begin() + static_cast<std::ptrdiff_t>(end), true);
      i = std::max(end, i + 1);
    }
    return result;
  }

 private:
  static std::vector<CodeRow> only(const Listing& listing) {
    std::vector<CodeRow> rows;
    for (std::size_t i = 0; i < listing.lines.size(); ++i) rows.push_back({CodeStatus::kSame, kNoLine, i});
    return rows;
  }

  bool comparing_;
  Listing before_listing_;
  std::vector<CodeRow> rows_;
  CodeLabels labels_;
  Side before_;
  Side after_;
};

std::string size_text(const Listing& listing) {
  return fmt::format("{} bytes", listing.code.size());
}

std::string summary(const Page& page) {
  return fmt::format("instructions: {} changed, {} removed, {} added, {} the same\n",
                     page.count(CodeStatus::kChanged), page.count(CodeStatus::kRemoved),
                     page.count(CodeStatus::kAdded), page.count(CodeStatus::kSame));
}

/// Calls `on_block` for each stretch of shown rows that are all the same or all differ, `on_gap` with the
/// number of rows left out between.
template <class OnBlock, class OnGap>
void walk(const Page& page, bool whole, OnBlock on_block, OnGap on_gap) {
  const std::vector<CodeRow>& rows = page.rows();
  const std::vector<bool> shown = page.shown(whole);
  for (std::size_t begin = 0; begin < rows.size();) {
    const auto alike = [&](std::size_t i) {
      return shown[i] == shown[begin] &&
             (rows[i].status == CodeStatus::kSame) == (rows[begin].status == CodeStatus::kSame);
    };
    std::size_t end = begin;
    while (end < rows.size() && alike(end)) ++end;
    if (shown[begin])
      on_block(std::span(rows).subspan(begin, end - begin));
    else
      on_gap(end - begin);
    begin = end;
  }
}

std::string two_columns(const FunctionView& view, const Page& page, const CodeLayout& layout) {
  const std::size_t column = (layout.width - 3) / 2;
  const std::size_t gutter =
      std::min(std::max(page.before().margin_width(), page.after().margin_width()), column / 2);
  const std::string separator = fmt::format(" {} ", coloured(kSeparator, Colour::kDim));
  std::string text;
  text += fmt::format(
      "{}{}{}\n", fit("before: " + view.before_from + ", " + size_text(*view.before), column), separator,
      without_trailing_blanks(fit("after: " + view.after_from + ", " + size_text(view.after), column)));
  const auto cell = [&](const std::string& margin, const std::string& code, Colour colour, bool last) {
    std::string shown = fit(code, column - gutter);
    if (last) shown = without_trailing_blanks(std::move(shown));
    return coloured(fit(margin, gutter), Colour::kDim) + coloured(shown, colour);
  };
  const std::string empty(column, ' ');
  const auto write = [&](const CodeRow& row) {
    const Colour colour = colour_of(row.status);
    text += row.before == kNoLine
                ? empty
                : cell(page.before().margin(row.before), page.before().text(row.before), colour, false);
    text += row.status == CodeStatus::kSame
                ? separator
                : fmt::format(" {} ", coloured(std::string(1, mark_of(row.status)), colour));
    if (row.after != kNoLine)
      text += cell(page.after().margin(row.after), page.after().text(row.after), colour, true);
    text += "\n";
  };
  walk(
      page, layout.whole, [&](std::span<const CodeRow> rows) { std::ranges::for_each(rows, write); },
      [&](std::size_t count) {
        text += coloured(fmt::format("{:>{}}⋯ {} the same", "", gutter, count), Colour::kDim) + "\n";
      });
  return text;
}

std::string one_column(const FunctionView& view, const Page& page, const CodeLayout& layout) {
  std::string text;
  text +=
      coloured(fmt::format("--- {}, {}", view.before_from, size_text(*view.before)), Colour::kBold) + "\n";
  text += coloured(fmt::format("+++ {}, {}", view.after_from, size_text(view.after)), Colour::kBold) + "\n";
  const auto line = [&](char mark, const std::string& margin, const std::string& code, Colour colour) {
    text += coloured(fmt::format("{}{}{}", mark, margin, code), colour) + "\n";
  };
  walk(
      page, layout.whole,
      [&](std::span<const CodeRow> rows) {
        if (rows.front().status == CodeStatus::kSame) {
          for (const CodeRow& row : rows)
            line(' ', page.after().margin(row.after), page.after().text(row.after), Colour::kDim);
          return;
        }
        for (const CodeRow& row : rows) {
          if (row.before != kNoLine)
            line('-', page.before().margin(row.before), page.before().text(row.before), Colour::kRed);
        }
        for (const CodeRow& row : rows) {
          if (row.after != kNoLine)
            line('+', page.after().margin(row.after), page.after().text(row.after), Colour::kGreen);
        }
      },
      [&](std::size_t count) {
        text += coloured(fmt::format("@@ {} the same @@", count), Colour::kDim) + "\n";
      });
  return text;
}

}  // namespace

std::size_t terminal_width() {
  if (::isatty(STDOUT_FILENO) != 1) return 0;
  std::size_t columns = 0;
  if (const char* text = std::getenv("COLUMNS"); text != nullptr) {
    const std::string_view digits = text;
    std::from_chars(digits.data(), digits.data() + digits.size(), columns);
  }
  winsize size{};
  if (columns == 0 && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) columns = size.ws_col;
  return columns == 0 ? 80 : std::min<std::size_t>(columns, 1000);
}

std::string code_text(const FunctionView& view, const CodeLayout& layout) {
  const Page page(view);
  std::string text = coloured(printable(view.name), Colour::kBold);
  if (!view.object.empty()) text += fmt::format(" in {}", printable(view.object));
  text += "\n";
  if (!page.comparing()) {
    text += fmt::format("from {}, {}\n", view.after_from, size_text(view.after));
    for (const CodeRow& row : page.rows()) {
      text += coloured(page.after().margin(row.after), Colour::kDim) + page.after().text(row.after) + "\n";
    }
    return text;
  }
  text += layout.width >= kTwoColumns ? two_columns(view, page, layout) : one_column(view, page, layout);
  return text + summary(page);
}

Json to_json(const FunctionView& view) {
  const Page page(view);
  Json lines = Json::array();
  for (const CodeRow& row : page.rows()) {
    Json line = row.after == kNoLine ? page.before().json(row.before) : page.after().json(row.after);
    if (page.comparing()) {
      line["status"] = name_of(row.status);
      if (row.before != kNoLine && row.after != kNoLine) line["before"] = page.before().json(row.before);
    }
    lines.push_back(std::move(line));
  }
  Json json = {{"name", view.name},
               {"after", {{"from", view.after_from}, {"size", view.after.code.size()}}},
               {"lines", std::move(lines)}};
  if (!view.object.empty()) json["object"] = view.object;
  if (view.before) json["before"] = {{"from", view.before_from}, {"size", view.before->code.size()}};
  return json;
}

}  // namespace suture::cli
