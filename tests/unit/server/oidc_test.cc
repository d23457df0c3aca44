// SPDX-License-Identifier: Apache-2.0
//
// What an identity provider says, and what others would like to be taken for it. tests/interop/oidc has the
// whole way with a real one.
#include "server/access/oidc.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "server/access/id_token.h"
#include "server/access/jws.h"

namespace suture::server {
namespace {

using namespace std::chrono_literals;

const std::chrono::system_clock::time_point kNow{1'800'000'000s};

constexpr const char* kRsaKey =
    R"({"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"})";
constexpr const char* kRsaToken =
    "eyJhbGciOiJSUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
    "O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
    "nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-"
    "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_"
    "IoypGlUPQGe77Rw";
constexpr const char* kEcKey =
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";
constexpr const char* kEcToken =
    "eyJhbGciOiJFUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
constexpr const char* kEdKey =
    R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";
constexpr const char* kEdToken =
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-"
    "09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

std::vector<Jwk> keys_of(const std::vector<std::string>& keys) {
  std::string list;
  for (const std::string& key : keys) list += (list.empty() ? "" : ",") + key;
  const auto parsed = parse_jwk_set("{\"keys\":[" + list + "]}");
  EXPECT_TRUE(parsed);
  return *parsed;
}

std::string encoded(std::string_view text) {
  return to_base64url(as_bytes(text));
}

TEST(Jws, VerifiesTheExamplesOfTheRfcs) {
  // RFC 7515, A.2 and A.3; RFC 8037, A.4.
  const auto keys = keys_of({kRsaKey, kEcKey, kEdKey});
  ASSERT_EQ(keys.size(), 3u);
  for (const char* token : {kRsaToken, kEcToken, kEdToken}) {
    const auto jws = parse_jws(token);
    ASSERT_TRUE(jws) << token;
    EXPECT_EQ(verify(*jws, keys), JwsVerdict::kGood) << token;
  }
  EXPECT_EQ(parse_jws(kEdToken)->payload, "Example of Ed25519 signing");
}

TEST(Jws, SeesEveryChangedByte) {
  const auto keys = keys_of({kRsaKey, kEcKey, kEdKey});
  for (const std::string token : {kRsaToken, kEcToken, kEdToken}) {
    for (std::size_t i = 0; i < token.size(); ++i) {
      std::string changed = token;
      changed[i] = changed[i] == 'A' ? 'B' : 'A';
      const auto jws = parse_jws(changed);
      EXPECT_FALSE(jws && verify(*jws, keys) == JwsVerdict::kGood) << i;
    }
  }
}

TEST(Jws, AKeyIsOfOneAlgorithmOnly) {
  EXPECT_EQ(verify(*parse_jws(kRsaToken), keys_of({kEcKey, kEdKey})), JwsVerdict::kNoKey);
  EXPECT_EQ(verify(*parse_jws(kEdToken), {}), JwsVerdict::kNoKey);
  const std::string named = encoded(R"({"alg":"EdDSA","kid":"7"})") + std::string(kEdToken).substr(20);
  EXPECT_EQ(verify(*parse_jws(named), keys_of({kEdKey})), JwsVerdict::kNoKey);
}

TEST(Jws, TakesNothingElse) {
  const std::string body = encoded("{}");
  const auto code = [](const std::string& text) {
    const auto jws = parse_jws(text);
    return jws ? "" : jws.error().code;
  };
  for (const char* header :
       {R"({"alg":"none"})", R"({"alg":"None"})", R"({"alg":"HS256"})", R"({"alg":"RS384"})",
        R"({"alg":"PS256"})", R"({})", R"({"alg":7})", R"({"alg":["RS256"]})",
        R"({"alg":"RS256","crit":["exp"]})", R"({"alg":"RS256","alg":"none"})", "[]", "7", "", "{"}) {
    EXPECT_EQ(code(encoded(header) + "." + body + ".AAAA"), "oidc.token") << header;
  }
  const std::string head = encoded(R"({"alg":"RS256"})");
  EXPECT_EQ(code(head + "." + body + ".AAAA"), "");
  for (const std::string& broken :
       {std::string(), std::string("."), std::string(".."), head, head + "." + body, head + "." + body + ".",
        head + "." + body + ".AAAA.AAAA", head + "=." + body + ".AAAA", head + "." + body + ".AA+A",
        head + "." + body + ".A", head + "." + body + ".AB", head + ". " + body + ".AAAA",
        head + "." + body + ".AAAA\n", head + "." + std::string(kMostToken, 'A') + ".AAAA"}) {
    EXPECT_EQ(code(broken), "oidc.token") << broken.substr(0, 100);
  }
}

TEST(JwkSet, PassesOverWhatIsOfNoUse) {
  for (
      const char* key :
      {R"({"kty":"oct","k":"AAAA"})", R"({"kty":"RSA","n":"AQAB","e":"AQAB"})",
       R"({"kty":"EC","crv":"P-384","x":"","y":""})",
       R"({"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
       R"({"kty":"OKP","crv":"Ed25519","x":"AA"})", R"({"kty":7})", R"({})", "7", "null", "[]",
       // Not on the curve.
       R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"})"}) {
    EXPECT_TRUE(keys_of({key}).empty()) << key;
    EXPECT_EQ(keys_of({key, kEdKey}).size(), 1u) << key;
  }
  const auto with = [](std::string member) {
    return keys_of({std::string(kEdKey).insert(1, member + ",")}).size();
  };
  EXPECT_EQ(with(R"("use":"sig")"), 1u);
  EXPECT_EQ(with(R"("use":"enc")"), 0u);
  EXPECT_EQ(with(R"("alg":"EdDSA")"), 1u);
  EXPECT_EQ(with(R"("alg":"ES256")"), 0u);
  EXPECT_EQ(with(R"("alg":7)"), 0u);
  std::string even = kRsaKey;
  even.replace(even.find("AQAB"), 4, "AQAA");
  std::string one = kRsaKey;
  one.replace(one.find("AQAB"), 4, "AQ");
  EXPECT_TRUE(keys_of({even, one}).empty());
  for (const char* none : {"", "{", "[]", "{}", R"({"keys":{}})", R"({"keys":null})"})
    EXPECT_FALSE(parse_jwk_set(none)) << none;
  std::string many;
  for (int i = 0; i < 65; ++i) many += (i == 0 ? "" : ",") + std::string("{}");
  EXPECT_FALSE(parse_jwk_set("{\"keys\":[" + many + "]}"));
}

const IdExpectation kWanted{
    .issuer = "https://id.example.org", .client_id = "suture", .nonce = "n", .role_claim = "groups"};

Json claims() {
  return {{"iss", "https://id.example.org"},
          {"aud", "suture"},
          {"sub", "7"},
          {"nonce", "n"},
          {"iat", 1'800'000'000},
          {"exp", 1'800'000'300},
          {"preferred_username", "alice"}};
}

std::string wrong_claim(const Json& json) {
  const auto checked = check_id_claims(json.dump(), kWanted, kNow);
  if (checked) return "";
  EXPECT_EQ(checked.error().code, "oidc.claims");
  return checked.error().what.substr(checked.error().what.rfind(' ') + 1);
}

std::string wrong_with(const char* name, Json value) {
  Json json = claims();
  json[name] = std::move(value);
  return wrong_claim(json);
}

TEST(IdClaims, AreForUsOfThisLoginAndOfNow) {
  const auto told = check_id_claims(claims().dump(), kWanted, kNow);
  ASSERT_TRUE(told) << told.error().message();
  EXPECT_EQ(told->subject, "7");
  EXPECT_EQ(told->name, "alice");
  for (const char* name : {"iss", "aud", "sub", "nonce", "iat", "exp"}) {
    Json json = claims();
    json.erase(name);
    EXPECT_EQ(wrong_claim(json), name);
    for (const Json& odd : {Json(nullptr), Json(true), Json::array(), Json::object(), Json("x"), Json("")}) {
      EXPECT_EQ(wrong_with(name, odd), name == std::string("sub") && odd == "x" ? "" : name) << odd;
    }
  }
  EXPECT_EQ(wrong_with("iss", "https://id.example.org/"), "iss");
  EXPECT_EQ(wrong_with("aud", {"suture"}), "");
  EXPECT_EQ(wrong_with("aud", {"suture", "other"}), "azp");
  EXPECT_EQ(wrong_with("azp", "suture"), "");
  EXPECT_EQ(wrong_with("azp", "other"), "azp");
  EXPECT_EQ(wrong_with("azp", 7), "azp");
  Json several = claims();
  several["aud"] = {"suture", "other"};
  several["azp"] = "suture";
  EXPECT_EQ(wrong_claim(several), "");
  // A minute is what clocks may be apart.
  EXPECT_EQ(wrong_with("exp", 1'799'999'941), "");
  EXPECT_EQ(wrong_with("exp", 1'799'999'940), "exp");
  EXPECT_EQ(wrong_with("iat", 1'800'000'060), "");
  EXPECT_EQ(wrong_with("iat", 1'800'000'061), "iat");
  EXPECT_EQ(wrong_with("iat", 1'799'999'000), "iat");
  EXPECT_EQ(wrong_with("nbf", 1'800'000'060), "");
  EXPECT_EQ(wrong_with("nbf", 1'800'000'061), "nbf");
  EXPECT_EQ(wrong_with("nbf", "now"), "nbf");
  EXPECT_EQ(wrong_with("exp", 1e300), "");
  EXPECT_EQ(wrong_with("exp", -1e300), "exp");
  EXPECT_EQ(wrong_with("sub", std::string(256, '7')), "sub");
  for (const char* none : {"", "[]", "7", "{"}) EXPECT_FALSE(check_id_claims(none, kWanted, kNow)) << none;
}

TEST(IdClaims, FindGroupsWhereverTheyAre) {
  const auto groups = [](Json json, const char* claim) {
    IdExpectation wanted = kWanted;
    wanted.role_claim = claim;
    json.update(claims());
    return check_id_claims(json.dump(), wanted, kNow)->groups;
  };
  using Groups = std::vector<std::string>;
  EXPECT_EQ(groups({{"groups", {"a", 7, "b"}}}, "groups"), (Groups{"a", "b"}));
  EXPECT_EQ(groups({{"groups", "a"}}, "groups"), Groups{"a"});
  EXPECT_EQ(groups({{"realm_access", {{"roles", {"a"}}}}}, "realm_access.roles"), Groups{"a"});
  EXPECT_EQ(groups({{"https://example.org/roles", {"a"}}}, "https://example.org/roles"), Groups{"a"});
  for (const Json& none : {Json::object(), Json{{"groups", nullptr}}, Json{{"groups", {{"a", 1}}}}}) {
    EXPECT_EQ(groups(none, "groups"), Groups());
    EXPECT_EQ(groups(none, ""), Groups());
  }
}

TEST(IdClaims, TakeAMailAddressForANameOnlyIfItWasVerified) {
  Json json = claims();
  json.erase("preferred_username");
  json["email"] = "alice@example.org";
  EXPECT_EQ(check_id_claims(json.dump(), kWanted, kNow)->name, "");
  json["email_verified"] = "true";
  EXPECT_EQ(check_id_claims(json.dump(), kWanted, kNow)->name, "");
  json["email_verified"] = true;
  EXPECT_EQ(check_id_claims(json.dump(), kWanted, kNow)->name, "alice@example.org");
}

TEST(Oidc, GivesTheHighestRoleOfAllGroups) {
  OidcOptions options;
  for (const char* text : {"staff=viewer", "ops=operator", "a=b=approver"})
    options.roles.push_back(*parse_oidc_role(text));
  EXPECT_EQ(role_of_groups(options, {"ops", "staff", "other"}), Role::kOperator);
  EXPECT_EQ(role_of_groups(options, {"a=b"}), Role::kApprover);
  EXPECT_EQ(role_of_groups(options, {"other"}), std::nullopt);
  EXPECT_EQ(role_of_groups(options, {}), std::nullopt);
  options.roles.push_back(*parse_oidc_role("*=viewer"));
  EXPECT_EQ(role_of_groups(options, {}), Role::kViewer);
  EXPECT_EQ(role_of_groups(options, {"ops"}), Role::kOperator);
  for (const char* none : {"", "=viewer", "staff", "staff=", "staff=root"}) {
    EXPECT_EQ(parse_oidc_role(none).error().code, "oidc.role") << none;
  }
}

TEST(Oidc, AsksNobodyInTheClear) {
  for (const char* good : {"https://id.example.org", "https://id.example.org:8443/realms/x",
                           "http://127.0.0.1:8080", "http://localhost/x", "http://[::1]:7"}) {
    EXPECT_TRUE(check_oidc_url(good, "x")) << good;
  }
  for (const char* bad :
       {"", "http://id.example.org", "ftp://127.0.0.1", "https://", "http://127.0.0.1@evil.org/",
        "http://127.0.0.1.evil.org", "http://localhost.evil.org", "https://a b", "file:///etc/passwd",
        "https://a\nb", "http://evil.org/?http://127.0.0.1"}) {
    EXPECT_FALSE(check_oidc_url(bad, "x")) << bad;
  }
}

TEST(Oidc, BindsALoginToItsBrowser) {
  const std::string secret(64, 'a');
  EXPECT_FALSE(Oidc::is_state(secret, ""));
  EXPECT_FALSE(Oidc::is_state(secret, secret));
  EXPECT_FALSE(Oidc::is_state(secret, std::string(64, '0')));
}

TEST(Oidc, SaysSoWhenItsProviderIsAway) {
  // A port that nobody listens on.
  const auto oidc =
      *Oidc::open({.issuer = "http://127.0.0.1:1", .client_id = "x", .redirect_url = "http://127.0.0.1/"});
  EXPECT_EQ(oidc->login_url("s", kNow).error().code, "oidc.unreachable");
  EXPECT_EQ(oidc->finish("s", "code", kNow).error().code, "oidc.unreachable");
}

}  // namespace
}  // namespace suture::server
