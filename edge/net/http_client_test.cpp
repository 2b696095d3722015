#include "edge/net/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "edge/net/loopback_peer.h"

namespace portcullis::net {
namespace {

using test::answering;
using test::Peer;
using test::ScriptedServer;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using namespace std::chrono_literals;
using namespace std::string_literals;
using Kind = ClientError::Kind;

constexpr ClientLimits patient{20s, 20s, 1000};
const HttpRequest get{"GET", "/a?b", {}, {}, {}};
constexpr const char* hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

HttpClient client_of(const ScriptedServer& server, ClientLimits limits = patient) {
  return {*Url::parse("http://" + server.address()), limits};
}

TEST(HttpClient, SendsExactlyWhatItIsToldWithHostLengthAndName) {
  std::string seen;
  const ScriptedServer server{[&](const Peer& peer, int) {
    seen = peer.until("\r\n\r\nhi");
    peer.send_text(hello);
  }};
  HttpRequest post{
      "POST", "/x", {{"X-A", "1"}, {"x-a", "2"}, {"Host", "evil"}, {"Transfer-Encoding", "chunked"}}, "hi", {}};
  auto client = client_of(server);
  ASSERT_TRUE(client.exchange(post));
  EXPECT_EQ(seen, "POST /x HTTP/1.1\r\nHost: " + server.address() + "\r\nX-A: 1\r\nx-a: 2\r\nUser-Agent: portcullis/" +
                      PORTCULLIS_VERSION + "\r\nContent-Length: 2\r\n\r\nhi");
}

TEST(HttpClient, SendsALengthWhereContentIsExpectedAndNoneElsewhere) {
  std::string seen;
  const ScriptedServer server{[&](const Peer& peer, int) {
    for (std::string request; !(request = peer.until("\r\n\r\n")).empty(); peer.send_text(hello)) seen = request;
  }};
  auto client = client_of(server);
  for (const char* method : {"GET", "DELETE", "HEAD"}) {
    ASSERT_TRUE(client.exchange({method, "/", {{"User-Agent", "mine"}}, {}, {}})) << method;
    if (method == "HEAD"s) break;
    EXPECT_THAT(seen, Not(HasSubstr("Content-Length")));
    EXPECT_THAT(seen, HasSubstr("User-Agent: mine\r\n"));
  }
  auto other = std::move(client);
  other = client_of(server);
  for (const char* method : {"POST", "PUT"}) {
    ASSERT_TRUE(other.exchange({method, "/", {}, {}, {}})) << method;
    EXPECT_THAT(seen, HasSubstr("Content-Length: 0\r\n"));
  }
}

TEST(HttpClient, ReadsEveryFramingOfAnAnswer) {
  struct Row {
    const char* why;
    std::string answer;
    int status;
    const char* body;
  };
  for (const Row& row : {
           Row{"length", hello, 200, "hello"},
           Row{"chunked",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nX-A: t\r\n\r\n",
               200, "hello"},
           Row{"until the end", "HTTP/1.1 200 OK\r\n\r\nhello", 200, "hello"},
           Row{"HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nhello", 200, "hello"},
           Row{"no reason phrase", "HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n", 404, ""},
           Row{"none by status", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, ""},
           Row{"after interim answers",
               "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX-A: h\r\n\r\n"s + hello, 200, "hello"},
           Row{"a redirect is not followed", "HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n", 302,
               ""},
       }) {
    SCOPED_TRACE(row.why);
    const ScriptedServer server{answering(row.answer)};
    const auto answer = client_of(server).exchange(get);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, row.status);
    EXPECT_EQ(answer->body, row.body);
    EXPECT_FALSE(answer->headers.has("X-A")) << "from a trailer or an interim answer";
    EXPECT_EQ(server.connections(), 1);
  }
}

TEST(HttpClient, TellsWhyThereIsNoAnswer) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  struct Row {
    const char* why;
    std::string answer;
    Kind kind;
    const char* message;
  };
  for (const Row& row : {
           Row{"nothing", "", Kind::closed, "the connection closed before an answer came"},
           Row{"not HTTP", "220 smtp ready\r\n\r\n", Kind::protocol, "the answer is not HTTP/1.1 ("},
           Row{"half a header", "HTTP/1.1 200 OK\r\nA", Kind::protocol,
               "the connection closed in the middle of the answer"},
           Row{"half a body", ok + "Content-Length: 6\r\n\r\nhello", Kind::protocol, "in the middle of the answer"},
           Row{"half a chunk", ok + "Transfer-Encoding: chunked\r\n\r\n9\r\nhello", Kind::protocol, "in the middle"},
           Row{"length and chunked", ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
               Kind::protocol, "not HTTP"},
           Row{"two lengths", ok + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", Kind::protocol,
               "not HTTP/1.1"},
           Row{"header too large", ok + "A: " + std::string(33 * 1024, 'a') + "\r\n\r\n", Kind::too_large,
               "the answer's header is larger than 32768 bytes"},
           Row{"length too large", ok + "Content-Length: 1001\r\n\r\n", Kind::too_large,
               "the answer is larger than 1000 bytes"},
           Row{"chunks too large", ok + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'a'),
               Kind::too_large, "larger than 1000 bytes"},
           Row{"endless", ok + "\r\n" + std::string(1001, 'a'), Kind::too_large,
               "the answer is larger than 1000 bytes"},
           Row{"only interim answers",
               [] {
                 std::string many;
                 for (int i = 0; i < 20; ++i) many += "HTTP/1.1 100 Continue\r\n\r\n";
                 return many;
               }(),
               Kind::protocol, "too many interim answers"},
       }) {
    SCOPED_TRACE(row.why);
    const ScriptedServer server{answering(row.answer)};
    const auto answer = client_of(server).exchange(get);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, row.kind);
    EXPECT_THAT(answer.error().message, StartsWith(server.address() + ": "));
    EXPECT_THAT(answer.error().message, HasSubstr(row.message));
  }
}

