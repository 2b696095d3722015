#include "doors/serve/newly_allowed.h"

#include <gtest/gtest.h>

namespace portcullis::serve {
namespace {

using Routes = std::vector<RouteRule>;

Condition needs(std::string scope) {
  return AllOf{NonEmpty<Atom>{Atom{Atom::Kind::scope, std::move(scope)}}};
}

Access scope(std::string value) {
  return Requirement{NonEmpty<Condition>{needs(std::move(value))}};
}

Access scopes(std::string one, std::string other) {
  return Requirement{*NonEmpty<Condition>::from({needs(std::move(one)), needs(std::move(other))})};
}

config::Config of(Routes routes, DefaultAccess fallback = DefaultAccess::deny) {
  config::Config config;
  config.rules.issuers.push_back({Expectations{std::string{"https://t/"}, NonEmpty<std::string>{"https://api"},
                                               NonEmpty<Algorithm>{Algorithm::RS256}},
                                  RemoteKeys{"https://t/keys"}});
  config.rules.routes = std::move(routes);
  config.rules.fallback = fallback;
  return config;
}

std::vector<std::string> routes_told(const config::Config& before, const config::Config& after) {
  std::vector<std::string> told;
  for (const NewlyAllowed& found : newly_allowed(before, after)) told.push_back(found.route);
  return told;
}

TEST(NewlyAllowed, NamesTheRoutesThatAllowMoreAndNoOthers) {
  const Access open = PublicAccess{}, any = AuthenticatedAccess{};
  struct Row {
    const char* what;
    Routes before, after;
    std::vector<std::string> told;
    DefaultAccess fallback_before = DefaultAccess::deny, fallback_after = DefaultAccess::deny;
  };
  const std::vector<Row> rows{
      {"nothing changed", {{"GET /a", any}}, {{"GET /a", any}}, {}},
      {"a route becomes public", {{"GET /a", any}}, {{"GET /a", open}}, {"GET /a"}},
      {"a route is closed to the public", {{"GET /a", open}}, {{"GET /a", any}}, {}},
      {"a requirement goes", {{"GET /a", scope("r")}}, {{"GET /a", any}}, {"GET /a"}},
      {"a requirement comes", {{"GET /a", any}}, {{"GET /a", scope("r")}}, {}},
      {"another requirement", {{"GET /a", scope("r")}}, {{"GET /a", scope("w")}}, {"GET /a"}},
      {"one requirement more", {{"GET /a", scope("r")}}, {{"GET /a", scopes("r", "w")}}, {}},
      {"one requirement less", {{"GET /a", scopes("r", "w")}}, {{"GET /a", scope("r")}}, {"GET /a"}},
      {"it only reports", {{"GET /a", any}}, {{"GET /a", any, {}, Mode::report}}, {"GET /a"}},
      {"it is enforced again", {{"GET /a", any, {}, Mode::report}}, {{"GET /a", any}}, {}},
      {"a new route where all was denied", {{"GET /a", any}}, {{"GET /a", any}, {"GET /b", any}}, {"GET /b"}},
      {"a new route inside one that is as strict",
       {{"ANY /x/{p+}", any}},
       {{"ANY /x/{p+}", any}, {"GET /x/y", scope("r")}},
       {}},
      {"a new hole in a stricter route",
       {{"ANY /x/{p+}", scope("r")}},
       {{"ANY /x/{p+}", scope("r")}, {"GET /x/y", open}},
       {"GET /x/y"}},
      {"a strict route is gone and a wider one answers",
       {{"ANY /x/{p+}", any}, {"GET /x/y", scope("r")}},
       {{"ANY /x/{p+}", any}},
       {"ANY /x/{p+}"}},
      {"a public route is gone and a stricter one answers",
       {{"ANY /x/{p+}", any}, {"GET /x/y", open}},
       {{"ANY /x/{p+}", any}},
       {}},
      {"a strict route is gone and the default answers",
       {{"GET /a", scope("r")}},
       {},
       {"unlisted requests"},
       DefaultAccess::authenticated,
       DefaultAccess::authenticated},
      {"a route is gone and nothing answers", {{"GET /a", any}}, {}, {}},
      {"the default opens", {}, {}, {"unlisted requests"}, DefaultAccess::deny, DefaultAccess::authenticated},
      {"the default closes", {}, {}, {}, DefaultAccess::authenticated, DefaultAccess::deny},
  };
  for (const Row& row : rows)
    EXPECT_EQ(routes_told(of(row.before, row.fallback_before), of(row.after, row.fallback_after)), row.told)
        << row.what;
}

TEST(NewlyAllowed, TellsOfTokensLimitsAndPeersThatAreNew) {
  struct Row {
    const char* what;
    std::string told;
    void (*change)(config::Config&);
  };
  const auto base = [] {
    config::Config config = of({{"GET /a", AuthenticatedAccess{}, {}, Mode::enforce, {"few"}}});
    config.rules.limits.push_back(
        {"few", NonEmpty<Rate>{Rate{60, std::chrono::minutes{1}, 20}}, NonEmpty<LimitDimension>{LimitDimension{}}});
    config.rules.failed_tokens = FailedTokenRule{NonEmpty<Rate>{Rate{20, std::chrono::minutes{1}, 20}}};
    config.serve.public_base_url = "https://api.example.com";
    return config;
  };
  const Row rows[]{
      {"another issuer", "every route",
       [](config::Config& c) {
         c.rules.issuers.push_back(c.rules.issuers[0]);
         c.rules.issuers[1].expect.issuer = std::string{"https://u/"};
       }},
      {"another audience", "every route",
       [](config::Config& c) {
         c.rules.issuers[0].expect.audiences = *NonEmpty<std::string>::from({"https://api", "b"});
       }},
      {"more leeway", "every route", [](config::Config& c) { c.rules.issuers[0].expect.leeway *= 2; }},
      {"less leeway", "", [](config::Config& c) { c.rules.issuers[0].expect.leeway /= 2; }},
      {"keys from elsewhere", "every route",
       [](config::Config& c) { std::get<RemoteKeys>(c.rules.issuers[0].keys).url = "https://t/others"; }},
      {"no issuer", "", [](config::Config& c) { c.rules.issuers.clear(); }},
      {"a limit is gone", "GET /a", [](config::Config& c) { c.rules.routes[0].limits.clear(); }},
      {"a larger limit", "GET /a",
       [](config::Config& c) {
         c.rules.limits[0].rates = NonEmpty<Rate>{Rate{600, std::chrono::minutes{1}, 20}};
       }},
      {"a smaller limit", "",
       [](config::Config& c) {
         c.rules.limits[0].rates = NonEmpty<Rate>{Rate{6, std::chrono::minutes{1}, 2}};
       }},
      {"a limit that only reports", "GET /a", [](config::Config& c) { c.rules.limits[0].mode = Mode::report; }},
      {"failed tokens from now on", "", [](config::Config& c) { c.rules.failed_tokens->mode = Mode::enforce; }},
      {"more failed tokens", "every route",
       [](config::Config& c) {
         c.rules.failed_tokens->rates = NonEmpty<Rate>{Rate{21, std::chrono::minutes{1}, 20}};
       }},
      {"fewer failed tokens", "",
       [](config::Config& c) {
         c.rules.failed_tokens->rates = NonEmpty<Rate>{Rate{19, std::chrono::minutes{1}, 20}};
       }},
      {"development", "every route", [](config::Config& c) { c.purpose = config::Purpose::development; }},
      {"proofs for another URL", "every route",
       [](config::Config& c) { c.serve.public_base_url = "https://other.example.com"; }},
      {"proofs for whatever URL", "every route", [](config::Config& c) { c.serve.public_base_url.clear(); }},
      {"another proxy", "serve", [](config::Config& c) { c.serve.proxies.push_back(*IpNetwork::parse("10.0.0.0/8")); }},
  };
  for (const Row& row : rows) {
    config::Config after = base();
    row.change(after);
    const auto told = routes_told(base(), after);
    EXPECT_EQ(told, row.told.empty() ? std::vector<std::string>{} : std::vector{row.told}) << row.what;
  }
}

TEST(NewlyAllowed, TellsOfAStoreThatHoldsLimitsLessTightly) {
  const auto stored = [](LimitStore store, StoreFailure when_store_fails) {
    config::Config config = of({});
    config.rules.limits.push_back({"few", NonEmpty<Rate>{Rate{}}, NonEmpty<LimitDimension>{LimitDimension{}}});
    config.rules.limit_store = store;
    config.rules.when_store_fails = when_store_fails;
    return config;
  };
  const config::Config tightest_first[]{stored(LimitStore::shared, StoreFailure::deny),
                                        stored(LimitStore::shared, StoreFailure::local),
                                        stored(LimitStore::memory, StoreFailure::local)};
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j)
      EXPECT_EQ(routes_told(tightest_first[i], tightest_first[j]).size(), i < j ? 1U : 0U) << i << " to " << j;
  for (const config::Config& tight : tightest_first)
    EXPECT_EQ(routes_told(tight, stored(LimitStore::shared, StoreFailure::allow)).size(), 1U);
}

}  // namespace
}  // namespace portcullis::serve
