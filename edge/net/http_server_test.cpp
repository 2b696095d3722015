#include "edge/net/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge/net/running_server.h"

namespace portcullis::net {
namespace {

using test::Peer;
using test::RunningServer;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;
using namespace std::string_literals;

void echo(const HttpRequest& request, const Respond& respond) {
  respond({200, {{"X-Seen", request.method + " " + request.target}}, request.body});
}

std::string answer_to(const RunningServer& server, const std::string& bytes) {
  const auto peer = Peer::connected_to(server.port());
  peer.send_text(bytes);
  return peer.until_closed();
}

TEST(HttpServer, SwitchesProtocolsAsTheLastThingOnAConnection) {  // RFC 9110 §15.2.2
  RunningServer server{{}, [](const HttpRequest&, const Respond& respond) {
                         respond({101, {{"Upgrade", "websocket"}}, "\x88\0"s});
                       }};
  const std::string answer = answer_to(server, "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 101 Switching Protocols\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: upgrade\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("Content-Length")));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n\x88\0"s)) << "and nothing behind it";
}

TEST(HttpServer, SendsNo101WithoutSayingWhatComesInstead) {
  RunningServer server{{}, [](const HttpRequest&, const Respond& respond) { respond({101, {}, {}}); }};
  EXPECT_THAT(answer_to(server, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), StartsWith("HTTP/1.1 500 "));
}

constexpr const char* closing = "Host: a\r\nConnection: close\r\n";

TEST(HttpServer, RefusesWhatTwoReadersCouldSeeDifferently) {
  RunningServer server{{}, echo};
  struct Row {
    const char* why;
    std::string bytes;
    int status;
  };
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  const std::string close = "Connection: close\r\n";
  for (const Row& row : {
           Row{"accepted: no body", "GET / HTTP/1.1\r\nHost: a\r\n" + close + "\r\n", 200},
           Row{"accepted: Content-Length", post + close + "Content-Length: 2\r\n\r\nhi", 200},
           Row{"accepted: chunked", post + close + "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", 200},
           Row{"accepted: Chunked in any case", post + close + "Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n", 200},
           Row{"accepted: HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", 200},
           Row{"an empty line first, stricter than RFC 9112 §2.2", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
           Row{"length and chunked", post + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
           Row{"chunked and length", post + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n", 400},
           Row{"length and another coding", post + "Content-Length: 2\r\nTransfer-Encoding: gzip\r\n\r\nhi", 400},
           Row{"two lengths", post + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi!", 400},
           Row{"two equal lengths", post + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi", 400},
           Row{"a list of lengths", post + "Content-Length: 2, 2\r\n\r\nhi", 400},
           Row{"signed length", post + "Content-Length: +2\r\n\r\nhi", 400},
           Row{"negative length", post + "Content-Length: -2\r\n\r\nhi", 400},
           Row{"hexadecimal length", post + "Content-Length: 0x2\r\n\r\nhi", 400},
           Row{"empty length", post + "Content-Length:\r\n\r\nhi", 400},
           Row{"length beyond 64 bits", post + "Content-Length: 18446744073709551618\r\n\r\nhi", 400},
           Row{"coding that is not the last", post + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 400},
           Row{"no chunked at all", post + "Transfer-Encoding: identity\r\n\r\nhi", 400},
           Row{"two fields of codings", post + "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
               400},
           Row{"chunked twice", post + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 501},
           Row{"unknown coding under chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
           Row{"vertical tab before chunked", post + "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n", 400},
           Row{"chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
           Row{"chunk size that is no number", post + "Transfer-Encoding: chunked\r\n\r\nx\r\nhi\r\n0\r\n\r\n", 400},
           Row{"chunk longer than it says", post + "Transfer-Encoding: chunked\r\n\r\n1\r\nhi\r\n0\r\n\r\n", 400},
           Row{"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
           Row{"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
           Row{"blank before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
           Row{"NUL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n"s, 400},
           Row{"bare CR in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rY: b\r\n\r\n", 400},
           Row{"blank in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
           Row{"no request at all", "\x16\x03\x01\x02\r\n\r\n", 400},
       }) {
    SCOPED_TRACE(row.why);
    const auto answer = answer_to(server, row.bytes);
    const auto version = row.bytes.find("HTTP/1.0") == std::string::npos ? "HTTP/1.1 " : "HTTP/1.0 ";
    EXPECT_THAT(answer, StartsWith(version + std::to_string(row.status) + " "));
    EXPECT_EQ(answer.find("HTTP/1.", 1), std::string::npos) << "answered a second request";
  }
}

TEST(HttpServer, GivesTheHandlerTheRequestAsItWasSent) {
  HttpRequest seen;
  RunningServer server{{}, [&](HttpRequest request, const Respond& respond) {
                         seen = std::move(request);
                         respond({204, {}, "not sent"});
                       }};
  const auto answer = answer_to(server, "PURGE /a%2f?b=c HTTP/1.1\r\n"s + closing +
                                            "X-A: 1\r\nx-a: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
                                            "2;ext=1\r\nab\r\n1\r\nc\r\n0\r\nAuthorization: Bearer x\r\n\r\n");
  EXPECT_EQ(answer, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(seen.method, "PURGE");
  EXPECT_EQ(seen.target, "/a%2f?b=c");
  EXPECT_EQ(seen.body, "abc");
  EXPECT_EQ(seen.peer, "127.0.0.1");
  EXPECT_THAT(seen.headers.all("X-A"), testing::ElementsAre("1", "2"));
  EXPECT_FALSE(seen.headers.has("Authorization")) << "a trailer is no header field";
}

TEST(HttpServer, KeepsTheConnectionAndAnswersPipelinedRequestsInOrder) {
  RunningServer server{{}, echo};
  const std::string get = " HTTP/1.1\r\nHost: a\r\n";
  const auto answer =
      answer_to(server, "GET /1" + get + "\r\nGET /2" + get + "\r\nGET /3" + get + "Connection: close\r\n\r\n");
  EXPECT_THAT(answer,
              MatchesRegex("HTTP/1.1 200 OK\r\nX-Seen: GET /1\r\nContent-Length: 0\r\n\r\n"
                           "HTTP/1.1 200 OK\r\nX-Seen: GET /2\r\nContent-Length: 0\r\n\r\n"
                           "HTTP/1.1 200 OK\r\nX-Seen: GET /3\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
}

TEST(HttpServer, AnswersHeadWithTheLengthButWithoutTheBody) {
  RunningServer server{{}, [](const HttpRequest&, const Respond& respond) { respond({200, {}, "12345"}); }};
  EXPECT_EQ(answer_to(server, "HEAD / HTTP/1.1\r\n"s + closing + "\r\n"),
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n");
}

TEST(HttpServer, SendsNoBodyWhereTheStatusHasNone) {
  RunningServer server{{}, [](const HttpRequest& request, const Respond& respond) {
                         respond({std::stoi(request.target.substr(1)), {}, "body"});
                       }};
  for (const char* status : {"204", "304"}) {
    const auto answer = answer_to(server, "GET /"s + status + " HTTP/1.1\r\n" + closing + "\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 "s + status));
    EXPECT_THAT(answer, Not(HasSubstr("Content-Length")));
    EXPECT_THAT(answer, Not(HasSubstr("body")));
  }
  EXPECT_THAT(answer_to(server, "GET /299 HTTP/1.1\r\n"s + closing + "\r\n"), HasSubstr("Content-Length: 4\r\n"));
}

TEST(HttpServer, NeverWritesWhatIsNoHeaderField) {
  struct Row {
    const char* why;
    HttpResponse response;
    int status;
  };
  for (const Row& row : {
           Row{"accepted: tabulator and UTF-8", {200, {{"X-A", "a\tä"}}, {}}, 200},
           Row{"line end in a value", {200, {{"X-A", "a\r\nSet-Cookie: b"}}, {}}, 500},
           Row{"line feed in a value", {200, {{"X-A", "a\nb"}}, {}}, 500},
           Row{"NUL in a value", {200, {{"X-A", "a\0b"s}}, {}}, 500},
           Row{"line end in a name", {200, {{"X-A\r\nB", "a"}}, {}}, 500},
           Row{"blank in a name", {200, {{"X A", "a"}}, {}}, 500},
           Row{"empty name", {200, {{"", "a"}}, {}}, 500},
           Row{"value beyond what Beast holds", {200, {{"X-A", std::string(70'000, 'a')}}, {}}, 500},
           Row{"no final status", {100, {}, {}}, 500},
           Row{"no status", {0, {}, {}}, 500},
       }) {
    SCOPED_TRACE(row.why);
    RunningServer server{{}, [&](const HttpRequest&, const Respond& respond) { respond(row.response); }};
    const auto answer = answer_to(server, "GET / HTTP/1.1\r\n"s + closing + "\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + std::to_string(row.status)));
    EXPECT_THAT(answer, Not(HasSubstr("Set-Cookie")));
  }
}

TEST(HttpServer, FramesTheAnswerItselfWhateverTheHandlerSays) {
  RunningServer server{
      {}, [](const HttpRequest&, const Respond& respond) {
        respond({200, {{"Content-Length", "99"}, {"transfer-encoding", "chunked"}, {"Connection", "close"}}, "ab"});
      }};
  EXPECT_EQ(answer_to(server, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab");
}

TEST(HttpServer, InvitesABodyThatWaitsForIt) {
  RunningServer server{{}, echo};
  const auto peer = Peer::connected_to(server.port());
  peer.send_text("POST / HTTP/1.1\r\n"s + closing + "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(peer.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  peer.send_text("hi");
  EXPECT_THAT(peer.until_closed(), testing::EndsWith("\r\n\r\nhi"));
}

}  // namespace
}  // namespace portcullis::net
