// How statements of check --never are read, and what is said of those that are none.
#include "doors/cli/never_statement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/access/atom.h"

namespace portcullis::cli {
namespace {

using Callers = Statement::Callers;

std::string text_of(const Wish& wish) {
  const std::string sign = wish.wanted == Wanted::has ? "+" : "-";
  if (const auto* acr = std::get_if<AcrIs>(&wish.trait)) return sign + "acr:" + acr->value;
  if (const auto* age = std::get_if<MaxAge>(&wish.trait)) return sign + std::to_string(age->most.count()) + "s";
  if (const auto* sender = std::get_if<BoundSender>(&wish.trait))
    return sign + (*sender == BoundSender::dpop ? "dpop" : "mtls");
  return sign + portcullis::text_of(std::get<Atom>(wish.trait));
}

/// "+a|+b -c": of the first two one, and not the third.
std::string wishes_of(const Statement& statement) {
  std::string text;
  for (const Wishes& ways : statement.wishes) {
    text += text.empty() ? "" : " ";
    for (std::size_t i = 0; i < ways.size(); ++i) text += (i > 0 ? "|" : "") + text_of(ways[i]);
  }
  return text;
}

TEST(NeverStatement, IsReadAsWritten) {
  struct Row {
    const char* text;
    std::size_t routes;
    Callers callers;
    const char* wishes;
  };
  for (const Row& row : std::initializer_list<Row>{
           {"ANY /admin/{path+} is public", 1, Callers::anonymous, ""},
           {"any route is public", 3, Callers::anonymous, ""},
           {"$connect is public", 1, Callers::anonymous, ""},
           {"  GET   /a  is  allowed ", 1, Callers::anybody, ""},
           {"GET /a is allowed without token", 1, Callers::anonymous, ""},
           {"GET /a is allowed with token without scope:a", 1, Callers::verified, "-scope:a"},
           {"GET /a is allowed with scope:a", 1, Callers::anybody, "+scope:a"},
           {"GET /a is allowed with scope:a and role:b", 1, Callers::anybody, "+scope:a +role:b"},
           {"GET /a is allowed with scope:a or role:b", 1, Callers::anybody, "+scope:a|+role:b"},
           {"GET /a is allowed without scope:a and role:b", 1, Callers::anybody, "-scope:a|-role:b"},
           {"GET /a is allowed without scope:a or role:b", 1, Callers::anybody, "-scope:a -role:b"},
           {"GET /a is allowed with client:c without acr:gold or max_age:5m with organization:o", 1, Callers::anybody,
            "+client:c -acr:gold -300s +organization:o"},
           {"GET /a is allowed with 'role:team lead' and claim:/x~1y=a=b", 1, Callers::anybody,
            "+role:team lead +claim:/x~1y=a=b"},
           {"GET /a is allowed without sender:dpop or sender:mtls", 1, Callers::anybody, "-dpop -mtls"},
           {"GET /is is allowed with scope:with", 1, Callers::anybody, "+scope:with"}}) {
    SCOPED_TRACE(row.text);
    const auto statement = parse_statement(row.text);
    ASSERT_TRUE(statement) << statement.error().message;
    EXPECT_EQ(statement->requests.size(), row.routes);
    EXPECT_EQ(statement->callers, row.callers);
    EXPECT_EQ(wishes_of(*statement), row.wishes);
  }
}

TEST(NeverStatement, IsRefusedWithTheColumnAndTheNearestWord) {
  struct Row {
    std::string text;
    std::size_t column;
    const char* message;
  };
  for (const Row& row : std::initializer_list<Row>{
           {"", 1, "a statement is ROUTE is public"},
           {"GET", 1, "a statement is ROUTE is public"},
           {"GET /a", 7, "'is' is missing"},
           {"GET /a si public", 8, "stands where 'is' does"},
           {"GET /a is", 10, "'public' or 'allowed' is missing"},
           {"GET /a is pubic", 11, "did you mean 'public'?"},
           {"GET /a is 'public'", 11, "stands where 'public' or 'allowed' does"},
           {"GET /a is public indeed", 18, "nothing follows 'public'"},
           {"GET /ä is public", 5, ""},
           {"GET /a is allowed 'é' x", 19, "stands where 'with' or 'without' does"},
           {"GET /a is allowed with 'role:é' nad role:b", 33, "did you mean 'and'?"},
           {"get /a is public", 1, "a method in capitals"},
           {"GET a is public", 5, "begins with a route"},
           {"GET /a* is public", 5, "a literal '*' is not possible"},
           {"any rout is public", 5, "did you mean 'route'?"},
           {"GET /a is allowed witout scope:a", 19, "did you mean 'without'?"},
           {"GET /a is allowed with", 23, "a requirement is missing"},
           {"GET /a is allowed with scope:a and", 35, "a requirement is missing"},
           {"GET /a is allowed with scope:a, scope:b", 24, "not a comma"},
           {"GET /a is allowed with scope:a and scope:b or scope:c", 44, "can be read in two ways"},
           {"GET /a is allowed with scop:a", 24, "did you mean 'scope'?"},
           {"GET /a is allowed with orders", 24, "a requirement is scope:NAME"},
           {"GET /a is allowed with scope:", 24, "names nothing"},
           {"GET /a is allowed with 'scope:a b'", 24, "a scope has no blanks"},
           {"GET /a is allowed with claim:x=y", 24, "a claim is claim:POINTER=VALUE"},
           {"GET /a is allowed with acr:", 24, "names nothing"},
           {"GET /a is allowed with 'acr:a b'", 24, "an acr value has no blanks"},
           {"GET /a is allowed with max_age:5", 24, "a whole number and a unit"},
           {"GET /a is allowed with max_age:0", 24, "max_age is from 1s to 365d"},
           {"GET /a is allowed with token and scope:a", 30, "'token' stands alone"},
           {"GET /a is allowed with scope:a and token", 36, "a requirement is scope:NAME"},
           {"GET /a is allowed with token without token", 38, "nobody comes both"},
           {"GET /a is allowed without token with scope:a", 33, "who comes without a token has nothing"},
           {"GET /a is allowed with 'scope:a", 24, "this quote does not end"},
           {"GET /" + std::string(4096, 'a'), 1, "at most 4096 bytes"}}) {
    SCOPED_TRACE(row.text.substr(0, 60));
    const auto statement = parse_statement(row.text);
    ASSERT_FALSE(statement);
    EXPECT_EQ(statement.error().column, row.column);
    EXPECT_THAT(statement.error().message, ::testing::HasSubstr(row.message));
  }
}

}  // namespace
}  // namespace portcullis::cli
