// A configuration that is not understood never starts: every mistake has its place and its sentence.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "edge/config/config.h"
#include "portcullis/authorizer.h"

namespace portcullis::config {
namespace {

// A directory of its own for the files of one test.
class Folder {
 public:
  Folder() {
    char name[] = "/tmp/portcullis-config-XXXXXX";
    path_ = mkdtemp(name);
  }
  ~Folder() {
    for (const std::string& file : files_) unlink(file.c_str());
    rmdir(path_.c_str());
  }
  Folder(const Folder&) = delete;
  std::string write(const std::string& name, const std::string& text) {
    const std::string file = path_ + '/' + name;
    std::ofstream{file, std::ios::binary} << text;
    files_.push_back(file);
    return file;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::vector<std::string> files_;
};

constexpr const char* good = R"(issuers:
  - domain: example.eu.auth0.com
    audience: https://api.example.com
routes:
  - route: "GET /public"
    access: public
  - route: "GET /orders/{id}"
    access: { all: ["scope:read:orders", "permission:x"] }
default: deny
)";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

// "LINE:COLUMN: message" of every problem, the folder left out.
std::string problems_of(const std::string& text, const Environment& environment = {}) {
  Folder folder;
  const std::string file = folder.write("p.yaml", text);
  const auto loaded = load(file, environment);
  std::vector<RuleProblem> problems;
  if (!loaded) {
    problems = loaded.error();
  } else if (const auto made = Authorizer::make(loaded->rules, {}); !made) {
    problems = made.error();
  }
  std::string all;
  for (const RuleProblem& problem : problems) {
    std::string line = problem.place + ": " + problem.message;
    for (std::size_t at; (at = line.find(folder.path() + "/p.yaml:")) != std::string::npos;)
      line.erase(at, folder.path().size() + 8);
    all += (all.empty() ? "" : "\n") + line;
  }
  return all;
}

TEST(ConfigFile, WithEverythingInOrderLoads) {
  EXPECT_EQ(problems_of(good), "");
  Folder folder;
  const auto config = load(folder.write("p.yaml", good), {});
  ASSERT_TRUE(config);
  const IssuerRule& issuer = config->rules.issuers.front();
  EXPECT_EQ(std::get<std::string>(issuer.expect.issuer), "https://example.eu.auth0.com/");
  EXPECT_EQ(std::get<RemoteKeys>(issuer.keys).url, "https://example.eu.auth0.com/.well-known/jwks.json");
  EXPECT_EQ(issuer.expect.leeway, std::chrono::seconds{30});
  EXPECT_EQ(issuer.expect.algorithms.items().front(), Algorithm::RS256);
  EXPECT_EQ(config->rules.routes.size(), 2u);
  EXPECT_EQ(config->rules.fallback, DefaultAccess::deny);
  EXPECT_EQ(config->lambda.policy, LambdaSettings::Policy::routes);
  EXPECT_EQ(config->lambda.cache, std::chrono::seconds{300});
}

TEST(ConfigFile, IsRefusedWithThePlaceAndTheNextStep) {
  struct Row {
    const char *from, *to, *message;
  };
  for (
      const Row& row : std::initializer_list<Row>{
          {"audience:", "audiance:",
           "3:5: unknown key 'audiance'; did you mean 'audience'?\n2:5: 'audience' is missing: the identifier of the "
           "API "
           "(or, for id-token, the client)"},
          {"https://api.example.com", "[]", "3:15: the list is empty; nothing would ever be accepted"},
          {"https://api.example.com", "''", "3:15: the value is empty"},
          {"https://api.example.com", "env:API_AUDIENCE", "3:15: the environment variable API_AUDIENCE is not set"},
          {"routes:", "    algorithms: []\nroutes:", "4:17: the list is empty; nothing would ever be accepted"},
          {"routes:", "    algorithms: [none]\nroutes:", "4:17: 'none' is not an algorithm; RS256 is the usual one"},
          {"routes:", "    algorithms: [RS256, HS256]\nroutes:",
           "2:5: HS256 needs a local 'secret'; a shared secret is never taken from a key set"},
          {"  - domain: example.eu.auth0.com\n    audience: https://api.example.com", " []",
           ": no issuer is configured, but some routes need a token"},
          {"routes:", "    leeway: 1h\nroutes:", "4:13: must be from 0 to 300 seconds"},
          {"routes:", "    leeway: -5s\nroutes:", "4:13: not a duration like 30s, 5m or 24h"},
          {"routes:", "    leeway: soon\nroutes:", "4:13: not a duration like 30s, 5m or 24h"},
          {"routes:", "    audience: twice\nroutes:", "4:5: the key 'audience' stands here twice"},
          {"GET /public", "GET /orders/{ref}",
           "7:12: \"GET /orders/{id}\" matches the same requests as \"GET /orders/{ref}\" (5:12); remove one"},
          {"default: deny", "default: alow", "9:10: 'alow' is not known here; possible: deny, authenticated"},
          {"default: deny", "default: dny", "9:10: 'dny' is not known here; did you mean 'deny'?"},
          {"default: deny\n", "", "1:1: 'default' is missing; a file has both routes and default"},
          {"access: public", "access: &a public", "6:13: an anchor (&name); write the value out where it is used"},
          {"access: public", "access: !!str public", "6:13: a tag (!name) has no meaning here"},
          {"access: public", "access: {}", "6:13: 'access' is empty; write public, authenticated or { all: […] }"},
          {"access: public", "access: publik", "6:13: 'publik' is not known here; did you mean 'public'?"},
          {"scope:read:orders", "scopes:read",
           "8:21: a requirement is scope:NAME, permission:NAME, role:NAME, organization:ID, client:ID or "
           "claim:/POINTER=VALUE"},
          {"domain: example.eu.auth0.com", "domain: http://example.eu.auth0.com",
           "2:13: http is possible only for localhost; use https"},
          {"domain: example.eu.auth0.com", "issuer: http://localhost:3001/",
           "2:13: http needs 'development: true' (or PORTCULLIS_DEVELOPMENT=1): it is for the local world only"},
          {"routes:", "    secret: hunter2hunter2\nroutes:",
           "4:13: a secret is written env:NAME or file:PATH, never as a literal"},
          {"routes:", "    token: jwt\nroutes:",
           "4:12: 'jwt' is not known here; possible: auth0-access, rfc9068, id-token, generic"},
          {"default: deny", "default: deny\nlambda: { context: [sub, sub] }", "10:20: 'sub' stands in 'context' twice"},
          {"default: deny", "default: deny\nlambda: { context: ['https://x/roles'] }",
           "10:20: a name in 'context' has only letters, digits and '_'"},
          {"default: deny", "default: deny\nlambda: { http_api: yes }",
           "10:21: 'yes' is not known here; possible: simple, policy"},
          {"default: deny", "default: deny\nlambda: { api_key_from: 'claim:/azp' }",
           "10:25: 'default_api_key' is missing: the key of callers whose token names none"},
          {"default: deny", "default: deny\nlambda: { api_key_from: azp, default_api_key: defaultdefaultdefault }",
           "10:25: 'api_key_from' is claim: and a JSON pointer, such as claim:/azp or "
           "claim:/https:~1~1x.example~1plan"},
          {"default: deny", "default: deny\nlambda: { default_api_key: short }",
           "10:28: an API key has 20 to 128 letters and digits"},
          {"default: deny", "default: deny\nlimits: {}",
           "10:1: unknown key 'limits'; possible: issuers, routes, default, dpop, lambda, cors, development"},
          {"default: deny", "default: deny\ndpop: { algorithms: [HS256] }",
           "10:21: HS256 is no algorithm for proofs: their key is public (RS, PS, ES or EdDSA)"},
          {"default: deny", "default: deny\ndpop: { algorithms: [ES255] }",
           "10:21: 'ES255' is not an algorithm; ES256 is the usual one"},
          {"default: deny", "default: deny\ndpop: { window: 9s }", "10:17: must be from 10 to 600 seconds"},
          {"default: deny", "default: deny\ndpop: { nonce: on }", "10:16: 'on' is not known here; did you mean 'off'?"},
          {"default: deny", "default: deny\ndpop: { replay: off }",
           "10:9: unknown key 'replay'; possible: algorithms, window, nonce"},
          {"default: deny", "default: deny\nlambda: { public_base_url: 'api.example.com' }",
           "10:28: 'public_base_url' is an absolute https URL without query: what stands in front of the route's path"},
          {"default: deny", "default: deny\nlambda: { public_base_url: 'https://a.example/?x' }",
           "10:28: 'public_base_url' is an absolute https URL without query: what stands in front of the route's path"},
          {"access: public", "access: public\n    mode: report",
           "5:12: mode: report has no meaning on a public route, where nothing is refused"},
          {"access: public", "access: authenticated\n    mode: off", "7:11: 'off' is not known here; possible: report"},
          {"issuers:", "\tissuers:", nullptr},
          {"issuers:", "\xEF\xBB\xBFissuers:", "1:1: a byte order mark; save the file as plain UTF-8"}}) {
    SCOPED_TRACE(std::string{row.to});
    const std::string problems = problems_of(replaced(good, row.from, row.to));
    if (row.message) {
      EXPECT_EQ(problems, row.message);
    } else {
      EXPECT_NE(problems.find("not YAML"), std::string::npos) << problems;
    }
  }
}

TEST(ConfigFile, SaysWhatADpopProofMustBe) {
  Folder folder;
  const auto plain = load(folder.write("p.yaml", good), {});
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->rules.dpop.offer, DpopOffer::silent);
  EXPECT_EQ(plain->rules.dpop.window, std::chrono::seconds{300});
  const std::string text = replaced(good, "default: deny",
                                    "default: deny\ndpop: { algorithms: [ES256, EdDSA], window: 1m, nonce: required }\n"
                                    "lambda: { public_base_url: 'https://api.example.com/v1/' }");
  const auto config = load(folder.write("p.yaml", text), {});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->rules.dpop.offer, DpopOffer::announced);
  EXPECT_EQ(config->rules.dpop.algorithms.items().size(), 2u);
  EXPECT_EQ(config->rules.dpop.window, std::chrono::seconds{60});
  EXPECT_EQ(config->rules.dpop.nonce, DpopNonce::required);
  EXPECT_EQ(config->lambda.public_base_url, "https://api.example.com/v1") << "a path begins with the slash";
}

