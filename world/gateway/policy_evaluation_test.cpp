#include "world/gateway/policy_evaluation.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace portcullis::world {
namespace {

using Kind = Verdict::Kind;

constexpr std::string_view base = "arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/dev";

/// Every "<base>" of the text becomes the ARN up to the stage.
std::string with_base(std::string text) {
  for (auto at = text.find("<base>"); at != std::string::npos; at = text.find("<base>")) text.replace(at, 6, base);
  return text;
}

Verdict judge(const std::string& statements, const std::string& arn) {
  const auto policy = parse_policy(boost::json::parse(with_base(R"({"Statement":)" + statements + "}")));
  EXPECT_TRUE(policy) << policy.error();
  return policy ? evaluate(*policy, with_base(arn)) : Verdict{};
}

std::string allow(const std::string& resource) {
  return R"({"Effect":"Allow","Action":"execute-api:Invoke","Resource":")" + resource + R"("})";
}
std::string deny(const std::string& resource) {
  return R"({"Effect":"Deny","Action":"execute-api:Invoke","Resource":")" + resource + R"("})";
}

TEST(ArnPattern, MatchesTheWholeTextWithStarsThatCrossSlashes) {  // gateway.md §3.2, POL-01…10, 18, 21, 22
  struct Row {
    std::string_view pattern, text;
    bool matches;
  };
  for (const Row& row : {
           Row{"dev/GET/pets/*", "dev/GET/pets/1/toys", true},
           Row{"dev/GET/pets/*", "dev/GET/pets", false},
           Row{"dev/GET/pets*", "dev/GET/petstore", true},
           Row{"*/GET/*", "dev/DELETE/a/GET/b", true},
           Row{"dev/*/orders", "dev/POST/x/orders", true},
           Row{"dev/GET/user?", "dev/GET/user1", true},
           Row{"dev/GET/user?", "dev/GET/user", false},
           Row{"dev/get/pets", "dev/GET/pets", false},
           Row{"*", "anything at all", true},
           Row{"*", "", true},
           Row{"", "", true},
           Row{"", "a", false},
           Row{"arn:aws:execute-api:*:*:*", "arn:aws:execute-api:eu-west-1:1:a/dev/GET/", true},
           Row{"dev/GET/a.c", "dev/GET/abc", false},
           Row{"dev/GET/pets", "dev/GET/pets/", false},
           Row{"dev/POST/foo/*/baz", "dev/POST/foo/a:b/baz", true},
           Row{"arn:aws:execute-api:eu-west-1:111122223333:*", "arn:aws:execute-api:eu-west-1:111122223333:x/dev/GET/",
               true},
           Row{"a*b*c", "a1b2b3c", true},
           Row{"a*b*c", "a1b2b3", false},
           Row{"?*", "", false},
           Row{"?*", "x/y", true},
       }) {
    SCOPED_TRACE(std::string{row.pattern} + " on " + std::string{row.text});
    EXPECT_EQ(matches(row.pattern, row.text), row.matches);
  }
}

TEST(ArnPattern, DoesNotBlowUpOnManyStars) {  // POL-19: exponential matchers never come back from this
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "a*";
  EXPECT_FALSE(matches(pattern + 'b', std::string(1'600, 'a')));
  EXPECT_TRUE(matches(pattern + 'b', std::string(1'600, 'a') + 'b'));
}

TEST(PolicyEvaluation, AnswersAsIamDoes) {  // case C039
  struct Row {
    const char* why;
    std::string statements;
    std::string arn;
    Kind kind;
  };
  const std::string orders = "<base>/GET/orders/42";
  for (
      const Row& row : {
          Row{"1: Deny wins", '[' + allow("<base>/*/*") + ',' + deny("<base>/GET/orders/*") + ']', orders,
              Kind::explicitly_denied},
          Row{"2: Deny wins in any order", '[' + deny("<base>/GET/orders/42") + ',' + allow("*") + ']', orders,
              Kind::explicitly_denied},
          Row{"3: no prefix match", '[' + allow("<base>/GET/orders") + ']', orders, Kind::not_allowed},
          Row{"4: ? is one character", '[' + allow("<base>/GET/orders/4?") + ']', orders, Kind::allowed},
          Row{"5: short ARN with a star", '[' + allow("arn:aws:execute-api:us-east-1:*") + ']', orders, Kind::allowed},
          Row{"6: two stars", '[' + allow("arn:aws:execute-api:**") + ']', orders, Kind::allowed},
          Row{"7: a list of resources",
              R"([{"Effect":"Allow","Action":["execute-api:Invoke"],"Resource":["<base>/GET/x","<base>/GET/orders/*"]}])",
              orders, Kind::allowed},
          Row{"8: all actions of the service", R"([{"Effect":"Allow","Action":"execute-api:*","Resource":"*"}])",
              orders, Kind::allowed},
          Row{"9: another service's action", R"([{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"*"}])",
              orders, Kind::not_allowed},
          Row{"10: the verb's case counts", '[' + allow("<base>/get/orders/42") + ']', orders, Kind::not_allowed},
          Row{"11: NotResource",
              R"([{"Effect":"Allow","Action":"execute-api:Invoke","NotResource":"<base>/GET/admin/*"}])", orders,
              Kind::allowed},
          Row{"11, twin: named by NotResource",
              R"([{"Effect":"Allow","Action":"execute-api:Invoke","NotResource":"<base>/GET/admin/*"}])",
              "<base>/GET/admin/x", Kind::not_allowed},
          Row{"12: no statement", "[]", orders, Kind::not_allowed},
          Row{"12: no resource", R"([{"Effect":"Allow","Action":"execute-api:Invoke","Resource":[]}])", orders,
              Kind::not_allowed},
          Row{"13: a Condition grants nothing",
              R"([{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"<base>/*/*",
                    "Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.1"}}}])",
              orders, Kind::not_allowed},
          Row{"13: and denies as if it were not there",
              '[' + allow("*") +
                  R"(,{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}])",
              orders, Kind::explicitly_denied},
          Row{"NotAction grants nothing", R"([{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}])", orders,
              Kind::not_allowed},
          Row{"14: the root", '[' + allow("<base>/*/*") + ']', "<base>/GET/", Kind::allowed},
          Row{"15: a colon in the path", '[' + allow("<base>/POST/foo/*") + ']', "<base>/POST/foo/bar:baz",
              Kind::allowed},
          Row{"actions in any case", R"([{"Effect":"Allow","Action":"EXECUTE-API:invoke","Resource":"*"}])", orders,
              Kind::allowed},
          Row{"POL-20: s3", R"([{"Effect":"Allow","Action":"s3:*","Resource":"*"}])", orders, Kind::not_allowed},
          Row{"one statement without a list", allow("*"), orders, Kind::allowed},
          Row{"other stages and APIs", '[' + allow("<base>x/GET/orders/42") + ']', orders, Kind::not_allowed},
      }) {
    SCOPED_TRACE(row.why);
    EXPECT_EQ(judge(row.statements, row.arn).kind, row.kind);
  }
}

TEST(PolicyEvaluation, NamesTheElementsItDoesNotSupport) {
  const Verdict verdict =
      judge(R"([{"Effect":"Allow","NotAction":"s3:*","Resource":"*","Condition":{},"Sid":"known"}])", "<base>/GET/x");
  EXPECT_EQ(verdict.unsupported, (std::vector<std::string>{"NotAction", "Condition"}));
}

TEST(PolicyDocument, IsRefusedWhereItIsMalformed) {
  for (const char* document : {
           "7",
           "{}",
           R"({"Statement":"x"})",
           R"({"Statement":[7]})",
           R"({"Statement":[{"Effect":"allow","Action":"*","Resource":"*"}]})",  // OUT-05
           R"({"Statement":[{"Action":"*","Resource":"*"}]})",
           R"({"Statement":[{"Effect":"Allow","Resource":"*"}]})",
           R"({"Statement":[{"Effect":"Allow","Action":"*"}]})",
           R"({"Statement":[{"Effect":"Allow","Action":"*","Resource":7}]})",
           R"({"Statement":[{"Effect":"Allow","Action":[7],"Resource":"*"}]})",
           R"({"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","NotResource":"*"}]})",
       }) {
    SCOPED_TRACE(document);
    EXPECT_FALSE(parse_policy(boost::json::parse(document)));
  }
}

}  // namespace
}  // namespace portcullis::world
