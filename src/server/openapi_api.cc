// SPDX-License-Identifier: Apache-2.0
#include "server/openapi_api.h"

#include "base/json.h"
#include "server/openapi.h"

namespace suture::server {

Response show_openapi(const Call& call) {
  (void)call;
  // With the headers of every answer.
  Response response = json_response(200, Json::object());
  response.body = kOpenApi;
  return response;
}

}  // namespace suture::server
