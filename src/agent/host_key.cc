// SPDX-License-Identifier: Apache-2.0
#include "agent/host_key.h"

#include "agent/log.h"

namespace suture {
namespace {

Result<Ed25519Private> make_host_key(const std::filesystem::path& file) {
  auto key = TRY(Ed25519Private::generate());
  TRY(key.save(file));
  log_info("made this host's key, " + key.public_key().hex());
  return key;
}

std::string hint_for(const std::string& code, const std::string& file) {
  if (code == "key.exposed") {
    return "If nobody else read it: `chmod 600 " + file + "`. Else remove it, and have the server forget it.";
  }
  return "Put it back from a backup. Or remove it, so that another one is made, and have the server forget "
         "this one: suture-server(8) tells how.";
}

}  // namespace

std::filesystem::path host_key_file(const std::filesystem::path& state) {
  return state / "host-key.pem";
}

Result<Ed25519Private> load_host_key(const std::filesystem::path& state) {
  const auto file = host_key_file(state);
  std::error_code problem;
  if (std::filesystem::symlink_status(file, problem).type() == std::filesystem::file_type::not_found) {
    return make_host_key(file);
  }
  auto key = Ed25519Private::load(file);
  if (key) return key;
  const Error& error = key.error();
  return fail("agent.host-key", "read this host's key " + file.string(), error.why,
              hint_for(error.code, file.string()));
}

}  // namespace suture