TEST(HttpClient, TakesABodyOfExactlyTheLimit) {
  for (const auto& framing : {"Content-Length: 1000\r\n\r\n"s, "\r\n"s}) {
    const ScriptedServer server{answering("HTTP/1.1 200 OK\r\n" + framing + std::string(1000, 'a'))};
    const auto answer = client_of(server).exchange(get);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body.size(), 1000U);
  }
}

TEST(HttpClient, UsesOneConnectionForManyRequests) {
  const ScriptedServer server{[](const Peer& peer, int) {
    while (!peer.until("\r\n\r\n").empty()) peer.send_text(hello);
  }};
  auto client = client_of(server);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(client.exchange(get));
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClient, ConnectsAgainAfterAnAnswerThatEndsTheConnection) {
  for (const char* answer :
       {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n"}) {
    SCOPED_TRACE(answer);
    const ScriptedServer server{answering(answer)};
    auto client = client_of(server);
    EXPECT_TRUE(client.exchange(get));
    EXPECT_TRUE(client.exchange(get));
    EXPECT_EQ(server.connections(), 2);
  }
}

TEST(HttpClient, TriesOnceMoreWhenAReusedConnectionTurnsOutDead) {
  struct Row {
    const char* why;
    ScriptedServer::Script after_first_answer;
  };
  for (const Row& row : {
           Row{"closed while idle", [](const Peer&, int) {}},
           Row{"closed when the request came", [](const Peer&peer, int) { peer.until("\r\n\r\n"); }},
           Row{"reset when the request came",
               [](const Peer&peer, int) {
                 peer.until("\r\n\r\n");
                 const linger reset{1, 0};
                 setsockopt(peer.descriptor(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
               }},
       }) {
    SCOPED_TRACE(row.why);
    const ScriptedServer server{[&](const Peer& peer, int number) {
      peer.until("\r\n\r\n");
      peer.send_text(hello);
      if (number == 0) row.after_first_answer(peer, number);
    }};
    auto client = client_of(server);
    ASSERT_TRUE(client.exchange(get));
    const auto second = client.exchange({"POST", "/", {}, "body", {}});
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_EQ(server.connections(), 2);
  }
}

TEST(HttpClient, TriesNotAgainOnAFreshConnectionNorAfterAByteOfTheAnswer) {
  const ScriptedServer silent{answering("")};
  EXPECT_EQ(client_of(silent).exchange(get).error().kind, Kind::closed);
  EXPECT_EQ(silent.connections(), 1);

  const ScriptedServer breaks_off{[](const Peer& peer, int) {
    peer.until("\r\n\r\n");
    peer.send_text(hello);
    peer.until("\r\n\r\n");
    peer.send_text("H");
  }};
  auto client = client_of(breaks_off);
  ASSERT_TRUE(client.exchange(get));
  EXPECT_EQ(client.exchange(get).error().kind, Kind::protocol);
  EXPECT_EQ(breaks_off.connections(), 1);

  const ScriptedServer dies_twice{[](const Peer& peer, int number) {
    peer.until("\r\n\r\n");
    if (number == 0) peer.send_text(hello);
    if (number == 0) peer.until("\r\n\r\n");
  }};
  auto other = client_of(dies_twice);
  ASSERT_TRUE(other.exchange(get));
  EXPECT_EQ(other.exchange(get).error().kind, Kind::closed);
  EXPECT_EQ(dies_twice.connections(), 2);
}

TEST(HttpClient, StopsAtTheDeadlineWhateverTheServerDoes) {
  struct Row {
    const char* why;
    ScriptedServer::Script script;
  };
  const auto drip = [](const Peer& peer, const std::string& start) {
    peer.send_text(start);
    while (!peer.has_something_to_read(5) && peer.send_text("x")) {
    }
  };
  for (const Row& row : {
           Row{"never answers", [](const Peer&peer, int) { peer.until_closed(); }},
           Row{"drips a header",
               [&](const Peer&peer, int) { peer.until("\r\n\r\n"), drip(peer, "HTTP/1.1 200 OK\r\nX: "); }},
           Row{"drips a body",
               [&](const Peer&peer, int) {
                 peer.until("\r\n\r\n"), drip(peer, "HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n");
               }},
       }) {
    SCOPED_TRACE(row.why);
    const ScriptedServer server{row.script};
    auto client = client_of(server, {20s, 100ms, 1000});
    const auto started = std::chrono::steady_clock::now();
    const auto answer = client.exchange(get);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, Kind::timeout);
    EXPECT_EQ(answer.error().message, server.address() + ": no whole answer in time");
    const auto took = std::chrono::steady_clock::now() - started;
    EXPECT_GE(took, 100ms);
    EXPECT_LT(took, 5s);
  }
}

TEST(HttpClient, StopsWritingAtTheDeadline) {
  std::atomic<bool> over{false};
  const ScriptedServer server{[&](const Peer& peer, int) { peer.has_something_to_read(), over.wait(false); }};
  auto client = client_of(server);
  const HttpRequest large{"POST", "/", {}, std::string(64 * 1024 * 1024, 'x'), {}};
  const auto answer = client.exchange(large, 100ms);
  over = true;
  over.notify_all();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, Kind::timeout);
}

TEST(HttpClient, WaitsForEverWhereItIsTold) {
  const ScriptedServer server{[](const Peer& peer, int) {
    peer.until("\r\n\r\n");
    peer.has_something_to_read(150);  // longer than the client's own limit
    peer.send_text(hello);
  }};
  auto client = client_of(server, {20s, 50ms, 1000});
  EXPECT_TRUE(client.exchange(get, std::nullopt));
}

TEST(HttpClient, TellsWhyItCannotConnect) {
  const int held = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);  // bound, not listening: nobody else gets it
  sockaddr_in address = test::loopback(0);
  socklen_t length = sizeof address;
  ASSERT_EQ(bind(held, reinterpret_cast<sockaddr*>(&address), length), 0);
  getsockname(held, reinterpret_cast<sockaddr*>(&address), &length);
  const auto where = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  HttpClient refused{*Url::parse("http://" + where), patient};
  const auto answer = refused.exchange(get);
  close(held);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, Kind::connect);
  EXPECT_EQ(answer.error().message, where + ": Connection refused");

  HttpClient unknown{*Url::parse("http://name.invalid"), {10s, 10s, 1000}};  // RFC 6761 §6.4: never resolves
  const auto nowhere = unknown.exchange(get);
  ASSERT_FALSE(nowhere);
  EXPECT_THAT(nowhere.error().kind, testing::AnyOf(Kind::connect, Kind::timeout));
  EXPECT_THAT(nowhere.error().message, StartsWith("name.invalid:80: "));
}

