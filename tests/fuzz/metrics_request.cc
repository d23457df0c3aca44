// SPDX-License-Identifier: Apache-2.0
//
// What any user of the machine may send to the daemon's metrics: one whole answer comes back, and metrics
// only to who asked for them.
#include <cstdlib>

#include "agent/metrics_answer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view request(reinterpret_cast<const char*>(data), size);
  bool asked = false;
  const std::string answer = suture::metrics_answer(request, [&]() -> suture::Result<std::string> {
    asked = true;
    return "suture_level 2\n";
  });
  if (!answer.starts_with("HTTP/1.1 ") || answer.find("\r\n\r\n") == std::string::npos) std::abort();
  if (asked != answer.starts_with("HTTP/1.1 200 ")) std::abort();
  if (asked && request.find("/metrics") == std::string_view::npos) std::abort();
  (void)suture::is_request_complete(request);
  return 0;
}