TEST(ConfigFile, WithARouteThatOnlyReportsSaysSoAtEveryStart) {
  Folder folder;
  const std::string text = replaced(good, "access: public", "access: authenticated\n    mode: report");
  const auto config = load(folder.write("p.yaml", text), {});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->rules.routes[0].mode, Mode::report);
  EXPECT_EQ(config->rules.routes[1].mode, Mode::enforce);
  ASSERT_EQ(config->notes.size(), 1u);
  EXPECT_TRUE(config->notes[0].place.ends_with("p.yaml:7:11")) << config->notes[0].place;
  EXPECT_NE(config->notes[0].message.find("nothing is enforced here"), std::string::npos);
}

TEST(ConfigFile, SaysHowAnHttpApiAndUsagePlansAreAnswered) {
  Folder folder;
  const std::string text = std::string{good} +
                           "lambda: { http_api: policy, metrics: off, api_key_from: 'claim:/azp', "
                           "default_api_key: 'env:DEFAULT_KEY' }\n";
  const auto config = load(folder.write("p.yaml", text), {{"DEFAULT_KEY", "defaultdefaultdefault"}});
  ASSERT_TRUE(config) << config.error().front().message;
  EXPECT_EQ(config->lambda.http_api, LambdaSettings::HttpApi::policy);
  EXPECT_EQ(config->lambda.metrics, LambdaSettings::Metrics::off);
  EXPECT_EQ(config->lambda.api_key_from, "/azp");
  EXPECT_EQ(config->lambda.default_api_key, "defaultdefaultdefault");
}

