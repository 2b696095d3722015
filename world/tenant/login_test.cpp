// A person logs in: authorization request, login page, code, tokens; and whatever can go wrong on the way.
#include <gmock/gmock.h>

#include "tests/tenant_visitor.h"

namespace portcullis::world {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using LoginTest = TenantVisitor;

TEST_F(LoginTest, LeadsOverTheLoginPageBackToTheClientWithACode) {
  const auto first = get(authorize());
  ASSERT_EQ(first.status, 302);
  EXPECT_THAT(std::string{first.headers.first("Location")}, StartsWith("http://localhost:3001/u/login?state="));
  const auto form = get(target_of(first));
  EXPECT_EQ(form.status, 200);
  EXPECT_THAT(form.body, HasSubstr("Development server"));
  EXPECT_THAT(form.body, HasSubstr("demo-spa"));

  const auto back = log_in(target_of(first));
  EXPECT_EQ(back.status, 303);
  EXPECT_THAT(std::string{back.headers.first("Location")}, StartsWith("http://localhost:3000?code="));
  EXPECT_EQ(brought_back(back)["state"], "state+&1");

  const auto tokens = redeem(brought_back(back)["code"]);
  ASSERT_EQ(tokens.status, 200) << tokens.body;
  EXPECT_EQ(tokens.headers.first("Cache-Control"), "no-store");
  const auto id = claims(member(tokens, "id_token"));
  EXPECT_EQ(id.at("iss").as_string(), issuer);
  EXPECT_EQ(id.at("aud"), "demo-spa");
  EXPECT_EQ(id.at("sub"), "auth0|ada");
  EXPECT_EQ(id.at("nonce"), "nonce-1");
  EXPECT_EQ(id.at("name"), "Ada Lovelace");
  EXPECT_EQ(id.at("email"), "ada@example.com");
  EXPECT_FALSE(id.contains("auth_time"));  // only where max_age asks for it
  const auto access = claims(member(tokens, "access_token"));
  EXPECT_EQ(access.at("scope"), "openid profile email offline_access read:orders");
  EXPECT_EQ(access.at("permissions"), boost::json::parse(R"(["read:orders","admin"])"));
  EXPECT_EQ(access.at("aud"), boost::json::parse(R"(["https://api.example.com","http://localhost:3001/userinfo"])"));
  EXPECT_FALSE(access.contains("gty"));
  EXPECT_FALSE(member(tokens, "refresh_token").empty());
}

TEST_F(LoginTest, GivesALoginOnlyTheScopesItAskedFor) {
  struct Row {
    std::string asked, granted;
  };
  for (const Row& row : {Row{"openid", "openid"}, Row{"openid read:orders admin", "openid read:orders admin"},
                         Row{"openid delete:all", "openid"}}) {
    SCOPED_TRACE(row.asked);
    const auto tokens = redeem(code_of({{"scope", row.asked}}));
    EXPECT_EQ(claim(member(tokens, "access_token"), "scope"), row.granted);
    EXPECT_EQ(claims(member(tokens, "access_token")).at("permissions").as_array().size(), 2U);
    EXPECT_TRUE(member(tokens, "refresh_token").empty());  // offline_access was not asked for
  }
}

TEST_F(LoginTest, GivesAnOpaqueTokenWhereTheAudienceWasForgotten) {
  const auto tokens = redeem(code_of({{"audience", ""}}));
  EXPECT_THAT(member(tokens, "access_token"), Not(HasSubstr(".")));
  EXPECT_FALSE(member(tokens, "id_token").empty());
  const auto person = get("/userinfo", {{"Authorization", "Bearer " + member(tokens, "access_token")}});
  EXPECT_EQ(person.status, 200);
  EXPECT_EQ(member(person, "email"), "ada@example.com");
}

TEST_F(LoginTest, RemembersTheBrowserSoThatTheNextLoginAsksNobody) {
  (void)code_of();
  EXPECT_EQ(get(authorize()).status, 303);
  EXPECT_EQ(get(authorize({{"prompt", "login"}})).status, 302);
  cookies.clear();
  EXPECT_EQ(get(authorize()).status, 302);
}

TEST_F(LoginTest, EndsTheOldSessionWhereSomebodyElseLogsIn) {
  (void)code_of();
  const auto adas = cookies;
  const auto again = get(authorize({{"prompt", "login"}}));
  EXPECT_EQ(log_in(target_of(again), "grace", "hopper").status, 303);
  EXPECT_EQ(get(authorize()).status, 303);
  cookies = adas;
  EXPECT_EQ(get(authorize()).status, 302);
}

TEST_F(LoginTest, LogsInSilentlyByMessageToTheWindowThatWaits) {  // tokens.md §5.8
  const std::map<std::string, std::string> silent{
      {"prompt", "none"}, {"response_mode", "web_message"}, {"state", "</script><script>alert(1)"}};
  const auto stranger = get(authorize(silent));
  EXPECT_EQ(stranger.status, 200);
  EXPECT_THAT(stranger.body, HasSubstr(R"("error":"login_required")"));
  EXPECT_THAT(stranger.body, HasSubstr(R"(\u003c/script>)"));
  EXPECT_THAT(stranger.body, Not(HasSubstr("</script><script>")));
  EXPECT_THAT(stranger.body, HasSubstr(R"(, "http://localhost:3000"))"));
  EXPECT_THAT(std::string{stranger.headers.first("Content-Security-Policy")},
              HasSubstr("frame-ancestors http://localhost:3000"));
  (void)code_of();
  EXPECT_THAT(get(authorize(silent)).body, HasSubstr(R"("code":")"));
}

TEST_F(LoginTest, AnswersSilentLoginByRedirectTooWhereItIsAskedFor) {
  const auto back = get(authorize({{"prompt", "none"}}));
  EXPECT_EQ(brought_back(back)["error"], "login_required");
  EXPECT_EQ(brought_back(back)["state"], "state+&1");
}

TEST_F(LoginTest, SaysHowLongAgoWhereMaxAgeAsksAndAsksAgainWhereItIsTooLong) {
  (void)code_of();
  now += minutes{10};
  EXPECT_EQ(get(authorize({{"max_age", "60"}})).status, 302);
  const auto back = get(authorize({{"max_age", "3600"}}));
  ASSERT_EQ(back.status, 303);
  const auto tokens = redeem(brought_back(back)["code"]);
  EXPECT_EQ(claims(member(tokens, "id_token")).at("auth_time"), 1'767'225'600);
  EXPECT_EQ(get(authorize({{"max_age", "soon"}})).status, 303);
}

TEST_F(LoginTest, EndsASessionByAgeAndByDisuse) {
  (void)code_of();
  for (int day = 0; day < 6; ++day) {
    now += hours{24};
    EXPECT_EQ(get(authorize()).status, 303) << day;
  }
  now += hours{24};
  EXPECT_EQ(get(authorize()).status, 302);  // seven days
  (void)code_of();
  now += hours{3 * 24};
  EXPECT_EQ(get(authorize()).status, 302);
}

TEST_F(LoginTest, ShowsTheFormAgainAfterAWrongPassword) {
  const auto first = get(authorize());
  for (const char* password : {"Lovelace", "", "hopper"}) {
    const auto again = log_in(target_of(first), "ada", password);
    EXPECT_EQ(again.status, 400);
    EXPECT_THAT(again.body, HasSubstr("Wrong e-mail or password"));
    EXPECT_THAT(again.body, HasSubstr("role=\"alert\""));
    EXPECT_THAT(again.body, HasSubstr("value=\"ada@example.com\""));
    EXPECT_FALSE(again.headers.has("Location"));
  }
  EXPECT_THAT(log_in(target_of(first), "\"><b>eve", "x").body, Not(HasSubstr("<b>")));
  EXPECT_EQ(log_in(target_of(first)).status, 303);  // the same login goes on
}

TEST_F(LoginTest, ShowsAPageAndLeadsNowhereWhereTheAddressIsNotTheClients) {
  struct Row {
    std::map<std::string, std::string> changed;
    int status;
    std::string says;
  };
  for (const Row& row : {
           Row{{{"client_id", "nobody"}}, 400, "Unknown client: nobody"},
           Row{{{"client_id", ""}}, 400, "client_id is missing"},
           Row{{{"redirect_uri", ""}}, 403, "redirect_uri is missing"},
           Row{{{"redirect_uri", "https://evil.example/"}}, 403, "https://evil.example/ is not among"},
           Row{{{"redirect_uri", "http://localhost:3000/other"}}, 403, "is not among"},
           Row{{{"redirect_uri", "http://localhost:3000/?x=1"}}, 403, "is not among"},
           Row{{{"redirect_uri", "http://localhost:3000.evil.example"}}, 403, "is not among"},
           Row{{{"redirect_uri", "HTTP://localhost:3000"}}, 403, "is not among"},
           Row{{{"redirect_uri", "http://127.0.0.1:3000"}}, 403, "is not among"},
           Row{{{"client_id", "demo-machine"}}, 403, "is not among"},
       }) {
    SCOPED_TRACE(row.says);
    const auto response = get(authorize(row.changed));
    EXPECT_EQ(response.status, row.status);
    EXPECT_THAT(response.body, HasSubstr(row.says));
    EXPECT_THAT(response.body, HasSubstr("What to do"));
    EXPECT_FALSE(response.headers.has("Location"));
  }
  EXPECT_EQ(get(authorize() + "&state=again").status, 400);  // RFC 6749 §3.1
  EXPECT_THAT(get(authorize({{"client_id", "<b>"}})).body, Not(HasSubstr("<b>")));
  for (const char* good : {"http://localhost:3000", "http://localhost:3000/", "http://localhost:3000/callback"})
    EXPECT_EQ(get(authorize({{"redirect_uri", good}})).status, 302) << good;
}

TEST_F(LoginTest, TellsTheClientWhatItAskedWrongly) {
  struct Row {
    std::map<std::string, std::string> changed;
    std::string error;
  };
  for (const Row& row : {
           Row{{{"response_type", ""}}, "invalid_request"},
           Row{{{"response_type", "token id_token"}}, "unsupported_response_type"},
           Row{{{"code_challenge", ""}}, "invalid_request"},
           Row{{{"code_challenge_method", "plain"}}, "invalid_request"},
           Row{{{"code_challenge_method", ""}}, "invalid_request"},
           Row{{{"code_challenge", "short"}}, "invalid_request"},
           Row{{{"prompt", "none login"}}, "invalid_request"},
           Row{{{"response_mode", "form_post"}}, "invalid_request"},
           Row{{{"request", "e30.e30."}}, "request_not_supported"},
           Row{{{"request_uri", "https://x.example"}}, "request_uri_not_supported"},
           Row{{{"lifetime", "x"}}, "invalid_request"},
       }) {
    SCOPED_TRACE(row.changed.begin()->first);
    const auto response = get(authorize(row.changed));
    EXPECT_EQ(response.status, 303);
    EXPECT_THAT(std::string{response.headers.first("Location")}, StartsWith("http://localhost:3000?error="));
    EXPECT_EQ(brought_back(response)["error"], row.error);
    EXPECT_FALSE(brought_back(response)["error_description"].empty());
    EXPECT_EQ(brought_back(response)["state"], "state+&1");
  }
  const auto back = log_in(target_of(get(authorize({{"audience", "https://nobody.example"}}))));
  EXPECT_EQ(brought_back(back)["error"], "access_denied");
  EXPECT_EQ(brought_back(back)["error_description"], "Service not found: https://nobody.example");
}

TEST_F(LoginTest, GivesTokensForACodeOnceAndTakesThemBackTheSecondTime) {  // RFC 6749 §4.1.2, case C043
  const std::string code = code_of();
  const auto tokens = redeem(code);
  ASSERT_EQ(tokens.status, 200);
  const auto again = redeem(code);
  EXPECT_EQ(again.status, 400);
  EXPECT_EQ(member(again, "error"), "invalid_grant");
  EXPECT_EQ(refresh(member(tokens, "refresh_token")).status, 403);
}

TEST_F(LoginTest, RefusesACodeThatDoesNotFitItsRequest) {
  struct Row {
    Fields changed;
    int status;
    std::string error;
  };
  for (const Row& row : {
           Row{{{"code_verifier", std::string(43, 'w')}}, 400, "invalid_grant"},
           Row{{{"code_verifier", "short"}}, 400, "invalid_grant"},
           Row{{{"code_verifier", ""}}, 400, "invalid_grant"},
           Row{{{"redirect_uri", "http://localhost:3000/"}}, 400, "invalid_grant"},
           Row{{{"redirect_uri", ""}}, 400, "invalid_grant"},
           Row{{{"code", "made-up"}}, 400, "invalid_grant"},
           Row{{{"code", ""}}, 400, "invalid_request"},
           Row{{{"client_id", "nobody"}}, 401, "access_denied"},
       }) {
    SCOPED_TRACE(row.changed.front().first);
    const std::string code = code_of();
    const auto refused = redeem(code, row.changed);
    EXPECT_EQ(refused.status, row.status);
    EXPECT_EQ(member(refused, "error"), row.error);
    EXPECT_FALSE(member(refused, "error_description").empty());
  }
  EXPECT_EQ(redeem(code_of()).status, 200);
  const std::string spoilt = code_of();
  (void)redeem(spoilt, {{"code_verifier", std::string(43, 'w')}});
  EXPECT_EQ(redeem(spoilt).status, 400);  // no second guess
  const std::string old = code_of();
  now += minutes{10};
  EXPECT_EQ(redeem(old).status, 400);
}

TEST_F(LoginTest, LeavesOutTheNonceWhereNoneWasSent) {  // OIDC Core §3.1.2.1: the client that wants one misses it
  const auto tokens = redeem(code_of({{"nonce", ""}}));
  EXPECT_FALSE(claims(member(tokens, "id_token")).contains("nonce"));
}

TEST_F(LoginTest, LeavesOutTheStateWhereNoneWasSent) {
  const auto first = get(authorize({{"state", ""}}));
  EXPECT_FALSE(brought_back(log_in(target_of(first))).contains("state"));
}

TEST_F(LoginTest, SaysThatALoginIsFinishedWhereSomebodyGoesBack) {
  const auto first = get(authorize());
  ASSERT_EQ(log_in(target_of(first)).status, 303);
  for (const auto& back : {get(target_of(first)), log_in(target_of(first))}) {
    EXPECT_EQ(back.status, 400);
    EXPECT_THAT(back.body, HasSubstr("This login is finished"));
    EXPECT_THAT(back.body, HasSubstr("href=\"http://localhost:3000/\""));
  }
  EXPECT_EQ(get(target_of(first)).headers.first("Cache-Control"), "no-store");  // so that Back asks again
}

TEST_F(LoginTest, LetsTwoTabsLogInOneAfterTheOther) {
  const auto one = get(authorize({{"state", "one"}})), two = get(authorize({{"state", "two"}}));
  const auto first = log_in(target_of(one)), second = log_in(target_of(two), "grace", "hopper");
  EXPECT_EQ(brought_back(first)["state"], "one");
  EXPECT_EQ(brought_back(second)["state"], "two");
  EXPECT_EQ(claims(member(redeem(brought_back(second)["code"]), "id_token")).at("sub"), "auth0|grace");
  EXPECT_EQ(claims(member(redeem(brought_back(first)["code"]), "id_token")).at("sub"), "auth0|ada");
}

TEST_F(LoginTest, LetsNobodyFinishALoginOfAnotherBrowser) {
  const auto mine = get(authorize());
  cookies.clear();
  (void)get(authorize());  // another browser, with a cookie of its own
  for (const auto& theirs : {get(target_of(mine)), log_in(target_of(mine))}) {
    EXPECT_EQ(theirs.status, 403);
    EXPECT_THAT(theirs.body, HasSubstr("another browser"));
  }
}

TEST_F(LoginTest, SaysThatALoginIsTooOld) {
  const auto first = get(authorize());
  now += hours{1};
  for (const std::string& target : {target_of(first), std::string{"/u/login?state=made-up"}, std::string{"/u/login"}}) {
    EXPECT_EQ(get(target).status, 400);
    EXPECT_THAT(get(target).body, HasSubstr("cannot be continued"));
  }
}

TEST_F(LoginTest, ShowsPasswordsOnlyWhereNobodyElseCanRead) {
  const auto first = get(authorize());
  EXPECT_THAT(get(target_of(first)).body, HasSubstr("lovelace"));
  Tenant exposed{settings(Exposure::network), tenant_test_mint(), TenantClock{[this] { return now; }},
                 TenantControl{""}};
  const auto login = exposed.answer({"GET", authorize(), {}, {}, {}});
  std::string cookie{login.headers.first("Set-Cookie")};
  cookie.resize(cookie.find(';'));
  const auto form = exposed.answer({"GET", target_of(login), {{"Cookie", cookie}}, {}, {}});
  EXPECT_EQ(form.status, 200);
  EXPECT_THAT(form.body, Not(HasSubstr("lovelace")));
}

TEST_F(LoginTest, MakesOddAccessTokensOnRequestAndHonestIdTokens) {
  const auto tokens = redeem(code_of({{"lifetime", "-60"}, {"signing_key", "unknown"}}));
  EXPECT_EQ(claims(member(tokens, "access_token")).at("exp"), 1'767'225'540);
  EXPECT_FALSE(tenant_test_mint().read_own(member(tokens, "access_token")));
  EXPECT_EQ(claims(member(tokens, "id_token")).at("exp"), 1'767'261'600);
  EXPECT_TRUE(tenant_test_mint().read_own(member(tokens, "id_token")));
}

TEST_F(LoginTest, ExchangesARefreshTokenOnceAndEndsTheFamilyOfAnOldOne) {  // RFC 9700 §4.14.2
  const std::string first = member(redeem(code_of()), "refresh_token");
  now += hours{25};  // the access token is over, the login is not
  const auto second = refresh(first);
  ASSERT_EQ(second.status, 200) << second.body;
  const auto access = claims(member(second, "access_token"));
  EXPECT_EQ(access.at("exp"), 1'767'225'600 + 25 * 3600 + 86'400);
  EXPECT_EQ(access.at("scope"), "openid profile email offline_access read:orders");
  EXPECT_FALSE(claims(member(second, "id_token")).contains("nonce"));
  const auto third = refresh(member(second, "refresh_token"));
  EXPECT_EQ(third.status, 200);
  const auto reused = refresh(first);
  EXPECT_EQ(reused.status, 403);
  EXPECT_EQ(member(reused, "error"), "invalid_grant");
  EXPECT_EQ(refresh(member(third, "refresh_token")).status, 403);  // whoever has it: the family is over
}

TEST_F(LoginTest, NarrowsTheScopeOfARefreshAndNeverWidensIt) {  // RFC 6749 §6
  const std::string first = member(redeem(code_of()), "refresh_token");
  const auto wider = refresh(first, "&scope=openid+admin");
  EXPECT_EQ(member(wider, "error"), "invalid_scope");
  EXPECT_EQ(refresh(first).status, 200);  // a refused request leaves the token good
  const std::string another = member(redeem(code_of()), "refresh_token");
  const auto narrower = refresh(another, "&scope=openid");
  EXPECT_EQ(claims(member(narrower, "access_token")).at("scope"), "openid");
}

TEST_F(LoginTest, EndsRefreshTokensByAgeAndByDisuse) {
  std::string token = member(redeem(code_of()), "refresh_token");
  for (int turn = 0; turn < 2; ++turn) {
    now += hours{14 * 24};
    token = member(refresh(token), "refresh_token");
    ASSERT_FALSE(token.empty()) << turn;
  }
  now += hours{2 * 24};
  EXPECT_EQ(refresh(token).status, 403);  // thirty days
  const std::string idle = member(redeem(code_of()), "refresh_token");
  now += hours{15 * 24};
  EXPECT_EQ(refresh(idle).status, 403);
}

TEST_F(LoginTest, RevokesARefreshTokenAndIsQuietAboutAnyOther) {  // RFC 7009 §2.2
  const std::string token = member(redeem(code_of()), "refresh_token");
  EXPECT_EQ(post("/oauth/revoke", "client_id=demo-spa&token=made-up").status, 200);
  EXPECT_EQ(post("/oauth/revoke", "client_id=nobody&token=" + token).status, 401);
  EXPECT_EQ(post("/oauth/revoke", "client_id=demo-spa").status, 400);
  EXPECT_EQ(post("/oauth/revoke", "client_id=demo-spa&token=" + token).status, 200);
  EXPECT_EQ(refresh(token).status, 403);
}

TEST_F(LoginTest, TellsWhoTheTokenIsAbout) {
  const auto tokens = redeem(code_of({{"scope", "openid email"}}));
  const auto person = get("/userinfo", {{"Authorization", "Bearer " + member(tokens, "access_token")}});
  EXPECT_EQ(person.status, 200);
  EXPECT_EQ(boost::json::parse(person.body),
            boost::json::parse(R"({"sub":"auth0|ada","email":"ada@example.com","email_verified":true})"));
  const std::string machine = member(
      post("/oauth/token",
           "grant_type=client_credentials&client_id=demo-machine&client_secret=demo-machine-secret&audience=https://"
           "api.example.com"),
      "access_token");
  const std::string without_openid = member(redeem(code_of({{"scope", "read:orders"}})), "access_token");
  for (const std::string& wrong :
       {member(tokens, "id_token"), machine, without_openid, std::string{"x"}, std::string{}}) {
    const auto refused = get("/userinfo", {{"Authorization", "Bearer " + wrong}});
    EXPECT_EQ(refused.status, 401);
    EXPECT_THAT(std::string{refused.headers.first("WWW-Authenticate")}, StartsWith("Bearer"));
  }
  const std::string opaque = member(redeem(code_of({{"scope", "profile"}, {"audience", ""}})), "access_token");
  EXPECT_EQ(get("/userinfo", {{"Authorization", "Bearer " + opaque}}).status, 403);
  now += hours{25};
  EXPECT_EQ(get("/userinfo", {{"Authorization", "Bearer " + member(tokens, "access_token")}}).status, 401);
}

}  // namespace
}  // namespace portcullis::world
