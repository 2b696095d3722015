// A configuration that is not understood never starts: every mistake has its place and its sentence.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "edge/config/config.h"
#include "portcullis/authorizer.h"
#include "tests/vector_file.h"

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

std::string without(std::string text, const std::string& part) {
  for (std::size_t at; (at = text.find(part)) != std::string::npos;) text.erase(at, part.size());
  return text;
}

// "LINE:COLUMN: message" of every problem, the folder left out.
std::string problems_of(const std::optional<std::string>& text, const Environment& environment = {},
                        const std::map<std::string, std::string>& files = {}) {
  Folder folder;
  std::optional<std::string> file;
  if (text) file = folder.write("portcullis.yaml", *text);
  for (const auto& [name, content] : files) (void)folder.write(name, content);
  if (!text) file = default_file(environment, folder.path());
  const auto loaded = load(file, environment);
  std::vector<RuleProblem> problems;
  if (!loaded) {
    problems = loaded.error();
  } else if (const auto made = Authorizer::make(loaded->rules, {}); !made) {
    problems = made.error();
  }
  std::string all;
  for (const RuleProblem& problem : problems) {
    const std::string place = problem.place.empty() ? "" : problem.place + ": ";
    all += without(place + "error: " + problem.message + '\n', folder.path() + '/');
  }
  return all;
}

std::map<std::string, std::string> texts_in(const Json& row, std::string_view name) {
  std::map<std::string, std::string> texts;
  const auto member = row.find(name);
  if (!member) return texts;
  for (auto text = member->begin(); text != member->end(); ++text) texts.emplace(text.name(), *(*text).string());
  return texts;
}

