// SPDX-License-Identifier: Apache-2.0
#include "delta/debug_lines.h"

#include <dwarf.h>

#include <algorithm>
#include <array>

#include "delta/debug_cursor.h"
#include "delta/debug_texts.h"

namespace suture {

class LineReader {
 public:
  LineReader(ByteView lines, std::uint64_t offset, const DebugSections& texts, DebugLines& result)
      : cursor_(lines, offset), size_(lines.size()), texts_(texts), result_(result) {}

  bool run() {
    const std::uint64_t length = cursor_.fixed(4);
    const std::uint64_t end = cursor_.at() + length;
    version_ = cursor_.fixed(2);
    if (length >= 0xfffffff0 || end > size_ || version_ < 2 || version_ > 5) return false;
    if (version_ == 5) cursor_.skip(2);  // sizes of addresses, and of their segments
    const std::uint64_t rest = cursor_.fixed(4);
    const std::uint64_t program = cursor_.at() + rest;
    step_ = cursor_.fixed(1);
    if (version_ >= 4) cursor_.skip(1);  // operations in one instruction
    cursor_.skip(1);                     // whether lines begin statements
    line_base_ = static_cast<std::uint64_t>(std::int64_t{static_cast<std::int8_t>(cursor_.fixed(1))});
    line_range_ = cursor_.fixed(1);
    first_special_ = cursor_.fixed(1);
    if (line_range_ == 0 || first_special_ == 0 || program > end) return false;
    for (std::size_t code = 1; code < first_special_; ++code) operands_[code] = cursor_.fixed(1);
    if (!(version_ == 5 ? read_lists() : read_old_lists())) return false;
    if (cursor_.broken() || cursor_.at() > program) return false;
    cursor_.skip(program - cursor_.at());
    return run_program(end);
  }

 private:
  struct Format {
    std::uint64_t content = 0;
    std::uint64_t form = 0;
  };

  bool read_lists() {
    const auto add_folder = [this](const char* name, std::uint64_t) { result_.folders_.push_back(name); };
    const auto add_file = [this](const char* name, std::uint64_t folder) {
      result_.files_.push_back({name, folder});
    };
    return read_list(add_folder) && read_list(add_file);
  }

  /// Of folders or of files: first what is told of each, and how.
  bool read_list(const auto& add) {
    std::vector<Format> formats(cursor_.fixed(1));
    for (Format& format : formats) format = {.content = cursor_.uleb(), .form = cursor_.uleb()};
    const std::uint64_t count = cursor_.uleb();
    // Each takes some bytes: so a wild number ends with the section.
    if (formats.empty() && count != 0) return false;
    for (std::uint64_t i = 0; i < count && !cursor_.broken(); ++i) {
      const char* name = "";
      std::uint64_t folder = 0;
      const std::size_t before = cursor_.at();
      for (const Format& format : formats) {
        if (!read_field(format, name, folder)) return false;
      }
      if (cursor_.at() == before) return false;
      add(name, folder);
    }
    return !cursor_.broken();
  }

  bool read_field(const Format& format, const char*& name, std::uint64_t& folder) {
    std::uint64_t number = 0;
    const char* text = nullptr;
    switch (format.form) {
      case DW_FORM_string:
        text = cursor_.string();
        break;
      case DW_FORM_strp:
        text = DebugTexts(texts_.strings).at(cursor_.fixed(4));
        break;
      case DW_FORM_line_strp:
        text = DebugTexts(texts_.line_strings).at(cursor_.fixed(4));
        break;
      case DW_FORM_udata:
        number = cursor_.uleb();
        break;
      case DW_FORM_data1:
        number = cursor_.fixed(1);
        break;
      case DW_FORM_data2:
        number = cursor_.fixed(2);
        break;
      case DW_FORM_data16:
        cursor_.skip(16);
        break;
      default:
        return false;
    }
    if (format.content == DW_LNCT_directory_index) folder = number;
    if (format.content != DW_LNCT_path) return true;
    name = text;
    return text != nullptr;
  }

