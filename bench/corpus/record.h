// SPDX-License-Identifier: Apache-2.0
//
// What is known of one unit of the corpus: a file of its own, written as soon as there is something new to
// know, so that a run which was stopped goes on where it was.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "corpus/list.h"

namespace suture::corpus {

/// Why a phase did not do what it should.
struct Failure {
  std::string code;
  std::string text;
  bool operator==(const Failure&) const = default;
};
Failure failure_of(const Error& error);

/// Phase one: the unit, compiled from both sources.
struct CompileRecord {
  std::optional<Failure> failure;
  std::string object;  ///< as kbuild says: "vmlinux" or the module's name in /proc/modules
  double seconds = 0;
  bool operator==(const CompileRecord&) const = default;
};

/// Phase two: delta, proof, module. Neither failure nor functions: it does the same as before.
struct DeltaRecord {
  std::optional<Failure> failure;
  std::vector<std::string> functions;  ///< replaced
  std::vector<std::string> notes;
  std::uint64_t module_size = 0;
  double seconds = 0;
  bool operator==(const DeltaRecord&) const = default;
};

/// Phase three: in the machine.
struct VmRecord {
  bool passed = false;
  /// How the module to be patched took part: "vmlinux", "loaded", or why it would not load.
  std::string target;
  std::string text;              ///< what went wrong
  std::vector<std::string> log;  ///< what the kernel said of it
  double seconds = 0;            ///< from loading until it is patched
  bool operator==(const VmRecord&) const = default;
};

struct Record {
  Entry entry;
  std::optional<CompileRecord> compile;
  std::optional<DeltaRecord> delta;
  std::optional<VmRecord> vm;
  bool operator==(const Record&) const = default;
};

Json to_json(const Record& record);
/// "corpus.record-malformed" names the field.
Result<Record> record_from_json(const Json& json);

/// A folder of records, and of what belongs to them:
///   units/NAME.json      the records
///   objects/NAME.ORIG.o, objects/NAME.PATCHED.o
///   modules/NAME.ko      NAME.json beside it: its manifest
class Results {
 public:
  explicit Results(std::filesystem::path folder) : folder_(std::move(folder)) {}

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path original_object(const Entry& entry) const;
  std::filesystem::path patched_object(const Entry& entry) const;
  std::filesystem::path module(const Entry& entry) const;
  std::filesystem::path manifest(const Entry& entry) const;

  /// Empty but for the entry when nothing is known yet.
  Result<Record> read(const Entry& entry) const;
  Result<void> write(const Record& record) const;

 private:
  std::filesystem::path record_file(const Entry& entry) const;
  std::filesystem::path folder_;
};

}  // namespace suture::corpus
