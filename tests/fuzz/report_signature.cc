// SPDX-License-Identifier: Apache-2.0
//
// The headers of a signed report from foreign hands, one a line, and the body behind them.
#include "patchset/report_signature.h"

#include <cstdlib>
#include <sstream>

#include "base/base64.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::istringstream lines(std::string(suture::as_text({data, size})));
  suture::ReportHeaders headers;
  for (std::string* header :
       {&headers.host_id, &headers.content_digest, &headers.signature_input, &headers.signature}) {
    std::getline(lines, *header);
  }
  const std::string body(std::istreambuf_iterator<char>(lines), {});
  const auto signature = suture::parse_report_signature(headers);
  if (!signature) return 0;
  // One signature has one text: what is taken must be what would be written of it.
  const std::string base = suture::signature_base(*signature);
  const std::string mark = "\"@signature-params\": ";
  if ("suture=" + base.substr(base.find(mark) + mark.size()) != headers.signature_input) std::abort();
  if ("suture=:" + suture::to_base64(signature->signature) + ":" != headers.signature) std::abort();
  static_cast<void>(signature->holds_for(body));
  return 0;
}
