// Every setting has its value and its origin, and no secret is told.
#include "doors/cli/effective.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace portcullis::cli {
namespace {

class File {
 public:
  explicit File(const std::string& text) {
    char name[] = "/tmp/portcullis-effective-XXXXXX";
    const int descriptor = mkstemp(name);
    close(descriptor);
    path = name;
    std::ofstream{path, std::ios::binary} << text;
  }
  ~File() { unlink(path.c_str()); }
  File(const File&) = delete;
  std::string path;
};

struct Shown {
  std::string value, place, variable;
  friend bool operator==(const Shown&, const Shown&) = default;
};
void PrintTo(const Shown& shown, std::ostream* out) {
  *out << shown.value << " [" << shown.place << ", " << shown.variable << ']';
}

class Effective {
 public:
  Effective(const std::string& text, const config::Environment& environment) : file_(text) {
    const auto config = config::load(text.empty() ? std::nullopt : std::optional<std::string>{file_.path}, environment);
    EXPECT_TRUE(config) << (config ? "" : config.error().front().message);
    if (!config) return;
    written_ = config->written;
    settings_ = effective_settings(*config, environment);
  }

  /// With the file's name left out of the place.
  Shown operator[](const std::string& name) const {
    for (const Setting& setting : settings_) {
      if (setting.name != name) continue;
      const std::string& place = setting.from.place;
      return {setting.value, place.starts_with(file_.path) ? place.substr(file_.path.size() + 1) : place,
              setting.from.variable};
    }
    return {"no such setting", "", ""};
  }
  const std::vector<Setting>& settings() const { return settings_; }
  const config::WrittenSettings& written() const { return written_; }

 private:
  File file_;
  std::vector<Setting> settings_;
  config::WrittenSettings written_;
};

constexpr const char* least = "issuers:\n  - domain: t.example.com\n    audience: env:WHO\nroutes: []\ndefault: deny\n";

TEST(EffectiveSettings, TellFileEnvironmentAndDefaultApart) {
  const Effective plain{least, {{"WHO", "https://api.example.com"}}};
  EXPECT_EQ(plain["issuers[0].issuer"], (Shown{"https://t.example.com/", "2:13", ""}));
  EXPECT_EQ(plain["issuers[0].audience"], (Shown{"[https://api.example.com]", "3:15", "WHO"}));
  EXPECT_EQ(plain["issuers[0].algorithms"], (Shown{"[RS256]", "", ""}));
  EXPECT_EQ(plain["issuers[0].leeway"], (Shown{"30s", "", ""}));
  EXPECT_EQ(plain["issuers[0].jwks_uri"], (Shown{"https://t.example.com/.well-known/jwks.json", "", ""}));
  EXPECT_EQ(plain["default"], (Shown{"deny", "5:10", ""}));
  EXPECT_EQ(plain["lambda.cache"], (Shown{"300s", "", ""}));
  EXPECT_EQ(plain["lambda.deny"], (Shown{"unauthorized", "", ""}));
  EXPECT_EQ(plain["cors.origins"], (Shown{"[]", "", ""}));
  EXPECT_EQ(plain["store"], (Shown{"memory", "", ""}));
  EXPECT_EQ(plain["serve.listen"], (Shown{"127.0.0.1:9091", "", ""}));
  EXPECT_EQ(plain["serve.admin_token"].value, "none");
  EXPECT_EQ(plain["PORTCULLIS_LOG"], (Shown{"info", "", ""}));

  const Effective overridden{least,
                             {{"WHO", "a"},
                              {"AUTH0_ALGORITHMS", "RS512"},
                              {"AUTH0_LEEWAY", "5"},
                              {"PORTCULLIS_DEVELOPMENT", "1"},
                              {"PORTCULLIS_LOG", "warn"},
                              {"PORTCULLIS_STORE", "redis://:hunter2@localhost"}}};
  EXPECT_EQ(overridden["issuers[0].algorithms"], (Shown{"[RS512]", "AUTH0_ALGORITHMS", ""}));
  EXPECT_EQ(overridden["issuers[0].leeway"], (Shown{"5s", "AUTH0_LEEWAY", ""}));
  EXPECT_EQ(overridden["store"], (Shown{"redis://localhost:6379 (password set)", "PORTCULLIS_STORE", ""}));
  EXPECT_EQ(overridden["development"], (Shown{"true", "PORTCULLIS_DEVELOPMENT", ""}));
  EXPECT_EQ(overridden["PORTCULLIS_LOG"], (Shown{"warn", "PORTCULLIS_LOG", ""}));
}

TEST(EffectiveSettings, OfTheEnvironmentAloneNameItsVariables) {
  const Effective alone{"", {{"AUTH0_DOMAIN", "t.example.com"}, {"AUTH0_AUDIENCE", "https://api.example.com"}}};
  EXPECT_EQ(alone["issuers[0].issuer"], (Shown{"https://t.example.com/", "AUTH0_DOMAIN", ""}));
  EXPECT_EQ(alone["issuers[0].audience"], (Shown{"[https://api.example.com]", "AUTH0_AUDIENCE", ""}));
  EXPECT_EQ(alone["issuers[0].token"], (Shown{"auth0-access", "", ""}));
  EXPECT_EQ(alone["default"], (Shown{"authenticated", "", ""}));
  EXPECT_EQ(alone["cors.origins"], (Shown{"[*]", "", ""}));
}

constexpr const char* everything = R"(development: true
issuers:
  - issuer: https://internal.example.com/
    audience: [internal, other]
    algorithms: [HS256]
    token: generic
    typ: [JWT]
    clients: [web]
    leeway: 10s
    allow_missing_kid: true
    secret: env:SECRET
  - issuer: https://a.example.com/
    audience: one
    jwks_uri: https://keys.example.com/jwks.json
    keys: { fresh: 5m, stale: 1h }
  - issuer: https://b.example.com/
    audience: two
    jwks_uri: https://keys.example.com/jwks.json
routes:
  - route: "GET /orders"
    access: { all: ["scope:read:orders"] }
    mode: report
    limit: a
    cost: 2
default: deny
lambda:
  policy: routes
  cache: 60s
  context: [scope]
  http_api: policy
  metrics: off
  api_key_from: claim:/azp
  default_api_key: abcdefghij0123456789
cors: { origins: ["https://user:password@app.example.com"], expose: [RateLimit] }
limits:
  a: { rate: [60/min, 1000/hour], burst: 20, by: [client, "claim:/plan"], mode: report }
  b: { rate: 90/90s, by: address }
failed_tokens: { rate: 20/min, burst: 5, by: address, mode: report }
limit_headers: both
store: env:STORE
when_store_fails: deny
limit_keys: 1000
dpop: { nonce_secret: env:NONCES }
serve:
  listen: "[::1]:9091"
  admin: unix:/run/admin.sock
  admin_token: env:ADMIN
  proxies: [10.0.0.0/8]
  identity: { X-Auth-Subject: sub, X-Plan: "claim:/plan" }
)";
const config::Environment with_secret{{"SECRET", "0123456789abcdef0123456789abcdef"},
                                      {"STORE", "rediss://pc:hunter2@cache.example.com"},
                                      {"ADMIN", "0123456789abcdef"},
                                      {"NONCES", "fedcba9876543210fedcba9876543210"}};

