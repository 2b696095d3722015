#include "edge/net/key_fetch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "edge/net/http_date.h"
#include "edge/net/loopback_peer.h"

namespace portcullis::net {
namespace {

using test::answering;
using test::Peer;
using test::ScriptedServer;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;
using namespace std::string_literals;

FetchOutcome fetch(const std::string& url, std::string if_none_match = {}, std::chrono::milliseconds total = 20s) {
  return fetch_keys({{}, url, std::move(if_none_match)}, {}, PlainHttp::loopback_only, total);
}

FetchOutcome fetch_from(const ScriptedServer& server) {
  return fetch("http://" + server.address() + "/jwks");
}

TEST(KeyFetch, AsksForJsonUncompressedAndOnlyIfChangedWhereItKnowsATag) {
  std::string seen;
  const ScriptedServer server{[&](const Peer& peer, int) {
    seen = peer.until("\r\n\r\n");
    peer.send_text("HTTP/1.1 200 OK\r\nETag: \"v2\"\r\nContent-Length: 2\r\n\r\n{}");
  }};
  const auto first = fetch("http://" + server.address() + "/.well-known/jwks.json?a=b");
  EXPECT_THAT(seen, testing::StartsWith("GET /.well-known/jwks.json?a=b HTTP/1.1\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nAccept: application/json, application/jwk-set+json\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nAccept-Encoding: identity\r\n"));
  EXPECT_THAT(seen, Not(HasSubstr("If-None-Match")));
  ASSERT_TRUE(std::holds_alternative<FetchedKeys>(first));
  EXPECT_EQ(std::get<FetchedKeys>(first).body, "{}");
  EXPECT_EQ(std::get<FetchedKeys>(first).etag, "\"v2\"");
  fetch("http://" + server.address() + "/", "W/\"v1\"");
  EXPECT_THAT(seen, HasSubstr("\r\nIf-None-Match: W/\"v1\"\r\n"));
}

TEST(KeyFetch, HandsEveryStatusToTheCore) {
  for (const int status : {200, 301, 302, 304, 404, 429, 500}) {
    const ScriptedServer server{answering("HTTP/1.1 " + std::to_string(status) +
                                          " X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")};
    const auto outcome = fetch_from(server);
    ASSERT_TRUE(std::holds_alternative<FetchedKeys>(outcome));
    EXPECT_EQ(std::get<FetchedKeys>(outcome).status, status);
    EXPECT_EQ(server.connections(), 1);
  }
}

TEST(KeyFetch, ReadsHowLongKeysAreFreshAndWhenToComeBack) {
  constexpr auto most = std::chrono::seconds{std::int64_t{1} << 31};
  struct Row {
    const char* fields;
    std::optional<std::chrono::seconds> max_age;
    std::optional<std::chrono::seconds> retry_after;
  };
  for (const Row& row : {
           Row{"", {}, {}},
           Row{"Cache-Control: max-age=600\r\n", 600s, {}},
           Row{"Cache-Control: public, MAX-AGE=0 , stale-if-error=5\r\n", 0s, {}},
           Row{"Cache-Control: public\r\nCache-Control: max-age=\"7\"\r\n", 7s, {}},
           Row{"Cache-Control: private=\"a, max-age=1\", max-age=2\r\n", 2s, {}},
           Row{"Cache-Control: max-age=x, max-age=3\r\n", 3s, {}},
           Row{"Cache-Control: s-maxage=9, xmax-age=8\r\n", {}, {}},
           Row{"Cache-Control: max-age=-1\r\n", {}, {}},
           Row{"Cache-Control: max-age\r\n", {}, {}},
           Row{"Cache-Control: ,,=,\"\r\n", {}, {}},
           Row{"Cache-Control: private=\"\\\r\n", {}, {}},
           Row{"Cache-Control: max-age=99999999999999999999999\r\n", most, {}},
           Row{"Retry-After: 12\r\n", {}, 12s},
           Row{"Retry-After: 4294967296\r\n", {}, most},
           Row{"Retry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n", {}, {}},  // against what clock?
           Row{"Date: Wed, 21 Oct 2026 07:26:30 GMT\r\nRetry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n", {}, 90s},
           Row{"Date: Wed, 21 Oct 2026 07:28:30 GMT\r\nRetry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n", {}, 0s},
           Row{"Retry-After: 1.5\r\n", {}, {}},
           Row{"Retry-After: -1\r\n", {}, {}},
       }) {
    SCOPED_TRACE(row.fields);
    const ScriptedServer server{answering("HTTP/1.1 200 OK\r\n"s + row.fields + "Content-Length: 0\r\n\r\n")};
    const auto outcome = fetch_from(server);
    ASSERT_TRUE(std::holds_alternative<FetchedKeys>(outcome));
    EXPECT_EQ(std::get<FetchedKeys>(outcome).max_age, row.max_age);
    EXPECT_EQ(std::get<FetchedKeys>(outcome).retry_after, row.retry_after);
  }
}

TEST(HttpDate, IsReadInTheOneFormThatMayBeSent) {
  using namespace std::chrono;
  const auto at = [](std::int64_t unix_seconds) { return sys_seconds{seconds{unix_seconds}}; };
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), at(784111777));  // RFC 9110's own example
  EXPECT_EQ(parse_http_date("Thu, 29 Feb 2024 23:59:60 GMT"), at(1709251200));
  EXPECT_EQ(parse_http_date("Fri, 31 Dec 9999 23:59:59 GMT"), at(253402300799));
  for (const char* text :
       {"", "Sun, 06 Nov 1994 08:49:37", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, +6 Nov 1994 08:49:37 GMT", "Son, 06 Nov 1994 08:49:37 GMT",
        "784111777                    "})
    EXPECT_FALSE(parse_http_date(text)) << text;
}

