#include "world/tenant/tenant.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <set>

#include "world/encoding/base64.h"

namespace portcullis::world {
namespace {

namespace json = boost::json;

const WallTime now{std::chrono::milliseconds{1'767'225'600'123}};
constexpr std::int64_t now_seconds = 1'767'225'600;
constexpr std::string_view issuer = "http://localhost:3001/";
constexpr std::string_view api = "https://api.example.com";

struct Jws {
  json::value header, payload;
};

Jws take_apart(const std::string& token) {
  const auto first = token.find('.'), second = token.rfind('.');
  return {json::parse(base64url_decode(token.substr(0, first)).value_or("")),
          json::parse(base64url_decode(token.substr(first + 1, second - first - 1)).value_or(""))};
}

/// Two keys for all tests: making them takes its time.
const Mint& shared_mint() {
  static const Mint mint{*SigningKey::generate(), *SigningKey::generate()};
  return mint;
}

class TenantTest : public testing::Test {
 protected:
  net::HttpResponse post(const std::string& form, net::Headers headers = {}) {
    headers.add("Content-Type", "application/x-www-form-urlencoded");
    return tenant.answer({"POST", "/oauth/token", std::move(headers), form, "127.0.0.1"});
  }
  json::value token(const std::string& form) {
    const auto response = post(form);
    EXPECT_EQ(response.status, 200) << response.body;
    return json::parse(response.body);
  }
  net::HttpResponse get(const std::string& target, net::Headers headers = {}) {
    return tenant.answer({"GET", target, std::move(headers), {}, "127.0.0.1"});
  }
  Jws access_token(const std::string& form) {
    return take_apart(std::string{token(form).at("access_token").get_string()});
  }

  Tenant tenant{{std::string{issuer}, known_people(), Exposure::loopback},
                shared_mint(),
                TenantClock{[] { return now; }},
                TenantControl{""}};
};

const std::string machine = "grant_type=client_credentials&client_id=demo-machine&client_secret=demo-machine-secret";
const std::string ada = "grant_type=password&client_id=demo-spa&username=ada%40example.com&password=lovelace";
const std::string grace = "grant_type=password&client_id=demo-spa&username=Grace%40Example.com&password=hopper";
const std::string for_api = "&audience=https%3A%2F%2Fapi.example.com";

TEST_F(TenantTest, GivesAMachineWhatItWasGranted) {
  Jws jws = access_token(machine + for_api);
  EXPECT_NE(jws.payload.at("jti"), access_token(machine + for_api).payload.at("jti"));
  jws.payload.as_object().erase("jti");
  EXPECT_EQ(jws.payload, json::parse(R"({"iss":"http://localhost:3001/","sub":"demo-machine@clients",
      "aud":"https://api.example.com","azp":"demo-machine","iat":1767225600,"exp":1767312000,"scope":"read:orders",
      "gty":"client-credentials","permissions":["read:orders"]})"));
  EXPECT_EQ(jws.header.at("alg"), "RS256");
  EXPECT_EQ(jws.header.at("typ"), "JWT");
}

TEST_F(TenantTest, TakesTheClientFromBasicAndTheParametersFromJsonToo) {
  const std::string basic = "Basic " + base64("demo-machine:demo-machine-secret");
  EXPECT_EQ(post("grant_type=client_credentials" + for_api, {{"Authorization", basic}}).status, 200);
  EXPECT_EQ(post(machine + for_api, {{"Authorization", basic}}).status, 400);  // RFC 6749 §2.3: one method
  EXPECT_EQ(post("grant_type=client_credentials" + for_api, {{"Authorization", "Basic !"}}).status, 400);
  const std::string body = R"({"grant_type":"client_credentials","client_id":"demo-machine","lifetime":60,
      "client_secret":"demo-machine-secret","audience":"https://api.example.com"})";
  const auto response =
      tenant.answer({"POST", "/oauth/token", {{"Content-Type", "application/json; charset=utf-8"}}, body, {}});
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(json::parse(response.body).at("expires_in"), 60);
}

