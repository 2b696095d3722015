// What check --from proposes is loaded by our own loader, says what the template says, and is compared with what is
// configured already.
#include "doors/cli/proposal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "core/access/requirement.h"
#include "doors/cli/template_comparison.h"

namespace portcullis::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* tokens = "issuers:\n  - domain: t.example.com\n    audience: https://api.example.com\n";

config::Config loaded(const std::string& text) {
  char name[] = "/tmp/portcullis-proposal-XXXXXX";
  close(mkstemp(name));
  std::ofstream{name, std::ios::binary} << text;
  auto config = config::load(std::string{name}, {});
  unlink(name);
  EXPECT_TRUE(config) << (config ? "" : config.error().front().message) << '\n' << text;
  return config ? *std::move(config) : config::Config{};
}

std::vector<std::string> rules_of(const config::Config& config) {
  std::vector<std::string> lines;
  for (const RouteRule& route : config.rules.routes) lines.push_back(route.route + ": " + text_of(route.access));
  return lines;
}

std::string messages(const std::vector<RuleProblem>& problems) {
  std::string text;
  for (const auto& [place, message] : problems) text += place + ": " + message + '\n';
  return text;
}

/// An HTTP API with these routes ("KEY AUTHORIZER"), as the Serverless Framework has it.
deployment::Deployment deployed(const std::string& events, const std::string& own = "") {
  const std::string text =
      "provider:\n  name: aws\n  httpApi:\n    cors: true\n    authorizers:\n"
      "      own: {type: request, functionName: auth, identitySource: [$request.header.Authorization]" +
      own +
      "}\n"
      "      tenant: {issuerUrl: 'https://t.example.com/', audience: [a, 'env:HOME']}\n"
      "functions:\n  work:\n    events:\n" +
      events;
  auto read = deployment::read_deployment("t", text);
  EXPECT_TRUE(read) << (read ? "" : read.error().front().message) << '\n' << text;
  return read ? *std::move(read) : deployment::Deployment{};
}