/// The file of a row of tests/vectors/config.json; nothing: the environment alone.
std::optional<std::string> file_of(const Json& row, std::string text) {
  if (const auto file = row.find("file")) return std::string{*file->string()};
  if (!row.find("change")) return row.find("unchanged") ? std::optional{text} : std::nullopt;
  for (const char* name : {"change", "and"}) {
    const auto change = row.find(name);
    if (!change) continue;
    const std::string from{*(*change->begin()).string()};
    const auto to = ++change->begin();
    const std::size_t at = text.find(from);
    EXPECT_NE(at, text.npos) << from;
    if (at != text.npos) text.replace(at, from.size(), *(*to).string());
  }
  return text;
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

// The same table as tests/config: there the commands read it, and a JSON Schema.
TEST(ConfigFile, IsRefusedWithThePlaceAndTheNextStep) {
  const JsonDocument table = testing::vector_file("config.json");
  const std::string whole = testing::text(table.root(), "good");
  const auto list = table.root().find("rows");
  ASSERT_TRUE(list);
  std::size_t rows = 0;
  for (const Json row : *list) {
    const auto says = row.find("says");
    if (!says || row.find("found_by")) continue;  // `found_by`: behind another door
    std::string errors;
    for (const Json line : *says)
      if (line.string()->find("error: ") != std::string::npos) errors.append(*line.string()) += '\n';
    Environment environment;
    for (const auto& [name, value] : texts_in(row, "environment")) environment.emplace(name, value);
    EXPECT_EQ(problems_of(file_of(row, whole), environment, texts_in(row, "files")), errors);
    ++rows;
  }
  EXPECT_GT(rows, 150u);
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

TEST(ConfigFile, SaysHowRefusalsHttpApisAndUsagePlansAreAnswered) {
  Folder folder;
  const std::string text = std::string{good} +
                           "lambda: { http_api: policy, deny: context, metrics: off, api_key_from: 'claim:/azp', "
                           "default_api_key: 'env:DEFAULT_KEY' }\n";
  const auto config = load(folder.write("p.yaml", text), {{"DEFAULT_KEY", "defaultdefaultdefault"}});
  ASSERT_TRUE(config) << config.error().front().message;
  EXPECT_EQ(config->lambda.http_api, LambdaSettings::HttpApi::policy);
  EXPECT_EQ(config->lambda.deny, LambdaSettings::Deny::context);
  EXPECT_EQ(config->lambda.metrics, LambdaSettings::Metrics::off);
  EXPECT_EQ(config->lambda.api_key_from, "/azp");
  EXPECT_EQ(config->lambda.default_api_key, "defaultdefaultdefault");
}

TEST(ConfigFile, SaysHowOftenSomethingMayBeDoneAndByWhom) {
  Folder folder;
  const auto plain = load(folder.write("p.yaml", good), {});
  ASSERT_TRUE(plain);
  EXPECT_TRUE(plain->rules.limits.empty());
  EXPECT_FALSE(plain->rules.failed_tokens);
  EXPECT_EQ(plain->rules.limit_headers, LimitHeaders::current);
  EXPECT_EQ(plain->rules.when_store_fails, StoreFailure::local);
  EXPECT_EQ(plain->rules.limit_keys, 100'000u);

  const std::string text = replaced(good, "default: deny", R"(    limit: [per-user, plans]
    cost: 3
default: deny
limits:
  per-user: { rate: [1000/hour, 60/min], burst: 20, by: principal }
  plans: { rate: 100/10m, by: [organization, "claim:/plan", route], mode: report }
failed_tokens: { rate: 20/min }
limit_headers: both
when_store_fails: deny
limit_keys: 20000)");
  const std::string file = folder.write("p.yaml", text);
  const auto config = load(file, {});
  ASSERT_TRUE(config) << config.error().front().message;
  const Rules& rules = config->rules;
  EXPECT_EQ(rules.routes[1].limits, (std::vector<std::string>{"per-user", "plans"}));
  EXPECT_EQ(rules.routes[1].cost, 3);
  EXPECT_TRUE(rules.routes[0].limits.empty());
  EXPECT_EQ(rules.routes[0].cost, 1);
  ASSERT_EQ(rules.limits.size(), 2u);
  EXPECT_EQ(rules.limits[0].name, "per-user");
  EXPECT_EQ(rules.limits[0].place, file + ":13:3");
  EXPECT_EQ(rules.limits[0].mode, Mode::enforce);
  EXPECT_EQ(rules.limits[1].mode, Mode::report);
  const auto windows = rules.limits[0].rates.items();
  ASSERT_EQ(windows.size(), 2u);
  EXPECT_EQ(windows[0].period, std::chrono::hours{1});
  EXPECT_EQ(windows[0].burst, 1000) << "of several windows the burst is the shortest one's";
  EXPECT_EQ(windows[1].count, 60);
  EXPECT_EQ(windows[1].burst, 20);
  const auto by = rules.limits[1].by.items();
  ASSERT_EQ(by.size(), 3u);
  EXPECT_EQ(by[0].kind, LimitDimension::Kind::organization);
  EXPECT_EQ(by[1], (LimitDimension{LimitDimension::Kind::claim, "/plan"}));
  EXPECT_EQ(by[2].kind, LimitDimension::Kind::route);
  ASSERT_TRUE(rules.failed_tokens);
  EXPECT_EQ(rules.failed_tokens->rates.items().front().burst, 20);
  EXPECT_EQ(rules.limit_headers, LimitHeaders::both);
  EXPECT_EQ(rules.when_store_fails, StoreFailure::deny);
  EXPECT_EQ(rules.limit_keys, 20'000u);
}

TEST(ConfigFile, SaysWhereTheStateOfLimitsIsAndTheEnvironmentOverridesIt) {
  Folder folder;
  const auto loaded = [&](const std::string& store, const Environment& environment) {
    return load(folder.write("p.yaml", good + ("store: " + store)), environment);
  };
  const auto memory = loaded("memory", {});
  ASSERT_TRUE(memory);
  EXPECT_FALSE(memory->store);
  EXPECT_EQ(memory->rules.limit_store, LimitStore::memory);

  const Environment variables{{"STORE", "rediss://pc:p%2Fw%40d@[2001:db8::1]"}};
  const auto shared = loaded("env:STORE", variables);
  ASSERT_TRUE(shared) << shared.error().front().message;
  ASSERT_TRUE(shared->store);
  EXPECT_EQ(shared->rules.limit_store, LimitStore::shared);
  EXPECT_EQ(shared->store->host, "2001:db8::1");
  EXPECT_EQ(shared->store->port, 6379);
  EXPECT_EQ(shared->store->security, StoreSettings::Security::tls);
  EXPECT_EQ(shared->store->user, "pc");
  EXPECT_EQ(shared->store->password, "p/w@d");

  const auto overridden = loaded("env:STORE", {{"STORE", "rediss://pc:p%2Fw%40d@a.example.com"},
                                               {"PORTCULLIS_STORE", "redis://:other@127.0.0.1:6380/0"}});
  ASSERT_TRUE(overridden && overridden->store);
  EXPECT_EQ(overridden->store->port, 6380);
  EXPECT_EQ(overridden->store->security, StoreSettings::Security::plain);
  EXPECT_EQ(overridden->store->user, "");
  EXPECT_EQ(overridden->store->password, "other");
  EXPECT_EQ(place_of(*overridden, "store"), "PORTCULLIS_STORE");
  const auto back = loaded("rediss://a.example.com", {{"PORTCULLIS_STORE", "memory"}});
  ASSERT_TRUE(back);
  EXPECT_EQ(back->rules.limit_store, LimitStore::memory);

  // All machines with one password name their buckets alike, wherever the password is written.
  const auto elsewhere = loaded("rediss://other.example.com", {{"PORTCULLIS_STORE", "rediss://:p%2fw%40d@b.example"}});
  ASSERT_TRUE(elsewhere && elsewhere->store);
  EXPECT_EQ(shared->store->seed, elsewhere->store->seed);
  EXPECT_NE(shared->store->seed, overridden->store->seed);
}

TEST(ConfigFile, NeverTellsAStoresPassword) {
  for (const std::string store : {"rediss://pc:hunter2@cache.example.com", "redis://pc:hunter2@cache.example.com",
                                  "rediss://pc:hunter2@cache.example.com/1", "http://pc:hunter2@cache.example.com",
                                  "rediss://pc:hunter2%@h", "rediss://pc:hunter2 @h", "rediss://pc:hunter2@h:0"}) {
    SCOPED_TRACE(store);
    for (const std::string& problems :
         {problems_of(good + ("store: '" + store + "'")), problems_of(good, {{"PORTCULLIS_STORE", store + " "}}),
          problems_of(good + std::string{"store: env:S"}, {{"S", store + "?"}})}) {
      EXPECT_NE(problems, "");
      EXPECT_EQ(problems.find("hunter"), std::string::npos) << problems;
      EXPECT_EQ(problems.find("example"), std::string::npos) << problems;
    }
  }
}

TEST(ConfigFile, SaysWhereTheServerListensWhoMayAskAndWhatTheBackendIsTold) {
  Folder folder;
  const auto plain = load(folder.write("p.yaml", good), {});
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->serve.listen.address, "127.0.0.1");
  EXPECT_EQ(plain->serve.listen.port, 9091);
  EXPECT_EQ(plain->serve.admin.port, 9092);
  EXPECT_TRUE(plain->serve.proxies.empty()) << "there is no default that trusts anybody";
  ASSERT_EQ(plain->serve.identity.size(), 4u);
  EXPECT_TRUE(plain->notes.empty());

  const auto config = load(folder.write("p.yaml", std::string{good} + R"(serve:
  listen: "[::ffff:10.0.0.1]:80"
  admin: unix:/run/admin.sock
  admin_token: env:ADMIN
  proxies: [10.0.0.0/8, "::1"]
  identity: { X-Auth-Subject: sub, X-Who: client, X-Plan: "claim:/https:~1~1x.example~1plan" }
)"),
                           {{"ADMIN", "0123456789abcdef"}});
  ASSERT_TRUE(config) << config.error().front().message;
  const ServeSettings& serve = config->serve;
  EXPECT_EQ(serve.listen.address, "10.0.0.1") << "an IPv4-mapped address is the IPv4 address";
  EXPECT_EQ(serve.listen.port, 80);
  EXPECT_EQ(serve.admin.socket, "/run/admin.sock");
  EXPECT_EQ(serve.admin_token, "0123456789abcdef");
  ASSERT_EQ(serve.proxies.size(), 2u);
  EXPECT_TRUE(serve.proxies[0].contains(*IpAddress::parse("10.255.0.1")));
  EXPECT_FALSE(serve.proxies[1].contains(*IpAddress::parse("::2")));
  ASSERT_EQ(serve.identity.size(), 3u);
  EXPECT_EQ(serve.identity[1].claim, "client");
  EXPECT_EQ(serve.identity[2].name, "X-Plan");
  EXPECT_EQ(serve.identity[2].claim, "");
  EXPECT_EQ(serve.identity[2].pointer, "/https:~1~1x.example~1plan");
}

TEST(ConfigFile, ThatIsNoConfigurationIsOneClearLine) {
  EXPECT_NE(problems_of(std::string(20 << 20, ' ')).find("larger than"), std::string::npos);
  EXPECT_NE(problems_of(std::string(100'000, '[')).size(), 0u);
  const auto missing = load("/nowhere/portcullis.yaml", {});
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().front().message.find("No such file"), std::string::npos);
  EXPECT_NE(load("/tmp", {}).error().front().message.find("is a directory"), std::string::npos);
}

TEST(ConfigFile, WithAnEmptyOrShortSecretNeverStarts) {  // T-DOS-07: CVE-2019-20933
  const std::string file = replaced(good, "    audience:", "    secret: env:S\n    algorithms: [HS256]\n    audience:");
  EXPECT_EQ(problems_of(file, {{"S", std::string(32, 's')}}), "");
  for (const auto& [secret, words] : std::initializer_list<std::pair<std::string, std::string>>{
           {"", "S is not set"}, {"secret", "has 6 bytes"}, {std::string(31, 's'), "has 31 bytes"}}) {
    const std::string problems = problems_of(file, {{"S", secret}});
    EXPECT_NE(problems.find(words), std::string::npos) << problems;
  }
  EXPECT_NE(problems_of(replaced(file, "HS256", "HS512"), {{"S", std::string(63, 's')}}), "");
  EXPECT_EQ(problems_of(replaced(file, "HS256", "HS512"), {{"S", std::string(64, 's')}}), "");
}

TEST(ConfigFile, TakesValuesFromTheEnvironment) {
  EXPECT_EQ(problems_of(replaced(good, "https://api.example.com", "env:API"), {{"API", "https://a"}}), "");
}

TEST(EnvironmentAlone, IsEnoughForTheSimpleCase) {
  for (const char* domain : {"t.auth0.com", "https://t.auth0.com/"}) {
    const auto config = load(std::nullopt, {{"AUTH0_DOMAIN", domain}, {"AUTH0_AUDIENCE", "api"}});
    ASSERT_TRUE(config) << config.error().front().message;
    EXPECT_EQ(std::get<std::string>(config->rules.issuers.front().expect.issuer), "https://t.auth0.com/");
    EXPECT_EQ(config->rules.fallback, DefaultAccess::authenticated);
    EXPECT_EQ(config->lambda.policy, LambdaSettings::Policy::stage);
  }
  EXPECT_NE(problems_of(std::nullopt, {{"AUTH0_DOMAIN", ""}, {"AUTH0_AUDIENCE", ""}}).find("nothing is configured"),
            std::string::npos);
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
