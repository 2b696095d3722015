// What a proxy is answered, and who the backend is told the caller is. gateway.md §8.1, §9.7 FA-01 to FA-03, FA-21,
// FA-22; design.md §7.
#include "doors/serve/reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "doors/serve/dialect.h"
#include "tests/counted_allocations.h"
#include "tests/signed_token.h"

namespace portcullis::serve {
namespace {

using ::testing::HasSubstr;

const testing::Signer signer;

Authorizer authorizer() {
  Rules rules{{signer.issuer()}};
  rules.routes = {
      {"GET /public", PublicAccess{}},
      {"GET /orders", Requirement{AllOf{NonEmpty<Atom>{Atom{Atom::Kind::scope, "read:orders"}}}}},
      {"GET /tried", Requirement{AllOf{NonEmpty<Atom>{Atom{Atom::Kind::scope, "read:orders"}}}}, {}, Mode::report}};
  rules.fallback = DefaultAccess::authenticated;
  return *Authorizer::make(rules, Secrets{});
}

Decision decide(const char* path, const std::string& authorization) {
  const Header header{"Authorization", authorization};
  Request request{"GET", path, "", {}};
  if (!authorization.empty()) request.headers = {&header, 1};
  return std::get<Settled>(authorizer().begin(request, testing::new_year())).decision;
}

std::string bearer(const std::string& more) {
  return "Bearer " + signer.sign(testing::claims(more));
}

/// The answer as it would stand on the wire, without what the server adds.
std::string sent(Decision decision, const std::vector<config::IdentityHeader>& identity) {
  ReplySpace space;
  const net::Reply reply = reply_to(decision, identity, space);
  std::string text = std::to_string(reply.status) + '\n';
  for (const auto& [name, value] : reply.fields) text += std::string{name} + ": " + std::string{value} + '\n';
  return text + std::string{reply.body};
}

std::vector<config::IdentityHeader> one(const char* claim, const char* pointer = "") {
  return {{"X-Auth-Test", claim, pointer}};
}

/// The one identity header, for a caller with these claims.
std::string identity_of(const std::string& more, const std::vector<config::IdentityHeader>& headers) {
  const std::string all = sent(decide("/unlisted", bearer(more)), headers);
  const std::string before = "200\nCache-Control: no-store\nX-Auth-Test: ";
  EXPECT_THAT(all, HasSubstr(before));
  return all.size() > before.size() ? all.substr(before.size(), all.size() - before.size() - 1) : all;
}

TEST(Reply, OfAnAllowedRequestIs200WithEveryIdentityHeaderAndNothingElse) {
  const std::vector<config::IdentityHeader> usual = config::ServeSettings{}.identity;
  EXPECT_EQ(sent(decide("/orders", bearer(R"(,"scope":"openid read:orders","azp":"app")")), usual),
            "200\nCache-Control: no-store\nX-Auth-Subject: auth0|ada\nX-Auth-Client: app\n"
            "X-Auth-Scope: openid read:orders\nX-Auth-Issuer: https://tenant.example.com/\n");
  EXPECT_EQ(sent(decide("/public", ""), usual),
            "200\nCache-Control: no-store\nX-Auth-Subject: -\nX-Auth-Client: -\nX-Auth-Scope: -\nX-Auth-Issuer: -\n");
  EXPECT_EQ(sent(decide("/public", ""), {}), "200\nCache-Control: no-store\n");
}

TEST(Reply, OfARefusalHasItsStatusItsChallengeInOneLineAndASentence) {
  const auto usual = config::ServeSettings{}.identity;
  EXPECT_EQ(sent(decide("/orders", ""), usual),
            "401\nCache-Control: no-store\nWWW-Authenticate: Bearer realm=\"api\"\nContent-Type: application/json\n"
            "{\"message\":\"The request carries no token.\"}");
  EXPECT_EQ(sent(decide("/orders", bearer("")), usual),
            "403\nCache-Control: no-store\nWWW-Authenticate: Bearer error=\"insufficient_scope\", "
            "error_description=\"The token lacks a scope or permission that this route needs.\", "
            "scope=\"read:orders\"\nContent-Type: application/json\n"
            "{\"message\":\"The token lacks a scope or permission that this route needs.\"}");
  EXPECT_THAT(sent(decide("/orders/../x", ""), usual), HasSubstr("400\n"));
  for (const Reason reason : {Reason::keys_unavailable, Reason::store_unavailable, Reason::internal}) {
    Decision decision;
    decision.reason = reason;
    decision.detail = "http://user:secret@issuer";
    EXPECT_EQ(sent(decision, usual), std::to_string(facts(reason).status) +
                                         "\nCache-Control: no-store\nContent-Type: application/json\n{\"message\":\"" +
                                         std::string{facts(reason).sentence} + "\"}");
  }
}

TEST(Reply, OfARouteThatOnlyReportsNamesNobodyUnverified) {
  const auto subject = std::vector<config::IdentityHeader>{{"X-Auth-Subject", "sub", ""}};
  const std::string anonymous = "200\nCache-Control: no-store\nX-Auth-Subject: -\n";
  EXPECT_EQ(sent(decide("/tried", ""), subject), anonymous);
  EXPECT_EQ(sent(decide("/tried", bearer("") + "x"), subject), anonymous);
  EXPECT_EQ(sent(decide("/tried", bearer("")), subject), "200\nCache-Control: no-store\nX-Auth-Subject: auth0|ada\n");
}

TEST(Identity, IsWrittenSoThatNoTwoValuesBecomeOne) {
  const struct {
    const char* claim;
    const char* value;
  } rows[] = {
      {R"("plain|value:/+=\"")", R"(plain|value:/+=")"},
      {R"("")", "-"},
      {R"("-")", "%2D"},
      {R"("--")", "--"},
      {R"("%2D")", "%252D"},
      {R"("a\r\nX-Auth-Subject: root")", "a%0D%0AX-Auth-Subject:%20root"},
      {R"("a\u0000b\u007f")", "a%00b%7F"},
      {R"("J\u00fcrgen")", "J%C3%BCrgen"},
      {R"(" a b ")", "%20a%20b%20"},
      {"12.50", "12.50"},
      {"true", "true"},
      {"null", "-"},
      {"{}", "-"},
      {R"({"a":1})", "-"},
      {"[]", "-"},
      {R"(["a","b c","d%"])", "a b%20c d%25"},
      {R"(["-"])", "%2D"},
      {R"(["-","-"])", "- -"},
      {R"(["a",2,true])", "a 2 true"},
      {R"(["a",["b"]])", "-"},
      {R"(["","a",""])", "a"},
      {R"("1234567 12345678")", "1234567%2012345678"},
      {R"("12345678%1234567")", "12345678%251234567"},
      {R"("123456\u007f8\u00fc2345678")", "123456%7F8%C3%BC2345678"},
  };
  for (const auto& [claim, value] : rows) {
    EXPECT_EQ(identity_of(",\"test\":" + std::string{claim}, one("test")), value) << claim;
    EXPECT_EQ(identity_of(R"(,"https://x/y":{"z":)" + std::string{claim} + '}', one("", "/https:~1~1x~1y/z")), value)
        << claim;
  }
  EXPECT_EQ(identity_of("", one("test")), "-");
}

TEST(Identity, HasTheWordsOfAScopeAsTheyAre) {
  EXPECT_EQ(identity_of(R"(,"scope":"a b:c")", one("scope")), "a b:c");
  EXPECT_EQ(identity_of(R"(,"scope":"  a   b ")", one("scope")), "a b");
  EXPECT_EQ(identity_of(R"(,"scope":"openid  profile read:orders ")", one("scope")), "openid profile read:orders");
  EXPECT_EQ(identity_of(R"(,"scope":"openid pro\u00fcfile %")", one("scope")), "openid pro%C3%BCfile %25");
  EXPECT_EQ(identity_of(R"(,"scope":"")", one("scope")), "-");
  EXPECT_EQ(identity_of(R"(,"scope":" ")", one("scope")), "-");
  EXPECT_EQ(identity_of(R"(,"scope":"-")", one("scope")), "%2D");
  EXPECT_EQ(identity_of("", one("scope")), "-");
  EXPECT_EQ(identity_of(R"(,"azp":"a b")", one("client")), "a%20b");
}

TEST(Identity, ThatDoesNotFitIsRefusedAndNeverCut) {
  const std::string fits(most_identity_bytes, 'a');
  const std::string text = R"(,"test":")";
  EXPECT_EQ(identity_of(text + fits + '"', one("test")), fits);
  const auto more = [&](const std::string& value) {
    return sent(decide("/unlisted", bearer(text + value + '"')), one("test"));
  };
  std::string umlauts;
  for (int i = 0; i < 200; ++i) umlauts += "\\u00fc";
  for (const std::string& value : {fits + 'a', std::string(2048, 'a'), fits.substr(2) + '%', umlauts}) {
    const std::string answer = more(value);
    EXPECT_THAT(answer, HasSubstr("401\n"));
    EXPECT_THAT(answer, HasSubstr(facts(Reason::too_large).sentence));
    EXPECT_THAT(answer, ::testing::Not(HasSubstr("X-Auth-Test")));
  }
  std::string words;
  for (int i = 0; i < 400; ++i) words += std::string{i ? "," : ""} + "\"abc\"";
  EXPECT_THAT(sent(decide("/unlisted", bearer(",\"test\":[" + words + ']')), one("test")), HasSubstr("401\n"));
}

TEST(Identity, ThatDoesNotFitIsAnonymousWhereTheRequestPassesAnyway) {
  const std::string token = bearer(R"(,"scope":"read:orders","test":")" + std::string(2048, 'a') + '"');
  for (const char* path : {"/public", "/tried"}) {
    Decision decision = decide(path, token);
    ReplySpace space;
    const auto headers = one("test");
    const net::Reply reply = reply_to(decision, headers, space);
    EXPECT_EQ(reply.status, 200) << path;
    EXPECT_EQ(reply.fields.back().value, "-") << path;
    EXPECT_FALSE(decision.token) << path;
    EXPECT_THAT(decision.detail, HasSubstr("X-Auth-Test")) << path;
  }
}

TEST(Identity, UsesItsSpaceAgainWithoutMixingCallers) {
  ReplySpace space;
  const auto headers = std::vector<config::IdentityHeader>{{"X-A", "a", ""}, {"X-B", "b", ""}};
  for (const char* name : {"\\u00e4", "b b", "c"}) {
    Decision decision = decide("/unlisted", bearer(R"(,"a":")" + std::string{name} + R"(","b":["x","y z"])"));
    const net::Reply reply = reply_to(decision, headers, space);
    ASSERT_EQ(reply.fields.size(), 3u);
    EXPECT_EQ(reply.fields[1].value, std::string{name} == "c" ? "c" : std::string{name} == "b b" ? "b%20b" : "%C3%A4");
    EXPECT_EQ(reply.fields[2].value, "x y%20z");
  }
}

TEST(Reply, AllocatesNothingForAnAllowedRequestOnceItsSpaceHasGrown) {
  const std::string token = bearer(R"(,"scope":"openid read:orders","azp":"app","roles":["a","b c"])");
  const std::vector<net::FieldView> fields{
      {"Authorization", token},      {"X-Original-Method", "GET"},           {"X-Original-URI", "/orders?page=2"},
      {"X-Original-Proto", "https"}, {"X-Original-Host", "api.example.com"}, {"X-Original-Address", "203.0.113.9"}};
  const std::vector<IpNetwork> proxies{*IpNetwork::parse("127.0.0.1")};
  std::vector<config::IdentityHeader> identity = config::ServeSettings{}.identity;
  identity.push_back({"X-Auth-Roles", "roles", ""});
  Decision decision = decide("/orders", token);
  ASSERT_TRUE(decision.token);
  ProxiedRequest request;
  ReplySpace space;
  const auto answer = [&] {
    const std::size_t before = allocations;
    const auto read =
        request.read({"GET", "/auth/nginx", fields, "127.0.0.1"}, ProxyTrust{proxies, AddressNeed::limits});
    const net::Reply reply = reply_to(decision, identity, space);
    const std::size_t after = allocations;
    EXPECT_TRUE(read);
    EXPECT_EQ(reply.fields.back().value, "a b%20c");
    return after - before;
  };
  EXPECT_GT(answer(), 0u);  // they are counted
  EXPECT_EQ(answer(), 0u);
}

}  // namespace
}  // namespace portcullis::serve