TEST(Proposal, IsAConfiguration) {
  const Proposal proposal = propose(deployed(R"(
      - httpApi: GET /health
      - httpApi: {method: POST, path: '/orders/{id}', authorizer: {name: own}}
      - httpApi: {method: PUT, path: '/orders/{id}', authorizer: {name: tenant, scopes: [write:orders, 'say "hi"']}}
      - httpApi: {method: DELETE, path: '/orders/{id}', authorizer: {type: aws_iam}}
      - httpApi: {method: GET, path: '/files/a*b'}
      - httpApi: {method: GET, path: '/orders/{order}', authorizer: {name: own}}
      - httpApi: {method: GET, path: '/orders/{id}'}
      - httpApi: {path: '*', authorizer: {name: own}}
      - websocket: {route: $connect, authorizer: own}
)"));
  const config::Config config = loaded(yaml_of(proposal));
  EXPECT_THAT(rules_of(config), ElementsAre("GET /health: public", "POST /orders/{id}: authenticated",
                                            "PUT /orders/{id}: any: [scope:write:orders, scope:say \"hi\"]",
                                            "GET /orders/{order}: authenticated", "ANY /: authenticated",
                                            "ANY /{path+}: authenticated", "$connect: authenticated"));
  EXPECT_EQ(config.rules.fallback, DefaultAccess::deny);
  ASSERT_EQ(config.rules.issuers.size(), 1U);
  EXPECT_THAT(config.rules.issuers[0].expect.audiences.items(), ElementsAre("a"));
  EXPECT_EQ(config.lambda.cache.count(), 0);
  EXPECT_EQ(config.lambda.http_api, config::LambdaSettings::HttpApi::policy);
  const std::string lost = messages(proposal.not_carried);
  EXPECT_THAT(lost, HasSubstr("DELETE /orders/{id} is protected by AWS signatures"));
  EXPECT_THAT(lost, HasSubstr("\"GET /files/a*b\": a literal '*' is not possible"));
  EXPECT_THAT(lost, HasSubstr("\"GET /orders/{id}\" has another rule at t:"));
}

TEST(Proposal, SaysWhereATokenIsNotLookedFor) {
  const auto lost = [](const std::string& source) {
    return messages(propose(deployed("      - websocket: {route: $connect, authorizer: {name: ws, identitySource: [" +
                                     source + "]}}\n"))
                        .not_carried);
  };
  EXPECT_THAT(lost("route.request.querystring.token"), HasSubstr("where 'ws' finds its token"));
  EXPECT_THAT(lost("route.request.header.Cookie"), HasSubstr("where 'ws' finds its token"));
  EXPECT_THAT(lost("route.request.header.authorization"), testing::Not(HasSubstr("finds its token")));
  EXPECT_THAT(lost("route.request.header.Sec-WebSocket-Protocol"), testing::Not(HasSubstr("finds its token")));
}

TEST(Proposal, NeedsIssuersWhereTheTemplateHasNone) {
  for (const char* name : {"http-api.yaml", "rest-request.yaml", "rest-token.yaml", "serverless.yml"}) {
    SCOPED_TRACE(name);
    std::ifstream file{std::string{PORTCULLIS_SOURCE} + "/deploy/" + name};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    const auto deployment = deployment::read_deployment(name, text);
    ASSERT_TRUE(deployment);
    const Proposal proposal = propose(*deployment);
    const config::Config config = loaded(tokens + yaml_of(proposal));
    EXPECT_THAT(rules_of(config), testing::IsSupersetOf({"GET /api/public: public", "POST /api/public: public",
                                                         "GET /api/private: authenticated"}));
    const Differences differences = compare(config, *deployment, proposal);
    EXPECT_EQ(messages(differences.errors) + messages(differences.warnings), "");
  }
}

TEST(Proposal, ThatIsEmptyRefusesEverybody) {
  const config::Config config = loaded(yaml_of(propose(deployed("      - schedule: rate(1 hour)\n"))));
  EXPECT_THAT(rules_of(config), testing::IsEmpty());
  EXPECT_EQ(config.rules.fallback, DefaultAccess::deny);
}

TEST(Comparison, NamesWhatTheGatewayAndTheRulesDoNotShare) {
  struct Row {
    const char* events;
    const char* own;
    const char* rules;
    const char* told;  // empty: they agree
  };
  const char* const guarded = "      - httpApi: {method: GET, path: '/orders/{id}', authorizer: own}\n";
  const char* const open = "      - httpApi: {method: GET, path: '/orders/{id}'}\n";
  const char* const policy = "default: deny\nlambda: { cache: 60s, http_api: policy }\n";
  const std::string listed = std::string{"routes: [{route: 'GET /orders/{id}', access: authenticated}]\n"} + policy;
  const std::string wider = std::string{"routes: [{route: 'ANY /orders/{id+}', access: authenticated}]\n"} + policy;
  const std::string public_rule = std::string{"routes: [{route: 'GET /orders/{id}', access: public}]\n"} + policy;
  const std::string none = std::string{"routes: []\n"} + policy;
  const std::string more =
      std::string{
          "routes: [{route: 'GET /orders/{id}', access: authenticated}, "
          "{route: 'POST /x', access: public}]\n"} +
      policy;
  const std::string aging =
      "routes: [{route: 'GET /orders/{id}', access: {all: ['scope:a'], max_age: 5m}}]\n"
      "default: deny\nlambda: { cache: 0s, http_api: policy }\n";
  const std::string by_method =
      "routes: [{route: 'GET /orders/{id}', access: authenticated}]\ndefault: deny\n"
      "lambda: { cache: 60s, http_api: policy, policy: method }\n";
  const std::string simple = "routes: [{route: 'GET /orders/{id}', access: authenticated}]\ndefault: deny\n";
  const char* const everything = "      - httpApi: {path: '*', authorizer: own}\n";
  const char* const open_below = "      - httpApi: {method: GET, path: '/orders/{path+}'}\n";
  for (const Row& row : std::initializer_list<Row>{
           {everything, "",
            "routes: [{route: 'GET /', access: authenticated}, {route: 'GET /a', access: {all: "
            "['scope:a']}}]\ndefault: deny\nlambda: { cache: 0s, http_api: policy }\n",
            ""},
           {open_below, "", listed.c_str(),
            "GET /orders/{path+} is open to everybody here: no authorizer is asked, so "
            "\"GET /orders/{id}\""},
           {guarded, "", listed.c_str(), ""},
           {guarded, "", wider.c_str(), ""},
           {open, "", public_rule.c_str(), ""},
           {guarded, "", public_rule.c_str(),
            "GET /orders/{id} is behind an authorizer here, and \"GET /orders/{id}\" is public at"},
           {open, "", listed.c_str(), "t:11:9: GET /orders/{id} is open to everybody here: no authorizer is asked"},
           {guarded, "", none.c_str(), "has no rule in the configuration: everybody is refused"},
           {open, "", none.c_str(), "the configuration's default is deny"},
           {guarded, "", more.c_str(), "POST /x has no route in the template"},
           {guarded, ", resultTtlInSeconds: 60", listed.c_str(), ""},
           {guarded, ", resultTtlInSeconds: 90", listed.c_str(), "kept for 90 s, longer than lambda.cache says (60 s)"},
           {guarded, ", resultTtlInSeconds: 0", aging.c_str(), ""},
           {guarded, ", resultTtlInSeconds: 30", aging.c_str(), "has max_age, and an answer from the gateway's cache"},
           {guarded, ", resultTtlInSeconds: 30", by_method.c_str(), "a caller's second route is 403"},
           {guarded, ", resultTtlInSeconds: 0", by_method.c_str(), ""},
           {guarded, "", simple.c_str(), "the gateway expects a policy, and lambda.http_api is simple"},
           {guarded, ", enableSimpleResponses: true", simple.c_str(), ""},
           {guarded, ", enableSimpleResponses: true", listed.c_str(),
            "expects a simple answer, and lambda.http_api is policy"},
           {guarded, ", payloadVersion: '1.0'", simple.c_str(), ""},
       }) {
    SCOPED_TRACE(std::string{row.events} + row.own + '\n' + row.rules);
    const auto deployment = deployed(row.events, row.own);
    const Differences differences = compare(loaded(std::string{tokens} + row.rules), deployment, propose(deployment));
    const std::string told = messages(differences.errors) + messages(differences.warnings);
    if (*row.told == 0) {
      EXPECT_EQ(told, "");
    } else {
      EXPECT_THAT(told, HasSubstr(row.told));
    }
  }
}

}  // namespace
}  // namespace portcullis::cli
