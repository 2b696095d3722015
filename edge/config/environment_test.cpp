// The issuer that the environment alone describes: design.md §3, row by row.
#include "edge/config/environment.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>

namespace portcullis::config {
namespace {

// A PEM public key with its lines.
const std::string& pem() {
  static const std::string text = [] {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_RSA_gen(2048), &EVP_PKEY_free};
    const std::unique_ptr<BIO, decltype(&BIO_free)> out{BIO_new(BIO_s_mem()), &BIO_free};
    PEM_write_bio_PUBKEY(out.get(), key.get());
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(out.get(), &bytes);
    return std::string{bytes, static_cast<std::size_t>(size)};
  }();
  return text;
}

std::string with_line_ends(const std::string& end) {
  std::string text;
  for (const char c : pem()) text += c == '\n' ? end : std::string{c};
  return text;
}

bool has_note(const EnvironmentIssuer& found, std::string_view variable, std::string_view text) {
  for (const RuleProblem& note : found.notes)
    if (note.place == variable && note.message.find(text) != std::string::npos) return true;
  return false;
}

TEST(EnvironmentIssuer, OfATenantAndAnAudienceTakesAccessTokens) {
  const auto found = issuer_from({{"AUTH0_DOMAIN", "t.auth0.com"}, {"AUTH0_AUDIENCE", "api"}}, Purpose::production);
  ASSERT_TRUE(found.issuer);
  EXPECT_TRUE(found.problems.empty());
  EXPECT_TRUE(found.notes.empty());
  const Expectations& expect = found.issuer->expect;
  EXPECT_EQ(std::get<std::string>(expect.issuer), "https://t.auth0.com/");
  EXPECT_EQ(expect.profile, Profile::auth0_access);
  ASSERT_EQ(expect.audiences.items().size(), 1U);
  EXPECT_EQ(expect.audiences.items()[0], "api");
  ASSERT_EQ(expect.algorithms.items().size(), 1U);
  EXPECT_EQ(expect.algorithms.items()[0], Algorithm::RS256);
  EXPECT_EQ(expect.leeway, std::chrono::seconds{30});
  EXPECT_EQ(std::get<RemoteKeys>(found.issuer->keys).url, "https://t.auth0.com/.well-known/jwks.json");
}

TEST(EnvironmentIssuer, OfAClientAndAKeyTakesIdTokensInEveryMangledForm) {
  struct Row {
    const char* what;
    std::string key;
  };
  const Row rows[] = {{"as it is", pem()},
                      {"CRLF", with_line_ends("\r\n")},
                      {"spaces for line ends", with_line_ends(" ")},
                      {"backslash n", with_line_ends("\\n")},
                      {"one line", with_line_ends("")}};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    Environment environment{{"AUTH0_CLIENT_ID", "client"}, {"AUTH0_CLIENT_PUBLIC_KEY", row.key}};
    const auto unchecked = issuer_from(environment, Purpose::production);
    ASSERT_TRUE(unchecked.issuer) << (unchecked.problems.empty() ? "" : unchecked.problems.front().message);
    EXPECT_TRUE(std::holds_alternative<UncheckedIssuer>(unchecked.issuer->expect.issuer));
    EXPECT_EQ(unchecked.issuer->expect.profile, Profile::id_token);
    EXPECT_EQ(unchecked.issuer->expect.audiences.items()[0], "client");
    EXPECT_TRUE(std::holds_alternative<LocalKeys>(unchecked.issuer->keys));
    EXPECT_TRUE(has_note(unchecked, "AUTH0_CLIENT_PUBLIC_KEY", "weaker"));

    environment["AUTH0_DOMAIN"] = "t.auth0.com";
    const auto checked = issuer_from(environment, Purpose::production);
    ASSERT_TRUE(checked.issuer);
    EXPECT_EQ(std::get<std::string>(checked.issuer->expect.issuer), "https://t.auth0.com/");
    EXPECT_FALSE(has_note(checked, "AUTH0_CLIENT_PUBLIC_KEY", "weaker"));

    environment["AUTH0_CLIENT_PUBLIC_KEY"] = row.key.substr(0, row.key.size() / 2);
    const auto broken = issuer_from(environment, Purpose::production);
    EXPECT_FALSE(broken.issuer);
    ASSERT_EQ(broken.problems.size(), 1U);
    EXPECT_EQ(broken.problems[0].message.find(row.key.substr(40, 20)), std::string::npos) << "quotes nothing of it";
  }
}

TEST(EnvironmentIssuer, IsNoneWhenTheVariablesContradictOrDoNotSuffice) {
  struct Row {
    Environment environment;
    const char* place;
  };
  const Row rows[] = {
      {{{"AUTH0_AUDIENCE", "api"}}, "AUTH0_AUDIENCE"},
      {{{"AUTH0_DOMAIN", "t.auth0.com"}}, "AUTH0_DOMAIN"},
      {{{"AUTH0_CLIENT_PUBLIC_KEY", pem()}}, "AUTH0_CLIENT_PUBLIC_KEY"},
      {{{"AUTH0_DOMAIN", "http://t.auth0.com"}, {"AUTH0_AUDIENCE", "api"}}, "AUTH0_DOMAIN"},
      {{{"AUTH0_DOMAIN", "t.auth0.com"}, {"AUTH0_AUDIENCE", "api"}, {"AUTH0_CLIENT_PUBLIC_KEY", pem()}},
       "AUTH0_AUDIENCE"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.place);
    const auto found = issuer_from(row.environment, Purpose::production);
    EXPECT_FALSE(found.issuer);
    ASSERT_EQ(found.problems.size(), 1U);
    EXPECT_EQ(found.problems[0].place, row.place);
  }
}

TEST(EnvironmentIssuer, SaysWhichVariablesItDoesNotUseAndNeverRepeatsTheSecret) {
  const auto found =
      issuer_from({{"AUTH0_DOMAIN", "t.auth0.com"}, {"AUTH0_AUDIENCE", "api"}, {"AUTH0_CLIENT_SECRET", "hush-hush"}},
                  Purpose::production);
  EXPECT_TRUE(found.issuer);
  EXPECT_TRUE(has_note(found, "AUTH0_CLIENT_SECRET", "not used"));
  EXPECT_FALSE(has_note(found, "AUTH0_CLIENT_SECRET", "hush-hush"));
  const auto client = issuer_from({{"AUTH0_CLIENT_ID", "c"}}, Purpose::production);
  EXPECT_FALSE(client.issuer);
  EXPECT_TRUE(client.problems.empty());
  EXPECT_TRUE(has_note(client, "AUTH0_CLIENT_ID", "not used"));
  const auto both = issuer_from({{"AUTH0_DOMAIN", "t.auth0.com"}, {"AUTH0_AUDIENCE", "api"}, {"AUTH0_CLIENT_ID", "c"}},
                                Purpose::production);
  EXPECT_TRUE(both.issuer);
}

}  // namespace
}  // namespace portcullis::config
