// A route may ask for a fresher or stronger login (RFC 9470): who passes, and what the others are told.
#include <gtest/gtest.h>

#include "core/access/requirement.h"
#include "tests/signed_token.h"

namespace portcullis {
namespace {

using std::chrono::seconds;

// The instant of testing::new_year() in seconds; the signer's issuer has a leeway of 30 s.
constexpr std::int64_t now_seconds = 1767225600;
constexpr std::string_view words = "Bearer error=\"insufficient_user_authentication\", error_description=";

const Condition five_minutes = MaxAge{seconds{300}};
const Condition gold_or_silver = AnyAcr{*NonEmpty<std::string>::from({"gold", "urn:x:silver"})};
const Condition reader = AllOf{NonEmpty<Atom>{Atom{Atom::Kind::scope, "read"}}};

std::string login(std::int64_t seconds_ago, const std::string& more = "") {
  return R"(,"auth_time":)" + std::to_string(now_seconds - seconds_ago) + more;
}

struct Api {
  testing::Signer signer;
  Rules rules;

  explicit Api(std::vector<Condition> conditions) {
    rules.issuers.push_back(signer.issuer());
    rules.routes.push_back({"GET /x", Requirement{*NonEmpty<Condition>::from(std::move(conditions))}, "rules:1"});
  }
  Authorizer make() const { return *Authorizer::make(rules, {}); }
  Decision decide(const std::string& more, Now now = testing::new_year()) const {
    const std::string value = "Bearer " + signer.sign(testing::claims(more));
    const Header header{"Authorization", value};
    Step step = make().begin({"GET", "/x", "", {&header, 1}}, now);
    return std::get<Settled>(std::move(step)).decision;
  }
};

TEST(MaxAge, CountsFromTheLoginWithTheIssuersLeeway) {
  const Api api{{five_minutes}};
  struct Row {
    std::string more;
    bool allowed;
    const char* found;
  };
  for (const Row& row :
       std::initializer_list<Row>{{login(0), true, ""},
                                  {login(300), true, ""},
                                  {login(330), true, ""},
                                  {login(331), false, "an auth_time 331 s ago"},
                                  {login(330, ".5"), true, ""},
                                  {login(331, ".5"), false, "an auth_time 330 s ago"},
                                  {login(-30), true, ""},
                                  {login(-31), false, "an auth_time in the future"},
                                  {"", false, "no auth_time claim"},
                                  {R"(,"auth_time":"1767225600")", false, "an auth_time that is no time"},
                                  {R"(,"auth_time":-1)", false, "an auth_time that is no time"},
                                  {R"(,"auth_time":null)", false, "an auth_time that is no time"},
                                  {R"(,"auth_time":1e300)", false, "an auth_time that is no time"}}) {
    SCOPED_TRACE(row.more);
    const Decision decision = api.decide(row.more);
    EXPECT_EQ(decision.reason, row.allowed ? Reason::ok : Reason::step_up) << decision.detail;
    if (row.allowed) continue;
    EXPECT_EQ(decision.status(), 401);
    EXPECT_EQ(decision.detail, std::string{"needs max_age 300s; token has "} + row.found);
    EXPECT_EQ(texts_of(decision.missing), std::vector<std::string>{"max_age 300s"});
  }
}

TEST(MaxAge, IsJudgedAnewAtEachRequest) {
  const Api api{{five_minutes}};
  const Now later{testing::new_year().wall + std::chrono::milliseconds{330'001}, {}};
  EXPECT_EQ(api.decide(login(0)).reason, Reason::ok);
  EXPECT_EQ(api.decide(login(0), later).reason, Reason::step_up);
}

TEST(MaxAge, IsGrantedToNobodyInAdvance) {
  const Api api{{five_minutes}}, strong{{gold_or_silver}};
  const Decision fresh = api.decide(login(0));
  ASSERT_EQ(fresh.outcome, Outcome::allow);
  const Grant grant = api.make().grants(fresh.token).routes.front();
  EXPECT_FALSE(grant.allowed);
  EXPECT_EQ(grant.reason, Reason::step_up);
  EXPECT_EQ(grant.detail, "max_age is judged at each request");
  const Decision ancient = api.decide(R"(,"auth_time":0)");
  EXPECT_FALSE(api.make().grants(ancient.token).routes.front().allowed) << "nor by a clock that says 1970";
  EXPECT_EQ(api.make().grants(std::nullopt).routes.front().reason, Reason::no_credentials);
  const Decision gold = strong.decide(R"(,"acr":"gold")");
  EXPECT_TRUE(strong.make().grants(gold.token).routes.front().allowed) << "the token alone tells";
}

TEST(Acr, IsExactlyOneOfTheValues) {
  const Api api{{gold_or_silver}};
  struct Row {
    const char* more;
    bool allowed;
    const char* found;
  };
  for (const Row& row :
       std::initializer_list<Row>{{R"(,"acr":"gold")", true, ""},
                                  {R"(,"acr":"urn:x:silver")", true, ""},
                                  {R"(,"acr":"Gold")", false, "acr \"Gold\""},
                                  {R"(,"acr":"gold urn:x:silver")", false, "acr \"gold urn:x:silver\""},
                                  {R"(,"acr":["gold"])", false, "acr \"\""},
                                  {"", false, "no acr claim"}}) {
    SCOPED_TRACE(row.more);
    const Decision decision = api.decide(row.more);
    EXPECT_EQ(decision.reason, row.allowed ? Reason::ok : Reason::step_up);
    if (row.allowed) continue;
    EXPECT_EQ(decision.detail, std::string{"needs acr gold or urn:x:silver; token has "} + row.found);
    EXPECT_EQ(texts_of(decision.missing), std::vector<std::string>{"acr gold or urn:x:silver"});
  }
}

TEST(Challenge, NamesTheLoginThatIsWanted) {  // RFC 9470 §3
  struct Row {
    std::vector<Condition> conditions;
    std::string more;
    Reason reason;
    const char* end;
  };
  for (const Row& row : std::initializer_list<Row>{
           {{five_minutes}, login(900), Reason::step_up, "login.\", max_age=\"300\""},
           {{gold_or_silver}, "", Reason::step_up, "login.\", acr_values=\"gold urn:x:silver\""},
           {{five_minutes, gold_or_silver},
            "",
            Reason::step_up,
            "login.\", acr_values=\"gold urn:x:silver\", max_age=\"300\""},
           {{five_minutes, gold_or_silver}, login(0), Reason::step_up, "login.\", acr_values=\"gold urn:x:silver\""},
           {{five_minutes, gold_or_silver}, login(0, R"(,"acr":"gold")"), Reason::ok, ""},
           {{five_minutes, reader}, "", Reason::step_up, "login.\", max_age=\"300\""},
           {{reader, five_minutes}, "", Reason::insufficient_scope, ", scope=\"read\""}}) {
    const Decision decision = Api{row.conditions}.decide(row.more);
    SCOPED_TRACE(row.more + ' ' + row.end);
    EXPECT_EQ(decision.reason, row.reason);
    const std::string text = challenge(decision);
    EXPECT_TRUE(text.ends_with(row.end)) << text;
    EXPECT_EQ(text.starts_with(words), row.reason == Reason::step_up) << text;
  }
}

TEST(StepUp, ThatCannotBeAskedForIsRefusedAtLoad) {
  struct Row {
    Condition bad, good;
  };
  for (const Row& row :
       {Row{MaxAge{seconds{0}}, MaxAge{seconds{1}}}, Row{MaxAge{MaxAge::longest + seconds{1}}, MaxAge{MaxAge::longest}},
        Row{AnyAcr{NonEmpty<std::string>{"a b"}}, AnyAcr{NonEmpty<std::string>{"a"}}},
        Row{AnyAcr{NonEmpty<std::string>{"a\""}}, AnyAcr{NonEmpty<std::string>{"a'"}}}}) {
    EXPECT_FALSE(Authorizer::make(Api{{reader, row.bad}}.rules, {}));
    EXPECT_TRUE(Authorizer::make(Api{{reader, row.good}}.rules, {}));
  }
}

}  // namespace
}  // namespace portcullis
