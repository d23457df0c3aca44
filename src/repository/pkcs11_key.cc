// SPDX-License-Identifier: Apache-2.0
#include "repository/pkcs11_key.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>
#include <p11-kit/uri.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace suture {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostPinBytes = 4096;
constexpr std::size_t kSignatureBytes = 64;
constexpr std::size_t kMostPointBytes = 256;
constexpr const char* kListTokens =
    "`p11tool --list-tokens` and `pkcs11-tool --list-token-slots` show what there is.";

/// A URI that is fit for messages: the PIN stands behind these.
std::string without_pin(const std::string& uri) {
  return uri.substr(0, std::min({uri.find('?'), uri.find("pin-"), uri.find("pinfile")}));
}

std::unexpected<Error> token_failed(const std::string& what, CK_RV reason, std::string hint = {}) {
  return fail("key.token-failed", what, p11_kit_strerror(reason), std::move(hint));
}

/// Wiped when it goes; nowhere else are copies that we make.
class Pin {
 public:
  Pin() = default;
  explicit Pin(Bytes bytes) : bytes_(std::move(bytes)), known_(true) {}
  Pin(Pin&& other) noexcept : bytes_(std::move(other.bytes_)), known_(other.known_) {}
  Pin& operator=(Pin&&) = delete;
  ~Pin() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

  bool known() const { return known_; }
  /// As C_Login() takes it, which does not write there.
  CK_UTF8CHAR* data() const { return known_ ? const_cast<CK_UTF8CHAR*>(bytes_.data()) : nullptr; }
  CK_ULONG size() const { return bytes_.size(); }

  static Result<Pin> from_file(const fs::path& path);

 private:
  Bytes bytes_{};
  bool known_ = false;
};

Result<Pin> Pin::from_file(const fs::path& path) {
  const std::string what = "read the PIN in " + path.string();
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return fail_errno("key.absent", what);
  if ((info.st_mode & 077) != 0) {
    return fail("key.exposed", what, "others than its owner may read it",
                "If nobody else did: `chmod 600 " + path.string() + "`. Else give the token a new PIN.");
  }
  Bytes bytes = TRY(read_file(path, kMostPinBytes));
  const auto end =
      std::ranges::find_if(bytes, [](std::uint8_t byte) { return byte == '\n' || byte == '\r'; });
  OPENSSL_cleanse(std::to_address(end), static_cast<std::size_t>(bytes.end() - end));
  bytes.erase(end, bytes.end());
  return Pin(std::move(bytes));
}

class Uri {
 public:
  static Result<Uri> parse(const std::string& text);
  Uri(Uri&&) = default;
  Uri& operator=(Uri&&) = default;

  P11KitUri* get() const { return uri_.get(); }
  /// The attributes that tell the key from others of its token.
  std::vector<CK_ATTRIBUTE> key_attributes() const;
  fs::path module_path() const {
    const char* path = p11_kit_uri_get_module_path(get());
    return path ? path : "";
  }
  Result<Pin> pin() const;

 private:
  struct Free {
    void operator()(P11KitUri* uri) const {
      if (const char* pin = p11_kit_uri_get_pin_value(uri)) {
        OPENSSL_cleanse(const_cast<char*>(pin), std::strlen(pin));
      }
      p11_kit_uri_free(uri);
    }
  };
  explicit Uri(P11KitUri* uri) : uri_(uri) {}
  std::unique_ptr<P11KitUri, Free> uri_;
};

Result<Uri> Uri::parse(const std::string& text) {
  Uri uri(p11_kit_uri_new());
  const std::string what = "read the key's address " + without_pin(text);
  const char* hint = "Write it as in pkcs11:token=Repository;object=log (RFC 7512).";
  const int status = p11_kit_uri_parse(text.c_str(), P11_KIT_URI_FOR_ANY, uri.get());
  if (status != P11_KIT_URI_OK) return fail("key.token-uri", what, p11_kit_uri_message(status), hint);
  if (p11_kit_uri_any_unrecognized(uri.get()) != 0)
    return fail("key.token-uri", what, "it has attributes that are not known here", hint);
  return uri;
}

std::vector<CK_ATTRIBUTE> Uri::key_attributes() const {
  std::vector<CK_ATTRIBUTE> attributes;
  for (const CK_ATTRIBUTE_TYPE type : {CKA_LABEL, CKA_ID})
    if (const CK_ATTRIBUTE* attribute = p11_kit_uri_get_attribute(get(), type))
      attributes.push_back(*attribute);
  return attributes;
}

