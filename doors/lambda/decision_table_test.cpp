// The table of decisions by plain calls: each row of tests/decisions gets the reason that it says, as through
// the programs (tests/decisions/decisions_test.mjs). design.md §1.
#include <gtest/gtest.h>
#include <unistd.h>

#include "doors/lambda/event.h"
#include "doors/lambda/web_socket.h"
#include "edge/config/config.h"
#include "edge/system/files.h"
#include "tests/decision_table.h"

namespace portcullis::lambda {
namespace {

using portcullis::testing::json_file;
using portcullis::testing::replaced;
using portcullis::testing::text_in;

constexpr std::int64_t new_year = 1767225600;  // 2026-01-01T00:00:00Z

Now now() {
  return {WallTime{std::chrono::seconds{new_year}}, {}};
}

// What the servers of `fetched.yaml` say; whoever is not here does not answer.
FetchOutcome fetch(const NeedKeys& wanted) {
  const auto asked_for = [&](std::string_view name) { return wanted.url.ends_with(name); };
  const std::string keys = portcullis::testing::file_text(portcullis::testing::table_path("jwks.json"));
  if (asked_for("/good")) return FetchedKeys{200, keys, "", {}, {}};
  if (asked_for("/server-error")) return FetchedKeys{500, keys, "", {}, {}};
  if (asked_for("/not-found")) return FetchedKeys{404, "", "", {}, {}};
  if (asked_for("/redirect")) return FetchedKeys{302, "", "", {}, {}};
  if (asked_for("/web-page")) return FetchedKeys{200, "<!doctype html>", "", {}, {}};
  if (asked_for("/no-usable-key")) return FetchedKeys{200, R"({"keys":[{"kty":"AKP","kid":"k1"}]})", "", {}, {}};
  return FetchFailed{"nobody answers"};
}

struct World {
  config::Config config;
  std::optional<Authorizer> authorizer;

  explicit World(const std::string& name) {
    std::string file = portcullis::testing::table_path(name + ".yaml");
    if (name == "fetched") {
      const std::string text = replaced(portcullis::testing::file_text(file), "KEYS", "http://127.0.0.1:9");
      char place[] = "/tmp/portcullis-table-XXXXXX";
      close(mkstemp(place));
      EXPECT_TRUE(system::write_file(place, text, 0600));
      load(place);
      unlink(place);
    } else {
      load(file);
    }
  }

  Decision decide(const Request& request) const {
    Step step = authorizer->begin(request, now());
    while (auto* asked = std::get_if<Asked>(&step)) {
      if (std::holds_alternative<NeedLimit>(asked->question)) {
        step = authorizer->resume(std::move(asked->pending), LimitOutcome{StoreFailed{"nobody listens"}}, now());
        continue;
      }
      const NeedKeys wanted = std::get<NeedKeys>(asked->question);
      const Answer answer = fetch(wanted);
      authorizer->learn(wanted.ticket, answer, now());
      step = authorizer->resume(std::move(asked->pending), answer, now());
    }
    return std::get<Settled>(std::move(step)).decision;
  }

 private:
  void load(const std::string& file) {
    auto loaded = config::load(file, {});
    ASSERT_TRUE(loaded) << loaded.error().front().place << ": " << loaded.error().front().message;
    config = *std::move(loaded);
    auto made = Authorizer::make(config.rules, {});
    ASSERT_TRUE(made) << made.error().front().message;
    authorizer.emplace(*std::move(made));
  }
};

Decision decide_request(const World& world, const Json& row, const std::string& token) {
  const std::string line = replaced(text_in(row, "request", "GET /me"), "<token>", token);
  const std::size_t blank = line.find(' ');
  std::string target = replaced(line.substr(blank + 1), "<long>", std::string(8200, 'x'));
  target = replaced(std::move(target), "<600>", std::string(600, 'x'));
  const std::string name = text_in(row, "header", "Authorization");
  std::vector<std::string> values;
  const auto authorization = row.find("authorization");
  if (authorization && authorization->string()) values.emplace_back(*authorization->string());
  if (authorization)
    for (const Json value : *authorization) values.emplace_back(*value.string());
  if (!authorization && !token.empty()) values.emplace_back("Bearer <token>");
  std::vector<Header> headers;
  for (std::string& value : values) {
    value = replaced(value, "<token>", token);
    headers.push_back({name, value});
  }
  return world.decide({line.substr(0, blank), target.substr(0, target.find('?')), "", headers});
}

Decision decide_event_row(const World& world, const Json& row, const std::string& token) {
  JsonWriter written;
  write_json(written, *row.find("event"));
  std::string event = replaced(written.text(), "<token>", token);
  event = replaced(std::move(event), "<api>", "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5");
  const auto read = AuthorizerEvent::parse(event);
  if (!read) return {};
  Decision decision = world.decide(read->request());
  judge_pages(read->pages(), world.config.cors.origins, decision, nullptr);
  return decision;
}

TEST(DecisionTable, IsTheSameForPlainCallsAsForTheDoors) {
  std::map<std::string, World> worlds;
  for (const char* name : {"listed", "fetched", "limited", "stored"}) worlds.emplace(name, name);
  portcullis::testing::TableTokens tokens{new_year};
  int judged = 0;
  for (const char* subject : {"token_shape", "token_key", "token_claims", "credentials", "requirements", "key_sources",
                              "limits", "paths", "events"}) {
    const JsonDocument table = json_file(portcullis::testing::table_path(std::string{subject} + ".json"));
    for (const Json row : table.root()) {
      SCOPED_TRACE(std::string{subject} + ": " + text_in(row, "name"));
      const World& world = worlds.at(text_in(row, "config", "listed"));
      const std::string token = tokens.token_of(row);
      const Decision decision =
          row.find("event") ? decide_event_row(world, row, token) : decide_request(world, row, token);
      EXPECT_EQ(facts(decision.reason).code, text_in(row, "reason")) << decision.detail;
      EXPECT_EQ(decision.outcome == Outcome::allow, text_in(row, "reason") == "ok");
      EXPECT_EQ(decision.enforced, !row.find("enforced"));
      EXPECT_EQ(text_in(row, "route", std::string{decision.route()}), decision.route());
      ++judged;
    }
  }
  EXPECT_GT(judged, 300);
}

}  // namespace
}  // namespace portcullis::lambda
