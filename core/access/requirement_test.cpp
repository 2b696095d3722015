// What a route may ask of a caller: each requirement that is met beside those that are not, and the reason,
// the words and the challenge of each refusal.
#include "core/access/requirement.h"

#include <gtest/gtest.h>

#include "tests/signed_token.h"

namespace portcullis {
namespace {

using Kind = Atom::Kind;

NonEmpty<Atom> atoms(std::vector<Atom> list) {
  return *NonEmpty<Atom>::from(std::move(list));
}
Access access(std::vector<Condition> conditions) {
  return Requirement{*NonEmpty<Condition>::from(std::move(conditions))};
}
Atom claim(std::string pointer, std::string value) {
  return {Kind::claim, std::move(value), std::move(pointer)};
}

const testing::Signer& signer() {
  static const testing::Signer one;
  return one;
}

std::vector<RuleProblem> problems_of(const Access& needed) {
  Rules rules;
  rules.issuers.push_back(signer().issuer());
  rules.routes.push_back({"GET /x", needed, "rules:1"});
  const auto made = Authorizer::make(std::move(rules), {});
  return made ? std::vector<RuleProblem>{} : made.error();
}

/// @param more  members of the token: R"(,"roles":["a"])"
Decision decide(const Access& needed, const std::string& more) {
  Rules rules;
  rules.issuers.push_back(signer().issuer());
  rules.routes.push_back({"GET /x", needed, "rules:1"});
  const auto authorizer = Authorizer::make(std::move(rules), {});
  EXPECT_TRUE(authorizer) << (authorizer ? "" : authorizer.error().front().message);
  const std::string value = "Bearer " + signer().sign(testing::claims(more));
  const Header header{"Authorization", value};
  Step step = authorizer->begin({"GET", "/x", "", {&header, 1}}, testing::new_year());
  return std::get<Settled>(std::move(step)).decision;
}

TEST(Atom, HoldsForExactlyItsValueInItsClaim) {
  const Atom role{Kind::role, "editor"}, organization{Kind::organization, "org_A1"}, client{Kind::client, "web"};
  struct Row {
    Atom atom;
    const char* more;
    bool allowed;
  };
  for (const Row& row : std::initializer_list<Row>{
           {role, R"(,"roles":["reader","editor"])", true},
           {role, R"(,"roles":["Editor"])", false},
           {role, R"(,"roles":["editors"])", false},
           {role, R"(,"roles":[])", false},
           {role, R"(,"roles":"editor")", false},      // a list is meant
           {role, R"(,"roles":["editor",1])", false},  // and one of strings
           {role, R"(,"role":["editor"])", false},
           {role, "", false},
           {organization, R"(,"org_id":"org_A1")", true},
           {organization, R"(,"org_id":"org_a1")", false},
           {organization, R"(,"org_id":"org_A12")", false},
           {organization, R"(,"org_name":"org_A1")", false},
           {organization, "", false},
           {client, R"(,"azp":"web")", true},
           {client, R"(,"client_id":"web")", true},
           {client, R"(,"azp":"Web")", false},
           {client, R"(,"azp":"other")", false},
           {client, "", false},
           {claim("/plan", "gold"), R"(,"plan":"gold")", true},
           {claim("/plan", "gold"), R"(,"plan":["silver","gold"])", true},
           {claim("/plan", "gold"), R"(,"plan":"golden")", false},
           {claim("/plan", "gold"), R"(,"plan":["silver"])", false},
           {claim("/plan", "gold"), R"(,"plan":{"gold":true})", false},
           {claim("/plan", "gold"), R"(,"plan":[["gold"]])", false},
           {claim("/plan", "gold"), "", false},
           {claim("/plan/name", "gold"), R"(,"plan":{"name":"gold"})", true},
           {claim("/plan/0", "gold"), R"(,"plan":["gold"])", true},
           {claim("/plan/1", "gold"), R"(,"plan":["gold"])", false},
           {claim("/https:~1~1x.example~1roles", "admin"), R"(,"https://x.example/roles":["admin"])", true},
           {claim("/level", "2"), R"(,"level":2)", true},
           {claim("/level", "2"), R"(,"level":"2")", true},
           {claim("/level", "2"), R"(,"level":2.0)", false},  // as written
           {claim("/level", "2.0"), R"(,"level":2.0)", true},
           {claim("/email_verified", "true"), R"(,"email_verified":true)", true},
           {claim("/email_verified", "true"), R"(,"email_verified":false)", false},
           {claim("/email_verified", "false"), R"(,"email_verified":false)", true},
           {claim("/plan", "null"), R"(,"plan":null)", false},
           {claim("/plan", "a=b"), R"(,"plan":"a=b")", true}}) {
    SCOPED_TRACE(text_of(row.atom) + " of " + row.more);
    const Decision decision = decide(access({AllOf{atoms({row.atom})}}), row.more);
    EXPECT_EQ(decision.reason, row.allowed ? Reason::ok : Reason::forbidden) << decision.detail;
    if (row.allowed) continue;
    EXPECT_EQ(texts_of(decision.missing), std::vector<std::string>{text_of(row.atom)});
    EXPECT_EQ(challenge(decision), "") << "there is nothing a client could ask for";
  }
}

TEST(None, IsForCallersThatProvablyHaveNotWhatIsListed) {
  const Atom role{Kind::role, "guest"}, plan = claim("/plan", "free");
  struct Row {
    Atom atom;
    const char* more;
    bool allowed;
  };
  for (const Row& row : std::initializer_list<Row>{{role, "", true},
                                                   {role, R"(,"roles":["staff"])", true},
                                                   {role, R"(,"roles":["staff","guest"])", false},
                                                   {role, R"(,"roles":"guest")", false},
                                                   {role, R"(,"roles":"staff")", false},  // not readable as a list
                                                   {role, R"(,"roles":[1])", false},
                                                   {plan, "", true},
                                                   {plan, R"(,"plan":null)", true},
                                                   {plan, R"(,"plan":"gold")", true},
                                                   {plan, R"(,"plan":"free")", false},
                                                   {plan, R"(,"plan":["gold","free"])", false},
                                                   {plan, R"(,"plan":{"name":"gold"})", false},
                                                   {plan, R"(,"plan":["gold",["x"]])", false},
                                                   {{Kind::scope, "a"}, R"(,"scope":"b")", true},
                                                   {{Kind::scope, "a"}, R"(,"scope":"a b")", false},
                                                   {{Kind::client, "web"}, R"(,"azp":"app")", true},
                                                   {{Kind::client, "web"}, R"(,"azp":"web")", false}}) {
    SCOPED_TRACE(text_of(row.atom) + " of " + row.more);
    const Decision decision = decide(access({NoneOf{atoms({row.atom})}}), row.more);
    EXPECT_EQ(decision.reason, row.allowed ? Reason::ok : Reason::forbidden) << decision.detail;
    if (row.allowed) continue;
    EXPECT_EQ(texts_of(decision.missing), std::vector<std::string>{"none of " + text_of(row.atom)});
    EXPECT_EQ(challenge(decision), "") << "nobody is told to ask for what is one too many";
  }
}

// Words of scope: and other atoms in every order.
TEST(Refusal, IsNamedByTheFirstUnmetRequirementInWrittenOrder) {
  const Atom a{Kind::scope, "a"}, b{Kind::scope, "b"}, p{Kind::permission, "p"}, role{Kind::role, "r"};
  const Condition all_a = AllOf{atoms({a})}, any_role_b = AnyOf{atoms({role, b})}, any_b_role = AnyOf{atoms({b, role})},
                  none_p = NoneOf{atoms({p})};
  struct Row {
    std::vector<Condition> conditions;
    const char* more;
    Reason reason;
    std::vector<std::string> missing;
    const char* scopes;
  };
  for (const Row& row : std::initializer_list<Row>{
           {{AllOf{atoms({a, role, b})}}, "", Reason::insufficient_scope, {"scope:a", "role:r", "scope:b"}, "a b"},
           {{AllOf{atoms({role, a})}}, "", Reason::forbidden, {"role:r", "scope:a"}, nullptr},
           {{AllOf{atoms({role, a})}}, R"(,"roles":["r"])", Reason::insufficient_scope, {"scope:a"}, "a"},
           {{AllOf{atoms({p})}}, "", Reason::insufficient_scope, {"permission:p"}, ""},
           {{any_role_b}, "", Reason::forbidden, {"any of role:r, scope:b"}, nullptr},
           {{any_b_role}, "", Reason::insufficient_scope, {"any of scope:b, role:r"}, "b"},
           {{any_b_role}, R"(,"roles":["r"])", Reason::ok, {}, nullptr},
           {{any_role_b}, R"(,"scope":"b")", Reason::ok, {}, nullptr},
           {{all_a, any_role_b}, "", Reason::insufficient_scope, {"scope:a", "any of role:r, scope:b"}, "a"},
           {{any_role_b, all_a}, "", Reason::forbidden, {"any of role:r, scope:b", "scope:a"}, nullptr},
           {{all_a, any_b_role, none_p}, R"(,"scope":"a b")", Reason::ok, {}, nullptr},
           {{all_a, any_b_role}, R"(,"scope":"a")", Reason::insufficient_scope, {"any of scope:b, role:r"}, "b"},
           {{all_a, none_p},
            R"(,"scope":"a","permissions":["p"])",
            Reason::forbidden,
            {"none of permission:p"},
            nullptr},
           {{none_p, all_a},
            R"(,"permissions":["p"])",
            Reason::forbidden,
            {"none of permission:p", "scope:a"},
            nullptr},
           {{all_a, none_p},
            R"(,"permissions":["p"])",
            Reason::insufficient_scope,
            {"scope:a", "none of permission:p"},
            "a"}}) {
    const Access needed = access(row.conditions);
    SCOPED_TRACE(text_of(needed) + " of " + row.more);
    const Decision decision = decide(needed, row.more);
    EXPECT_EQ(decision.reason, row.reason) << decision.detail;
    EXPECT_EQ(texts_of(decision.missing), row.missing);
    std::string expected = challenge(row.reason);
    if (row.scopes && *row.scopes) expected += ", scope=\"" + std::string{row.scopes} + '"';
    EXPECT_EQ(challenge(decision), row.reason == Reason::ok ? "" : expected);
  }
}

TEST(Refusal, SaysWhatTheTokenHasButNoValueOfAClaim) {
  const Atom role{Kind::role, "r"};
  struct Row {
    Condition condition;
    const char *more, *detail;
  };
  for (const Row& row : std::initializer_list<Row>{
           {AllOf{atoms({role})}, "", "needs role:r; token has no roles claim"},
           {AllOf{atoms({role})}, R"(,"roles":["a","b"])", R"(needs role:r; token has roles ["a", "b"])"},
           {AllOf{atoms({role})}, R"(,"roles":"r")", "needs role:r; token has roles that is no list"},
           {AllOf{atoms({{Kind::organization, "org_1"}})}, R"(,"org_id":"org_2")",
            R"(needs organization:org_1; token has org_id "org_2")"},
           {AllOf{atoms({{Kind::client, "web"}})}, "", "needs client:web; token has neither azp nor client_id"},
           {AllOf{atoms({claim("/mail", "a@b")})}, R"(,"mail":"ada@example.com")",
            "needs claim:/mail=a@b; token has another value there"},
           {AllOf{atoms({claim("/mail", "a@b")})}, "", "needs claim:/mail=a@b; token has nothing there"},
           {AnyOf{atoms({role, {Kind::scope, "a"}})}, "", "needs any of role:r, scope:a; token has no roles claim"},
           {NoneOf{atoms({role})}, R"(,"roles":["r"])", "needs none of role:r; token has role:r"},
           {NoneOf{atoms({role})}, R"(,"roles":3)", "needs none of role:r; token has roles that is no list"}}) {
    SCOPED_TRACE(row.more);
    EXPECT_EQ(decide(access({row.condition}), row.more).detail, row.detail);
  }
}

TEST(Grants, FollowEveryKindOfCondition) {
  Rules rules;
  rules.issuers.push_back(signer().issuer());
  const Atom a{Kind::scope, "a"}, r{Kind::role, "r"};
  rules.routes = {{"GET /all", access({AllOf{atoms({a, r})}}), "1"},
                  {"GET /any", access({AnyOf{atoms({a, r})}}), "2"},
                  {"GET /none", access({NoneOf{atoms({r})}}), "3"},
                  {"GET /both", access({AnyOf{atoms({a})}, NoneOf{atoms({r})}}), "4"}};
  const auto authorizer = Authorizer::make(std::move(rules), {});
  ASSERT_TRUE(authorizer);
  const auto allowed = [&](const char* more) {
    const Decision caller = decide(AuthenticatedAccess{}, more);
    std::string text;
    for (const Grant& grant : authorizer->grants(caller.token).routes) text += grant.allowed ? '+' : '-';
    return text;
  };
  EXPECT_EQ(allowed(""), "--+-");
  EXPECT_EQ(allowed(R"(,"scope":"a")"), "-+++");
  EXPECT_EQ(allowed(R"(,"roles":["r"])"), "-+--");
  EXPECT_EQ(allowed(R"(,"scope":"a","roles":["r"])"), "++--");
}

TEST(Requirement, ThatNoTokenCouldMeetIsRefusedWithItsPlace) {
  struct Row {
    Atom bad, good;
  };
  for (const Row& row :
       {Row{{Kind::scope, "a b"}, {Kind::scope, "a"}}, Row{{Kind::permission, ""}, {Kind::permission, "p"}},
        Row{{Kind::role, ""}, {Kind::role, "a b"}}, Row{claim("plan", "x"), claim("/plan", "x")},
        Row{claim("", "x"), claim("/", "x")}, Row{claim("/a~2", "x"), claim("/a~1", "x")},
        Row{claim("/a", ""), claim("/a", " ")}}) {
    SCOPED_TRACE(text_of(row.bad));
    for (const Condition& condition : {Condition{AllOf{atoms({row.good, row.bad})}}, Condition{AnyOf{atoms({row.bad})}},
                                       Condition{NoneOf{atoms({row.bad})}}}) {
      const auto problems = problems_of(access({AllOf{atoms({row.good})}, condition}));
      ASSERT_EQ(problems.size(), 1u);
      EXPECT_EQ(problems.front().place, "rules:1");
    }
    EXPECT_TRUE(problems_of(access({AllOf{atoms({row.good})}})).empty());
  }
}

}  // namespace
}  // namespace portcullis