Result<Pin> Uri::pin() const {
  if (const char* source = p11_kit_uri_get_pin_source(get())) {
    std::string_view path = source;
    if (path.starts_with("file:")) path.remove_prefix(5);
    if (path.starts_with("//")) path.remove_prefix(2);
    if (!path.starts_with('/')) {
      return fail("key.token-pin", "read the PIN that the key's address speaks of",
                  "its pin-source is not the absolute path of a file", "Write pin-source=file:/path.");
    }
    return Pin::from_file(path);
  }
  if (const char* value = p11_kit_uri_get_pin_value(get()))
    return Pin(Bytes(value, value + std::strlen(value)));
  return Pin();
}

/// The libraries that drive tokens, while they are in use.
class Modules {
 public:
  /// The one at `path`, or all that are configured.
  static Result<Modules> load(const fs::path& path);
  Modules(Modules&& other) noexcept
      : one_(std::exchange(other.one_, nullptr)), all_(std::exchange(other.all_, nullptr)) {}
  Modules& operator=(Modules&&) = delete;
  ~Modules() {
    if (one_) {
      p11_kit_module_finalize(one_);
      p11_kit_module_release(one_);
    }
    if (all_) p11_kit_modules_finalize_and_release(all_);
  }
  std::vector<CK_FUNCTION_LIST*> list() const {
    if (one_) return {one_};
    std::vector<CK_FUNCTION_LIST*> modules;
    for (CK_FUNCTION_LIST** module = all_; *module; ++module) modules.push_back(*module);
    return modules;
  }

 private:
  Modules(CK_FUNCTION_LIST* one, CK_FUNCTION_LIST** all) : one_(one), all_(all) {}
  CK_FUNCTION_LIST* one_;
  CK_FUNCTION_LIST** all_;
};

Result<Modules> Modules::load(const fs::path& path) {
  p11_kit_be_quiet();  // else it writes to standard error what it also returns
  const auto failed = [&](const char* why) {
    return fail("key.token-module", "load " + (path.empty() ? "the modules of p11-kit" : path.string()),
                why ? why : "it is not a PKCS #11 module",
                "The package of the token's driver has it; `p11-kit list-modules` shows what is configured.");
  };
  if (path.empty()) {
    CK_FUNCTION_LIST** all = p11_kit_modules_load_and_initialize(0);
    if (!all) return failed(p11_kit_message());
    return Modules(nullptr, all);
  }
  CK_FUNCTION_LIST* one = p11_kit_module_load(path.c_str(), P11_KIT_MODULE_CRITICAL);
  if (!one) return failed(p11_kit_message());
  if (const CK_RV status = p11_kit_module_initialize(one); status != CKR_OK) {
    p11_kit_module_release(one);
    return failed(p11_kit_strerror(status));
  }
  return Modules(one, nullptr);
}

struct Slot {
  CK_FUNCTION_LIST* module = nullptr;
  CK_SLOT_ID id = 0;
  CK_TOKEN_INFO token{};
};

/// With tokens that the URI may mean. A module or slot that fails has none.
std::vector<Slot> matching_slots(const Modules& modules, const Uri& uri) {
  std::vector<Slot> slots;
  const CK_SLOT_ID wanted = p11_kit_uri_get_slot_id(uri.get());
  for (CK_FUNCTION_LIST* module : modules.list()) {
    CK_INFO info{};
    CK_ULONG count = 0;
    if (module->C_GetInfo(&info) != CKR_OK || p11_kit_uri_match_module_info(uri.get(), &info) == 0) continue;
    if (module->C_GetSlotList(CK_TRUE, nullptr, &count) != CKR_OK) continue;
    std::vector<CK_SLOT_ID> ids(count);
    if (module->C_GetSlotList(CK_TRUE, ids.data(), &count) != CKR_OK) continue;
    ids.resize(std::min<std::size_t>(count, ids.size()));
    for (const CK_SLOT_ID id : ids) {
      CK_SLOT_INFO about{};
      Slot slot{.module = module, .id = id};
      if ((wanted == static_cast<CK_SLOT_ID>(-1) || wanted == id) &&
          module->C_GetSlotInfo(id, &about) == CKR_OK &&
          p11_kit_uri_match_slot_info(uri.get(), &about) != 0 &&
          module->C_GetTokenInfo(id, &slot.token) == CKR_OK &&
          (slot.token.flags & CKF_TOKEN_INITIALIZED) != 0 &&
          p11_kit_uri_match_token_info(uri.get(), &slot.token) != 0) {
        slots.push_back(slot);
      }
    }
  }
  return slots;
}

class Session {
 public:
  static Result<Session> open(const Slot& slot, const std::string& what) {
    CK_SESSION_HANDLE handle = 0;
    const CK_RV status = slot.module->C_OpenSession(slot.id, CKF_SERIAL_SESSION, nullptr, nullptr, &handle);
    if (status != CKR_OK) return token_failed(what, status);
    return Session(slot.module, handle);
  }
  Session(Session&& other) noexcept
      : module_(std::exchange(other.module_, nullptr)), handle_(other.handle_) {}
  Session& operator=(Session&&) = delete;
  /// Logs out, too, when it is the last one.
  ~Session() {
    if (module_) module_->C_CloseSession(handle_);
  }

