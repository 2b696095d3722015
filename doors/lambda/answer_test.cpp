// Decisions in API Gateway's language. gateway.md §3, §9.3.
#include "doors/lambda/answer.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <regex>
#include <thread>

#include "doors/lambda/authorizer_function.h"
#include "tests/signed_token.h"

namespace portcullis::lambda {
namespace {

const MethodArn own = *MethodArn::parse("arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/dev/GET/orders");

Decision decision_of(Reason reason) {
  Decision decision;
  decision.reason = reason;
  decision.outcome = reason == Reason::ok          ? Outcome::allow
                     : facts(reason).status >= 500 ? Outcome::undecided
                                                   : Outcome::deny;
  return decision;
}

JsonDocument body(const FunctionResult& result) {
  return *JsonDocument::parse(result.body, {.bytes = 1 << 20});
}

TEST(Answer, IsExactlyUnauthorizedForEvery400And401AndAnotherErrorForEvery5xx) {  // OUT-01, OUT-18
  const Grants grants{{}, DefaultAccess::deny, false};
  for (const ReasonFacts& row : reasons) {
    SCOPED_TRACE(row.code);
    const FunctionResult result = answer(decision_of(row.reason), grants, own, EventForm::rest, {});
    const JsonDocument document = body(result);
    const auto message = document.root().find("errorMessage");
    if (row.status == 400 || row.status == 401 || row.status == 429) {
      EXPECT_EQ(message->string(), "Unauthorized");
    } else if (row.status >= 500) {
      EXPECT_NE(message->string(), "Unauthorized");
      EXPECT_EQ(message->string()->find(row.code), 0u);
    } else {
      EXPECT_FALSE(message);
      EXPECT_TRUE(document.root().find("policyDocument"));
      EXPECT_FALSE(document.root().find("statusCode"));
    }
    if (message) {
      EXPECT_TRUE(std::regex_match(result.error_type, std::regex{"(Runtime|Function)\\.[A-Z][a-zA-Z]+"}))
          << result.error_type;
      EXPECT_TRUE(document.root().find("stackTrace")->is(JsonKind::array));
    }
  }
}

TEST(Answer, SaysWhyInAPolicyWhereARestApiIsToMakeAChallengeOfIt) {  // lambda.deny: context; gateway.md §3.3
  const Grants grants{{}, DefaultAccess::deny, false};
  config::LambdaSettings settings;
  settings.policy = config::LambdaSettings::Policy::routes;
  settings.deny = config::LambdaSettings::Deny::context;
  settings.cache = std::chrono::seconds{0};
  for (const ReasonFacts& row : reasons) {
    if (row.reason == Reason::ok) continue;
    SCOPED_TRACE(row.code);
    const Decision decision = decision_of(row.reason);
    const FunctionResult result = answer(decision, grants, own, EventForm::rest, settings);
    const FunctionResult socket = answer(decision, grants, own, EventForm::web_socket, settings);
    EXPECT_EQ(socket.body, answer(decision, grants, own, EventForm::web_socket, {}).body) << "has no such responses";
    if (row.status >= 500) {
      EXPECT_EQ(result.kind, FunctionResult::Kind::error);
      continue;
    }
    EXPECT_EQ(result.own_method, OwnMethod::refused);
    EXPECT_EQ(result.body.find("\"Allow\""), std::string::npos);
    EXPECT_NE(result.body.find(R"("Effect":"Deny")"), std::string::npos);
    const JsonDocument document = body(result);
    const Json context = *document.root().find("context");
    EXPECT_EQ(context.find("reason")->string(), row.code);
    EXPECT_EQ(context.find("status")->string(), std::to_string(row.status));
    const auto told = context.find("challenge");
    EXPECT_EQ(told ? std::string{*told->string()} : "", challenge(decision));
  }
}

TEST(Answer, ThatAGatewayMayKeepSaysWhyOnlyWhereTheTokenItselfIsBadForGood) {  // gateway.md §4.1, CA-08
  const Grants grants{{}, DefaultAccess::deny, false};
  config::LambdaSettings settings;
  settings.policy = config::LambdaSettings::Policy::routes;
  settings.deny = config::LambdaSettings::Deny::context;
  const auto told = [&](Reason reason) {
    return answer(decision_of(reason), grants, own, EventForm::rest, settings).body.find("\"challenge\"") !=
           std::string::npos;
  };
  for (const Reason lasting : {Reason::no_credentials, Reason::malformed, Reason::not_jws, Reason::bad_iss,
                               Reason::bad_aud, Reason::expired, Reason::wrong_token_type})
    EXPECT_TRUE(told(lasting)) << facts(lasting).code;
  for (const Reason passing : {Reason::bad_request, Reason::not_yet, Reason::unknown_kid, Reason::bad_signature,
                               Reason::step_up, Reason::dpop_replayed, Reason::certificate_mismatch}) {
    EXPECT_FALSE(told(passing)) << facts(passing).code;
    EXPECT_EQ(answer(decision_of(passing), grants, own, EventForm::rest, settings).body, unauthorized().body)
        << "an error is never kept";
  }
  EXPECT_FALSE(told(Reason::insufficient_scope)) << "the next route needs another one";
}

TEST(Answer, ToAUsedUpLimitDeniesAndSaysHowLongUnlessItWouldBeKept) {
  const Grants grants{{{"GET /me", {}, AuthenticatedAccess{}, true, Reason::ok, {}}}, DefaultAccess::deny, false};
  Decision decision = decision_of(Reason::rate_limited);
  const auto policy = std::make_shared<const LimitPolicy>(LimitPolicy{"per-user", "per-user", {}});
  decision.limits.push_back(
      {policy, 0, std::chrono::seconds{1}, std::chrono::seconds{9}, std::chrono::milliseconds{6'001}});
  config::LambdaSettings settings;
  settings.policy = config::LambdaSettings::Policy::routes;
  struct Row {
    EventForm form;
    int cache;
    bool told;
  };
  for (const Row& row : {Row{EventForm::rest, 0, true}, Row{EventForm::rest, 300, false},
                         Row{EventForm::web_socket, 0, true}, Row{EventForm::web_socket, 300, true}}) {
    SCOPED_TRACE(static_cast<int>(row.form) * 1000 + row.cache);
    settings.cache = std::chrono::seconds{row.cache};
    const FunctionResult result = answer(decision, grants, own, row.form, settings);
    EXPECT_EQ(result.own_method, OwnMethod::refused);
    if (!row.told) {
      EXPECT_EQ(result.body, unauthorized().body) << "an error is never kept";
      continue;
    }
    const JsonDocument document = body(result);
    const Json context = *document.root().find("context");
    EXPECT_EQ(context.find("reason")->string(), "rate_limited");
    EXPECT_EQ(context.find("retryAfter")->string(), "7");
    EXPECT_EQ(result.body.find("\"Allow\""), std::string::npos) << "nothing else is granted by it";
  }
  settings.cache = std::chrono::seconds{0};
  const FunctionResult simple = answer(decision, grants, own, EventForm::http_2, settings);
  EXPECT_EQ(simple.body.find("\"isAuthorized\":true"), std::string::npos);
  decision.enforced = false;
  EXPECT_EQ(answer(decision, grants, own, EventForm::rest, settings).own_method, OwnMethod::allowed);
}

struct Caller {
  testing::Signer signer;
  std::optional<Authorizer> authorizer;

  Caller() {
    Rules rules;
    rules.issuers.push_back(signer.issuer());
    rules.routes.push_back({"GET /orders", AllOf{NonEmpty<Atom>{Atom{Atom::Kind::scope, "read:orders"}}}, "test"});
    auto made = Authorizer::make(std::move(rules), {});
    authorizer.emplace(*std::move(made));
  }
  FunctionResult ask(const std::string& more, config::LambdaSettings settings = {}, EventForm form = EventForm::rest) {
    settings.policy = config::LambdaSettings::Policy::routes;
    const std::string value = "Bearer " + signer.sign(testing::claims(more));
    const Header header{"Authorization", value};
    const Step step = authorizer->begin({"GET", "/orders", "", {&header, 1}}, testing::new_year());
    const Decision& decision = std::get<Settled>(step).decision;
    return answer(decision, authorizer->grants(decision.token), own, form, settings);
  }
};

TEST(Answer, NamesThePrincipalAndGivesContextAsStrings) {
  Caller caller;
  config::LambdaSettings settings;
  settings.context = {"scope", "permissions", "exp", "flag", "nothing", "object"};
  const FunctionResult result =
      caller.ask(R"(,"scope":"read:orders","permissions":["a","b"],"flag":true,"object":{"x":1})", settings);
  const JsonDocument document = body(result);
  EXPECT_EQ(document.root().find("principalId")->string(), "auth0|ada");
  const Json context = *document.root().find("context");
  EXPECT_EQ(context.find("scope")->string(), "read:orders");
  EXPECT_EQ(context.find("permissions")->string(), "a b");
  EXPECT_EQ(context.find("exp")->string(), "1767229200");
  EXPECT_EQ(context.find("flag")->string(), "1");
  EXPECT_FALSE(context.find("nothing"));
  EXPECT_FALSE(context.find("object"));
  EXPECT_EQ(result.own_method, OwnMethod::allowed);
}

TEST(Answer, NamesTheMissingScopeInItsChallengeAndNoClaimTakesItsPlace) {
  Caller caller;
  config::LambdaSettings settings;
  settings.deny = config::LambdaSettings::Deny::context;
  settings.cache = std::chrono::seconds{0};
  settings.context = {"challenge", "status", "reason", "scope"};
  const std::string claims = R"(,"challenge":"forged","status":"200","reason":"ok","scope":)";
  const FunctionResult refused = caller.ask(claims + R"("other")", settings);
  const JsonDocument document = body(refused);
  const Json context = *document.root().find("context");
  EXPECT_EQ(context.size(), 4u);
  EXPECT_EQ(context.find("status")->string(), "403");
  EXPECT_EQ(context.find("reason")->string(), "insufficient_scope");
  EXPECT_TRUE(context.find("challenge")->string()->ends_with(R"(, scope="read:orders")"));
  EXPECT_EQ(refused.body.find("forged"), std::string::npos);
  const FunctionResult allowed = caller.ask(claims + R"("read:orders")", settings);
  EXPECT_EQ(body(allowed).root().find("context")->find("challenge")->string(), "forged") << "a claim like any other";
}

TEST(Answer, WithoutPermissionIsAnExplicitDeny) {  // OUT-12

  Caller caller;
  const FunctionResult result = caller.ask(R"(,"scope":"other")");
  EXPECT_EQ(result.kind, FunctionResult::Kind::success);
  EXPECT_EQ(result.own_method, OwnMethod::refused);
  EXPECT_EQ(result.body.find("\"Allow\""), std::string::npos);
  EXPECT_NE(result.body.find("\"Deny\""), std::string::npos);
}

TEST(Answer, ThatWouldBeTooLargeLosesItsContextFirst) {  // OUT-17
  Caller caller;
  config::LambdaSettings settings;
  settings.context = {"scope", "long"};
  const std::string swelling(1600, '\x7F');  // one byte in the token, six in the answer
  const FunctionResult result = caller.ask(R"(,"scope":"read:orders","long":")" + swelling + '"', settings);
  EXPECT_EQ(body(result).root().find("context")->size(), 0u);
  EXPECT_LE(result.body.size(), most_answer_bytes);
  EXPECT_EQ(result.own_method, OwnMethod::allowed);
}

TEST(Answer, ThatIsTooLargeWithoutItsContextIsAnError) {  // OUT-17
  const testing::Signer signer;
  Rules rules;
  rules.issuers.push_back(signer.issuer());
  for (int i = 10; i < 80; ++i)  // 70 resources of 97 bytes
    rules.routes.push_back({"GET /" + std::string(30, 'r') + std::to_string(i), AuthenticatedAccess{}, "test"});
  const auto authorizer = Authorizer::make(std::move(rules), {});
  ASSERT_TRUE(authorizer);
  const auto asked = [&](const std::string& subject) {
    std::string claims = testing::claims();
    claims.replace(claims.find("auth0|ada"), 9, subject);
    const std::string value = "Bearer " + signer.sign(claims), path = "/" + std::string(30, 'r') + "10";
    const Header header{"Authorization", value};
    const Step step = authorizer->begin({"GET", path, "", {&header, 1}}, testing::new_year());
    const Decision& decision = std::get<Settled>(step).decision;
    EXPECT_EQ(decision.outcome, Outcome::allow) << decision.detail;
    config::LambdaSettings settings;
    settings.policy = config::LambdaSettings::Policy::routes;
    const auto arn = MethodArn::parse("arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/dev/GET" + path);
    return answer(decision, authorizer->grants(decision.token), *arn, EventForm::rest, settings);
  };
  const FunctionResult small = asked("ada");
  EXPECT_EQ(small.own_method, OwnMethod::allowed);
  EXPECT_GT(small.body.size(), 6600u);
  const FunctionResult large = asked(std::string(255, '\x7F'));  // six bytes each
  EXPECT_EQ(large.kind, FunctionResult::Kind::error);
  EXPECT_EQ(large.body.find("Unauthorized"), std::string::npos);
}

TEST(Answer, GivesAnHttpApiItsOwnForms) {  // gateway.md §3.3, §3.4
  using HttpApi = config::LambdaSettings::HttpApi;
  Caller caller;
  config::LambdaSettings simple, policy;
  policy.http_api = HttpApi::policy;
  const std::string good = R"(,"scope":"read:orders")", poor = R"(,"scope":"other")";

  const FunctionResult yes = caller.ask(good, simple, EventForm::http_2);
  EXPECT_EQ(yes.body, R"({"isAuthorized":true,"context":{"principalId":"auth0|ada","scope":"read:orders"}})");
  EXPECT_EQ(yes.own_method, OwnMethod::allowed);
  const FunctionResult no = caller.ask(poor, simple, EventForm::http_2);
  EXPECT_EQ(no.body, R"({"isAuthorized":false,"context":{"scope":"other"}})");
  EXPECT_EQ(no.own_method, OwnMethod::refused);
  for (const auto& [settings, form] : {std::pair{policy, EventForm::http_2}, std::pair{simple, EventForm::http_1},
                                       std::pair{policy, EventForm::http_1}}) {
    EXPECT_NE(caller.ask(good, settings, form).body.find("\"Allow\""), std::string::npos);
    EXPECT_EQ(caller.ask(poor, settings, form).body.find("\"Allow\""), std::string::npos);
  }
}

TEST(Answer, RefusesABadTokenOfAnHttpApiWithoutAnError) {  // there an error is a 500 for the client
  using HttpApi = config::LambdaSettings::HttpApi;
  const Grants grants{{}, DefaultAccess::deny, false};
  config::LambdaSettings settings;
  settings.policy = config::LambdaSettings::Policy::routes;
  for (const ReasonFacts& row : reasons) {
    if (row.reason == Reason::ok) continue;
    SCOPED_TRACE(row.code);
    settings.http_api = HttpApi::simple;
    const FunctionResult simple = answer(decision_of(row.reason), grants, own, EventForm::http_2, settings);
    settings.http_api = HttpApi::policy;
    const FunctionResult policy = answer(decision_of(row.reason), grants, own, EventForm::http_2, settings);
    if (row.status >= 500) {
      EXPECT_EQ(simple.kind, FunctionResult::Kind::error);
      EXPECT_EQ(policy.kind, FunctionResult::Kind::error);
      continue;
    }
    EXPECT_EQ(simple.body, R"({"isAuthorized":false,"context":{}})");
    EXPECT_NE(policy.body.find("\"Deny\""), std::string::npos);
    EXPECT_EQ(policy.body.find("\"Allow\""), std::string::npos);
    EXPECT_EQ(policy.own_method, OwnMethod::refused);
  }
}

TEST(Answer, ToAWebSocketIsForItsHandshakeAloneAndTellsWhenTheTokenEnds) {  // gateway.md §2.4; IN-18, IN-19, IN-20
  testing::Signer signer;
  Rules rules;
  rules.issuers.push_back(signer.issuer());
  rules.routes.push_back({"$connect", AllOf{NonEmpty<Atom>{Atom{Atom::Kind::scope, "chat"}}}, "test"});
  rules.routes.push_back({"GET /orders", AuthenticatedAccess{}, "test"});
  const auto authorizer = Authorizer::make(std::move(rules), {});
  QuestionDesk desk{*authorizer, nullptr, testing::new_year};
  config::Config config;
  config.lambda.policy = config::LambdaSettings::Policy::routes;
  config.cors.origins = {"https://app.example.com"};
  const std::string arn = "arn:aws-cn:execute-api:cn-north-1:1:api/dev/$connect";
  const std::string page = R"("Origin":"https://app.example.com")";
  const std::string good =
      R"("Sec-WebSocket-Protocol":"portcullis.bearer, )" + signer.sign(testing::claims(R"(,"scope":"chat")")) + '"';
  const std::string poor = R"("Authorization":"Bearer )" + signer.sign(testing::claims()) + '"';
  struct Row {
    const char* why;
    std::string headers;
    Reason reason;
    const char* policy;  // nullptr: exactly Unauthorized
  };
  const std::string allow = R"("Effect":"Allow","Action":"execute-api:Invoke","Resource":[")" + arn + "\"]";
  const std::string deny = R"("Effect":"Deny","Action":"execute-api:Invoke","Resource":[")" + arn + "\"]";
  for (const Row& row : {
           Row{"from a program", good, Reason::ok, allow.c_str()},
           Row{"from a listed page", good + ',' + page, Reason::ok, allow.c_str()},
           Row{"from a foreign page", good + R"(,"Origin":"https://evil.example")", Reason::forbidden, deny.c_str()},
           Row{"from a page without a name", good + R"(,"Origin":"null")", Reason::forbidden, deny.c_str()},
           Row{"from two pages", good + ',' + page + R"(,"origin":"https://evil.example")", Reason::forbidden,
               deny.c_str()},
           Row{"without the scope", poor + R"(,"Origin":"https://evil.example")", Reason::insufficient_scope,
               deny.c_str()},
           Row{"with nothing", page, Reason::no_credentials, nullptr},
           Row{"with two tokens", good + ',' + poor, Reason::bad_request, nullptr},
       }) {
    SCOPED_TRACE(row.why);
    Trace trace;
    const std::string event = R"({"type":"REQUEST","methodArn":")" + arn + R"(","headers":{)" + row.headers + "}}";
    const EventDecision decided =
        decide_event(*authorizer, desk, config, event, testing::new_year(), std::chrono::seconds{1}, &trace);
    EXPECT_EQ(decided.decision.reason, row.reason) << decided.decision.detail;
    EXPECT_EQ(decided.decision.passes(), row.reason == Reason::ok);
    if (!row.policy) {
      EXPECT_EQ(body(decided.result).root().find("errorMessage")->string(), "Unauthorized");
      continue;
    }
    EXPECT_NE(decided.result.body.find(row.policy), std::string::npos) << decided.result.body;
    EXPECT_EQ(decided.result.body.find("orders"), std::string::npos) << "only the handshake has an authorizer";
    EXPECT_EQ(body(decided.result).root().find("context")->find("exp")->string(), "1767229200");
  }
  config.cors.origins = {"*"};
  const std::string from_anywhere =
      R"({"type":"REQUEST","methodArn":")" + arn + R"(","headers":{"Origin":"https://evil.example",)" + good + "}}";
  EXPECT_TRUE(
      decide_event(*authorizer, desk, config, from_anywhere, testing::new_year(), std::chrono::seconds{1}, nullptr)
          .decision.passes());
}

TEST(Answer, NamesTheUsagePlanKeyOfTheCallerOrTheDefaultOne) {  // gateway.md §6
  Caller caller;
  config::LambdaSettings settings;
  const std::string good = R"(,"scope":"read:orders")";
  EXPECT_FALSE(body(caller.ask(good, settings)).root().find("usageIdentifierKey"));
  settings.default_api_key = "defaultdefaultdefault";
  settings.api_key_from = "/https:~1~1example.com~1plan";
  const std::string own_key = "k3yk3yk3yk3yk3yk3yk3";
  struct Row {
    std::string plan, key;
  };
  for (const Row& row : {
           Row{"\"" + own_key + "\"", own_key},
           Row{"\"too short\"", settings.default_api_key},
           Row{"\"k3yk3yk3yk3yk3yk3yk3!\"", settings.default_api_key},
           Row{'"' + std::string(129, 'k') + '"', settings.default_api_key},
           Row{"12345678901234567890", settings.default_api_key},
           Row{"null", settings.default_api_key},
       }) {
    SCOPED_TRACE(row.plan);
    const std::string claims = good + R"(,"https://example.com/plan":)" + row.plan;
    EXPECT_EQ(body(caller.ask(claims, settings)).root().find("usageIdentifierKey")->string(), row.key);
    EXPECT_FALSE(body(caller.ask(claims, settings, EventForm::http_1)).root().find("usageIdentifierKey"));
    EXPECT_TRUE(body(caller.ask(claims, settings, EventForm::web_socket)).root().find("usageIdentifierKey"));
  }
}

TEST(QuestionDesk, FetchesOnceForAllThreadsThatWaitForOneTicket) {
  testing::Signer signer;
  Rules rules;
  rules.issuers.push_back(signer.issuer());
  rules.issuers.front().keys = RemoteKeys{"https://tenant.example.com/jwks"};
  rules.fallback = DefaultAccess::authenticated;
  const auto authorizer = Authorizer::make(std::move(rules), {});
  std::atomic<int> fetches{0};
  QuestionDesk desk{*authorizer,
                    [&](const NeedKeys&, std::chrono::milliseconds) -> FetchOutcome {
                      ++fetches;
                      return FetchedKeys{200, signer.jwks(), "", {}, {}};
                    },
                    testing::new_year};
  const std::string value = "Bearer " + signer.sign(testing::claims());
  std::atomic<int> allowed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      const Header header{"Authorization", value};
      const Settled settled = desk.settle(authorizer->begin({"GET", "/x", "", {&header, 1}}, testing::new_year()),
                                          std::chrono::seconds{10});
      allowed += settled.decision.outcome == Outcome::allow ? 1 : 0;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(allowed.load(), 8);
  EXPECT_EQ(fetches.load(), 1);
}

}  // namespace
}  // namespace portcullis::lambda