// design.md §3: clocks that differ are told at start. To the second, for a Date has no more.
TEST(KeyFetch, TellsHowFarTheServersClockIsAhead) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  for (const auto off : {0s, 3600s, -3600s, 7s}) {
    char date[64];
    const std::time_t then = std::chrono::system_clock::to_time_t(now + off);
    std::tm parts{};
    std::strftime(date, sizeof date, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", gmtime_r(&then, &parts));
    for (const char* status : {"200 OK", "304 Not Modified", "500 Oops"}) {
      const ScriptedServer server{answering("HTTP/1.1 "s + status + "\r\n" + date + "Content-Length: 0\r\n\r\n")};
      const auto told = std::get<FetchedKeys>(fetch_from(server)).clock_offset;
      ASSERT_TRUE(told);
      EXPECT_LE(*told, off + 1s);
      EXPECT_GE(*told, off - 15s) << "a busy machine";
    }
  }
  for (const char* field : {"", "Date: yesterday\r\n"}) {
    const ScriptedServer server{answering("HTTP/1.1 200 OK\r\n"s + field + "Content-Length: 0\r\n\r\n")};
    EXPECT_FALSE(std::get<FetchedKeys>(fetch_from(server)).clock_offset);
  }
}

TEST(KeyFetch, RefusesPlainHttpButToLoopbackWhereThatIsAllowed) {
  const ScriptedServer server{answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")};
  const auto why = [](const FetchOutcome& outcome) {
    return std::holds_alternative<FetchFailed>(outcome) ? std::get<FetchFailed>(outcome).why : "";
  };
  EXPECT_EQ(why(fetch_from(server)), "");
  const auto refused = fetch_keys({{}, "http://" + server.address() + "/", {}}, {}, PlainHttp::refused, 20s);
  EXPECT_EQ(why(refused), "http://" + server.address() + ": keys are fetched over https only");
  EXPECT_THAT(why(fetch("http://192.0.2.1/jwks")), EndsWith(": keys are fetched over https only"));
  EXPECT_EQ(why(fetch("ftp://localhost/")), "the URL of the keys is no absolute https URL");
  EXPECT_EQ(server.connections(), 1);
}

TEST(KeyFetch, TriesOnceMoreWhenTheConnectionClosedWithoutAnAnswer) {
  const ScriptedServer second_time{[](const Peer& peer, int number) {
    peer.until("\r\n\r\n");
    if (number == 1) peer.send_text("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  }};
  EXPECT_TRUE(std::holds_alternative<FetchedKeys>(fetch_from(second_time)));
  const ScriptedServer never{answering("")};
  EXPECT_THAT(std::get<FetchFailed>(fetch_from(never)).why, HasSubstr("closed before an answer came"));
  EXPECT_EQ(never.connections(), 2);
}

TEST(KeyFetch, IsBoundedInSizeAndInTimeAltogether) {
  const ScriptedServer large{answering("HTTP/1.1 200 OK\r\n\r\n" + std::string(256 * 1024 + 1, ' '))};
  EXPECT_THAT(std::get<FetchFailed>(fetch_from(large)).why, EndsWith("larger than 262144 bytes"));
  const ScriptedServer fits{answering("HTTP/1.1 200 OK\r\n\r\n" + std::string(256 * 1024, ' '))};
  EXPECT_TRUE(std::holds_alternative<FetchedKeys>(fetch_from(fits)));

  const ScriptedServer slow{[](const Peer& peer, int number) {
    peer.until("\r\n\r\n");
    if (number > 0) peer.until_closed();
  }};
  const auto started = std::chrono::steady_clock::now();
  const auto outcome = fetch("http://" + slow.address() + "/", {}, 150ms);
  EXPECT_THAT(std::get<FetchFailed>(outcome).why, EndsWith("no whole answer in time"));
  EXPECT_LT(std::chrono::steady_clock::now() - started, 5s);
}

}  // namespace
}  // namespace portcullis::net