  Result<void> log_in(const CK_TOKEN_INFO& token, const Pin& pin, const std::string& what) const;
  /// The first two of the objects: enough to know whether there is just one.
  Result<std::vector<CK_OBJECT_HANDLE>> find(std::vector<CK_ATTRIBUTE> attributes,
                                             const std::string& what) const;
  /// Empty when the object does not have it.
  Bytes attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) const;
  CK_RV sign(CK_OBJECT_HANDLE key, ByteView message, Bytes& signature) const;

 private:
  Session(CK_FUNCTION_LIST* module, CK_SESSION_HANDLE handle) : module_(module), handle_(handle) {}
  CK_FUNCTION_LIST* module_;
  CK_SESSION_HANDLE handle_;
};

Result<void> Session::log_in(const CK_TOKEN_INFO& token, const Pin& pin, const std::string& what) const {
  const bool keypad = (token.flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
  if (!pin.known() && !keypad) {
    if ((token.flags & CKF_LOGIN_REQUIRED) == 0) return {};
    return fail("key.token-pin", what, "the token wants a PIN, and none is given",
                "Write it into a file that only its owner may read, and name that.");
  }
  const CK_RV status = module_->C_Login(handle_, CKU_USER, pin.data(), pin.size());
  switch (status) {
    case CKR_OK:
    case CKR_USER_ALREADY_LOGGED_IN:
      return {};
    case CKR_PIN_INCORRECT:
    case CKR_PIN_INVALID:
    case CKR_PIN_LEN_RANGE:
      return fail("key.token-pin", what, "the PIN is not the token's",
                  "Do not try again before you know it: the token locks itself after a few wrong ones.");
    case CKR_PIN_LOCKED:
    case CKR_PIN_EXPIRED:
    case CKR_USER_PIN_NOT_INITIALIZED:
      return fail("key.token-locked", what, p11_kit_strerror(status),
                  "Its security officer can give it a new PIN, as with `pkcs11-tool --init-pin`.");
    default:
      return token_failed(what, status);
  }
}

Result<std::vector<CK_OBJECT_HANDLE>> Session::find(std::vector<CK_ATTRIBUTE> attributes,
                                                    const std::string& what) const {
  CK_RV status = module_->C_FindObjectsInit(handle_, attributes.data(), attributes.size());
  if (status != CKR_OK) return token_failed(what, status);
  std::vector<CK_OBJECT_HANDLE> objects(2);
  // Modules may return fewer than there are, though never none.
  CK_ULONG found = 0;
  while (found < objects.size()) {
    CK_ULONG more = 0;
    status = module_->C_FindObjects(handle_, objects.data() + found, objects.size() - found, &more);
    if (status != CKR_OK || more == 0) break;
    found += more;
  }
  module_->C_FindObjectsFinal(handle_);
  if (status != CKR_OK) return token_failed(what, status);
  objects.resize(found);
  return objects;
}

Bytes Session::attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) const {
  Bytes value(kMostPointBytes);
  CK_ATTRIBUTE attribute{type, value.data(), value.size()};
  const CK_RV status = module_->C_GetAttributeValue(handle_, object, &attribute, 1);
  value.resize(status == CKR_OK ? std::min<std::size_t>(attribute.ulValueLen, value.size()) : 0);
  return value;
}

CK_RV Session::sign(CK_OBJECT_HANDLE key, ByteView message, Bytes& signature) const {
  // Without parameters it is plain Ed25519: the message itself is signed, not a hash of it.
  CK_MECHANISM mechanism{CKM_EDDSA, nullptr, 0};
  if (const CK_RV status = module_->C_SignInit(handle_, &mechanism, key); status != CKR_OK) return status;
  signature.resize(kSignatureBytes);
  CK_ULONG size = signature.size();
  const CK_RV status =
      module_->C_Sign(handle_, const_cast<CK_BYTE*>(message.data()), message.size(), signature.data(), &size);
  signature.resize(status == CKR_OK ? std::min<std::size_t>(size, kSignatureBytes) : 0);
  return status;
}

template <class T>
CK_ATTRIBUTE attribute_of(CK_ATTRIBUTE_TYPE type, T& value) {
  return {type, &value, sizeof value};
}

