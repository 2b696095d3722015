#include "world/local_world.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "world/local_api.h"

namespace portcullis::world {
namespace {

/// A world whose functions end at once (/bin/false): what it says and writes is the matter here.
class LocalWorldTest : public testing::Test {
 protected:
  LocalWorldTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "local_world_test.XXXXXX").string();
    directory = mkdtemp(pattern.data());
    std::filesystem::create_directory(directory + "/page");
    std::ofstream{directory + "/page/index.html"} << "the page";
  }
  ~LocalWorldTest() override { std::filesystem::remove_all(directory); }

  WorldOptions options() const {
    WorldOptions some;
    some.port = some.tenant_port = 0;
    some.state = directory;
    some.bootstrap = "/bin/false";
    some.portcullis = "/opt/a b/portcullis";
    some.page = directory + "/page";
    return some;
  }
  LocalWorld::Terminal terminal() {
    return {[this](std::string_view line) { said.emplace_back(line); },
            [this](std::string_view line) { noted.emplace_back(line); }, Colours::off};
  }
  std::string file(const std::string& path) const {
    std::ifstream in{path};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  std::uint16_t port_said() const {
    return static_cast<std::uint16_t>(std::stoi(said.back().substr(said.back().rfind(':') + 1)));
  }

  net::EventLoop loop;
  std::string directory;
  std::vector<std::string> said, noted;
};

TEST_F(LocalWorldTest, SaysWhatItOffersInAFixedOrder) {
  LocalWorld world{loop, options(), terminal()};
  const auto opened = world.open();
  ASSERT_TRUE(opened) << opened.error();
  const std::vector<std::string> starts{"page     http://localhost:",
                                        "api      http://localhost:",
                                        "tenant   http://localhost:",
                                        "people   ada@example.com / lovelace       read:orders, admin",
                                        "         grace@example.com / hopper       read:orders",
                                        "http     http://localhost:",
                                        "http     http://localhost:",
                                        "socket   ws://localhost:",
                                        "proxy    none: it needs /opt/a b/portcullis ",
                                        "logs     " + directory + "/logs",
                                        "try      curl -i -X POST localhost:",
                                        "try      curl -i localhost:",
                                        "ready: http://localhost:"};
  ASSERT_EQ(said.size(), starts.size());
  for (std::size_t i = 0; i < starts.size(); ++i) EXPECT_TRUE(said[i].starts_with(starts[i])) << said[i];
  EXPECT_NE(said[11].find("$('/opt/a b/portcullis' token --user grace@example.com --tenant http://localhost:"),
            std::string::npos);
  EXPECT_TRUE(noted.empty());
}

TEST_F(LocalWorldTest, WritesTheFunctionsConfigurationForItsOwnTenant) {
  LocalWorld world{loop, options(), terminal()};
  ASSERT_TRUE(world.open());
  const std::string issuer = said[2].substr(9, said[2].find("/ ") + 1 - 9);
  EXPECT_EQ(file(directory + "/portcullis.yaml"), local_config(issuer, {}));
  const auto permissions = std::filesystem::status(directory + "/portcullis.yaml").permissions();
  EXPECT_EQ(static_cast<unsigned>(permissions), 0600U);
}

TEST_F(LocalWorldTest, PutsARealTenantIntoThePlaceOfItsOwn) {
  WorldOptions real = options();
  real.auth0 = Auth0Tenant{"example.eu.auth0.com", "client", "https://api.example.org"};
  LocalWorld world{loop, real, terminal()};
  ASSERT_TRUE(world.open());
  ASSERT_EQ(said.size(), 11U);
  EXPECT_TRUE(said[2].starts_with("tenant   https://example.eu.auth0.com/ ")) << said[2];
  EXPECT_TRUE(said[3].starts_with("stand-in http://localhost:")) << said[3];
  for (const std::string& line : said) EXPECT_EQ(line.find("lovelace"), std::string::npos);
  EXPECT_EQ(file(directory + "/portcullis.yaml"), local_config(*real.auth0, {}));
}

TEST_F(LocalWorldTest, HasAProxyWhereThereIsAnAuthServerToAsk) {
  WorldOptions beside = options();
  beside.portcullis = "/bin/false";
  LocalWorld world{loop, beside, terminal()};
  ASSERT_TRUE(world.open());
  const std::string proxy = "proxy    http://localhost:" + std::to_string(port_said()) + "/proxied/api/{public,";
  EXPECT_TRUE(std::ranges::any_of(said, [&](const std::string& line) { return line.starts_with(proxy); }));
  const std::string sockets =
      "listen: \"unix:" + directory + "/serve.sock\"\n  admin: \"unix:" + directory + "/admin.sock\"";
  EXPECT_NE(file(directory + "/portcullis.yaml").find(sockets), std::string::npos);
}

TEST_F(LocalWorldTest, NotesOnceThatItsPageIsNotBuilt) {
  WorldOptions bare = options();
  bare.page = directory + "/nowhere";
  LocalWorld world{loop, bare, terminal()};
  ASSERT_TRUE(world.open());
  ASSERT_EQ(noted.size(), 1U);
  EXPECT_NE(noted[0].find(directory + "/nowhere"), std::string::npos);
  EXPECT_NE(noted[0].find("make run"), std::string::npos);
}

TEST_F(LocalWorldTest, TakesAnotherPortWhereOneIsTakenAndSaysSo) {
  LocalWorld first{loop, options(), terminal()};
  ASSERT_TRUE(first.open());
  const std::uint16_t taken = port_said();
  WorldOptions same = options();
  same.port = taken;
  LocalWorld second{loop, same, terminal()};
  ASSERT_TRUE(second.open());
  EXPECT_NE(port_said(), taken);
  ASSERT_EQ(noted.size(), 1U);
  EXPECT_TRUE(noted[0].starts_with("port " + std::to_string(taken) + " is taken")) << noted[0];
  EXPECT_TRUE(std::filesystem::exists(directory + "/portcullis-" + std::to_string(port_said()) + ".yaml"))
      << "two worlds share one configuration";
}

TEST_F(LocalWorldTest, MakesItsSecretsUpWhereOthersCanReachIt) {
  WorldOptions open_to_all = options();
  open_to_all.listen = "0.0.0.0";
  LocalWorld world{loop, open_to_all, terminal()};
  ASSERT_TRUE(world.open());
  for (const std::string& line : said) {
    EXPECT_EQ(line.find("lovelace"), std::string::npos);
    EXPECT_EQ(line.find("demo-machine-secret"), std::string::npos);
  }
  EXPECT_TRUE(std::ranges::any_of(said, [](const auto& line) { return line.starts_with("clients  demo-machine / "); }));
  EXPECT_EQ(noted.size(), 1U);  // the warning
}

TEST_F(LocalWorldTest, RefusesAStateDirectoryThatOthersMayWriteTo) {
  std::filesystem::permissions(directory, std::filesystem::perms::all);
  LocalWorld world{loop, options(), terminal()};
  EXPECT_FALSE(world.open());
}

TEST(ListenAddresses, AlwaysCoverLoopback) {
  const auto literals = [](const std::optional<std::string>& beyond) {
    std::vector<std::string> list;
    for (const ListenAddress& address : listen_addresses(beyond)) list.push_back(address.literal);
    return list;
  };
  using List = std::vector<std::string>;
  EXPECT_EQ(literals(std::nullopt), (List{"127.0.0.1", "::1"}));
  EXPECT_EQ(literals("localhost"), (List{"127.0.0.1", "::1"}));
  EXPECT_EQ(literals("0.0.0.0"), (List{"0.0.0.0", "::1"}));
  EXPECT_EQ(literals("::"), (List{"127.0.0.1", "::"}));
  EXPECT_EQ(literals("192.0.2.1"), (List{"127.0.0.1", "::1", "192.0.2.1"}));
}

TEST(LocalApi, IsFreeOfProblemsAndFitsItsConfiguration) {
  for (const auto type : {AuthorizerSettings::Type::TOKEN, AuthorizerSettings::Type::REQUEST}) {
    const GatewayApi api = local_api(type, {}, {});
    EXPECT_TRUE(problems_of(api).empty());
    EXPECT_EQ(api.routes.size(), 8U);
  }
  for (const auto answer : {AuthorizerSettings::Answer::simple, AuthorizerSettings::Answer::policy})
    for (const auto kind : {ApiKind::http_1, ApiKind::http_2})
      EXPECT_TRUE(problems_of(local_http_api(kind, {.http = answer}, {})).empty());
  EXPECT_EQ(proxied_api().routes.size(), 8U);
  EXPECT_TRUE(problems_of(local_web_socket_api({})).empty());
  EXPECT_NE(local_config("http://localhost:3001/", {AuthorizerSettings::Answer::policy, AnswerForms::Deny::context})
                .find("\n  http_api: policy\n  deny: context\n"),
            std::string::npos);
  const AnswerForms fresh{.cache = std::chrono::seconds{0}};
  EXPECT_NE(local_config("http://localhost:3001/", fresh).find("\n  cache: 0\n"), std::string::npos);
  EXPECT_EQ(local_api(AuthorizerSettings::Type::TOKEN, fresh, {}).authorizers.front().ttl, std::chrono::seconds{0});
  EXPECT_EQ(local_config("http://localhost:3001/", {}),
            R"(# Written by portcullis-dev at each start.
development: true
issuers:
  - issuer: http://localhost:3001/
    jwks_uri: http://localhost:3001/.well-known/jwks.json
    audience: https://api.example.com
    algorithms: [RS256]
    token: auth0-access
routes:
  - route: "GET /api/public"
    access: public
  - route: "POST /api/public"
    access: public
  - route: "GET /api/private"
    access: authenticated
  - route: "POST /api/private"
    access: authenticated
  - route: "GET /api/orders"
    access: { all: ["scope:read:orders"] }
    limit: [per-user]
  - route: "POST /api/orders"
    access: { all: ["scope:read:orders"] }
    limit: [per-user]
  - route: "GET /api/admin"
    access: { all: ["permission:admin"] }
  - route: "POST /api/admin"
    access: { all: ["permission:admin"] }
  - route: "$connect"
    access: authenticated
default: deny
limits:
  per-user: { rate: 60/min, burst: 5, by: principal }
lambda:
  policy: routes
  cache: 300s
  metrics: off
  api_key_from: "claim:/https:~1~1example.com~1api_key"
  default_api_key: basicPlanKey00000000
cors: { origins: ["*"] }
)");
}

TEST(LocalApi, TrustsARealTenantInThePlaceOfTheStandIn) {
  const std::string yaml = local_config(Auth0Tenant{"example.eu.auth0.com", "client", "my \"API\": #1 \\ {x}"}, {});
  EXPECT_NE(yaml.find("issuers:\n"
                      "  - domain: \"example.eu.auth0.com\"\n"
                      "    audience: \"my \\\"API\\\": #1 \\\\ {x}\"\n"
                      "    algorithms: [RS256]\n"),
            std::string::npos)
      << yaml;
  EXPECT_EQ(yaml.find("localhost"), std::string::npos);
}

}  // namespace
}  // namespace portcullis::world
