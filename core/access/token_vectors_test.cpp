// Every token of tests/vectors/tokens.json gets the reason that its row says, through the Authorizer.
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <sstream>

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

// The key set reaches the authorizer the way a JWKS does: asked for, and answered. A set without a usable
// key must leave it without keys.
struct Judge {
  explicit Judge(const Json& config) {
    Rules rules;
    rules.fallback = DefaultAccess::authenticated;
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
    const bool lenient = config.find("allow_missing_kid") && config.find("allow_missing_kid")->boolean() == true;
    const auto missing = lenient ? MissingKeyId::allowed_if_one_key_fits : MissingKeyId::refused;
    if (const auto set = config.find("jwks")) {
      JsonWriter document;
      write_json(document, *set);
      jwks = std::move(document).text();
      rules.issuers.push_back({expect, RemoteKeys{"https://tenant.example.com/jwks"}, missing, "config"});
    } else {
      rules.issuers.push_back({expect, LocalKeys{*keys_of(config), "config"}, missing, "config"});
    }
    auto made = Authorizer::make(rules, {});
    EXPECT_TRUE(made) << (made ? "" : made.error().front().message);
    authorizer.emplace(*std::move(made));
  }

  Decision judge(const std::string& token, Now now) {
    Step step = authorizer->begin_token(token, now);
    while (auto* asked = std::get_if<Asked>(&step)) {
      const FetchOutcome answer = FetchedKeys{200, jwks, "", {}, {}};
      authorizer->learn(std::get<NeedKeys>(asked->question).ticket, answer, now);
      step = authorizer->resume(std::move(asked->pending), answer, now);
    }
    return std::get<Settled>(std::move(step)).decision;
  }

  std::string jwks;
  std::optional<Authorizer> authorizer;
};

Now instant(double seconds) {
  return {WallTime{std::chrono::milliseconds{static_cast<std::int64_t>(seconds * 1000)}}, {}};
}

bool expected(const Json& test, std::string_view code) {
  if (text(test, "expect") == code) return true;
  const auto also = test.find("also");
  if (!also) return false;
  if (also->string()) return *also->string() == code;
  for (const Json other : *also)
    if (other.string() == code) return true;
  return false;
}

TEST(TokenVectors, GetTheReasonThatTheirRowSays) {
  const auto file = testing::vector_file("tokens.json");
  std::map<std::string, Json> configs;
  const Json list_of_configs = *file.root().find("configs");
  for (const Json config : list_of_configs) configs.emplace(text(config, "name"), config);
  int judged = 0, accepted = 0;
  const Json list_of_cases = *file.root().find("cases");
  for (const Json test : list_of_cases) {
    SCOPED_TRACE(text(test, "id") + ": " + text(test, "why"));
    const std::string token = text(test, "token");
    testing::note_token(token);
    Judge judge{configs.at(text(test, "config"))};
    const Decision decision = judge.judge(token, instant(*test.find("at")->number()));
    EXPECT_TRUE(expected(test, facts(decision.reason).code))
        << "got " << facts(decision.reason).code << " (" << decision.detail << "), expected " << text(test, "expect");
    EXPECT_EQ(decision.outcome == Outcome::allow, decision.token.has_value());
    EXPECT_EQ(decision.outcome == Outcome::allow, decision.reason == Reason::ok);
    ++judged;
    accepted += decision.outcome == Outcome::allow ? 1 : 0;
  }
  std::cout << "counted: token vectors: " << judged << " judged, " << accepted << " of them good\n";
  EXPECT_GT(judged, 1000);
  EXPECT_GT(accepted, 100);
}

}  // namespace
}  // namespace portcullis
