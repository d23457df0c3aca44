// SPDX-License-Identifier: Apache-2.0
//
// Errors are values. A function that can fail returns Result<T>; the caller handles the error or hands it
// up with TRY. Exceptions do not cross a part's face.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace suture {

/// What a person needs in order to act: what was tried and on what, why it failed, and what to do next.
struct Error {
  /// Stable name of the reason, e.g. "delta.init-changed", so that programs and statistics can count it.
  /// Lower case, `part.reason`.
  std::string code;
  /// What was tried, on what: "read /boot/vmlinuz-6.1.0-47-cloud-amd64".
  std::string what;
  /// Why it failed: "No such file or directory".
  std::string why;
  /// What to do next; empty when there is nothing sensible to say.
  std::string hint;

  /// "what: why [code]", then the hint on a line of its own.
  std::string message() const;
  /// The same error one level up: `outer` goes in front of what was tried.
  Error in(std::string_view outer) &&;
};

template <class T>
using Result = std::expected<T, Error>;

/// Shorthand for the failing return: `return fail("elf.truncated", path, "section 3 ends past the file")`.
std::unexpected<Error> fail(std::string code, std::string what, std::string why, std::string hint = {});

/// As fail(), with the reason taken from errno at the time of the call.
std::unexpected<Error> fail_errno(std::string code, std::string what, std::string hint = {});

/// Evaluates to the value of a Result, or returns its error from the enclosing function.
#define TRY(expr) SUTURE_TRY_(expr, SUTURE_NAME_(try_result_, __COUNTER__), )

/// As TRY, and says in front of the error what was being done.
#define TRY_IN(outer, expr) SUTURE_TRY_(expr, SUTURE_NAME_(try_result_, __COUNTER__), .in(outer))

#define SUTURE_NAME_(prefix, counter) SUTURE_PASTE_(prefix, counter)
#define SUTURE_PASTE_(prefix, counter) prefix##counter
// NOLINTBEGIN(bugprone-macro-parentheses): names and a suffix, which take none
#define SUTURE_TRY_(expr, name, annotate)                                \
  ({                                                                     \
    auto name = (expr);                                                  \
    if (!name) return std::unexpected(std::move(name).error() annotate); \
    *std::move(name);                                                    \
  })
// NOLINTEND(bugprone-macro-parentheses)

}  // namespace suture
