// Every token of tests/vectors/tokens.json gets the reason that its row says, through the Authorizer.
#include <gtest/gtest.h>

#include <iostream>
#include <map>

#include "portcullis/authorizer.h"
#include "portcullis/json_writer.h"
#include "tests/used_tokens.h"
#include "tests/vector_file.h"

namespace portcullis {
namespace {

using testing::text;

std::vector<std::string> texts(const std::optional<Json>& list) {
  std::vector<std::string> all;
  if (list)
    for (const Json item : *list) all.emplace_back(item.string().value_or(""));
  return all;
}

Profile profile_named(const std::string& name) {
  if (name == "rfc9068") return Profile::rfc9068;
  if (name == "id-token") return Profile::id_token;
  if (name == "generic") return Profile::generic;
  EXPECT_EQ(name, "auth0-access");
  return Profile::auth0_access;
}

// Keys as the configuration would have them; nullopt when no key of the set is usable at all.
std::optional<KeySet> keys_of(const Json& config) {
  if (const auto jwks = config.find("jwks")) {
    JsonWriter document;
    write_json(document, *jwks);
    auto keys = KeySet::parse(document.text());
    return keys ? std::optional<KeySet>{*keys} : std::nullopt;
  }
  auto key = config.find("pem") ? VerificationKey::from_pem(text(config, "pem"))
                                : VerificationKey::from_secret(text(config, "secret"));
  EXPECT_TRUE(key) << (key ? "" : key.error());
  return key ? std::optional<KeySet>{KeySet::of_static_keys({*key})} : std::nullopt;
}

Expectations expectations_of(const Json& config) {
  std::vector<Algorithm> algorithms;
  for (const std::string& name : texts(config.find("algorithms"))) algorithms.push_back(*algorithm_named(name));
  Expectations expect{UncheckedIssuer{},
                      *NonEmpty<std::string>::from(texts(config.find("audiences"))),
                      *NonEmpty<Algorithm>::from(algorithms),
                      std::chrono::seconds{static_cast<int>(config.find("leeway")->number().value())},
                      profile_named(text(config, "profile")),
                      NonEmpty<std::string>::from(texts(config.find("clients"))),
                      NonEmpty<std::string>::from(texts(config.find("types")))};
  if (const auto issuer = config.find("issuer"); issuer && issuer->string())
    expect.issuer = std::string{*issuer->string()};
  return expect;
}

// The key sets reach the authorizer the way a JWKS does: asked for, and answered. A set without a usable
// key must leave it without keys.
class Judge {
 public:
  explicit Judge(const std::vector<Json>& configs) {
    Rules rules;
    rules.fallback = DefaultAccess::authenticated;
    for (const Json& config : configs) rules.issuers.push_back(issuer_of(config));
    auto made = Authorizer::make(rules, {});
    EXPECT_TRUE(made) << (made ? "" : made.error().front().message);
    authorizer_.emplace(*std::move(made));
  }

  Decision judge(const std::string& token, Now now) {
    Step step = authorizer_->begin_token(token, now);
    while (auto* asked = std::get_if<Asked>(&step)) {
      const auto& question = std::get<NeedKeys>(asked->question);
      const FetchOutcome answer = FetchedKeys{200, jwks_.at(question.url), "", {}, {}};
      authorizer_->learn(question.ticket, answer, now);
      step = authorizer_->resume(std::move(asked->pending), answer, now);
    }
    return std::get<Settled>(std::move(step)).decision;
  }

 private:
  IssuerRule issuer_of(const Json& config) {
    const bool lenient = config.find("allow_missing_kid") && config.find("allow_missing_kid")->boolean() == true;
    const auto missing = lenient ? MissingKeyId::allowed_if_one_key_fits : MissingKeyId::refused;
    const auto set = config.find("jwks");
    if (!set) return {expectations_of(config), LocalKeys{*keys_of(config), "config"}, missing, "config"};
    JsonWriter document;
    write_json(document, *set);
    const std::string url = "https://keys.example.com/" + std::to_string(jwks_.size());
    jwks_[url] = std::move(document).text();
    return {expectations_of(config), RemoteKeys{url}, missing, "config"};
  }