TEST(ConfigFile, ThatIsNoConfigurationIsOneClearLine) {
  EXPECT_EQ(problems_of(""), "1:1: empty, or not a mapping of keys to values");
  EXPECT_EQ(problems_of("- a\n- b\n"), "1:1: empty, or not a mapping of keys to values");
  EXPECT_NE(problems_of(std::string(20 << 20, ' ')).find("larger than"), std::string::npos);
  EXPECT_NE(problems_of(std::string(100'000, '[')).size(), 0u);
  const auto missing = load("/nowhere/portcullis.yaml", {});
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().front().message.find("No such file"), std::string::npos);
  EXPECT_NE(load("/tmp", {}).error().front().message.find("is a directory"), std::string::npos);
}

TEST(ConfigFile, AndTheEnvironmentDoNotBothNameIssuers) {
  const std::string problems = problems_of(good, {{"AUTH0_DOMAIN", "other.auth0.com"}});
  EXPECT_NE(problems.find("AUTH0_DOMAIN is set as well"), std::string::npos) << problems;
  EXPECT_EQ(problems_of(replaced(good, "https://api.example.com", "env:API"), {{"API", "https://a"}}), "");
}

struct EnvironmentRow {
  const char* why;
  Environment environment;
  const char* problem;  // null: loads
};

TEST(EnvironmentAlone, IsEnoughForTheSimpleCaseAndRefusedWhenItContradictsItself) {
  for (const EnvironmentRow& row : std::initializer_list<EnvironmentRow>{
           {"a tenant and an API", {{"AUTH0_DOMAIN", "t.auth0.com"}, {"AUTH0_AUDIENCE", "api"}}, nullptr},
           {"the domain as a URL", {{"AUTH0_DOMAIN", "https://t.auth0.com/"}, {"AUTH0_AUDIENCE", "api"}}, nullptr},
           {"an audience without a tenant", {{"AUTH0_AUDIENCE", "api"}}, "set AUTH0_DOMAIN too"},
           {"a tenant without an audience", {{"AUTH0_DOMAIN", "t.auth0.com"}}, "set AUTH0_AUDIENCE too"},
           {"both contracts",
            {{"AUTH0_AUDIENCE", "api"}, {"AUTH0_CLIENT_PUBLIC_KEY", "x"}},
            "unset AUTH0_CLIENT_PUBLIC_KEY"},
           {"a certificate without a client", {{"AUTH0_CLIENT_PUBLIC_KEY", "x"}}, "set AUTH0_CLIENT_ID too"},
           {"a certificate that is none",
            {{"AUTH0_CLIENT_ID", "c"}, {"AUTH0_CLIENT_PUBLIC_KEY", "x"}},
            "not a usable PEM"},
           {"nothing", {}, "nothing is configured"},
           {"empty values are unset", {{"AUTH0_DOMAIN", ""}, {"AUTH0_AUDIENCE", ""}}, "nothing is configured"},
           {"a store, which this version does not have",
            {{"AUTH0_DOMAIN", "t.auth0.com"}, {"AUTH0_AUDIENCE", "api"}, {"PORTCULLIS_STORE", "redis://127.0.0.1"}},
            "no store"},
           {"an algorithm nobody knows",
            {{"AUTH0_DOMAIN", "t.auth0.com"}, {"AUTH0_AUDIENCE", "api"}, {"AUTH0_ALGORITHMS", "none"}},
            "'none' is not an algorithm"},
           {"a leeway too wide",
            {{"AUTH0_DOMAIN", "t.auth0.com"}, {"AUTH0_AUDIENCE", "api"}, {"AUTH0_LEEWAY", "1h"}},
            "not a duration from 0s to 300s"}}) {
    SCOPED_TRACE(row.why);
    const auto config = load(std::nullopt, row.environment);
    ASSERT_EQ(static_cast<bool>(config), row.problem == nullptr) << (config ? "" : config.error().front().message);
    if (row.problem) {
      EXPECT_NE(config.error().front().message.find(row.problem), std::string::npos) << config.error().front().message;
    } else {
      EXPECT_EQ(std::get<std::string>(config->rules.issuers.front().expect.issuer), "https://t.auth0.com/");
      EXPECT_EQ(config->rules.fallback, DefaultAccess::authenticated);
      EXPECT_EQ(config->lambda.policy, LambdaSettings::Policy::stage);
    }
  }
}

TEST(EnvironmentAlone, OverridesAlgorithmsAndLeeway) {
  const auto config = load(std::nullopt, {{"AUTH0_DOMAIN", "t.auth0.com"},
                                          {"AUTH0_AUDIENCE", "api"},
                                          {"AUTH0_ALGORITHMS", "RS256, PS256"},
                                          {"AUTH0_LEEWAY", "5"}});
  ASSERT_TRUE(config);
  const Expectations& expect = config->rules.issuers.front().expect;
  EXPECT_EQ(expect.algorithms.items().size(), 2u);
  EXPECT_EQ(expect.leeway, std::chrono::seconds{5});
}

TEST(Placeholders, AreNoticed) {
  const auto config =
      load(std::nullopt, {{"AUTH0_DOMAIN", "your-auth0-domain-here.auth0.com"}, {"AUTH0_AUDIENCE", "api"}});
  ASSERT_TRUE(config);
  ASSERT_FALSE(config->notes.empty());
  EXPECT_NE(config->notes.front().message.find("placeholder"), std::string::npos);
}

TEST(Files, ThatTheConfigurationNamesAreKnownAsWrittenWithTheirPlaces) {
  Folder folder;
  folder.write("hs", std::string(32, 's'));
  const std::string jwks = R"({"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","alg":"EdDSA",)"
                           R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";
  folder.write("keys.json", jwks);
  const std::string file = folder.write("p.yaml", R"(issuers:
  - { issuer: https://a.example.com/, audience: a, algorithms: [EdDSA], jwks_file: ./keys.json }
  - { issuer: https://b.example.com/, audience: b, algorithms: [HS256], token: generic, secret: file:hs }
routes: []
default: deny
)");
  const auto loaded = load(file, {});
  ASSERT_TRUE(loaded) << loaded.error().front().message;
  ASSERT_EQ(loaded->key_files.size(), 1u);
  EXPECT_EQ(loaded->key_files.front().path, "./keys.json");
  EXPECT_EQ(loaded->key_files.front().place, file + ":2:84");
  ASSERT_EQ(loaded->secret_files.size(), 1u);
  EXPECT_EQ(loaded->secret_files.front().path, "hs");
}

TEST(Written, KnowsWhatTheFileAndTheEnvironmentSayAndNothingElse) {
  Folder folder;
  const std::string file = folder.write("portcullis.yaml", replaced(good, "https://api.example.com", "env:WHO"));
  const auto loaded = load(file, {{"WHO", "https://api.example.com"}, {"AUTH0_LEEWAY", "5"}});
  ASSERT_TRUE(loaded);
  const WrittenSettings& written = loaded->written;
  const auto place = [&](const char* name) { return written.contains(name) ? written.find(name)->second.place : ""; };
  EXPECT_EQ(place("issuers[0].domain"), file + ":2:13");
  EXPECT_EQ(place("routes[1].access"), file + ":8:13");
  EXPECT_EQ(place("default"), file + ":9:10");
  EXPECT_EQ(place("issuers[0].leeway"), "AUTH0_LEEWAY");
  EXPECT_EQ(place("issuers[0].algorithms"), "");
  EXPECT_EQ(written.find("issuers[0].audience")->second.variable, "WHO");
}

TEST(Written, OfTheEnvironmentAloneAreItsVariables) {
  const auto loaded = load(std::nullopt, {{"AUTH0_DOMAIN", "t.example.com"}, {"AUTH0_AUDIENCE", "a"}});
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->written.find("issuers[0].issuer")->second.place, "AUTH0_DOMAIN");
  EXPECT_EQ(loaded->written.find("issuers[0].audience")->second.place, "AUTH0_AUDIENCE");
  EXPECT_FALSE(loaded->written.contains("issuers[0].token"));
}

}  // namespace
}  // namespace portcullis::config
