// Which request a proxy asks about: the headers of its dialect, and nothing else. gateway.md §8, §9.7 FA-04 to FA-09,
// FA-30 to FA-32; cases C031 and C035.
#include "doors/serve/dialect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/signed_token.h"

namespace portcullis::serve {
namespace {

using ::testing::HasSubstr;
using Fields = std::vector<net::FieldView>;

std::vector<IpNetwork> networks(std::initializer_list<const char*> texts) {
  std::vector<IpNetwork> all;
  for (const char* text : texts) all.push_back(*IpNetwork::parse(text));
  return all;
}

const std::vector<IpNetwork> proxies = networks({"127.0.0.1/32", "10.0.0.0/8"});
const ProxyTrust without_limits{proxies, AddressNeed::none}, with_limits{proxies, AddressNeed::limits};

/// What one proxy sends about "POST /orders/1?full" of http://api.example.com from 203.0.113.9.
struct Sample {
  Dialect dialect;
  std::string method = "GET", target{};
  Fields fields{};
};
std::vector<Sample> samples() {
  const Fields original{{"X-Original-Method", "POST"},
                        {"X-Original-URI", "/orders/1?full"},
                        {"X-Original-Proto", "http"},
                        {"X-Original-Host", "api.example.com"},
                        {"X-Original-Address", "203.0.113.9"}};
  const Fields forwarded{{"X-Forwarded-Method", "POST"},
                         {"X-Forwarded-Uri", "/orders/1?full"},
                         {"X-Forwarded-Proto", "http"},
                         {"X-Forwarded-Host", "api.example.com"},
                         {"X-Forwarded-For", "203.0.113.9"}};
  const Fields behind_prefix{
      {"Host", "api.example.com"}, {"X-Forwarded-Proto", "http"}, {"X-Forwarded-For", "203.0.113.9"}};
  return {{Dialect::nginx, "GET", "/auth/nginx", original},
          {Dialect::traefik, "GET", "/auth/traefik", forwarded},
          {Dialect::caddy, "GET", "/auth/caddy?v=1", forwarded},
          {Dialect::haproxy, "GET", "/auth/haproxy", original},
          {Dialect::envoy, "POST", "/auth/envoy/orders/1?full", behind_prefix}};
}

/// What `read` made of it, as one line; or "reason: detail".
std::string read(const Sample& sample, const ProxyTrust& trust = with_limits, const char* peer = "127.0.0.1") {
  ProxiedRequest request;
  const auto done = request.read({sample.method, sample.target, sample.fields, peer}, trust);
  if (!done) return std::string{facts(done.error().reason).code} + ": " + done.error().detail;
  const Request& read = request.request();
  std::string text = std::string{read.method} + ' ' + std::string{read.path} + ' ' + std::string{read.address};
  for (const Header& header : read.headers) text += '|' + std::string{header.name} + '=' + std::string{header.value};
  return text + (read.url.empty() ? "" : ' ' + std::string{read.url});
}

Sample with(Sample sample, const char* name, const char* value) {
  sample.fields.push_back({name, value});
  return sample;
}
Sample changed(Sample sample, std::string_view name, const char* value) {
  for (net::FieldView& field : sample.fields)
    if (field.name == name) field.value = value;
  return sample;
}
Sample without(Sample sample, std::string_view name) {
  std::erase_if(sample.fields, [&](const net::FieldView& field) { return field.name == name; });
  return sample;
}

TEST(Dialect, ReadsTheRequestThatTheProxyTellsOf) {
  for (const Sample& sample : samples()) {
    EXPECT_EQ(read(sample), "POST /orders/1 203.0.113.9") << name_of(sample.dialect);
    ProxiedRequest request;
    ASSERT_TRUE(request.read({sample.method, sample.target, sample.fields, ""}, with_limits));
    EXPECT_EQ(request.dialect(), sample.dialect);
  }
}

TEST(Dialect, ReadsNoHeaderOfAnother) {
  for (const Sample& sample : samples()) {
    const bool original = sample.dialect == Dialect::nginx || sample.dialect == Dialect::haproxy;
    Sample spoofed = sample;
    for (const char* name : {"Method", "URI", "Proto", "Host", "Address", "For"}) {
      static std::vector<std::string> names;  // views are taken of them
      names.reserve(100);
      const std::string other = std::string{original ? "X-Forwarded-" : "X-Original-"} + name;
      spoofed.fields.insert(spoofed.fields.begin(), {names.emplace_back(other), "/public"});
    }
    for (const char* name : {"X-Real-IP", "Forwarded", "X_Original_URI", "X-HTTP-Method-Override", "Cookie"})
      spoofed = with(spoofed, name, "/public");
    EXPECT_EQ(read(spoofed), "POST /orders/1 203.0.113.9") << name_of(sample.dialect);
  }
}

TEST(Dialect, HandsOnTheCredentialsAndNoOtherHeader) {
  for (const Sample& sample : samples()) {
    Sample sent = with(
        with(with(with(sample, "Authorization", "Bearer a"), "authorization", "Bearer b"), "AUTHORIZATION", "Bearer c"),
        "DPoP", "proof");
    EXPECT_EQ(read(sent),
              "POST /orders/1 203.0.113.9|Authorization=Bearer a|authorization=Bearer b|DPoP=proof "
              "http://api.example.com/orders/1?full")
        << name_of(sample.dialect);
  }
}

TEST(Dialect, IsMisconfiguredWhereAHeaderIsMissingOrThereTwice) {
  for (const Sample& sample : samples()) {
    const std::string command = "check --proxy " + std::string{name_of(sample.dialect)};
    for (const net::FieldView& field : sample.fields) {
      const std::string name{field.name};
      const bool mandatory = name.ends_with("-Method") || name.ends_with("-URI") || name.ends_with("-Uri");
      const std::string missing = read(without(sample, field.name), without_limits);
      if (mandatory) {
        EXPECT_THAT(missing,
                    ::testing::AllOf(HasSubstr("internal: "), HasSubstr("no header " + name), HasSubstr(command)));
      } else {
        EXPECT_EQ(missing, "POST /orders/1 ");
      }
      const std::string twice = read(with(sample, name.c_str(), "/public"), without_limits);
      if (name == "X-Forwarded-For") {
        EXPECT_EQ(twice, "POST /orders/1 ");  // each proxy adds one, so several are no fault
      } else {
        EXPECT_THAT(twice, ::testing::AllOf(HasSubstr("internal: "), HasSubstr("more than one header " + name)));
      }
    }
  }
}

TEST(Dialect, NamesNoneWherePathIsNone) {
  for (const char* target : {"/", "/auth", "/auth/", "/auth/nginxx", "/auth/nginx/x", "/auth/NGINX", "/auth//nginx",
                             "/auth/apache", "http://127.0.0.1/auth/nginx", "*", "", "/?/auth/nginx"}) {
    Sample sample = samples()[0];
    sample.target = target;
    EXPECT_THAT(read(sample), HasSubstr("internal: the proxy asked for none of our paths")) << target;
  }
  for (const char* target : {"/auth/nginx", "/auth/nginx?x=/public", "/auth/nginx?"}) {
    Sample sample = samples()[0];
    sample.target = target;
    EXPECT_EQ(read(sample), "POST /orders/1 203.0.113.9") << target;
  }
}

TEST(Dialect, OfEnvoyIsThePathBehindThePrefix) {
  for (const auto& [target, path] :
       std::vector<std::pair<const char*, const char*>>{{"/auth/envoy/api/x", "/api/x"},
                                                        {"/auth/envoy/", "/"},
                                                        {"/auth/envoy", ""},
                                                        {"/auth/envoy*", "*"},
                                                        {"/auth/envoyx/api", "x/api"},
                                                        {"/auth/envoy?/api", ""},
                                                        {"/auth/envoy//api", "//api"},
                                                        {"/auth/envoy/../nginx", "/../nginx"},
                                                        {"/auth/envoy/x?y=/z", "/x"}}) {
    Sample sample = samples()[4];
    sample.method = "HEAD";
    sample.target = target;
    EXPECT_EQ(read(sample), "HEAD " + std::string{path} + " 203.0.113.9") << target;
  }
}

TEST(Dialect, LeavesAnOddPathToTheCore) {
  for (const char* uri : {"", "//x", "/a/../b", "/a%2Fb", "/a;b", "x", "*", "/a#b", "http://other/public"}) {
    EXPECT_EQ(read(changed(samples()[0], "X-Original-URI", uri)), "POST " + std::string{uri} + " 203.0.113.9");
  }
}

TEST(Dialect, RefusesAMethodThatIsNotMadeOfCapitalLetters) {
  const std::string long_one(100, 'A');
  for (const char* method : {"post", "Post", "GET X", "GE\tT", "GET/", "G1", "", long_one.c_str()})
    EXPECT_THAT(read(changed(samples()[0], "X-Original-Method", method)), HasSubstr("no_route: the method")) << method;
  for (const char* method : {"POST", "M-SEARCH", "PROPFIND", "CONNECT"})
    EXPECT_EQ(read(changed(samples()[0], "X-Original-Method", method)), std::string{method} + " /orders/1 203.0.113.9");
}

TEST(Dialect, MakesTheUrlOfAProofFromWhatIsAPlainSchemeAndHost) {
  for (const Sample& plain : samples()) {
    const Sample sample = with(plain, "DPoP", "proof");
    const std::string answer = "POST /orders/1 203.0.113.9|DPoP=proof";
    const std::string scheme{sample.fields[plain.dialect == Dialect::envoy ? 1 : 2].name};
    const std::string host{sample.fields[plain.dialect == Dialect::envoy ? 0 : 3].name};
    EXPECT_EQ(read(changed(sample, scheme, "https")), answer + " https://api.example.com/orders/1?full");
    EXPECT_EQ(read(changed(sample, host, "[2001:db8::1]:8443")), answer + " http://[2001:db8::1]:8443/orders/1?full");
    for (const char* bad : {"HTTPS", "ftp", "", "https,http"}) EXPECT_EQ(read(changed(sample, scheme, bad)), answer);
    for (const char* bad : {"", "a/b", "u@a", "a?b", "a b", "a,b", "a#b", "a\\b"})
      EXPECT_EQ(read(changed(sample, host, bad)), answer) << bad;
    EXPECT_EQ(read(without(sample, scheme)), answer);
    EXPECT_EQ(read(without(sample, host)), answer);
  }
}

TEST(Dialect, MakesTheUrlOfAProofFromTheConfiguredOneWhateverHostTheClientNamed) {
  const ProxyTrust trust{proxies, AddressNeed::limits, "https://api.example.com/v1"};
  for (const Sample& plain : samples()) {
    const std::string answer = "POST /orders/1 203.0.113.9";
    const std::string wanted = answer + "|DPoP=proof https://api.example.com/v1/orders/1?full";
    const Sample sample = with(plain, "DPoP", "proof");
    const std::string scheme{sample.fields[plain.dialect == Dialect::envoy ? 1 : 2].name};
    const std::string host{sample.fields[plain.dialect == Dialect::envoy ? 0 : 3].name};
    EXPECT_EQ(read(sample, trust), wanted);
    EXPECT_EQ(read(changed(sample, host, "other.example.com"), trust), wanted);
    EXPECT_EQ(read(without(without(sample, host), scheme), trust), wanted);
    EXPECT_EQ(read(plain, trust), answer) << "nobody asks for it";
  }
}

TEST(Dialect, BelievesNothingOfAPeerThatIsNoProxy) {
  for (const Sample& sample : samples()) {
    for (const char* peer : {"127.0.0.2", "198.51.100.7", "::1", "11.0.0.1", "nonsense"})
      EXPECT_THAT(read(sample, with_limits, peer),
                  ::testing::AllOf(HasSubstr("forbidden: "), HasSubstr(peer), HasSubstr("serve.proxies")));
    for (const char* peer : {"127.0.0.1", "10.255.0.1", "::ffff:10.0.0.1", ""})
      EXPECT_EQ(read(sample, with_limits, peer), "POST /orders/1 203.0.113.9") << peer;
  }
  EXPECT_THAT(read(samples()[0], {{}, AddressNeed::none}), HasSubstr("forbidden: "));  // no proxies: nobody
}

// C035, row by row; 198.51.100.7 of row c is above.
TEST(ClientAddress, IsTheLastOneThatAProxyOfOursWrote) {
  const std::string junk(300, 'x');
  const struct {
    const char* row;
    std::vector<const char*> lines;
    const char* address;
  } rows[] = {
      {"a", {"1.2.3.4, 203.0.113.9"}, "203.0.113.9"},
      {"b", {"evil-1, 203.0.113.9, 10.0.0.7"}, "203.0.113.9"},
      {"d", {"203.0.113.10:5000"}, "203.0.113.10"},
      {"d", {"::ffff:203.0.113.10"}, "203.0.113.10"},
      {"d", {" 203.0.113.10 "}, "203.0.113.10"},
      {"e", {"1.2.3.4", "203.0.113.11"}, "203.0.113.11"},
      {"e", {"1.2.3.4, 203.0.113.12", "10.0.0.7,10.0.0.8"}, "203.0.113.12"},
      {"f", {"unknown"}, ""},
      {"f", {"203.0.113.9, unknown"}, ""},
      {"f", {"203.0.113.9", junk.c_str()}, ""},
      {"f", {"evil, 10.0.0.7"}, ""},
      {"f", {"203.0.113.9,"}, ""},  // before an empty entry stands what somebody else wrote
      {"f", {"203.0.113.9", ""}, ""},
      {"g", {}, ""},
      {"all ours", {"10.0.0.9, 10.0.0.8", "127.0.0.1"}, "10.0.0.9"},
      {"IPv6", {"198.51.100.1, [2001:DB8::1]:443, 10.0.0.1"}, "2001:db8::1"},
  };
  for (const auto& [row, lines, address] : rows) {
    for (const Sample& complete : samples()) {
      if (complete.dialect == Dialect::nginx || complete.dialect == Dialect::haproxy) continue;
      Sample sample = without(complete, "X-Forwarded-For");
      for (const char* line : lines) sample = with(sample, "x-forwarded-for", line);
      if (*address) {
        EXPECT_EQ(read(sample), "POST /orders/1 " + std::string{address}) << row;
      } else {
        EXPECT_THAT(read(sample), ::testing::AllOf(HasSubstr("internal: "), HasSubstr("X-Forwarded-For"))) << row;
      }
      EXPECT_EQ(read(sample, without_limits), "POST /orders/1 ") << row;
    }
  }
}

TEST(ClientAddress, IsInNginxAndHaproxyTheOneThatTheySay) {
  for (const Sample& complete : samples()) {
    if (complete.dialect != Dialect::nginx && complete.dialect != Dialect::haproxy) continue;
    const Sample sample = with(complete, "X-Forwarded-For", "1.2.3.4");
    EXPECT_EQ(read(sample), "POST /orders/1 203.0.113.9");
    EXPECT_EQ(read(changed(sample, "X-Original-Address", "2001:DB8:0::1")), "POST /orders/1 2001:db8::1");
    for (const char* unusable : {"", "unix:", "1.2.3.4, 203.0.113.9", "localhost"}) {
      EXPECT_THAT(read(changed(sample, "X-Original-Address", unusable)),
                  ::testing::AllOf(HasSubstr("internal: "), HasSubstr("X-Original-Address")));
      EXPECT_EQ(read(changed(sample, "X-Original-Address", unusable), without_limits), "POST /orders/1 ");
    }
    EXPECT_THAT(read(without(sample, "X-Original-Address")), HasSubstr("X-Original-Address"));
  }
}

TEST(ClientAddress, IsNeededWhereSomethingCountsByAddress) {
  Rules rules;
  EXPECT_EQ(address_need(rules), AddressNeed::none);
  rules.limits.push_back({"per-user", NonEmpty<Rate>{Rate{}}, NonEmpty<LimitDimension>{LimitDimension{}}});
  EXPECT_EQ(address_need(rules), AddressNeed::none);
  rules.limits.push_back({"per-address", NonEmpty<Rate>{Rate{}},
                          NonEmpty<LimitDimension>{LimitDimension{LimitDimension::Kind::address, {}}}});
  EXPECT_EQ(address_need(rules), AddressNeed::limits);
  rules.limits.clear();
  rules.failed_tokens = FailedTokenRule{NonEmpty<Rate>{Rate{}}};
  EXPECT_EQ(address_need(rules), AddressNeed::limits);
}

// C031, with rules that a public path and an odd one could be taken for each other under.
TEST(Dialect, OddSpellingsOfAPathAreNeverThePublicOne) {
  const testing::Signer signer;
  Rules rules{{signer.issuer()}};
  rules.routes = {{"GET /api/public", PublicAccess{}},
                  {"GET /files/{path+}", PublicAccess{}},
                  {"ANY /admin/{path+}", Requirement{AllOf{NonEmpty<Atom>{Atom{Atom::Kind::permission, "admin"}}}}}};
  const auto authorizer = Authorizer::make(rules, Secrets{});
  ASSERT_TRUE(authorizer);
  const struct {
    const char* uri;
    int status;
  } rows[] = {{"/api/public", 200},
              {"/api/public?next=/admin/x", 200},
              {"/admin/x?u=/api/public", 401},
              {"/admin/x#/api/public", 400},
              {"/api/public/../../admin/x", 400},
              {"/files/../admin/x", 400},
              {"/files/%2e%2e/admin/x", 400},
              {"/files/..%2fadmin%2fx", 400},
              {"//api/public", 400},
              {"/api/public/", 401},
              {"/api/publicity", 401},
              {"/API/public", 401},
              {"/api/public;v=1", 400},
              {"/files/a;/../../admin/x", 400},
              {"/files/%252e%252e/admin/x", 400},
              {"/files/a%00b", 400},
              {"/%61pi/public", 400},
              {"/files\\..\\admin\\x", 400},
              {"/files/a%", 400},
              {"", 400}};
  for (const auto& [uri, status] : rows) {
    for (const Sample& complete : samples()) {
      Sample sample = complete;
      if (sample.dialect == Dialect::envoy) {
        sample.method = "GET";
        sample.target = "/auth/envoy" + std::string{uri};
      } else {
        sample.fields[0].value = "GET";
        sample.fields[1].value = uri;
      }
      ProxiedRequest request;
      ASSERT_TRUE(request.read({sample.method, sample.target, sample.fields, ""}, without_limits)) << uri;
      const Step step = authorizer->begin(request.request(), testing::new_year());
      EXPECT_EQ(std::get<Settled>(step).decision.status(), status) << uri << " by " << name_of(sample.dialect);
    }
  }
}

}  // namespace
}  // namespace portcullis::serve
