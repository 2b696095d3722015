// What prove_never() finds in rules where it is easy to be wrong, and what it says where nobody can tell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/access/never.h"
#include "tests/signed_token.h"

namespace portcullis {
namespace {

using Kind = Atom::Kind;
using ::testing::HasSubstr;

constexpr std::chrono::sys_seconds now{std::chrono::seconds{1767225600}};

Atom scope(const char* name) {
  return {Kind::scope, name};
}
Atom claim(const char* pointer, const char* value = "x") {
  return {Kind::claim, value, pointer};
}
Wishes has(Trait trait) {
  return {{Wanted::has, std::move(trait)}};
}
Wishes has_not(Trait trait) {
  return {{Wanted::has_not, std::move(trait)}};
}

IssuerRule issuer_of(Profile profile) {
  IssuerRule issuer{
      Expectations{"https://tenant.example.com/", NonEmpty<std::string>{"api"}, NonEmpty<Algorithm>{Algorithm::RS256},
                   std::chrono::seconds{30}, profile, std::nullopt, std::nullopt},
      RemoteKeys{"https://tenant.example.com/keys", {}, {}}, MissingKeyId::refused, "test"};
  return issuer;
}

std::string found_for(std::vector<Wishes> wishes, const IssuerRule& issuer = issuer_of(Profile::auth0_access)) {
  const auto found = find_caller(std::move(wishes), issuer, now);
  if (!found) return "unknown: " + found.error();
  return *found ? (*found)->telling : "none";
}

TEST(FindCaller, HasWhatIsWishedForAndNothingElse) {
  struct Row {
    std::vector<Wishes> wishes;
    const char* claims;
  };
  const Atom org_a{Kind::organization, "a"}, org_b{Kind::organization, "b"}, role{Kind::role, "r"};
  const MaxAge five{std::chrono::seconds{300}}, six{std::chrono::seconds{301}};
  for (const Row& row : std::initializer_list<Row>{
           {{}, "{}"},
           {{has(scope("a")), has(scope("b"))}, R"({"scope":"a b"})"},
           {{has(scope("a")), has_not(scope("a"))}, "none"},
           {{has(org_a), has_not(org_b)}, R"({"org_id":"a"})"},
           {{has(org_a), has(org_b)}, "none"},
           {{{{Wanted::has, org_a}, {Wanted::has, org_b}}, has_not(org_a)}, R"({"org_id":"b"})"},
           {{{{Wanted::has_not, org_a}, {Wanted::has_not, role}}, has(org_a), has(role)}, "none"},
           {{has(AcrIs{"gold"}), has(AcrIs{"silver"})}, "none"},
           {{has(claim("/org_id", "a")), has_not(org_a)}, "none"},
           {{has(claim("/plan", "a")), has(claim("/plan", "b"))}, R"({"plan":["a","b"]})"},
           {{has(claim("/https:~1~1x~1y/z~0")), has_not(claim("/https:~1~1x~1y/w"))}, R"({"https://x/y":{"z~":"x"}})"},
           {{has(five)}, R"({"auth_time":1767225600})"},
           {{has_not(five)}, "{}"},
           {{has(six), has_not(five)}, R"({"auth_time":1767225269})"},  // older than 330 s, no older than 331 s
           {{has(five), has_not(six)}, "none"},
           {{has(claim("/sub", "a")), has(claim("/sub", "b"))}, "none"},
           {{has(claim("/events"))}, "none"}})
    EXPECT_EQ(found_for(row.wishes), row.claims);
}

TEST(FindCaller, KnowsWhatTokensOfAKindCanHave) {
  const Atom client_a{Kind::client, "a"}, permission{Kind::permission, "p"};
  IssuerRule id_token = issuer_of(Profile::id_token), listed = issuer_of(Profile::auth0_access),
             nobody = issuer_of(Profile::id_token);
  listed.expect.clients = NonEmpty<std::string>{"a"};
  nobody.expect.clients = NonEmpty<std::string>{"a"};
  const IssuerRule access = issuer_of(Profile::auth0_access), strict = issuer_of(Profile::rfc9068);
  EXPECT_EQ(found_for({has(scope("s"))}, id_token), "none");
  EXPECT_EQ(found_for({has(permission)}, id_token), "none");
  EXPECT_EQ(found_for({has(claim("/nonce"))}, id_token), R"({"nonce":"x"})");
  EXPECT_EQ(found_for({has(claim("/nonce"))}, access), "none");
  EXPECT_EQ(found_for({has(claim("/gty"))}, id_token), "none");
  EXPECT_EQ(found_for({has(claim("/gty"))}, access), R"({"gty":"x"})");
  EXPECT_EQ(found_for({has(client_a)}, access), R"({"azp":"a"})");
  EXPECT_EQ(found_for({has(client_a)}, strict), R"({"client_id":"a"})");
  EXPECT_EQ(found_for({has(client_a)}, id_token), "none") << "azp names our client, the audience";
  EXPECT_EQ(found_for({has_not(client_a)}, listed), "none");
  EXPECT_EQ(found_for({has_not(Atom{Kind::client, "some-client"}), has_not(claim("/sub", "somebody"))}, strict), "{}");
  EXPECT_EQ(found_for({}, listed), "{}");
  EXPECT_EQ(found_for({}, nobody), "none") << "no client is both the audience and listed";
  EXPECT_EQ(found_for({has(claim("/iss", "https://tenant.example.com/"))}, access), "{}") << "every token has it";
  EXPECT_EQ(found_for({has(claim("/iss", "https://other.example.com/"))}, access), "none");
}

TEST(FindCaller, SaysWhereNobodyCanTell) {
  std::vector<Wishes> many(1, Wishes(1001, Wish{Wanted::has, scope("a")})), deep;
  for (int i = 0; i < 30; ++i)  // each has two ways, and only the last four say that there is none
    deep.push_back({{Wanted::has, scope(("a" + std::to_string(i)).c_str())},
                    {Wanted::has, scope(("b" + std::to_string(i)).c_str())}});
  for (const Wanted a : {Wanted::has, Wanted::has_not})
    for (const Wanted b : {Wanted::has, Wanted::has_not}) deep.push_back({{a, scope("a")}, {b, scope("b")}});
  struct Row {
    std::vector<Wishes> wishes;
    const char* why;
  };
  for (const Row& row : std::initializer_list<Row>{
           {{has(claim("/azp"))}, "write client:ID instead"},
           {{has(claim("/scope"))}, "write scope:NAME instead"},
           {{has(claim("/aud/0"))}, "judged before any rule"},
           {{has(claim("/sub/x"))}, "judged before any rule"},
           {{has(claim("/roles")), has_not(Atom{Kind::role, "x"})}, "one claim is asked for in two ways: /roles"},
           {{has(claim("/a")), has_not(claim("/a/b"))}, "a claim and what lies in it are asked for: /a/b"},
           {{has(scope(std::string(7000, 'a').c_str()))}, "a token with all that is asked for would be refused"},
           {many, "more than 1000 requirements"},
           {deep, "too many combinations"}})
    EXPECT_THAT(found_for(row.wishes), ::testing::AllOf(HasSubstr("unknown: "), HasSubstr(row.why)));
}

struct Api {
  Rules rules;

  Api(std::initializer_list<std::pair<const char*, Access>> routes, DefaultAccess fallback = DefaultAccess::deny) {
    rules.issuers.push_back(issuer_of(Profile::auth0_access));
    for (const auto& [route, access] : routes) rules.routes.push_back({route, access, "test"});
    rules.fallback = fallback;
  }
  /// "METHOD PATH" of the counter-example, or "proved".
  std::string refuted(const char* route, Statement statement = {}) const {
    statement.requests.push_back(*RoutePattern::parse(route));
    const auto answer = prove_never(rules, statement, now);
    if (!answer) return answer.error();
    const auto* found = std::get_if<CounterExample>(&*answer);
    return found ? found->request.method + ' ' + found->request.path : "proved";
  }
};

TEST(ProveNever, FindsTheOneRequestThatNoOtherRuleAnswers) {
  const AllOf nobody{*NonEmpty<Atom>::from({scope("a"), scope("b")})};
  const Access closed = Requirement{*NonEmpty<Condition>::from({nobody, NoneOf{nobody.atoms}})};
  const Access open = AuthenticatedAccess{};
  struct Row {
    Api api;
    const char* route;
    const char* request;
  };
  for (const Row& row : std::initializer_list<Row>{
           {{{"GET /a/{x}", closed}, {"GET /a/{x}/{y+}", closed}, {"GET /a/{p+}", open}}, "ANY /{p+}", "GET /a/x/"},
           {{{"GET /a/{x}/{y+}", closed}, {"GET /a/{p+}", open}}, "GET /{p+}", "GET /a/x"},
           {{{"ANY /a", open}, {"GET /a", closed}, {"POST /a", closed}}, "ANY /a", "PUT /a"},
           {{{"ANY /a", open}, {"GET /a", closed}}, "GET /a", "proved"},
           {{{"GET /{x}", open}, {"GET /x", closed}, {"GET /y", closed}}, "GET /{id}", "GET /z"},
           {{{"GET /{x}", open}, {"GET /x", closed}}, "GET /x", "proved"},
           {{{"GET /a/{x}", open}}, "GET /{x}/b", "GET /a/b"},
           {{{"GET /a/{x}", open}}, "GET /b/{x}", "proved"},
           {{{"GET /", open}}, "ANY /{p+}", "proved"},
           {{{"GET /", open}}, "ANY /", "GET /"},
           {{{"$connect", open}}, "ANY /{p+}", "proved"},
           {{{"$connect", open}}, "$connect", " $connect"},
           {{{"ANY /{p+}", closed}}, "$connect", "proved"},
           {{{{"GET /a", closed}}, DefaultAccess::authenticated}, "GET /a", "proved"},
           {{{{"GET /a", closed}}, DefaultAccess::authenticated}, "GET /a/", "GET /a/"},
           {{{{"ANY /{p+}", closed}}, DefaultAccess::authenticated}, "ANY /{p+}", "proved"},
           {{{{"ANY /{p+}", closed}}, DefaultAccess::authenticated}, "ANY /", "GET /"},
           {{{{"GET /{a}", closed}, {"GET /{a}/{p+}", closed}}, DefaultAccess::authenticated}, "GET /{p+}", "GET /x/"}})
    EXPECT_EQ(row.api.refuted(row.route), row.request) << row.route;
}

TEST(ProveNever, LetsNobodyInWithoutIssuerButWhereAllMay) {
  Api api{{"GET /open", PublicAccess{}}, {"GET /try", AllOf{NonEmpty<Atom>{scope("a")}}}};
  api.rules.routes.back().mode = Mode::report;
  const Statement anonymous{{}, Statement::Callers::anonymous, {}}, known{{}, Statement::Callers::verified, {}};
  for (const char* route : {"GET /open", "GET /try"}) {
    EXPECT_EQ(api.refuted(route, anonymous), route);
    EXPECT_EQ(api.refuted(route, known), route);
    EXPECT_EQ(api.refuted(route, {{}, Statement::Callers::anybody, {has(scope("b"))}}), route);
  }
  api.rules.issuers.clear();
  EXPECT_EQ(api.refuted("GET /open", anonymous), "GET /open");
  EXPECT_EQ(api.refuted("GET /open", known), "proved");
}

TEST(ProveNever, PrefersACounterExampleToSayingThatNobodyCanTell) {
  const Access unknown = AllOf{NonEmpty<Atom>{claim("/azp")}};
  const Api api{{"GET /a", unknown}, {"GET /b", AuthenticatedAccess{}}};
  EXPECT_EQ(api.refuted("ANY /{p+}"), "GET /b");
  EXPECT_THAT(api.refuted("GET /a"), HasSubstr("test: nothing can be proved about claim:/azp=x"));
  EXPECT_EQ(api.refuted("GET /a", {{}, Statement::Callers::anonymous, {}}), "proved");
}

}  // namespace
}  // namespace portcullis
