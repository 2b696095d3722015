#include "edge/net/request_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/un.h>

#include <future>
#include <optional>
#include <semaphore>
#include <vector>

#include "edge/net/running_server.h"
#include "tests/counted_allocations.h"

namespace portcullis::net {
namespace {

using test::Peer;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Server = test::RunningRequestServer;
using namespace std::chrono_literals;
using namespace std::string_literals;

const std::string host = " HTTP/1.1\r\nHost: a\r\n";
const std::string get = "GET /" + host + "\r\n";
const std::string last_get = "GET /last" + host + "Connection: close\r\n\r\n";

/// 200 with method and target as its body.
void echo(const ServerRequest& request, Exchange exchange) {
  const std::string seen = std::string{request.method} + " " + std::string{request.target};
  std::move(exchange).answer({200, {}, seen});
}

Peer sent(const Server& server, std::string_view text) {
  Peer peer = Peer::connected_to(server.port());
  peer.send_text(text);
  return peer;
}

/// What comes back until the server hangs up, without the date.
std::string answer_to(const Server& server, std::string_view text) {
  std::string answer = sent(server, text).until_closed();
  for (std::size_t at; (at = answer.find("Date: ")) != std::string::npos;) answer.erase(at, 37);
  return answer;
}

std::size_t count(std::string_view text, std::string_view piece) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(piece, at)) != std::string_view::npos; ++at) ++found;
  return found;
}

/// Keeps what it is asked until a test answers it on the loop.
class Kept {
 public:
  RequestHandler handler() {
    return [this](const ServerRequest&, Exchange exchange) {
      exchanges_.push_back(std::move(exchange));
      arrived_.release();
    };
  }
  void wait() { ASSERT_TRUE(arrived_.try_acquire_for(std::chrono::milliseconds{test::patience_milliseconds})); }
  Exchange take() {
    Exchange last = std::move(exchanges_.back());
    exchanges_.pop_back();
    return last;
  }

 private:
  std::counting_semaphore<> arrived_{0};
  std::vector<Exchange> exchanges_;
};