  std::map<std::string, std::string> jwks_;  // by URL
  std::optional<Authorizer> authorizer_;
};

Now instant(double seconds) {
  return {WallTime{std::chrono::milliseconds{static_cast<std::int64_t>(seconds * 1000)}}, {}};
}

// Whether `detail` repeats twelve characters of the token (T-SIG-09: CVE-2019-7644 told the expected signature).
bool quotes(std::string_view detail, std::string_view token) {
  constexpr std::size_t piece = 12;
  for (std::size_t at = 0; at + piece <= detail.size(); ++at)
    if (token.find(detail.substr(at, piece)) != token.npos) return true;
  return false;
}

void expect_grants(const Json& test, const VerifiedToken& token) {
  if (const auto scopes = test.find("scopes")) {
    for (auto scope = scopes->begin(); scope != scopes->end(); ++scope)
      EXPECT_EQ(token.has_scope(scope.name()), (*scope).boolean()) << scope.name();
  }
  if (const auto permissions = test.find("permissions")) {
    for (auto permission = permissions->begin(); permission != permissions->end(); ++permission)
      EXPECT_EQ(token.has_permission(permission.name()), (*permission).boolean()) << permission.name();
  }
}

TEST(TokenVectors, GetTheReasonThatTheirRowSays) {
  const auto file = testing::vector_file("tokens.json");
  std::map<std::string, Json> configs;
  const Json list_of_configs = *file.root().find("configs");
  for (const Json config : list_of_configs) configs.emplace(text(config, "name"), config);
  std::map<std::string, std::string> tokens;  // by the case's id
  int judged = 0, accepted = 0;
  const Json list_of_cases = *file.root().find("cases");
  for (const Json test : list_of_cases) {
    SCOPED_TRACE(text(test, "id") + ": " + text(test, "why"));
    const std::string token = text(test, "token");
    testing::note_token(token);
    tokens[text(test, "id")] = token;
    std::vector<Json> used{configs.at(text(test, "config"))};
    for (const std::string& also : texts(test.find("also"))) used.push_back(configs.at(also));
    const Decision decision = Judge{used}.judge(token, instant(*test.find("at")->number()));
    EXPECT_EQ(text(test, "expect"), facts(decision.reason).code) << decision.detail;
    EXPECT_EQ(decision.outcome == Outcome::allow, decision.token.has_value());
    EXPECT_EQ(decision.outcome == Outcome::allow, decision.reason == Reason::ok);
    EXPECT_FALSE(quotes(decision.detail, token)) << decision.detail;
    EXPECT_FALSE(quotes(decision.detail, tokens[text(test, "twin")])) << decision.detail;  // has the good signature
    if (decision.token) expect_grants(test, *decision.token);
    ++judged;
    accepted += decision.outcome == Outcome::allow ? 1 : 0;
  }
  std::cout << "counted: token vectors: " << judged << " judged, " << accepted << " of them good\n";
  EXPECT_GT(judged, 1000);
  EXPECT_GT(accepted, 100);
}

TEST(OpaqueTokens, AreCalledSoWithoutAskingForKeys) {  // C003
  const auto file = testing::vector_file("tokens.json");
  const Json configs = *file.root().find("configs");
  Rules rules;
  rules.fallback = DefaultAccess::authenticated;
  rules.issuers.push_back({expectations_of(*configs.begin()), RemoteKeys{"https://keys.example.com/"}, {}, "config"});
  const auto authorizer = Authorizer::make(rules, {});
  ASSERT_TRUE(authorizer);
  for (const char* token :
       {"3xampleOpaqueT0kenOf32Characters", "a.b",
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..QUFBQUFBQUFBQUFB.QkJCQg.Q0NDQ0NDQ0NDQ0NDQ0NDQw"}) {
    SCOPED_TRACE(token);
    const Step step = authorizer->begin_token(token, instant(1767225600));
    const auto* settled = std::get_if<Settled>(&step);
    ASSERT_TRUE(settled);
    EXPECT_EQ(settled->decision.reason, Reason::not_jws);
    EXPECT_NE(settled->decision.detail.find("'audience' sent at login?"), std::string::npos);
    EXPECT_TRUE(challenge(settled->decision).starts_with("Bearer error=\"invalid_token\""));
  }
}

}  // namespace
}  // namespace portcullis