TEST_F(TenantTest, CutsTheScopeDownToWhatTheUserMay) {
  struct Row {
    std::string who, scope, granted;
  };
  for (const Row& row : {
           Row{ada, "", "read:orders admin"},
           Row{ada, "&scope=admin", "admin"},
           Row{ada, "&scope=admin+admin+delete:all", "admin"},
           Row{grace, "", "read:orders"},
           Row{grace, "&scope=read:orders+admin", "read:orders"},
           Row{grace, "&scope=openid", "openid read:orders"},
           Row{grace, "&scope=openid+profile+read:orders", "openid profile read:orders"},
       }) {
    SCOPED_TRACE(row.scope);
    EXPECT_EQ(access_token(row.who + for_api + row.scope).payload.at("scope").get_string(), row.granted);
  }
  const Jws nothing = access_token(grace + for_api + "&scope=admin");
  EXPECT_FALSE(nothing.payload.get_object().contains("scope"));
  EXPECT_EQ(nothing.payload.at("permissions"), json::parse(R"(["read:orders"])"));  // RBAC: all, whatever was asked
  EXPECT_EQ(nothing.payload.at("sub"), "auth0|grace");
}

TEST_F(TenantTest, AddsAnIdTokenAndAnAudienceForOpenid) {  // tokens.md §5.6
  const auto answer = token(ada + for_api + "&scope=openid");
  const Jws access = take_apart(std::string{answer.at("access_token").get_string()});
  EXPECT_EQ(access.payload.at("aud"), json::parse(R"(["https://api.example.com","http://localhost:3001/userinfo"])"));
  const Jws id = take_apart(std::string{answer.at("id_token").get_string()});
  EXPECT_EQ(id.payload, json::parse(R"({"iss":"http://localhost:3001/","sub":"auth0|ada","aud":"demo-spa",
      "iat":1767225600,"exp":1767261600})"));
  const auto profile = token(ada + for_api + "&scope=openid+profile");
  EXPECT_EQ(take_apart(std::string{profile.at("id_token").get_string()}).payload.at("name"), "Ada Lovelace");
  EXPECT_FALSE(token(ada + for_api).get_object().contains("id_token"));
}

TEST_F(TenantTest, GivesAnOpaqueTokenWithoutAnAudience) {
  const auto answer = token(ada);
  const std::string opaque{answer.at("access_token").get_string()};
  EXPECT_EQ(opaque.size(), 64U);
  EXPECT_EQ(opaque.find('.'), std::string::npos);
  EXPECT_NE(token(ada).at("access_token"), answer.at("access_token"));
}

TEST_F(TenantTest, KnowsASecondAudience) {
  const Jws jws = access_token(ada + "&audience=https://other.example.com");
  EXPECT_EQ(jws.payload.at("aud"), "https://other.example.com");
  EXPECT_EQ(jws.payload.at("permissions").get_array().size(), 0U);
}

TEST_F(TenantTest, RefusesInAuth0sShape) {
  struct Row {
    std::string form;
    int status;
    std::string error, description;
  };
  const std::string wrong = "Wrong email or password.";
  for (const Row& row : {
           Row{"grant_type=password&client_id=demo-spa&username=ada@example.com&password=Lovelace", 403,
               "invalid_grant", wrong},
           Row{"grant_type=password&client_id=demo-spa&username=eve@example.com&password=lovelace", 403,
               "invalid_grant", wrong},
           Row{"grant_type=password&client_id=demo-spa&username=ada@example.com&password=hopper", 403, "invalid_grant",
               wrong},
           Row{"grant_type=client_credentials&client_id=demo-machine&client_secret=x" + for_api, 401, "access_denied",
               "Unauthorized"},
           Row{"grant_type=client_credentials&client_id=demo-machine" + for_api, 401, "access_denied", "Unauthorized"},
           Row{"grant_type=client_credentials&client_id=nobody&client_secret=x" + for_api, 401, "access_denied",
               "Unauthorized"},
           Row{"grant_type=client_credentials&client_id=demo-spa" + for_api, 403, "unauthorized_client",
               "Grant type not allowed for the client."},
           Row{ada + "&audience=https://api.example.com/", 403, "access_denied",
               "Service not found: https://api.example.com/"},
           Row{machine + for_api + "&scope=admin", 403, "access_denied", "Client has not been granted scopes: admin"},
           Row{machine, 403, "access_denied",
               "No audience parameter was provided, and no default audience has been configured"},
           Row{"grant_type=implicit&client_id=demo-spa", 400, "unsupported_grant_type",
               "Unsupported grant type: implicit"},
           Row{"", 400, "invalid_request", "Missing required parameter: grant_type"},
           Row{"grant_type=password&client_id=demo-spa", 400, "invalid_request",
               "Missing required parameter: username"},
           Row{ada + "&client_id=demo-spa", 400, "invalid_request", "A parameter is repeated"},
       }) {
    SCOPED_TRACE(row.form);
    const auto response = post(row.form);
    EXPECT_EQ(response.status, row.status);
    EXPECT_EQ(json::parse(response.body), (json::object{{"error", row.error}, {"error_description", row.description}}));
    EXPECT_EQ(response.headers.first("Cache-Control"), "no-store");
  }
}

TEST_F(TenantTest, RefusesJsonThatIsNone) {
  for (const char* body : {"", "[]", "{", R"({"grant_type":["password"]})", R"({"lifetime":1.5})"}) {
    SCOPED_TRACE(body);
    EXPECT_EQ(tenant.answer({"POST", "/oauth/token", {{"Content-Type", "application/json"}}, body, {}}).status, 400);
  }
}

TEST_F(TenantTest, MakesOddTokensOnRequest) {
  struct Row {
    std::string lifetime;
    std::int64_t issued, expires;
  };
  for (const Row& row : {Row{"60", now_seconds, now_seconds + 60}, Row{"0", now_seconds - 1, now_seconds},
                         Row{"-3600", now_seconds - 3601, now_seconds - 3600}}) {
    SCOPED_TRACE(row.lifetime);
    const Jws jws = access_token(machine + for_api + "&lifetime=" + row.lifetime);
    EXPECT_EQ(jws.payload.at("iat"), row.issued);
    EXPECT_EQ(jws.payload.at("exp"), row.expires);
  }
  for (const char* wrong : {"1.5", "x", "1x", "99999999999", "-99999999999", "99999999999999999999"})
    EXPECT_EQ(post(machine + for_api + "&lifetime=" + wrong).status, 400) << wrong;
  EXPECT_EQ(post(machine + for_api + "&signing_key=current").status, 400);
}

TEST_F(TenantTest, NamesTheCurrentKeyOrOnRequestOneThatNobodyKnows) {  // signatures: mint_test.cpp
  const auto jwks = json::parse(get("/.well-known/jwks.json").body);
  const auto& keys = jwks.at("keys");
  EXPECT_EQ(access_token(machine + for_api).header.at("kid"), keys.at(0).at("kid"));
  const Jws strange = access_token(machine + for_api + "&signing_key=unknown");
  for (const auto& key : keys.get_array()) EXPECT_NE(key.at("kid"), strange.header.at("kid"));
}

TEST_F(TenantTest, MakesNoOddTokensWhereOthersCanReachIt) {
  Tenant exposed{{std::string{issuer}, known_people(), Exposure::network},
                 shared_mint(),
                 TenantClock{[] { return now; }},
                 TenantControl{""}};
  for (const char* odd : {"&lifetime=60", "&signing_key=unknown"}) {
    const auto answer = exposed.answer({"POST", "/oauth/token", {}, machine + for_api + odd, "127.0.0.1"});
    EXPECT_EQ(answer.status, 400) << odd;
  }
  EXPECT_EQ(exposed.answer({"POST", "/oauth/token", {}, machine + for_api, {}}).status, 200);
}

TEST_F(TenantTest, PublishesItsKeysWithThumbprintsAndAnEtag) {  // tokens.md §5.3, RFC 7638
  const auto response = get("/.well-known/jwks.json?x=1");
  EXPECT_EQ(response.headers.first("Cache-Control"), "public, max-age=15");
  const auto jwks = json::parse(response.body);  // named: a temporary would be gone before the loop's body
  for (const auto& key : jwks.at("keys").get_array()) {
    std::set<std::string> names;
    for (const auto& member : key.get_object()) names.emplace(member.key());
    EXPECT_EQ(names, (std::set<std::string>{"alg", "e", "kid", "kty", "n", "use", "x5c", "x5t"}));
    EXPECT_EQ(key.at("kid").get_string().size(), 43U);
  }
  const std::string tag{response.headers.first("ETag")};
  const auto unchanged = get("/.well-known/jwks.json", {{"If-None-Match", tag}});
  EXPECT_EQ(unchanged.status, 304);
  EXPECT_EQ(unchanged.body, "");
  EXPECT_EQ(get("/.well-known/jwks.json", {{"If-None-Match", "\"other\""}}).status, 200);
}

TEST_F(TenantTest, KeepsItsIssuerWhateverTheHost) {  // design.md §5
  for (const char* path : {"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"}) {
    const auto document = json::parse(get(path, {{"Host", "evil.example"}}).body);
    EXPECT_EQ(document.at("issuer").get_string(), issuer);
    EXPECT_EQ(document.at("jwks_uri"), "http://localhost:3001/.well-known/jwks.json");
    EXPECT_EQ(document.at("token_endpoint"), "http://localhost:3001/oauth/token");
    EXPECT_FALSE(document.get_object().contains("introspection_endpoint"));
  }
}

TEST_F(TenantTest, AnswersOtherAddressesAndMethodsWithJson) {
  EXPECT_EQ(get("/nowhere").status, 404);
  EXPECT_EQ(get("/oauth/token").status, 405);
  EXPECT_EQ(get("/oauth/token").headers.first("Allow"), "POST, OPTIONS");
  EXPECT_EQ(tenant.answer({"DELETE", "/.well-known/jwks.json", {}, {}, {}}).status, 405);
  EXPECT_EQ(json::parse(get("/nowhere").body).at("error"), "not_found");
}

TEST_F(TenantTest, IsMarkedAsADevelopmentServer) {
  const auto page = get("/");
  EXPECT_NE(page.body.find("Development server"), std::string::npos);
  EXPECT_NE(page.headers.first("Content-Security-Policy").find("default-src 'none'"), std::string_view::npos);
  EXPECT_TRUE(get("/pem").body.starts_with("-----BEGIN CERTIFICATE-----"));
}

TEST(Secrets, AreComparedInFull) {
  EXPECT_TRUE(same_secret("lovelace", "lovelace"));
  for (const char* wrong : {"", "lovelac", "lovelacE", "lovelacelovelace", "xovelace"})
    EXPECT_FALSE(same_secret("lovelace", wrong)) << wrong;
  EXPECT_TRUE(same_secret("", ""));
  EXPECT_FALSE(same_secret("", "x"));
}

TEST(RandomSecrets, TakeThePlaceOfTheKnownOnes) {
  const People people = people_with_random_secrets();
  EXPECT_FALSE(people.log_in("ada@example.com", "lovelace"));
  EXPECT_TRUE(people.log_in("ada@example.com", people.users.at(0).password));
  EXPECT_NE(people.client("demo-machine")->secret, known_people().client("demo-machine")->secret);
  EXPECT_FALSE(people.client("demo-spa")->secret);
}

}  // namespace
}  // namespace portcullis::world