TEST(EffectiveSettings, HoldEveryKeyThatCanBeWritten) {
  const Effective all{everything, with_secret};
  for (const auto& [name, written] : all.written()) {
    bool held = false;
    for (const Setting& setting : all.settings())
      held = held || setting.name == name || setting.name.starts_with(name + '.') ||
             setting.name.starts_with(name + '[') || name.starts_with(setting.name + '.');
    EXPECT_TRUE(held) << name << " at " << written.place;
  }
  EXPECT_EQ(all["routes[0].access"], (Shown{"all: [scope:read:orders]", "21:13", ""}));
  EXPECT_EQ(all["issuers[1].keys.fresh"], (Shown{"300s", "15:20", ""}));
  EXPECT_EQ(all["routes[0].limit"].value, "[a]");
  EXPECT_EQ(all["routes[0].cost"].value, "2");
  EXPECT_EQ(all["limits.a.rate"].value, "[60/min, 1000/hour]");
  EXPECT_EQ(all["limits.a.burst"].value, "20");
  EXPECT_EQ(all["limits.a.by"].value, "[client, claim:/plan]");
  EXPECT_EQ(all["limits.b.rate"].value, "90/90s");
  EXPECT_EQ(all["limits.b.burst"], (Shown{"90", "", ""}));
  EXPECT_EQ(all["limits.b.mode"], (Shown{"none", "", ""}));
  EXPECT_EQ(all["failed_tokens.burst"].value, "5");
  EXPECT_EQ(all["serve.listen"].value, "[::1]:9091");
  EXPECT_EQ(all["serve.admin"].value, "unix:/run/admin.sock");
  EXPECT_EQ(all["serve.proxies"].value, "[10.0.0.0/8]");
  EXPECT_EQ(all["serve.identity.X-Plan"].value, "claim:/plan");
}

TEST(EffectiveSettings, OfASharedKeyCacheAreTheFirstEntrysAges) {
  const Effective all{everything, with_secret};
  EXPECT_EQ(all["issuers[2].keys.fresh"], all["issuers[1].keys.fresh"]);
}

TEST(EffectiveSettings, TellNoSecret) {
  const Effective all{everything, with_secret};
  EXPECT_EQ(all["issuers[0].secret"].value, "env:SECRET (set)");
  EXPECT_EQ(all["lambda.default_api_key"].value, "(set)");
  EXPECT_EQ(all["store"].value, "rediss://cache.example.com:6379 (password set)");
  EXPECT_EQ(all["store"].variable, "STORE");
  EXPECT_EQ(all["serve.admin_token"].value, "env:ADMIN (set)");
  EXPECT_EQ(all["dpop.nonce_secret"].value, "env:NONCES (set)");
  EXPECT_EQ(all["cors.origins"].value, "[https://app.example.com]");
  const File secret{"0123456789abcdef0123456789abcdef"};
  std::string text = everything;
  text.replace(text.find("env:SECRET"), 10, "file:" + secret.path);
  const Effective in_file{text, with_secret};
  EXPECT_EQ(in_file["issuers[0].secret"].value, "file:" + secret.path + " (set)");
  EXPECT_EQ(Effective(least, {{"WHO", "a"}})["lambda.default_api_key"].value, "none");
}

}  // namespace
}  // namespace portcullis::cli
