// SPDX-License-Identifier: Apache-2.0
#include "notify_options.h"

#include <algorithm>

#include "base/file.h"

namespace suture::server {
namespace {

constexpr std::size_t kMostCredentials = 4096;
constexpr std::size_t kMostName = 64;

}  // namespace

void NotifyArguments::describe(CLI::App& app) {
  auto* server =
      app.add_option("--mail-server", mail_server, "Send notifications by mail through this server")
          ->type_name("smtp[s]://HOST[:PORT]");
  auto* from = app.add_option("--mail-from", mail_from, "The address that mails are from")
                   ->type_name("ADDRESS")
                   ->needs(server);
  server->needs(from);
  app.add_option("--mail-credentials", mail_credentials,
                 "File with a user and a password for the mail server")
      ->type_name("FILE")
      ->needs(server);
  app.add_flag("--mail-without-tls", mail_without_tls,
               "Send mail also where the server does not offer STARTTLS")
      ->needs(server);
  app.add_flag("--webhooks-without-tls", webhooks_without_tls,
               "Let webhooks go by http:// to other machines");
  app.add_option("--notify-ca", ca, "Check mail servers and webhooks by the certificates in it, PEM")
      ->type_name("FILE");
  app.add_option("--notify-settle", settle_seconds, "Wait for what else belongs into a notification")
      ->type_name("SECONDS")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  app.add_option("--fleet-name", fleet_name, "What notifications call this fleet")
      ->type_name("NAME")
      ->capture_default_str();
}

Result<NotifyOptions> NotifyArguments::options(const std::string& public_url) const {
  NotifyOptions options;
  options.postman.mail_server = mail_server;
  options.postman.mail_from = mail_from;
  options.postman.plain_mail = mail_without_tls;
  options.postman.plain_http = webhooks_without_tls;
  options.postman.ca = ca;
  if (!mail_credentials.empty()) {
    const std::string text = TRY(read_text_file(mail_credentials, kMostCredentials));
    auto [user, password] = TRY_IN(mail_credentials, parse_credentials(text));
    options.postman.mail_user = std::move(user);
    options.postman.mail_password = std::move(password);
  }
  if (fleet_name.empty() || fleet_name.size() > kMostName) {
    return fail("notify.fleet-name", "call the fleet \"" + fleet_name + "\"", "it is not 1 to 64 bytes long");
  }
  options.fleet = {.name = fleet_name, .link = public_url};
  options.times.settle = std::chrono::seconds(settle_seconds);
  options.times.lag = std::min(options.times.lag, options.times.settle);
  TRY(check(options.postman));
  return options;
}

}  // namespace suture::server
