// The ways out of a session, and who may use the tenant by script.
#include <gmock/gmock.h>

#include "tests/tenant_visitor.h"

namespace portcullis::world {
namespace {

using testing::HasSubstr;
using testing::Not;

using LogoutTest = TenantVisitor;

TEST_F(LogoutTest, EndsTheSessionAndGoesToARegisteredAddress) {
  (void)code_of();
  const auto out = get("/v2/logout?client_id=demo-spa&returnTo=http%3A%2F%2Flocalhost%3A3000&auth0Client=e30");
  EXPECT_EQ(out.status, 303);
  EXPECT_EQ(out.headers.first("Location"), "http://localhost:3000");
  EXPECT_EQ(get(authorize()).status, 302);
}

TEST_F(LogoutTest, ForgetsTheSessionItselfNotOnlyTheCookie) {
  (void)code_of();
  const auto kept = cookies;
  (void)get("/v2/logout?client_id=demo-spa");
  cookies = kept;
  EXPECT_EQ(get(authorize()).status, 302);
}

TEST_F(LogoutTest, ShowsAPageWithoutAnAddress) {
  (void)code_of();
  EXPECT_THAT(get("/v2/logout").body, HasSubstr("You are logged out"));
  EXPECT_EQ(get(authorize()).status, 302);
}

TEST_F(LogoutTest, LeadsNowhereElseAndKeepsTheSession) {
  (void)code_of();
  for (const char* query : {"client_id=demo-spa&returnTo=https://evil.example", "returnTo=http://localhost:3000",
                            "client_id=nobody&returnTo=http://localhost:3000",
                            "client_id=demo-spa&returnTo=http://localhost:3000/callback"}) {
    const auto refused = get(std::string{"/v2/logout?"} + query);
    EXPECT_EQ(refused.status, 400) << query;
    EXPECT_THAT(refused.body, HasSubstr("What to do"));
    EXPECT_FALSE(refused.headers.has("Location"));
  }
  const auto refused = get("/oidc/logout?client_id=demo-spa&post_logout_redirect_uri=https://evil.example");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(get(authorize()).status, 303);  // still logged in
}

TEST_F(LogoutTest, TakesAnIdTokenOfThePersonForAYes) {  // RP-Initiated Logout §2
  const std::string hint = member(redeem(code_of()), "id_token");
  now += std::chrono::hours{11};  // also one whose time is over
  const auto out = get("/oidc/logout?id_token_hint=" + hint +
                       "&post_logout_redirect_uri=http%3A%2F%2Flocalhost%3A3000%2F&state=a%26b");
  EXPECT_EQ(out.status, 303);
  EXPECT_EQ(out.headers.first("Location"), "http://localhost:3000/?state=a%26b");
  EXPECT_EQ(get(authorize()).status, 302);
}

TEST_F(LogoutTest, AsksThePersonWithoutOne) {
  (void)code_of();
  const std::string query = "client_id=demo-spa&post_logout_redirect_uri=http://localhost:3000";
  const auto asks = get("/oidc/logout?" + query);
  EXPECT_EQ(asks.status, 200);
  EXPECT_THAT(asks.body, HasSubstr("Ada Lovelace"));
  EXPECT_EQ(get("/oidc/logout?confirmed=yes&" + query).status, 200);  // a link is no answer
  EXPECT_EQ(get(authorize()).status, 303);
  const auto out = post("/oidc/logout", "confirmed=yes&" + query);
  EXPECT_EQ(out.headers.first("Location"), "http://localhost:3000");
  EXPECT_EQ(get(authorize()).status, 302);
  EXPECT_EQ(get("/oidc/logout?" + query).status, 303);  // nobody is left to ask
}

TEST_F(LogoutTest, RefusesAHintThatIsNotOurs) {
  const std::string hint = member(redeem(code_of()), "id_token");
  for (const std::string& query : {"id_token_hint=x" + hint, "id_token_hint=" + hint + "&client_id=demo-machine",
                                   std::string{"id_token_hint=a.b.c"}}) {
    EXPECT_EQ(get("/oidc/logout?" + query).status, 400);
    EXPECT_EQ(get(authorize()).status, 303);
  }
}

TEST_F(LogoutTest, ShowsTheFieldsOfTheQuestionAsTextOnly) {
  (void)code_of();
  EXPECT_THAT(get("/oidc/logout?state=%22%3E%3Cb%3E").body, Not(HasSubstr("<b>")));
}

struct Scripted {
  std::string method, path, origin;
  std::string allowed;
};

TEST_F(LogoutTest, LetsOnlyKnownPagesReadItsAnswers) {
  const std::string own{page};
  for (const Scripted& row :
       {Scripted{"OPTIONS", "/oauth/token", own, own}, Scripted{"POST", "/oauth/token", own, own},
        Scripted{"POST", "/oauth/revoke", own, own}, Scripted{"GET", "/userinfo", own, own},
        Scripted{"POST", "/oauth/token", "https://evil.example", ""}, Scripted{"POST", "/oauth/token", "null", ""},
        Scripted{"OPTIONS", "/userinfo", "http://localhost:30000", ""}, Scripted{"GET", "/u/login", own, ""},
        Scripted{"GET", "/.well-known/jwks.json", "https://evil.example", "*"}}) {
    SCOPED_TRACE(row.path + row.origin);
    const auto response = ask(row.method, row.path, {{"Origin", row.origin}});
    EXPECT_EQ(response.headers.first("Access-Control-Allow-Origin"), row.allowed);
  }
  const auto preflight = ask("OPTIONS", "/oauth/token", {{"Origin", own}});
  EXPECT_EQ(preflight.status, 204);
  EXPECT_THAT(std::string{preflight.headers.first("Access-Control-Allow-Headers")}, HasSubstr("auth0-client"));
  EXPECT_EQ(preflight.headers.first("Vary"), "Origin");
}

TEST_F(LogoutTest, AnswersAtEveryAddressOfItsDiscoveryDocument) {
  const auto document = boost::json::parse(get("/.well-known/openid-configuration").body);
  for (const auto& member : document.as_object()) {
    if (!std::string_view{member.key()}.ends_with("_endpoint") && member.key() != "jwks_uri") continue;
    const std::string address{member.value().get_string()};
    EXPECT_NE(get(address.substr(issuer.size() - 1)).status, 404) << address;
  }
}

TEST_F(LogoutTest, MovesItsClockOnlyForWhoeverHasTheSecret) {
  EXPECT_EQ(control("clock", "offset=3600").status, 204);
  EXPECT_EQ(claims(member(redeem(code_of()), "access_token")).at("iat"), 1'767'225'600 + 3600);
  EXPECT_EQ(control("clock", "offset=0").status, 204);
  EXPECT_EQ(claims(member(redeem(code_of()), "access_token")).at("iat"), 1'767'225'600);
  for (const char* wrong : {"", "offset=", "offset=1.5", "offset=99999999999"})
    EXPECT_EQ(control("clock", wrong).status, 400) << wrong;
  const std::string path = std::string{control_prefix} + "clock";
  const std::string right = "Bearer " + std::string{control_secret};
  EXPECT_EQ(ask("POST", path, {}, "offset=1").status, 404);
  EXPECT_EQ(ask("POST", path, {{"Authorization", right + "x"}}, "offset=1").status, 404);
  EXPECT_EQ(ask("GET", path, {{"Authorization", right}}).status, 404);
  EXPECT_EQ(tenant.answer({"POST", path, {{"Authorization", right}, {"Host", "evil.example"}}, "offset=1", {}}).status,
            404);
  Tenant without{settings(), tenant_test_mint(), TenantClock{[this] { return now; }}, TenantControl{""}};
  EXPECT_EQ(
      without.answer({"POST", path, {{"Authorization", "Bearer "}, {"Host", "localhost"}}, "offset=1", {}}).status,
      404);
}

TEST_F(LogoutTest, RotatesItsKeysAndFailsOnCommand) {
  EXPECT_EQ(control("rotate", "").status, 204);
  EXPECT_EQ(boost::json::parse(get("/.well-known/jwks.json").body).at("keys").as_array().size(), 3U);
  EXPECT_EQ(control("rotate", "revoke=previous").status, 204);
  EXPECT_EQ(boost::json::parse(get("/.well-known/jwks.json").body).at("keys").as_array().size(), 2U);
  EXPECT_EQ(control("faults", "path=/.well-known/jwks.json&status=503").status, 204);
  EXPECT_EQ(get("/.well-known/jwks.json").status, 503);
  EXPECT_EQ(control("faults", "path=/.well-known/jwks.json&status=0").status, 204);
  EXPECT_EQ(get("/.well-known/jwks.json").status, 200);
  for (const char* wrong : {"", "path=x&status=503", "path=/x&status=200", "path=/x"})
    EXPECT_EQ(control("faults", wrong).status, 400) << wrong;
  EXPECT_EQ(control("unknown", "").status, 404);
}

}  // namespace
}  // namespace portcullis::world
