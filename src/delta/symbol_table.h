// SPDX-License-Identifier: Apache-2.0
//
// The symbols of the kernel that runs, as `nm vmlinux`, `nm -p MODULE.ko` or /proc/kallsyms prints them:
//
//   ffffffff811c0a30 t cmdline_proc_show
//   ffffffffc04a2010 t loop_queue_rq        [loop]
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace suture {

struct TableSymbol {
  std::string_view name;
  std::uint64_t address = 0;
  bool global = false;  ///< by the case of its letter
  bool weak = false;
  bool code = false;
  bool ours = false;  ///< defined by the object that the table was read for
};

class SymbolTable {
 public:
  /// `object` is "vmlinux", or the module whose symbols are wanted. "symbols.malformed" names the line,
  /// "symbols.no-addresses": the kernel hid them, "symbols.no-object": it has none of that module.
  static Result<SymbolTable> parse(std::string text, std::string object, std::string_view what);

  const std::string& object() const { return object_; }
  /// The object's symbols of that name, in the order in which livepatch counts them.
  std::vector<const TableSymbol*> find(std::string_view name) const;
  /// Whether this is the order that livepatch sees. It counts a module's symbols as they stand in its symbol
  /// table, which the lines no longer tell when nm has sorted them.
  bool in_kernel_order(std::string_view name) const;
  /// Whether any object of the table has or wants a symbol of that name.
  bool mentions(std::string_view name) const;
  /// Whether it has all symbols of vmlinux, so that what is not there does not exist.
  bool has_whole_kernel() const { return mentions("_stext") && mentions("_etext"); }
  /// The object's, by address, those of one address by name.
  const std::vector<const TableSymbol*>& by_address() const { return by_address_; }

 private:
  SymbolTable(std::string text, std::string object)
      : text_(std::make_unique<const std::string>(std::move(text))), object_(std::move(object)) {}
  Result<void> read(std::string_view what);
  void index();
  std::vector<const TableSymbol*> of_any_object(std::string_view name) const;

  std::unique_ptr<const std::string> text_;  ///< what the names are views of; moves without moving
  std::string object_;
  std::vector<TableSymbol> symbols_;  ///< in the file's order
  std::vector<const TableSymbol*> by_address_;
  std::vector<std::pair<std::size_t, const TableSymbol*>> by_hash_;  ///< of the name
  bool of_one_module_ = false;                                       ///< printed by nm
};

}  // namespace suture