  bool read_old_lists() {
    // Number 0 is the folder in which the compiler was started; files count from 1.
    result_.folders_.push_back("");
    result_.files_.push_back({"", 0});
    for (const char* name = cursor_.string(); *name != 0; name = cursor_.string())
      result_.folders_.push_back(name);
    for (const char* name = cursor_.string(); *name != 0; name = cursor_.string()) {
      const std::uint64_t folder = cursor_.uleb();
      cursor_.uleb();  // when it was changed
      cursor_.uleb();  // its size
      result_.files_.push_back({name, folder});
    }
    return !cursor_.broken();
  }

  struct State {
    std::uint64_t address = 0;
    std::uint64_t file = 1;
    std::uint64_t line = 1;  // steps back wrap around
    bool begun = false;      // there is a row, which lasts until the next
  };

  void add_row(const State& next) {
    if (last_.begun && next.address > last_.address)
      result_.rows_.push_back({last_.address, next.address, {last_.file, static_cast<int>(last_.line)}});
    last_ = next;
    last_.begun = true;
  }

  bool run_program(std::uint64_t end) {
    State state;
    while (cursor_.at() < end && !cursor_.broken()) {
      const std::uint64_t code = cursor_.fixed(1);
      if (code >= first_special_) {
        const std::uint64_t advance = code - first_special_;
        state.address += advance / line_range_ * step_;
        state.line += line_base_ + advance % line_range_;
        add_row(state);
      } else if (code == 0) {
        run_extended(state);
      } else {
        run_standard(code, state);
      }
    }
    return !cursor_.broken();
  }

  void run_standard(std::uint64_t code, State& state) {
    switch (code) {
      case DW_LNS_copy:
        add_row(state);
        break;
      case DW_LNS_advance_pc:
        state.address += cursor_.uleb() * step_;
        break;
      case DW_LNS_advance_line:
        state.line += static_cast<std::uint64_t>(cursor_.sleb());
        break;
      case DW_LNS_set_file:
        state.file = cursor_.uleb();
        break;
      case DW_LNS_const_add_pc:
        state.address += (255 - first_special_) / line_range_ * step_;
        break;
      case DW_LNS_fixed_advance_pc:
        state.address += cursor_.fixed(2);
        break;
      default:
        // What else there is does not move the place; a newer one tells how much to pass over.
        for (std::uint64_t i = 0; i < operands_[code]; ++i) cursor_.uleb();
    }
  }

  void run_extended(State& state) {
    const std::uint64_t length = cursor_.uleb();
    if (length == 0) return;
    const std::uint64_t code = cursor_.fixed(1);
    if (code == DW_LNE_set_address && length <= 9) {
      state.address = cursor_.fixed(length - 1);
      return;
    }
    if (code == DW_LNE_end_sequence) {
      add_row(state);
      state = {};
      last_ = {};
    }
    cursor_.skip(length - 1);
  }

  Cursor cursor_;
  std::size_t size_;
  const DebugSections& texts_;
  DebugLines& result_;
  std::uint64_t version_ = 0;
  std::uint64_t step_ = 1;  ///< bytes that addresses advance by
  std::uint64_t line_base_ = 0;
  std::uint64_t line_range_ = 1;
  std::uint64_t first_special_ = 1;
  std::array<std::uint64_t, 256> operands_{};  ///< by operation
  State last_;
};

DebugLines::DebugLines(ByteView lines, std::uint64_t offset, const DebugSections& texts) {
  if (!LineReader(lines, offset, texts, *this).run()) *this = DebugLines();
}

std::optional<DebugLines::Place> DebugLines::at(std::uint64_t address) const {
  const auto row = std::ranges::find_if(rows_, [address](const Row& candidate) {
    return address >= candidate.begin && address < candidate.end;
  });
  if (row == rows_.end()) return std::nullopt;
  return row->place;
}

std::optional<std::string> DebugLines::file(std::uint64_t number, std::string_view folder) const {
  if (number >= files_.size() || *files_[number].name == 0) return std::nullopt;
  const File& file = files_[number];
  if (*file.name == '/' || file.folder >= folders_.size()) return file.name;
  const std::string_view place = *folders_[file.folder] == 0 ? folder : folders_[file.folder];
  return place.empty() ? file.name : std::string(place) + "/" + file.name;
}

}  // namespace suture
