// SPDX-License-Identifier: Apache-2.0
//
// A machine owner key: what the owner of a machine with Secure Boot lets sign modules, beside the
// distribution. Shim keeps its certificate in the firmware's variables, and hands it to the kernel.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.h"

namespace suture {

struct MokRequest {
  std::filesystem::path key;          ///< file to make: PEM (PKCS #8), mode 0600
  std::filesystem::path certificate;  ///< file to make: DER, as mokutil wants it
  std::string name;                   ///< common name: what MokManager and keyrings show; 1 to 64 characters
  int bits = 2048;                    ///< of the RSA key; 2048 to 4096
  int days = 3650;                    ///< until the certificate ends; kernels do not look at that
};

struct Mok {
  std::string subject;             ///< "CN = name"
  std::string certificate_sha256;  ///< of the DER form, in hexadecimal
  std::string certificate_sha1;    ///< the same, as mokutil shows it: "d9:4a:…"
};

/// The certificate lets its key sign modules and nothing else: shim boots no kernel and no boot loader by a
/// certificate with the extended key usage 1.3.6.1.4.1.2312.16.1.2 (OID_EKU_MODSIGN in shim.c), so who
/// steals the key cannot get below the kernel with it. "module.signature-key-exists" when one of the files
/// is there; "module.signature-bad-name"; "module.signature-crypto".
Result<Mok> make_machine_owner_key(const MokRequest& request);

}  // namespace suture
