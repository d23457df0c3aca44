// SPDX-License-Identifier: Apache-2.0
#include "module/openssl.h"

#include <openssl/err.h>

#include <array>

namespace suture::openssl {

std::string text_of(const X509_NAME* name) {
  const Memory memory(BIO_new(BIO_s_mem()));
  if (!memory || X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_ONELINE) < 0) return "?";
  return std::string(as_text(written(memory.get())));
}

std::unexpected<Error> failure(std::string what) {
  std::array<char, 256> why{};
  const unsigned long code = ERR_peek_last_error();
  ERR_error_string_n(code, why.data(), why.size());
  ERR_clear_error();
  return fail("module.signature-crypto", std::move(what), code == 0 ? "OpenSSL refuses to" : why.data());
}

Memory reader(ByteView bytes) {
  return Memory(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

ByteView written(BIO* memory) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory, &text);
  return as_bytes(std::string_view(text, static_cast<std::size_t>(size)));
}

}  // namespace suture::openssl