TEST(RequestServer, HandsOutTheRequestAsItWasSent) {
  std::string seen;
  Server server{{}, [&](const ServerRequest& request, Exchange exchange) {
                  seen = std::string{request.method} + "|" + std::string{request.target} + "|" +
                         std::string{request.peer} + "|";
                  for (const FieldView& field : request.fields)
                    seen += std::string{field.name} + "=" + std::string{field.value} + ";";
                  std::move(exchange).answer({204, {}, "not sent"});
                }};
  const auto answer =
      answer_to(server, "PURGE /a%2f?b=c" + host +
                            "X-A:  1 \r\nx-a: 2\r\nX-B:\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\n"
                            "Transfer-Encoding: chunked\r\n\r\n2;e=1\r\nab\r\n0\r\nAuthorization: x\r\n\r\n");
  EXPECT_EQ(answer, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(seen,
            "PURGE|/a%2f?b=c|127.0.0.1|Host=a;X-A=1;x-a=2;X-B=;Connection=close, Upgrade;Upgrade=websocket;"
            "Transfer-Encoding=chunked;");
}

TEST(RequestServer, WritesWhatTheHandlerSaysAndItsOwnFields) {
  const FieldView fields[] = {{"X-A", "1"}, {"Content-Length", "9"}, {"date", "x"}, {"X-A", "2"}};
  const FieldView split[] = {{"X-A", "1\r\nX-B: 2"}};
  struct Row {
    const char* why;
    std::string request;
    Reply reply;
    std::string answer;
  };
  const Row rows[] = {
      {"GET",
       last_get,
       {200, fields, "abc"},
       "HTTP/1.1 200 OK\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc"},
      {"HEAD tells the length only",
       "HEAD /" + host + "Connection: close\r\n\r\n",
       {401, {}, "abc"},
       "HTTP/1.1 401 Unauthorized\r\nContent-Length: 3\r\nConnection: close\r\n\r\n"},
      {"an old client",
       "GET / HTTP/1.0\r\n\r\n",
       {200, {}, "abc"},
       "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc"},
      {"an old client that stays",
       "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + last_get,
       {429, {}, {}},
       "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"
       "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
      {"no status of HTTP", last_get, {799, {}, {}}, "HTTP/1.1 799 \r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
      {"a field that would be two",
       last_get,
       {200, split, "abc"},
       "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
      {"no final status",
       last_get,
       {100, {}, "abc"},
       "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
  };
  const Row* row = nullptr;
  Server server{{}, [&](const ServerRequest&, Exchange exchange) { std::move(exchange).answer(row->reply); }};
  for (const Row& next : rows) {
    SCOPED_TRACE(next.why);
    server.on_loop([&] { row = &next; });
    EXPECT_EQ(answer_to(server, next.request), next.answer);
  }
  EXPECT_THAT(sent(server, last_get).until_closed(),
              testing::ContainsRegex("Date: [A-Z][a-z]{2}, [0-9]{2} .* GMT\r\n"));
}

TEST(RequestServer, AnswersPipelinedRequestsInOrderAndTogether) {
  Server server{{}, echo};
  std::string requests;
  for (int i = 0; i < 50; ++i) requests += "GET /" + std::to_string(i) + host + "\r\n";
  const Peer peer = sent(server, requests);
  const std::string answers = peer.some();
  EXPECT_EQ(count(answers, "HTTP/1.1 200 OK"), 50U);
  EXPECT_THAT(answers, EndsWith("GET /49"));
  EXPECT_LT(answers.find("GET /7"), answers.find("GET /8"));
}

TEST(RequestServer, TakesARequestInAnyPieces) {
  Server server{{}, echo};
  const std::string text = "GET /" + std::string(5000, 'p') + host + "X-A: " + std::string(9000, 'x') + "\r\n\r\n";
  for (const std::size_t size : {std::size_t{1}, std::size_t{1000}}) {
    const Peer peer = Peer::connected_to(server.port());
    for (std::size_t at = 0; at < text.size(); at += size) peer.send_text(std::string_view{text}.substr(at, size));
    EXPECT_THAT(peer.until("GET /ppp"), HasSubstr("Content-Length: 5005\r\n"));
  }
}

TEST(RequestServer, WaitsForAnswersThatComeLaterAndKeepsTheirOrder) {
  Kept kept;
  Server server{{}, kept.handler()};
  const Peer peer = sent(server, get + last_get);
  for (const std::string body : {"first", "second"}) {
    kept.wait();
    server.on_loop([&] { kept.take().answer({200, {}, body}); });
  }
  EXPECT_THAT(peer.until_closed(), AllOf(HasSubstr("\r\n\r\nfirstHTTP/1.1 200 OK"), EndsWith("\r\n\r\nsecond")));
}

TEST(RequestServer, EndsTheConnectionOfWhoeverIsNotAnswered) {
  Kept kept;
  Server server{{}, kept.handler()};
  const Peer peer = sent(server, get);
  kept.wait();
  server.on_loop([&] { const Exchange dropped = kept.take(); });
  EXPECT_EQ(peer.until_closed(), "");
}

TEST(RequestServer, LetsAnAnswerComeAfterTheClientTheServerAndTheLoop) {
  Kept kept;
  std::optional<Exchange> late;
  {
    Server server{{}, kept.handler()};
    {
      const Peer gone = sent(server, get);
      kept.wait();
    }
    server.on_loop([&] { kept.take().answer({200, {}, std::string(1'000'000, 'x')}); });
    const Peer peer = sent(server, get);
    kept.wait();
    server.on_loop([&] { late.emplace(kept.take()); });
    server.end_server();
    EXPECT_EQ(peer.until_closed(), "");
  }
  std::move(*late).answer({200, {}, {}});
}

// C033: the decision needs the header only, and what was announced as a body is never read as a request.
TEST(RequestServer, AnswersAnnouncedBodiesFromTheHeader) {
  std::string paths;
  Server server{{}, [&](const ServerRequest& request, Exchange exchange) {
                  paths += std::string{request.target} + " ";
                  echo(request, std::move(exchange));
                }};
  const std::string smuggled = "GET /admin HTTP/1.1\r\nHost: a\r\nX: " + std::string(77 - 37, 'x') + "\r\n\r\n";
  ASSERT_EQ(smuggled.size(), 77U);
  struct Row {
    const char* why;
    std::string request, later;
    enum class Then { stays, closes } then;
  };
  const Row rows[] = {
      {"a: a body that never comes", "GET /o" + host + "Content-Length: 77\r\n\r\n", "", Row::Then::closes},
      {"b: chunks that never come", "GET /o" + host + "Transfer-Encoding: chunked\r\n\r\n", "", Row::Then::closes},
      {"d: who waits for permission", "POST /o" + host + "Expect: 100-continue\r\nContent-Length: 1000000\r\n\r\n", "",
       Row::Then::closes},
      {"e: a request in place of the body", "GET /o" + host + "Content-Length: 77\r\n\r\n", smuggled,
       Row::Then::closes},
      {"a body that came along is skipped", "POST /o" + host + "Content-Length: 77\r\n\r\n" + smuggled, last_get,
       Row::Then::stays},
      {"so are chunks", "POST /o" + host + "Transfer-Encoding: chunked\r\n\r\n4d\r\n" + smuggled + "\r\n0\r\n\r\n",
       last_get, Row::Then::stays},
      {"broken chunks end it", "POST /o" + host + "Transfer-Encoding: chunked\r\n\r\nx\r\n" + last_get, "",
       Row::Then::closes},
      {"no body", "POST /o" + host + "Content-Length: 0\r\n\r\n", last_get, Row::Then::stays},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.why);
    server.on_loop([&] { paths.clear(); });
    const Peer peer = sent(server, row.request);
    const std::string answer = peer.until(" /o");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    const bool stays = row.then == Row::Then::stays;
    EXPECT_EQ(count(answer, "Connection: close"), stays ? 0U : 1U) << answer;
    EXPECT_TRUE(peer.send_text(row.later));
    shutdown(peer.descriptor(), SHUT_WR);
    EXPECT_EQ(count(peer.until_closed(), "HTTP/1.1"), stays ? 1U : 0U);
    server.on_loop([&] { EXPECT_EQ(paths, stays ? "/o /last " : "/o "); });
  }
}

TEST(RequestServer, AnswersBeforeALargeBodyAndReadsLittleOfIt) {
  Server server{{}, echo};
  const Peer peer = sent(server, "POST /o" + host + "Content-Length: 10000000\r\n\r\n");
  const std::string answer = peer.until("/o");
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
  std::string body;
  body.resize(10'000'000, 'x');
  EXPECT_FALSE(peer.send_text(body)) << "the server has hung up";
}

TEST(RequestServer, RefusesWhatTwoReadersCouldReadInTwoWays) {
  Server server{{}, echo};
  struct Row {
    const char* why;
    std::string request;
    std::string status;
  };
  const Row rows[] = {
      {"C033 f", "GET /" + host + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
      {"C033 f, the other way round", "GET /" + host + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
       "400"},
      {"C033 g", "GET /" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", "400"},
      {"twice the same length", "GET /" + host + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", "400"},
      {"a signed length", "GET /" + host + "Content-Length: +1\r\n\r\n", "400"},
      {"a coding we do not know", "GET /" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n", "501"},
      {"chunked by an old client", "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
      {"no host", "GET / HTTP/1.1\r\n\r\n", "400"},
      {"two hosts", "GET /" + host + "Host: b\r\n\r\n", "400"},
      {"a value of two lines", "GET /" + host + "X: a\r\n b\r\n\r\n", "400"},
      {"a name with a blank", "GET /" + host + "X : a\r\n\r\n", "400"},
      {"a NUL", "GET /" + host + "X: a\0b\r\n\r\n"s, "400"},
      {"lines without CR", "GET / HTTP/1.1\nHost: a\n\n", "400"},
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400"},
      {"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, "400"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.why);
    const auto answer = answer_to(server, row.request + get);
    EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 " + row.status), HasSubstr("Connection: close\r\n")));
    EXPECT_EQ(count(answer, "HTTP/1.1"), 1U);
  }
}

TEST(RequestServer, CutsHeadersAtTheOctetAndTheField) {
  RequestServerLimits limits;
  limits.header_bytes = 4000;
  limits.fields = 10;
  Server server{limits, echo};
  const auto octets = [&](std::size_t size) {
    const std::string begin = "GET /last" + host + "Connection: close\r\nX: ";
    return begin + std::string(size - begin.size() - 4, 'x') + "\r\n\r\n";
  };
  const auto fields = [&](int number) {
    std::string text = "GET /last" + host + "Connection: close\r\n";
    for (int i = 2; i < number; ++i) text += "X: y\r\n";
    return text + "\r\n";
  };
  EXPECT_THAT(answer_to(server, octets(4000)), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer_to(server, get + octets(4000)), EndsWith("GET /last"));
  EXPECT_THAT(answer_to(server, octets(4001)), StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(answer_to(server, get + octets(9999)), HasSubstr("HTTP/1.1 431"));
  EXPECT_THAT(answer_to(server, std::string(9999, 'G')), StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(answer_to(server, fields(10)), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer_to(server, fields(11)), StartsWith("HTTP/1.1 431"));
}

TEST(RequestServer, EndsWhoeverIsSlowAndDelaysNobody) {
  RequestServerLimits limits;
  limits.header_deadline = 60ms;
  limits.idle_deadline = 120ms;
  limits.write_deadline = 60ms;
  const std::string large(8'000'000, 'x');
  Server server{limits, [&](const ServerRequest& request, Exchange exchange) {
                  std::move(exchange).answer({200, {}, request.target == "/large" ? large : "ok"});
                }};
  const Peer idle = Peer::connected_to(server.port());
  const Peer begun = sent(server, get + "GET");
  const Peer reads_nothing = sent(server, "GET /large" + host + "\r\n");
  const auto started = std::chrono::steady_clock::now();
  const Peer dripping = Peer::connected_to(server.port());  // C033 i
  std::size_t dripped = 0;
  while (dripped < get.size() - 1 && dripping.send_text(get.substr(dripped, 1)) && !dripping.has_something_to_read(10))
    ++dripped;
  EXPECT_LT(dripped, get.size() - 1);
  EXPECT_EQ(dripping.until_closed(), "");
  EXPECT_THAT(begun.until_closed(), EndsWith("ok"));
  EXPECT_EQ(idle.until_closed(), "");
  EXPECT_LT(reads_nothing.until_closed().size(), large.size());
  EXPECT_LT(std::chrono::steady_clock::now() - started, 5s);
  EXPECT_THAT(answer_to(server, last_get), EndsWith("ok"));
}

TEST(RequestServer, SendsOnWhatOneReadsLateWhileTheNextAnswerIsStillAwaited) {
  Kept kept;
  RequestServerLimits limits;
  limits.write_deadline = 200ms;
  const std::string answer(60'000, 'x');
  Server server{limits, [&, keep = kept.handler()](const ServerRequest& request, Exchange exchange) {
                  if (request.target == "/kept") return keep(request, std::move(exchange));
                  std::move(exchange).answer({200, {}, answer});
                }};
  const int little = 2048;  // so that the answer fits into no buffer on the way
  const int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = test::loopback(0);
  socklen_t size = sizeof address;
  setsockopt(listening, SOL_SOCKET, SO_SNDBUF, &little, sizeof little);
  ASSERT_EQ(bind(listening, reinterpret_cast<const sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listening, 8), 0);
  ASSERT_EQ(getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size), 0);
  server.on_loop([&] { EXPECT_TRUE(server.server().listen_on(listening)); });
  const Peer peer{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  setsockopt(peer.descriptor(), SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
  ASSERT_EQ(connect(peer.descriptor(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_TRUE(peer.send_text(get + "GET /kept" + host + "Connection: close\r\n\r\n"));
  kept.wait();
  EXPECT_EQ(count(peer.until(answer), "200 OK"), 1U);
  EXPECT_FALSE(peer.has_something_to_read(300)) << "how long an answer takes is no fault of the reader's";
  server.on_loop([&] { kept.take().answer({200, {}, "kept"}); });
  EXPECT_THAT(peer.until_closed(), EndsWith("kept"));
  server.end_server();
  close(listening);
}

TEST(RequestServer, GivesEachPipelinedRequestItsOwnTime) {
  RequestServerLimits limits;
  limits.header_deadline = 200ms;
  Server server{limits, echo};
  const Peer peer = sent(server, "GET /0 HTTP");
  for (int i = 1; i <= 12; ++i) {
    EXPECT_FALSE(peer.has_something_to_read(40));
    ASSERT_TRUE(peer.send_text("/1.1\r\nHost: a\r\n\r\nGET /" + std::to_string(i) + " HTTP"));
    ASSERT_THAT(peer.until("GET /"), EndsWith("GET /" + std::to_string(i - 1)));
  }
}

TEST(RequestServer, MakesRoomByClosingWhoeverHasNotFinishedItsRequestLongest) {
  RequestServerLimits limits;
  limits.connections = 2;
  Server server{limits, echo};
  const Peer slowest = sent(server, get + "G");
  EXPECT_THAT(slowest.until("GET /"), HasSubstr("200"));
  const Peer slow = sent(server, get + "G");
  EXPECT_THAT(slow.until("GET /"), HasSubstr("200"));
  const Peer good = sent(server, get);
  EXPECT_THAT(good.until("GET /"), HasSubstr("200"));
  EXPECT_EQ(slowest.until_closed(), "");
  EXPECT_TRUE(slow.send_text(get.substr(1)));
  EXPECT_THAT(slow.until("GET /"), HasSubstr("200"));
}

TEST(RequestServer, MakesRoomByClosingWhoeverHasBeenIdleLongest) {
  Kept kept;
  RequestServerLimits limits;
  limits.connections = 2;
  Server server{limits, [&, keep = kept.handler()](const ServerRequest& request, Exchange exchange) {
                  request.target == "/kept" ? keep(request, std::move(exchange)) : echo(request, std::move(exchange));
                }};
  const Peer first = sent(server, get);
  EXPECT_THAT(first.until("GET /"), HasSubstr("200"));
  const Peer second = sent(server, get);
  EXPECT_THAT(second.until("GET /"), HasSubstr("200"));
  EXPECT_TRUE(first.send_text(get));
  EXPECT_THAT(first.until("GET /"), HasSubstr("200"));
  const Peer third = sent(server, "GET /kept" + host + "\r\n");
  kept.wait();
  EXPECT_EQ(second.until_closed(), "");
  EXPECT_TRUE(first.send_text("GET /kept" + host + "\r\n"));
  kept.wait();
  EXPECT_EQ(sent(server, get).until_closed(), "") << "all are busy";
  server.on_loop([&] {
    EXPECT_EQ(server.server().connections(), 2U);
    kept.take().answer({200, {}, "late"});
    kept.take().answer({200, {}, "late"});
  });
  EXPECT_THAT(first.until("late"), EndsWith("late"));
  EXPECT_THAT(third.until("late"), EndsWith("late"));
}

TEST(RequestServer, GoesOnWhenNoDescriptorIsLeft) {
  Server server{{}, echo};
  const Peer idle = sent(server, get);
  EXPECT_THAT(idle.until("GET /"), HasSubstr("200"));
  const Peer next{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const int lowest_free = dup(next.descriptor());
  close(lowest_free);
  const rlimit none{static_cast<rlim_t>(lowest_free), before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const sockaddr_in address = test::loopback(server.port());
  EXPECT_EQ(connect(next.descriptor(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_TRUE(next.send_text(get));
  EXPECT_THAT(next.until("GET /"), HasSubstr("200"));
  EXPECT_EQ(idle.until_closed(), "");
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST(RequestServer, DrainsWithoutLosingWhatWasAsked) {
  Kept kept;
  Server server{{}, [&, keep = kept.handler()](const ServerRequest& request, Exchange exchange) {
                  request.target == "/kept" ? keep(request, std::move(exchange)) : echo(request, std::move(exchange));
                }};
  const Peer idle = sent(server, get);
  EXPECT_THAT(idle.until("GET /"), HasSubstr("200"));
  const Peer deciding = sent(server, "GET /kept" + host + "\r\n" + "GET /behind" + host + "\r\n");
  kept.wait();
  const Peer begun = sent(server, get + "GET /be");
  EXPECT_THAT(begun.until("GET /"), HasSubstr("200"));
  std::promise<void> drained;
  std::optional<Peer> just_asked;
  server.on_loop([&] {
    just_asked.emplace(sent(server, "GET /just" + host + "\r\n"));
    server.server().drain([&] { drained.set_value(); });
  });
  auto ended = drained.get_future();
  EXPECT_EQ(idle.until_closed(), "");
  EXPECT_THAT(just_asked->until_closed(), AllOf(HasSubstr("Connection: close"), EndsWith("GET /just")));
  EXPECT_TRUE(begun.send_text("gun" + host + "\r\n"));
  EXPECT_THAT(begun.until_closed(), AllOf(HasSubstr("Connection: close"), EndsWith("GET /begun")));
  EXPECT_FALSE(Peer::connected_to(server.port()).send_text(get));
  EXPECT_EQ(ended.wait_for(0s), std::future_status::timeout);
  server.on_loop([&] { kept.take().answer({200, {}, "kept"}); });
  EXPECT_THAT(deciding.until_closed(),
              AllOf(HasSubstr("kept"), HasSubstr("Connection: close"), EndsWith("GET /behind")));
  shutdown(deciding.descriptor(), SHUT_WR);
  for (const int descriptor : {begun.descriptor(), just_asked->descriptor()}) shutdown(descriptor, SHUT_WR);
  EXPECT_EQ(ended.wait_for(20s), std::future_status::ready);
}

TEST(RequestServer, DrainsAtOnceWithoutConnections) {
  Server server{{}, echo};
  std::promise<void> drained;
  server.on_loop([&] { server.server().drain([&] { drained.set_value(); }); });
  EXPECT_EQ(drained.get_future().wait_for(20s), std::future_status::ready);
}

TEST(RequestServer, SharesAnAddressOnlyWithWhoeverSharesItToo) {
  EventLoop loop;
  RequestServer first{loop, {}, echo};
  const auto port = first.listen("127.0.0.1", 0);
  ASSERT_TRUE(port);
  RequestServer second{loop, {}, echo};
  EXPECT_TRUE(second.listen("127.0.0.1", *port, RequestServer::Claim::shared));
  RequestServer other{loop, {}, echo};
  const auto refused = other.listen("127.0.0.1", *port);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, RequestServer::ListenError::Kind::in_use);
  EXPECT_EQ(refused.error().message,
            "127.0.0.1:" + std::to_string(*port) +
                ": Address already in use: another program listens there; stop it, or choose another address");
  for (const char* address : {"localhost", "127.0.0.1:80", ""}) {
    const auto no_address = other.listen(address, 0);
    ASSERT_FALSE(no_address) << address;
    EXPECT_EQ(no_address.error().message, address + ": is not an IP address"s);
  }
}

TEST(RequestServer, TakesConnectionsOfALentSocket) {
  char directory[] = "/tmp/portcullis-XXXXXX";
  ASSERT_NE(mkdtemp(directory), nullptr);
  const std::string path = directory + "/socket"s;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(bind(listening, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  {
    Server server{{}, [](const ServerRequest& request, Exchange exchange) {
                    std::move(exchange).answer({200, {}, request.peer.empty() ? "no address" : request.peer});
                  }};
    server.on_loop([&] { EXPECT_FALSE(server.server().listen_on(listening)) << "it does not listen yet"; });
    ASSERT_EQ(listen(listening, 8), 0);
    server.on_loop([&] { EXPECT_TRUE(server.server().listen_on(listening)); });
    const Peer peer{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    ASSERT_EQ(connect(peer.descriptor(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_TRUE(peer.send_text(last_get));
    EXPECT_THAT(peer.until_closed(), EndsWith("no address"));
  }
  EXPECT_EQ(close(listening), 0) << "it is the caller's";
  unlink(path.c_str());
  rmdir(directory);
}

// Idle connections are kept for long, so what a large request or answer took must not stay with them.
TEST(RequestServer, KeepsLittleForAConnectionThatIsIdle) {
  const std::string large(60'000, 'x');
  Server server{{}, [&](const ServerRequest& request, Exchange exchange) {
                  std::move(exchange).answer({200, {}, request.target == "/large" ? large : "ok"});
                }};
  const auto kept = [&] {
    std::int64_t bytes = 0;
    server.on_loop([&] { bytes = bytes_kept; });
    return bytes;
  };
  for (const std::string& request : {"GET /" + host + "X: " + large + "\r\n\r\n", "GET /large" + host + "\r\n"}) {
    const auto before = kept();
    constexpr int connections = 20;
    std::vector<Peer> idle;
    for (int i = 0; i < connections; ++i) {
      idle.push_back(sent(server, request));
      idle.back().until(request.size() > large.size() ? "ok" : large);
    }
    EXPECT_LT((kept() - before) / connections, 10'000) << request.substr(0, 10);
    for (const Peer& peer : idle) {
      ASSERT_TRUE(peer.send_text(get)) << "and goes on as ever";
      EXPECT_THAT(peer.until("ok"), EndsWith("ok"));
    }
  }
}

TEST(RequestServer, AllocatesNothingForARequest) {
  const FieldView fields[] = {{"Cache-Control", "no-store"}, {"X-Auth-Subject", "auth0|1"}};
  Server server{{}, [&](const ServerRequest&, Exchange exchange) { std::move(exchange).answer({200, fields, {}}); }};
  const std::string request = "GET /" + host + "Authorization: Bearer " + std::string(1000, 'x') + "\r\n\r\n";
  const std::vector<Peer> peers = [&] {
    std::vector<Peer> made;
    for (int i = 0; i < 8; ++i) made.push_back(Peer::connected_to(server.port()));
    return made;
  }();
  const auto ask = [&](int times) {
    for (int i = 0; i < times; ++i) {
      for (const Peer& peer : peers) ASSERT_TRUE(peer.send_text(request + request));
      for (const Peer& peer : peers)
        for (std::size_t answers = 0; answers < 2;) answers += count(peer.some(), "HTTP/1.1 200 OK");
    }
  };
  const auto counted = [&] {
    std::size_t all = 0;
    server.on_loop([&] { all = allocations; });
    return all;
  };
  ask(20);
  const std::size_t of_asking_alone = [&] {
    const auto once = counted();
    return counted() - once;
  }();
  const std::size_t before = counted();
  ask(20);
  // The date is made once a second.
  EXPECT_LE(counted() - before, of_asking_alone + 8);
}

}  // namespace
}  // namespace portcullis::net
