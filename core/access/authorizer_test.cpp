// The steps of a decision in order, with the answers handed in by the test.
#include "portcullis/authorizer.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/signed_token.h"

namespace portcullis {
namespace {

using testing::claims;
using testing::new_year;

struct World {
  testing::Signer signer;
  Rules rules;

  World() {
    rules.issuers.push_back(signer.issuer());
    route("GET /public", PublicAccess{});
    route("GET /private", AuthenticatedAccess{});
    route("GET /orders", AllOf{NonEmpty<Atom>{Atom{Atom::Kind::scope, "read:orders"}}});
    route("ANY /admin/{path+}", AllOf{NonEmpty<Atom>{Atom{Atom::Kind::permission, "admin"}}});
  }
  void route(std::string text, Access access) {
    rules.routes.push_back({std::move(text), std::move(access), "rules:1"});
  }

  Authorizer make() const {
    auto made = Authorizer::make(rules, {});
    EXPECT_TRUE(made) << (made ? "" : made.error().front().message);
    return *std::move(made);
  }
  static Step begin(const Authorizer& authorizer, const char* method, const char* path,
                    std::string_view authorization) {
    const Header header{"authorization", authorization};
    const std::span<const Header> headers{&header, authorization.empty() ? 0u : 1u};
    return authorizer.begin({method, path, "", headers}, new_year());
  }
  Decision decide(const char* method, const char* path, const std::string& authorization = "") const {
    return std::get<Settled>(begin(make(), method, path, authorization)).decision;
  }
  std::string bearer(const std::string& more = "") const { return "Bearer " + signer.sign(claims(more)); }
};

TEST(Decision, NamesTheReasonTheRouteAndWhatWasMissing) {  // C007: the scopes
  const World world;
  const std::string plain = world.bearer(), reader = world.bearer(R"(,"scope":"openid read:orders")"),
                    admin = world.bearer(R"(,"permissions":["admin"])"), broken = plain + "=";
  struct Row {
    const char *method, *path;
    std::string authorization;
    Reason reason;
    const char* route;
  };
  for (const Row& row : std::initializer_list<Row>{
           {"GET", "/public", "", Reason::ok, "GET /public"},
           {"GET", "/public", broken, Reason::ok, "GET /public"},
           {"GET", "/private", "", Reason::no_credentials, "GET /private"},
           {"GET", "/private", plain, Reason::ok, "GET /private"},
           {"GET", "/private", broken, Reason::malformed, "GET /private"},
           {"GET", "/orders", plain, Reason::insufficient_scope, "GET /orders"},
           {"GET", "/orders", reader, Reason::ok, "GET /orders"},
           {"GET", "/orders", world.bearer(R"(,"scope":"read:orders:draft")"), Reason::insufficient_scope,
            "GET /orders"},
           {"GET", "/orders", world.bearer(R"(,"scope":"unread:orders")"), Reason::insufficient_scope, "GET /orders"},
           {"GET", "/orders", world.bearer(R"(,"scope":"READ:ORDERS")"), Reason::insufficient_scope, "GET /orders"},
           {"GET", "/orders", world.bearer(R"(,"permissions":["read:orders"])"), Reason::insufficient_scope,
            "GET /orders"},
           {"GET", "/orders", world.bearer(R"(,"scope":"write:orders  read:orders")"), Reason::ok, "GET /orders"},
           {"GET", "/orders", world.bearer(R"(,"scope":"read:orders\twrite:orders")"), Reason::insufficient_scope,
            "GET /orders"},
           {"POST", "/admin/x", admin, Reason::ok, "ANY /admin/{path+}"},
           {"POST", "/admin/x", plain, Reason::insufficient_scope, "ANY /admin/{path+}"},
           {"GET", "/%61dmin/x", admin, Reason::bad_request, ""},
           {"GET", "/admin/../private", plain, Reason::bad_request, ""},
           {"GET", "/nowhere", "", Reason::no_credentials, ""},
           {"GET", "/nowhere", broken, Reason::malformed, ""},
           {"GET", "/nowhere", plain, Reason::no_route, ""}}) {
    SCOPED_TRACE(std::string{row.method} + ' ' + row.path + " -> " + std::string{facts(row.reason).code});
    const Decision decision = world.decide(row.method, row.path, row.authorization);
    EXPECT_EQ(decision.reason, row.reason) << decision.detail;
    EXPECT_EQ(decision.route(), row.route);
    EXPECT_EQ(decision.outcome == Outcome::allow, row.reason == Reason::ok);
    EXPECT_EQ(decision.missing.empty(), row.reason != Reason::insufficient_scope);
  }
}

TEST(Challenge, SaysWhatRfc6750SaysAndNothingFromTheToken) {
  const World world;
  EXPECT_EQ(challenge(world.decide("GET", "/private")), "Bearer realm=\"api\"");
  EXPECT_EQ(challenge(world.decide("GET", "/private", world.bearer())), "");
  EXPECT_TRUE(challenge(world.decide("GET", "/private", "Bearer a.b")).starts_with("Bearer error=\"invalid_token\""));
  EXPECT_TRUE(challenge(world.decide("GET", "/private", "Bearer a b")).starts_with("Bearer error=\"invalid_request\""));
  const std::string scope = challenge(world.decide("GET", "/orders", world.bearer()));
  EXPECT_TRUE(scope.starts_with("Bearer error=\"insufficient_scope\"")) << scope;
  EXPECT_TRUE(scope.ends_with(", scope=\"read:orders\"")) << scope;
  for (const ReasonFacts& row : reasons)
    for (const char c : row.sentence)
      EXPECT_TRUE(c >= 0x20 && c < 0x7F && c != '"' && c != '\\') << row.code << ": error_description, RFC 6750 §3";
}

TEST(Credential, IsExactlyOneBearerTokenOrNone) {
  const World world;
  const std::string token = world.signer.sign(claims());
  struct Row {
    std::string header;
    Reason reason;
  };
  for (const Row& row : std::initializer_list<Row>{{"Bearer", Reason::no_credentials},
                                                   {"Bearer ", Reason::no_credentials},
                                                   {"Basic dXNlcjpwYXNz", Reason::no_credentials},
                                                   {token, Reason::no_credentials},
                                                   {"Bearer " + token + " extra", Reason::bad_request},
                                                   {"Bearer " + token + ",Bearer " + token, Reason::bad_request},
                                                   {"Bearer " + token + "\r\nX: y", Reason::bad_request},
                                                   {"bEaReR " + token, Reason::ok},
                                                   {"Bearer   " + token, Reason::ok}}) {
    const Decision decision = world.decide("GET", "/private", row.header);
    EXPECT_EQ(decision.reason, row.reason) << decision.detail;
    EXPECT_EQ(decision.detail.find(token.substr(token.size() - 20)), std::string::npos) << "no token in a detail";
  }
  const std::string value = "Bearer " + token;
  const std::array<Header, 2> twice{Header{"Authorization", value}, Header{"authorization", value}};
  const Step step = world.make().begin({"GET", "/private", "", twice}, new_year());
  EXPECT_EQ(std::get<Settled>(step).decision.reason, Reason::bad_request);
}

TEST(SenderConstrainedTokens, AreRefusedAsBearer) {
  const World world;
  const std::string digest(43, 'A');
  EXPECT_EQ(world.decide("GET", "/private", world.bearer(R"(,"cnf":{"jkt":")" + digest + R"("})")).reason,
            Reason::dpop_missing);
  EXPECT_EQ(world.decide("GET", "/private", world.bearer(R"(,"cnf":{"x5t#S256":")" + digest + R"("})")).reason,
            Reason::certificate_mismatch);
  EXPECT_EQ(world.decide("GET", "/private", world.bearer(R"(,"cnf":{})")).reason, Reason::bad_claim);
}

struct RemoteWorld : World {
  RemoteWorld() { rules.issuers.front().keys = RemoteKeys{"https://tenant.example.com/jwks"}; }
};

TEST(MissingKeys, AreAskedForAndTheDecisionGoesOnWithTheAnswer) {
  const RemoteWorld world;
  const Authorizer authorizer = world.make();
  const std::string bearer = world.bearer();
  Step one = World::begin(authorizer, "GET", "/private", bearer),
       two = World::begin(authorizer, "GET", "/private", bearer);
  ASSERT_TRUE(std::holds_alternative<Asked>(one) && std::holds_alternative<Asked>(two));
  const NeedKeys wanted = std::get<NeedKeys>(std::get<Asked>(one).question);
  EXPECT_EQ(wanted.url, "https://tenant.example.com/jwks");
  EXPECT_EQ(wanted.ticket, std::get<NeedKeys>(std::get<Asked>(two).question).ticket) << "one fetch for all who wait";
  const FetchOutcome answer = FetchedKeys{200, world.signer.jwks(), "", {}, {}};
  authorizer.learn(wanted.ticket, answer, new_year());
  for (Step* step : {&one, &two}) {
    const Step resumed = authorizer.resume(std::move(std::get<Asked>(*step).pending), answer, new_year());
    EXPECT_EQ(std::get<Settled>(resumed).decision.reason, Reason::ok);
  }
  EXPECT_TRUE(std::holds_alternative<Settled>(World::begin(authorizer, "GET", "/private", bearer)));
}

TEST(MissingKeys, ThatCannotBeFetchedAreNeitherAnAllowNorA401) {
  const RemoteWorld world;
  const Authorizer authorizer = world.make();
  Step step = World::begin(authorizer, "GET", "/private", world.bearer());
  const FetchOutcome answer = FetchFailed{"tenant.example.com: no route"};
  authorizer.learn(std::get<NeedKeys>(std::get<Asked>(step).question).ticket, answer, new_year());
  step = authorizer.resume(std::move(std::get<Asked>(step).pending), answer, new_year());
  const Decision& decision = std::get<Settled>(step).decision;
  EXPECT_EQ(decision.reason, Reason::keys_unavailable);
  EXPECT_EQ(decision.outcome, Outcome::undecided);
  EXPECT_EQ(decision.status(), 503);
  EXPECT_NE(decision.detail.find("no route"), std::string::npos);
  const Step at_once = World::begin(authorizer, "GET", "/private", world.bearer());
  EXPECT_EQ(std::get<Settled>(at_once).decision.reason, Reason::keys_unavailable) << "backing off, nobody waits again";
}

TEST(InitialKeys, DecideAtOnceAndLeaveTheRefreshAsAnErrand) {
  World world;
  world.rules.issuers.front().keys = RemoteKeys{"https://tenant.example.com/jwks"};
  const Authorizer authorizer = world.make();
  const auto keys = [&] { return *KeySet::parse(world.signer.jwks()); };
  const WallTime earlier = new_year().wall - std::chrono::hours{2};
  EXPECT_EQ(authorizer.adopt({"https://tenant.example.com", keys(), earlier}, new_year()).error(),
            "no such issuer is configured")
      << "an issuer is compared byte for byte";
  ASSERT_TRUE(authorizer.adopt({"https://tenant.example.com/", keys(), earlier}, new_year()));
  EXPECT_TRUE(authorizer.warm_up(new_year()).empty()) << "nothing must be fetched before the first request";

  const std::string bearer = world.bearer();
  const Settled settled = std::get<Settled>(World::begin(authorizer, "GET", "/private", bearer));
  EXPECT_EQ(settled.decision.reason, Reason::ok);
  ASSERT_EQ(settled.after.size(), 1u);
  const auto& errand = std::get<NeedKeys>(settled.after.front());
  EXPECT_EQ(errand.url, "https://tenant.example.com/jwks");
  const testing::Signer other;
  authorizer.learn(errand.ticket, FetchOutcome{FetchedKeys{200, other.jwks(), "", {}, {}}}, new_year());
  const auto after = World::begin(authorizer, "GET", "/private", bearer);
  EXPECT_EQ(std::get<Settled>(after).decision.reason, Reason::bad_signature) << "fetched keys replace them";
}

TEST(InitialKeys, AreForIssuersWithOneKeyUrlOnly) {
  World world;
  const auto adopt = [&](const Authorizer& authorizer) {
    return authorizer.adopt({"https://tenant.example.com/", *KeySet::parse(world.signer.jwks()), new_year().wall},
                            new_year());
  };
  EXPECT_EQ(adopt(world.make()).error(), "the issuer's keys are local and not fetched");

  world.rules.issuers.front().keys = RemoteKeys{"https://tenant.example.com/jwks"};
  IssuerRule second = world.signer.issuer();
  second.expect.audiences = NonEmpty<std::string>{"https://other.example.com"};
  second.keys = RemoteKeys{"https://tenant.example.com/jwks"};
  world.rules.issuers.push_back(second);
  EXPECT_TRUE(adopt(world.make())) << "two audiences, one URL";

  world.rules.issuers.back().keys = RemoteKeys{"https://tenant.example.com/other"};
  EXPECT_EQ(adopt(world.make()).error(), "the issuer has several key URLs, and nobody says whose they are");
}

TEST(UnknownKeyId, RefetchesOnceAndThenRefuses) {
  const RemoteWorld world;
  const Authorizer authorizer = world.make();
  const auto answer_with = [&](Step step, const std::string& jwks) {
    const FetchOutcome answer = FetchedKeys{200, jwks, "", {}, {}};
    authorizer.learn(std::get<NeedKeys>(std::get<Asked>(step).question).ticket, answer, new_year());
    return authorizer.resume(std::move(std::get<Asked>(step).pending), answer, new_year());
  };
  Step step = answer_with(World::begin(authorizer, "GET", "/private", world.bearer()), world.signer.jwks());
  EXPECT_EQ(std::get<Settled>(step).decision.reason, Reason::ok);
  const std::string rotated = "Bearer " + world.signer.sign(claims(), "next");
  step = answer_with(World::begin(authorizer, "GET", "/private", rotated), world.signer.jwks("next"));
  EXPECT_EQ(std::get<Settled>(step).decision.reason, Reason::ok) << "a rotated key is found at once";
  step = World::begin(authorizer, "GET", "/private", "Bearer " + world.signer.sign(claims(), "made-up"));
  EXPECT_EQ(std::get<Settled>(step).decision.reason, Reason::unknown_kid) << "cooling down: no second fetch";
}

// tokens.md §6.3: what could not pass with any key costs the issuer nothing, and is refused for its key id as ever.
TEST(UnknownKeyId, OfATokenThatIsExpiredOrForAnotherAudienceCostsNoFetch) {
  struct Row {
    const char *claims, *what;
    bool asked;
  };
  for (const Row& row : {
           Row{R"("aud":"https://api.example.com","iat":1767225540,"exp":1767229200)", "good", true},
           Row{R"("aud":"https://api.example.com","iat":1767220000,"exp":1767225571)", "within the leeway", true},
           Row{R"("aud":"https://api.example.com","iat":1767220000,"exp":1767225570)", "expired", false},
           Row{R"("aud":"https://api.example.com","iat":1767225700,"exp":1767229200)", "of the future", false},
           Row{R"("aud":"https://api.example.com","iat":1767225540)", "without exp", false},
           Row{R"("aud":"https://else.example.com","iat":1767225540,"exp":1767229200)", "for others", false},
       }) {
    SCOPED_TRACE(row.what);
    const RemoteWorld world;
    const Authorizer authorizer = world.make();
    ASSERT_TRUE(authorizer.adopt({"https://tenant.example.com/", *KeySet::parse(world.signer.jwks()), new_year().wall},
                                 new_year()));
    const std::string all =
        R"({"iss":"https://tenant.example.com/","sub":"auth0|ada",)" + std::string{row.claims} + "}";
    const Step step = World::begin(authorizer, "GET", "/private", "Bearer " + world.signer.sign(all, "made-up"));
    ASSERT_EQ(std::holds_alternative<Asked>(step), row.asked);
    if (!row.asked) {
      EXPECT_EQ(std::get<Settled>(step).decision.reason, Reason::unknown_kid);
    }
  }
}

TEST(Pending, ThatWasMovedFromIsARefusal) {
  const RemoteWorld world;
  const Authorizer authorizer = world.make();
  Step step = World::begin(authorizer, "GET", "/private", world.bearer());
  Pending pending = std::move(std::get<Asked>(step).pending);
  const Step resumed = authorizer.resume(std::move(std::get<Asked>(step).pending), FetchOutcome{}, new_year());
  EXPECT_NE(std::get<Settled>(resumed).decision.outcome, Outcome::allow);
}

TEST(Rules, ThatCannotBeKeptAreRefusedWithEveryProblem) {
  struct Row {
    const char* why;
    void (*spoil)(World&);
    const char* part;
  };
  for (const Row& row : std::initializer_list<Row>{
           {"no issuer", [](World& w) { w.rules.issuers.clear(); }, "no issuer is configured"},
           {"ambiguous pair", [](World& w) { w.route("ANY /admin/{rest+}", PublicAccess{}); },
            "matches the same requests"},
           {"unreadable route", [](World& w) { w.route("GET /a/*", PublicAccess{}); }, "'*'"},
           {"a scope no token can hold",
            [](World& w) {
              w.route("GET /x", AllOf{NonEmpty<Atom>{Atom{Atom::Kind::scope, "a b"}}});
            },
            "a scope has no"},
           {"HS256 with a key set",
            [](World& w) {
              w.rules.issuers.front().keys = RemoteKeys{"https://tenant.example.com/jwks"};
              w.rules.issuers.front().expect.algorithms = NonEmpty<Algorithm>{Algorithm::HS256};
            },
            "never taken from a key set"},
           {"an algorithm no key has",
            [](World& w) { w.rules.issuers.front().expect.algorithms = NonEmpty<Algorithm>{Algorithm::RS256}; },
            "fits RS256"},
           {"one issuer and audience twice", [](World& w) { w.rules.issuers.push_back(w.rules.issuers.front()); },
            "configured already"},
           {"unchecked issuer for access tokens",
            [](World& w) { w.rules.issuers.front().expect.issuer = UncheckedIssuer{}; }, "unchecked issuer"}}) {
    SCOPED_TRACE(row.why);
    World world;
    EXPECT_TRUE(Authorizer::make(world.rules, {}));
    row.spoil(world);
    const auto made = Authorizer::make(world.rules, {});
    ASSERT_FALSE(made);
    EXPECT_NE(made.error().front().message.find(row.part), std::string::npos) << made.error().front().message;
  }
}

TEST(Grants, AreEveryRouteOfThisCaller) {
  const World world;
  const Authorizer authorizer = world.make();
  const Decision reader = world.decide("GET", "/private", world.bearer(R"(,"scope":"read:orders")"));
  const auto allowed = [](const Grants& grants) {
    std::string text;
    for (const Grant& grant : grants.routes) text += grant.allowed ? '+' : '-';
    return text;
  };
  EXPECT_EQ(allowed(authorizer.grants(reader.token)), "+++-");
  EXPECT_EQ(allowed(authorizer.grants(std::nullopt)), "+---");
  EXPECT_FALSE(authorizer.grants(reader.token).fallback_allowed);
}

TEST(Grants, GiveTheReasonThatADecisionGives) {
  World world;
  const std::string digest(43, 'A');
  const std::string bound = R"(,"scope":"read:orders","cnf":{"jkt":")" + digest + R"("})";
  for (const DefaultAccess fallback : {DefaultAccess::deny, DefaultAccess::authenticated}) {
    world.rules.fallback = fallback;
    for (const std::string& more :
         {std::string{}, std::string{R"(,"scope":"read:orders","permissions":["admin"])"}, bound}) {
      const Authorizer authorizer = world.make();
      const std::string bearer = world.bearer(more);
      auto judged = std::get<Settled>(authorizer.begin_token(std::string_view{bearer}.substr(7), new_year()));
      ASSERT_EQ(judged.decision.reason, Reason::ok) << judged.decision.detail;
      const Grants grants = authorizer.grants(judged.decision.token);
      const std::array<const char*, 4> paths{"/public", "/private", "/orders", "/admin/a"};
      ASSERT_EQ(grants.routes.size(), paths.size());
      for (std::size_t i = 0; i < paths.size(); ++i) {
        const Decision fresh = world.decide("GET", paths[i], bearer);
        EXPECT_EQ(grants.routes[i].reason, fresh.reason) << paths[i] << more;
        EXPECT_EQ(grants.routes[i].allowed, fresh.outcome == Outcome::allow) << paths[i] << more;
      }
      const Decision unlisted = world.decide("GET", "/unlisted", bearer);
      EXPECT_EQ(grants.fallback_reason, unlisted.reason) << more;
      EXPECT_EQ(grants.fallback_allowed, unlisted.outcome == Outcome::allow) << more;
    }
    EXPECT_EQ(world.make().grants(std::nullopt).fallback_reason, world.decide("GET", "/unlisted").reason);
  }
}

TEST(Trace, TellsEachStepAndNoTokenBytes) {
  const World world;
  const std::string token = world.signer.sign(claims());
  const std::string value = "Bearer " + token;
  const Header header{"authorization", value};
  Trace trace;
  (void)world.make().begin({"GET", "/orders", "", {&header, 1}}, new_year(), &trace);
  std::string steps;
  for (const Trace::Entry& entry : trace.entries) {
    steps += std::string{name_of(entry.step)} + ' ';
    EXPECT_EQ(entry.text.find(token.substr(token.rfind('.') + 1, 20)), std::string::npos);
  }
  EXPECT_EQ(steps, "path route credential token keys signature claims requirement ");
  EXPECT_EQ(trace.entries.back().verdict, Trace::Verdict::failed);
  EXPECT_EQ(trace.entries.back().place, "rules:1");
}

TEST(Trace, SaysWhetherASignatureWasGoodBehindTheFirstFault) {
  const World world;
  struct Row {
    std::string token, steps;
  };
  const std::string good = world.signer.sign(claims());
  std::string forged = good;
  forged[forged.rfind('.') + 10] = forged[forged.rfind('.') + 10] == 'A' ? 'B' : 'A';
  for (const Row& row :
       {Row{world.signer.sign(claims(R"(,"nbf":99999999999)")), "signature+ claims- "}, Row{forged, "signature- "}}) {
    const std::string value = "Bearer " + row.token;
    const Header header{"authorization", value};
    Trace trace;
    (void)world.make().begin({"GET", "/orders", "", {&header, 1}}, new_year(), &trace);
    std::string steps;
    for (const Trace::Entry& entry : trace.entries)
      if (entry.step == StepName::signature || entry.step == StepName::claims)
        steps += std::string{name_of(entry.step)} + (entry.verdict == Trace::Verdict::passed ? "+ " : "- ");
    EXPECT_EQ(steps, row.steps);
  }
}

}  // namespace
}  // namespace portcullis
