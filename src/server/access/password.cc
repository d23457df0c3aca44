// SPDX-License-Identifier: Apache-2.0
#include "server/access/password.h"

#include <argon2.h>
#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <semaphore>

#include "base/utf8.h"

namespace suture::server {
namespace {

// OWASP's second choice of equals: 19 MiB, two passes, one lane.
constexpr std::uint32_t kKibibytes = 19'456;
constexpr std::uint32_t kPasses = 2;
constexpr std::uint32_t kLanes = 1;
/// Of a password with the user's name in it, beside that.
constexpr std::size_t kLeastBesideName = 8;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;
/// Each takes 19 MiB, and a core for a while.
constexpr std::ptrdiff_t kAtOnce = 2;

/// A turn among those that hash.
class Turn {
 public:
  Turn() { places().acquire(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() { places().release(); }

 private:
  static std::counting_semaphore<kAtOnce>& places() {
    static std::counting_semaphore<kAtOnce> left(kAtOnce);
    return left;
  }
};

std::unexpected<Error> bad_password(std::string why) {
  return fail("user.password", "take a password", std::move(why));
}

std::unexpected<Error> no_hash(int status) {
  return fail("user.hash", "hash a password", argon2_error_message(status));
}

/// What guessers try first among passwords of twelve letters and more. Those with the name, or of one letter
/// or a row of keys, are seen by rule.
constexpr std::array<std::string_view, 24> kGuessedFirst{
    "password1234",     "password12345",    "password123456", "passwordpassword", "administrator",
    "administrator1",   "changemechangeme", "changeme1234",   "letmeinletmein",   "welcome12345",
    "welcome123456",    "iloveyou1234",     "qwertyuiop12",   "qwertyuiop123",    "1q2w3e4r5t6y",
    "1qaz2wsx3edc",     "1qaz2wsx3edc4rfv", "qazwsxedcrfv",   "zaq12wsxcde3",     "correcthorsebatterystaple",
    "trustno1trustno1", "sutureserver",     "suture-server",  "adminadminadmin"};

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

/// "aaaaaaaaaaaa", "123456789012", "abcdefghijkl", and back; "abcabcabcabc".
bool is_a_row(std::string_view text) {
  for (std::size_t period = 1; period <= 4; ++period) {
    if (std::ranges::equal(text.substr(period), text.substr(0, text.size() - period))) return true;
  }
  const auto goes = [&](int step) {
    for (std::size_t i = 1; i < text.size(); ++i) {
      const int difference = text[i] - text[i - 1];
      const bool over_nine =
          step > 0 ? text[i - 1] == '9' && text[i] == '0' : text[i - 1] == '0' && text[i] == '9';
      if (difference != step && !over_nine) return false;
    }
    return true;
  };
  return goes(1) || goes(-1);
}

bool is_guessed_first(std::string_view password, std::string_view user) {
  const std::string text = lower(password);
  if (std::ranges::find(kGuessedFirst, text) != kGuessedFirst.end() || is_a_row(text)) return true;
  if (user.size() < 3) return false;
  // What is left beside the name must be worth something by itself.
  std::string rest = text;
  const std::string name = lower(user);
  for (auto at = rest.find(name); at != rest.npos; at = rest.find(name)) rest.erase(at, name.size());
  return rest.size() < text.size() && rest.size() < kLeastBesideName;
}

std::size_t letters_of(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(std::max<std::size_t>(first_letter(text).length, 1));
  return count;
}

}  // namespace

Result<void> check_new_password(std::string_view password, std::string_view user) {
  if (password.size() > kMostPassword) {
    return bad_password(fmt::format("it is longer than {} bytes", kMostPassword));
  }
  if (letters_of(password) < kLeastPassword) {
    return bad_password(fmt::format("it has less than {} letters", kLeastPassword));
  }
  if (is_guessed_first(password, user)) return bad_password("it is one of those that are guessed first");
  return {};
}

Result<std::string> hash_password(std::string_view password) {
  std::array<unsigned char, kSaltBytes> salt{};
  if (RAND_bytes(salt.data(), static_cast<int>(salt.size())) != 1) {
    return fail("user.hash", "hash a password", "the system gives no random bytes");
  }
  std::string text(argon2_encodedlen(kPasses, kKibibytes, kLanes, kSaltBytes, kHashBytes, Argon2_id), '\0');
  const Turn turn;
  const int status = argon2id_hash_encoded(kPasses, kKibibytes, kLanes, password.data(), password.size(),
                                           salt.data(), salt.size(), kHashBytes, text.data(), text.size());
  if (status != ARGON2_OK) return no_hash(status);
  text.resize(text.find('\0'));
  return text;
}

Result<bool> is_password(std::string_view password, const std::string& hash) {
  // Nobody has set such a one, and its length must not become work.
  if (password.size() > kMostPassword) password = {};
  static const std::string kOfNobody =
      "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  const Turn turn;
  const int status =
      argon2id_verify(hash.empty() ? kOfNobody.c_str() : hash.c_str(), password.data(), password.size());
  if (status == ARGON2_OK) return !hash.empty() && !password.empty();
  if (status == ARGON2_MEMORY_ALLOCATION_ERROR) return no_hash(status);
  return false;
}

}  // namespace suture::server
