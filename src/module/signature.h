// SPDX-License-Identifier: Apache-2.0
//
// The signature behind a module, which the kernel checks before it reads anything else of it:
//
//   the module | a PKCS#7 message | struct module_signature, 12 bytes | "~Module signature appended~\n"
//
// The message (RFC 5652, DER) is a detached signature of the module's bytes by one signer. It names the
// signer's certificate, which the kernel must have in a keyring, and holds no certificate and no signed
// attributes: with the latter the kernel refuses it.
//
// Source: include/linux/module_signature.h has the format, scripts/sign-file.c writes it,
// kernel/module_signature.c and kernel/module/signing.c read it; what a message may hold says
// crypto/asymmetric_keys/pkcs7_verify.c.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/file.h"

namespace suture {

/// What a kernel that checks modules can check.
struct SignatureRules {
  std::string hash;    ///< "sha256", "sha384" or "sha512"
  bool ecdsa = false;  ///< besides RSA
  /// It takes certificates from firmware and shim. One that does not knows those only that it was built with.
  bool owner_keys = false;
  bool operator==(const SignatureRules&) const = default;
};

/// By a kernel's .config. "module.signature-not-checked" for one that was built without CONFIG_MODULE_SIG;
/// "module.signature-hash-unsupported" for a hash that no signature should rest on.
Result<SignatureRules> signature_rules(std::string_view config);

/// Views of a module's file.
struct ModuleParts {
  ByteView module;
  ByteView signature{};  ///< the message; empty: it has none
  bool is_signed() const { return !signature.empty(); }
};

/// Takes a file apart as the kernel does, whose bytes may be anything. "module.signature-malformed".
Result<ModuleParts> split_module(ByteView file);

/// What a message says of itself; nothing of it is verified here.
struct SignatureInfo {
  std::string signer;  ///< issuer and serial number of the certificate, or its subject key id
  std::string hash;    ///< "sha256"
  bool operator==(const SignatureInfo&) const = default;
};

/// "module.signature-malformed" for what is no message by one signer, or has bytes behind it.
Result<SignatureInfo> read_signature(ByteView message);

/// The module with the message behind it, as split_module() takes it apart.
Bytes join_module(ByteView module, ByteView message);

}  // namespace suture
