// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <set>

#include "server/notify/webhook_signature.h"
#include "server/notify/webhook_url.h"

namespace suture::server {
namespace {

// Computed with Python's hmac, over the example that the specification's libraries test themselves with.
TEST(WebhookSignature, IsThatOfStandardWebhooks) {
  const auto signature =
      webhook_signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                        R"({"test": 2432232314})");
  ASSERT_TRUE(signature) << signature.error().message();
  EXPECT_EQ(*signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(WebhookSignature, ABrokenSecretSignsNothing) {
  for (const char* secret : {"", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8", "whsec_!!!!"})
    EXPECT_FALSE(webhook_signature(secret, "msg_1", 1, "x")) << secret;
}

TEST(WebhookSignature, SecretsAreNeverTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const auto secret = new_webhook_secret();
    ASSERT_TRUE(secret);
    EXPECT_TRUE(seen.insert(*secret).second);
    EXPECT_TRUE(webhook_signature(*secret, "msg_1", 1, "x"));
  }
}

TEST(WebhookUrl, TlsOrThisMachine) {
  for (const char* good : {"https://hooks.example.org/a?b=c", "https://10.0.0.1:8443/", "HTTPS://example.org",
                           "http://127.0.0.1:9000/x", "http://localhost/x", "http://[::1]:80/"})
    EXPECT_TRUE(check_webhook_url(good, false)) << good;
  for (const char* wrong :
       {"", "hooks.example.org", "ftp://example.org", "file:///etc/passwd", "gopher://x",
        "http://example.org/", "http://localhost.example.org/", "http://127.0.0.1.example.org/", "https://",
        "https://a b/", "https://user:secret@example.org/", "https://user@example.org/",
        "https://example.org/\r\nX: y", "http://[::2]/"})
    EXPECT_FALSE(check_webhook_url(wrong, false)) << wrong;
  EXPECT_TRUE(check_webhook_url("http://example.org/", true));
  EXPECT_FALSE(check_webhook_url("ftp://example.org/", true));
  EXPECT_FALSE(check_webhook_url("https://example.org/" + std::string(3000, 'a'), true));
}

Place place(const std::string& text) {
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  if (::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
    return place_of(reinterpret_cast<const sockaddr&>(v6), sizeof v6);
  }
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  EXPECT_EQ(::inet_pton(AF_INET, text.c_str(), &v4.sin_addr), 1) << text;
  return place_of(reinterpret_cast<const sockaddr&>(v4), sizeof v4);
}

TEST(WebhookPlace, MetadataOfACloudIsNowhereToGo) {
  for (const char* address :
       {"169.254.169.254", "169.254.0.1", "100.100.100.200", "168.63.129.16", "0.0.0.0", "0.1.2.3",
        "224.0.0.1", "255.255.255.255", "fe80::1", "febf::1", "fd00:ec2::254", "ff02::1",
        "::", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "::169.254.169.254"})
    EXPECT_EQ(place(address), Place::kRefused) << address;
  for (const char* address : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"})
    EXPECT_EQ(place(address), Place::kLoopback) << address;
  for (const char* address : {"10.0.0.1", "192.168.1.1", "172.16.0.1", "93.184.216.34", "2001:db8::1",
                              "fd00::1", "169.253.1.1", "100.100.100.201", "::ffff:10.0.0.1"})
    EXPECT_EQ(place(address), Place::kOutside) << address;
  sockaddr other{};
  other.sa_family = AF_UNIX;
  EXPECT_EQ(place_of(other, sizeof other), Place::kRefused);
}

}  // namespace
}  // namespace suture::server