TEST(HttpClient, GoesThroughAllAddressesOfAName) {
  const ScriptedServer server{answering(hello)};  // on 127.0.0.1 only, while localhost may be ::1 first
  HttpClient client{*Url::parse("http://localhost:" + std::to_string(server.port())), patient};
  const auto answer = client.exchange(get);
  EXPECT_TRUE(answer) << answer.error().message;
}

TEST(HttpClient, NeverWritesWhatIsNoRequest) {
  const ScriptedServer server{answering(hello)};
  auto client = client_of(server);
  for (const HttpRequest& request : {
           HttpRequest{"GET", "/a b", {}, {}, {}},
           HttpRequest{"GET", "/\r\nX: y", {}, {}, {}},
           HttpRequest{"GET", "", {}, {}, {}},
           HttpRequest{"G T", "/", {}, {}, {}},
           HttpRequest{"", "/", {}, {}, {}},
           HttpRequest{"GET", "/", {{"A\n", "b"}}, {}, {}},
           HttpRequest{"GET", "/", {{"A", "b\r\nC: d"}}, {}, {}},
           HttpRequest{"GET", "/", {{"A", std::string(70'000, 'b')}}, {}, {}},
       }) {
    const auto answer = client.exchange(request);
    ASSERT_FALSE(answer);
    EXPECT_THAT(answer.error().message, EndsWith(": the request cannot be written as HTTP"));
  }
  EXPECT_EQ(server.connections(), 0);
}

TEST(HttpClient, IgnoresProxiesOfTheEnvironment) {
  for (const char* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) setenv(name, "http://127.0.0.1:1", 1);
  const ScriptedServer server{answering(hello)};
  EXPECT_TRUE(client_of(server).exchange(get));
  for (const char* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) unsetenv(name);
}

}  // namespace
}  // namespace portcullis::net
