// What hostile JSON becomes. tokens.md §1.3.
#include <gtest/gtest.h>

#include "portcullis/json.h"
#include "portcullis/json_writer.h"

namespace portcullis {
namespace {

std::string verdict(std::string_view text, const JsonLimits& limits = {}) {
  const auto document = JsonDocument::parse(text, limits);
  return document ? "ok" : std::string{facts(document.error().reason).code};
}

TEST(StrictJson, TakesOneValueAndRefusesWhatParsersDisagreeOn) {
  using namespace std::string_view_literals;
  for (const std::string_view good :
       {"{}"sv, " {\"a\":1} \n"sv, "[]"sv, "\"x\""sv, "1"sv, "-0.5e-3"sv, "{\"a\":{\"a\":1}}"sv,
        "{\"\":1,\"__proto__\":2}"sv, "\"\\u00e9\\ud83d\\ude00\""sv, "18446744073709551616"sv, "{\"a\":\"\\u0000\"}"sv})
    EXPECT_EQ(verdict(good), "ok") << good;
  for (const std::string_view bad : {""sv,
                                     " "sv,
                                     "{"sv,
                                     "{\"a\":1,}"sv,
                                     "[1,]"sv,
                                     "{\"a\":1}x"sv,
                                     "{}{}"sv,
                                     "{\"a\":1}\0{}"sv,
                                     "\xEF\xBB\xBF{}"sv,
                                     "// x\n{}"sv,
                                     "{'a':1}"sv,
                                     "{a:1}"sv,
                                     "01"sv,
                                     "+1"sv,
                                     ".5"sv,
                                     "NaN"sv,
                                     "Infinity"sv,
                                     "1e400"sv,
                                     "-1e400"sv,
                                     "\"\x01\""sv,
                                     "\"\\x\""sv,
                                     "\"\\ud800\""sv,
                                     "\"\xFF\""sv,
                                     "\"\xC0\x80\""sv,
                                     "\"\xED\xA0\x80\""sv,
                                     "tru"sv,
                                     "{\"a\":1,\"a\":1}"sv,
                                     "{\"\\u0061lg\":1,\"alg\":2}"sv,
                                     "{\"x\":{\"a\":1,\"a\":2}}"sv})
    EXPECT_EQ(verdict(bad), "bad_json") << bad;
}

TEST(StrictJson, BoundsBytesDepthMembersAndItems) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(verdict(nested(16)), "ok");
  EXPECT_EQ(verdict(nested(17)), "too_large");
  EXPECT_EQ(verdict(nested(4000)), "too_large");
  const auto members = [](int count) {
    std::string text = "{";
    for (int i = 0; i < count; ++i) text += (i ? ",\"" : "\"") + std::to_string(i) + "\":0";
    return text + "}";
  };
  EXPECT_EQ(verdict(members(256)), "ok");
  EXPECT_EQ(verdict(members(257)), "too_large");
  const auto items = [](int count) {
    std::string text = "[0";
    for (int i = 1; i < count; ++i) text += ",0";
    return text + "]";
  };
  EXPECT_EQ(verdict(items(1024)), "ok");
  EXPECT_EQ(verdict(items(1025)), "too_large");
  EXPECT_EQ(verdict('"' + std::string(8190, 'a') + '"'), "ok");
  EXPECT_EQ(verdict('"' + std::string(8191, 'a') + '"'), "too_large");
}

TEST(StrictJson, MarksDuplicatesOnlyWhereItIsToldTo) {
  const auto document =
      JsonDocument::parse(R"({"keys":[{"a":1},{"a":1,"a":2}]})", {.duplicates = DuplicateNames::marked});
  ASSERT_TRUE(document);
  EXPECT_FALSE(document->root().has_duplicate_names());
  const Json keys = *document->root().find("keys");
  std::string marks;
  for (const Json key : keys) marks += key.has_duplicate_names() ? '!' : '.';
  EXPECT_EQ(marks, ".!");
}

TEST(Json, AnswersWrongQuestionsWithNothing) {
  const auto document = JsonDocument::parse(R"({"s":"x","n":1.50,"b":true,"z":null,"a":[1,[2],{"k":"v"}],"e":{}})", {});
  ASSERT_TRUE(document);
  const Json root = document->root();
  EXPECT_EQ(root.find("s")->string(), "x");
  EXPECT_FALSE(root.find("s")->number());
  EXPECT_EQ(root.find("n")->number(), 1.5);
  EXPECT_EQ(root.find("n")->number_text(), "1.50");
  EXPECT_EQ(root.find("b")->boolean(), true);
  EXPECT_TRUE(root.find("z")->is(JsonKind::null));
  EXPECT_FALSE(root.find("nothing"));
  EXPECT_FALSE(root.find("s")->find("x"));
  EXPECT_EQ(root.find("a")->size(), 3u);
  int scalars = 0;
  const Json scalar = *root.find("s");
  for ([[maybe_unused]] const Json item : scalar) ++scalars;
  EXPECT_EQ(scalars, 0);
  JsonWriter writer;
  write_json(writer, root);
  EXPECT_EQ(writer.text(), R"({"s":"x","n":1.50,"b":true,"z":null,"a":[1,[2],{"k":"v"}],"e":{}})");
}

TEST(JsonWriter, WritesOneLineOfValidJsonWhateverTheBytes) {
  using namespace std::string_view_literals;
  JsonWriter writer;
  writer.begin_object().key("a\n\"\\").string("\x01\x7F\xFF é \r\n\0"sv).key("n").integer(-5).key("l").begin_array();
  writer.boolean(false).null().raw("{}").end_array().end_object();
  EXPECT_EQ(writer.text().find('\n'), std::string::npos);
  EXPECT_EQ(verdict(writer.text()), "ok") << writer.text();
}

TEST(JsonWriter, QuotesEachOctetWhereverItStands) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (int octet = 0; octet < 256; ++octet) {
    const char c = static_cast<char>(octet);
    std::string quoted{c};
    if (octet < 0x20 || octet == 0x7F) {
      quoted = std::string{"\\u00"} + digits[static_cast<std::size_t>(octet) / 16] + digits[octet % 16];
    } else if (c == '"' || c == '\\') {
      quoted.insert(0, 1, '\\');
    } else if (octet >= 0x80) {
      quoted = "\xEF\xBF\xBD";
    }
    const std::string one{c};
    const auto written = [](const std::string& text) {
      JsonWriter writer;
      return writer.string(text).text();
    };
    EXPECT_EQ(written(one), '"' + quoted + '"');
    EXPECT_EQ(written("ab" + one + "é" + one + one + "z"), "\"ab" + quoted + "é" + quoted + quoted + "z\"");
  }
}

}  // namespace
}  // namespace portcullis