/// The only object of the class that has these attributes.
Result<CK_OBJECT_HANDLE> find_key(const Session& session, CK_OBJECT_CLASS kind,
                                  std::vector<CK_ATTRIBUTE> attributes, const std::string& what) {
  CK_KEY_TYPE type = CKK_EC_EDWARDS;
  attributes.push_back(attribute_of(CKA_CLASS, kind));
  attributes.push_back(attribute_of(CKA_KEY_TYPE, type));
  const auto keys = TRY(session.find(attributes, what));
  const char* half = kind == CKO_PRIVATE_KEY ? "private" : "public";
  if (keys.empty()) {
    return fail(
        "key.token-no-key", what, fmt::format("the token has no such {} Ed25519 key", half),
        "`pkcs11-tool --keypairgen --key-type EC:edwards25519 --label NAME --id 01` makes both halves; "
        "`pkcs11-tool --list-objects --login` shows what there is.");
  }
  if (keys.size() > 1) {
    return fail("key.token-ambiguous", what, fmt::format("the token has several such {} keys", half),
                "Say which in the address: object=NAME, or id=%01.");
  }
  return keys.front();
}

/// CKA_EC_POINT is a DER OCTET STRING around the point (PKCS #11 3.0, 2.3.5); some modules leave that away.
Result<Ed25519Public> read_point(ByteView value, const std::string& what) {
  Ed25519Public key;
  constexpr std::array<std::uint8_t, 2> kOctetString = {0x04, 32};
  if (value.size() == kOctetString.size() + key.point.size() &&
      std::ranges::equal(value.first(kOctetString.size()), kOctetString)) {
    value = value.subspan(kOctetString.size());
  }
  if (value.size() != key.point.size()) {
    return fail("key.token-no-key", what, "its public half is not a point of the curve Ed25519",
                "Keys of other curves, such as Ed448, cannot be used.");
  }
  std::ranges::copy(value, key.point.begin());
  return key;
}

/// Of the key's other half, which has the same id, or the same label when it has no id.
Result<Ed25519Public> read_public_key(const Session& session, CK_OBJECT_HANDLE key, const std::string& what) {
  CK_ATTRIBUTE_TYPE type = CKA_ID;
  Bytes name = session.attribute(key, type);
  if (name.empty()) {
    type = CKA_LABEL;
    name = session.attribute(key, type);
  }
  const CK_OBJECT_HANDLE half =
      TRY(find_key(session, CKO_PUBLIC_KEY, {{type, name.data(), name.size()}}, what));
  return read_point(session.attribute(half, CKA_EC_POINT), what);
}

Result<Slot> only_slot(const Modules& modules, const Uri& uri, const std::string& what) {
  const std::vector<Slot> slots = matching_slots(modules, uri);
  if (slots.empty()) return fail("key.token-absent", what, "no such token is there", kListTokens);
  if (slots.size() > 1) {
    return fail("key.token-ambiguous", what,
                fmt::format("{} tokens are there that it may mean", slots.size()),
                std::string("Say which in the address: token=NAME. ") + kListTokens);
  }
  return slots.front();
}

}  // namespace

struct Pkcs11Key::Token {
  Modules modules;
  Session session;
  CK_OBJECT_HANDLE key;
  std::string what;
};

Result<Pkcs11Key> Pkcs11Key::open(const std::string& uri, const fs::path& pin_file, const fs::path& module) {
  const std::string what = "use the key " + without_pin(uri);
  const Uri parsed = TRY(Uri::parse(uri));
  const Pin pin = TRY(pin_file.empty() ? parsed.pin() : Pin::from_file(pin_file));
  Modules modules = TRY(Modules::load(module.empty() ? parsed.module_path() : module));
  const Slot slot = TRY(only_slot(modules, parsed, what));
  Session session = TRY(Session::open(slot, what));
  TRY(session.log_in(slot.token, pin, what));
  const CK_OBJECT_HANDLE key = TRY(find_key(session, CKO_PRIVATE_KEY, parsed.key_attributes(), what));
  const Ed25519Public public_key = TRY(read_public_key(session, key, what));
  auto token = std::make_shared<Token>(std::move(modules), std::move(session), key,
                                       "sign with the key " + without_pin(uri));
  return Pkcs11Key(std::move(token), public_key);
}

Result<Bytes> Pkcs11Key::sign(ByteView message) const {
  Bytes signature;
  const CK_RV status = token_->session.sign(token_->key, message, signature);
  if (status == CKR_USER_NOT_LOGGED_IN) {
    return fail(
        "key.token-locked", token_->what, "the token wants the PIN again before it signs",
        "Use a key that does not (CKA_ALWAYS_AUTHENTICATE). If the token was pulled out, start again.");
  }
  if (status != CKR_OK) return token_failed(token_->what, status);
  if (public_.verifies(message, signature)) return signature;
  return fail("key.token-failed", token_->what, "what it made is no signature of the public key beside it",
              "Two keys of the token have one id: give each pair its own.");
}

}  // namespace suture
