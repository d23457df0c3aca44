// SPDX-License-Identifier: Apache-2.0
//
// docs/openapi.json against the routes as they are: a route that it does not describe, or describes
// otherwise, fails here. That answers are as described is tests/cli/openapi.py's to see.
#include "server/openapi.h"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <set>

#include "base/file.h"
#include "base/json.h"
#include "database.h"
#include "fleet.h"
#include "server/api.h"

namespace suture::server {
namespace {

using namespace std::chrono_literals;

class OpenApiTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { spdlog::set_level(spdlog::level::off); }
  void SetUp() override {
    ASSERT_TRUE(store_.add(report_of(1), Store::Time(1'800'000'000s)));
    ASSERT_EQ(api_.handle({.method = "GET", .target = "/api/v1/openapi.json"}).status, 200);
  }
  /// "{id}" and the like as the table of routes writes it.
  static std::string path_of_route(const std::string& path) {
    const auto open = path.find('{');
    if (open == path.npos) return path;
    const auto close = path.find('}', open);
    const std::string name = path.substr(open + 1, close - open - 1);
    return path.substr(0, open) + (name == "path" ? "PATH" : "ID") + path.substr(close + 1);
  }
  static std::set<std::string> described(const Json& operation, const std::string& in) {
    std::set<std::string> names;
    for (Json parameter : operation.value("parameters", Json::array())) {
      if (parameter.contains("$ref")) {
        const std::string ref = parameter.at("$ref");
        parameter = document().at(Json::json_pointer(ref.substr(1)));
      }
      if (parameter.at("in") == in) names.insert(parameter.at("name").get<std::string>());
    }
    return names;
  }
  static const Json& document() {
    static const Json kDocument = Json::parse(kOpenApi);
    return kDocument;
  }
  static std::map<std::string, Json> operations() {
    std::map<std::string, Json> all;
    for (const auto& [path, item] : document().at("paths").items()) {
      for (const auto& [method, operation] : item.items()) {
        std::string name = method;
        std::ranges::transform(name, name.begin(), [](char c) { return static_cast<char>(c - 'a' + 'A'); });
        all[name + " " + path_of_route(path)] = operation;
      }
    }
    return all;
  }
  /// What a route says it knows, when it is given something else; nothing: it does not look.
  std::optional<std::set<std::string>> known_parameters(std::string path) {
    const auto id = path.find("ID");
    if (id != path.npos)
      path.replace(id, 2, path.find("/hosts/") != path.npos ? host_id(1) : "CVE-2026-53249");
    const auto answer = Json::parse(
        api_.handle({.method = "GET", .target = path + "?no_such=1", .authorization = "Bearer " + secret_})
            .body);
    const Json error = answer.value("error", Json());
    if (!error.is_object() || error.at("code") != "request.parameter") return std::nullopt;
    std::set<std::string> names;
    const std::string text = error.at("message");
    constexpr std::string_view kBefore = "known are: ";
    const auto at = text.find(kBefore);
    if (at == text.npos) return names;
    for (std::string_view left = std::string_view(text).substr(at + kBefore.size()); !left.empty();) {
      const auto word = left.substr(0, left.find(", "));
      names.insert(std::string(word));
      left.remove_prefix(std::min(left.size(), word.size() + 2));
    }
    return names;
  }

  NewDatabase database_;
  Store store_ = *Store::open(database_);
  AccessStore tokens_ = *AccessStore::open(database_);
  std::string secret_ =
      tokens_.add({.name = "admin", .role = Role::kAdmin}, "local test", std::chrono::system_clock::now())
          ->secret;
  People people_ = *People::open(database_, {}, {});
  Access access_{tokens_, {}};
  Api api_{{.store = store_, .access = access_, .people = &people_}};
};

TEST_F(OpenApiTest, IsTheFileOfTheDocumentation) {
  EXPECT_EQ(*read_text_file(SUTURE_TEST_DATA "/../../docs/openapi.json"), kOpenApi);
  EXPECT_EQ(document().at("openapi"), "3.1.0");
}

TEST_F(OpenApiTest, DescribesEveryRouteAndNoOther) {
  std::set<std::string> wanted;
  for (const Route& route : routes()) wanted.insert(fmt::format("{} {}", route.method, route.path));
  std::set<std::string> told;
  for (const auto& [name, operation] : operations()) told.insert(name);
  EXPECT_EQ(told, wanted);
}

TEST_F(OpenApiTest, SaysWhichScopeARouteNeeds) {
  const auto all = operations();
  for (const Route& route : routes()) {
    const std::string name = fmt::format("{} {}", route.method, route.path);
    if (!all.contains(name)) continue;
    const Json& security = all.at(name).at("security");
    if (!route.scope) {
      EXPECT_TRUE(security.empty()) << name;
      continue;
    }
    // Each way to be let in needs the same.
    EXPECT_FALSE(security.empty()) << name;
    for (const Json& way : security) {
      for (const auto& [scheme, scopes] : way.items()) {
        EXPECT_EQ(scopes, Json{name_of(*route.scope)}) << name;
        EXPECT_TRUE(document().at("components").at("securitySchemes").contains(scheme)) << scheme;
      }
    }
  }
  std::set<std::string> scopes;
  for (const Scope scope : kScopes) scopes.insert(std::string(name_of(scope)));
  EXPECT_EQ(document().at("components").at("schemas").at("Scope").at("enum").get<std::set<std::string>>(),
            scopes);
}

TEST_F(OpenApiTest, NamesTheParametersThatARouteKnows) {
  for (const auto& [name, operation] : operations()) {
    const std::string method = name.substr(0, name.find(' '));
    const std::string path = name.substr(name.find(' ') + 1);
    const bool has_place = path.find("ID") != path.npos || path.find("PATH") != path.npos;
    EXPECT_EQ(described(operation, "path").size(), has_place ? 1u : 0u) << name;
    const auto in_query = described(operation, "query");
    if (method != "GET" || path == "/api/v1/wake") continue;
    const auto known = known_parameters(path);
    EXPECT_EQ(in_query, known.value_or(std::set<std::string>())) << name;
  }
}

/// Whatever is referred to is there.
TEST_F(OpenApiTest, HasNoLooseEnds) {
  const auto walk = [](const auto& self, const Json& part) -> void {
    if (part.is_object() && part.contains("$ref")) {
      const std::string ref = part.at("$ref");
      ASSERT_TRUE(ref.starts_with("#/")) << ref;
      EXPECT_TRUE(document().contains(Json::json_pointer(ref.substr(1)))) << ref;
    }
    if (part.is_structured()) {
      for (const Json& each : part) self(self, each);
    }
  };
  walk(walk, document());
}

}  // namespace
}  // namespace suture::server
