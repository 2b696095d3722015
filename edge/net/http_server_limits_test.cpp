#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "edge/net/http_server.h"
#include "edge/net/running_server.h"

namespace portcullis::net {
namespace {

using test::Peer;
using test::RunningServer;
using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;
using namespace std::string_literals;

constexpr const char* get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

void accept(const HttpRequest&, const Respond& respond) {
  respond({200, {}, "ok"});
}

/// Keeps what it is asked until a test answers.
class Kept {
 public:
  HttpHandler handler() {
    return [this](const HttpRequest&, Respond respond) {
      respond_ = std::move(respond);
      arrived_.set_value();
    };
  }
  void wait() {
    ASSERT_EQ(arrived_.get_future().wait_for(std::chrono::milliseconds{test::patience_milliseconds}),
              std::future_status::ready);
  }
  Respond take() { return std::exchange(respond_, {}); }  // on the loop's thread

 private:
  std::promise<void> arrived_;
  Respond respond_;
};

TEST(ServerLimits, CutHeadersAndBodiesAtTheByte) {
  ServerLimits limits;
  limits.header_bytes = 1024;
  limits.body_bytes = 100;
  RunningServer server{limits, accept};
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
  const auto with_header_of = [&](std::size_t size) {
    const std::string field = "X: ";
    return head + field + std::string(size - head.size() - field.size() - 4, 'x') + "\r\n\r\n";
  };
  const auto chunk = [](std::size_t size) {
    char digits[20];
    std::snprintf(digits, sizeof digits, "%zx\r\n", size);
    return digits + std::string(size, 'x') + "\r\n";
  };
  struct Row {
    const char* why;
    std::string bytes;
    int status;
  };
  for (const Row& row : {
           Row{"header at the limit", with_header_of(1024), 200},
           Row{"header one beyond", with_header_of(1025), 431},
           Row{"header far beyond", with_header_of(100'000), 431},
           Row{"header without end", head + std::string(100'000, 'x'), 431},
           Row{"body at the limit", head + "Content-Length: 100\r\n\r\n" + std::string(100, 'x'), 200},
           Row{"body one beyond", head + "Content-Length: 101\r\n\r\n" + std::string(101, 'x'), 413},
           Row{"body announced only", head + "Content-Length: 99999999999\r\n\r\n", 413},
           Row{"chunks at the limit", head + "Transfer-Encoding: chunked\r\n\r\n" + chunk(60) + chunk(40) + "0\r\n\r\n",
               200},
           Row{"chunks one beyond", head + "Transfer-Encoding: chunked\r\n\r\n" + chunk(60) + chunk(41) + "0\r\n\r\n",
               413},
           Row{"trailers without end", head + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + std::string(100'000, 'x'),
               431},
       }) {
    SCOPED_TRACE(row.why);
    const auto peer = Peer::connected_to(server.port());
    peer.send_text(row.bytes);
    const auto answer = peer.until_closed();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + std::to_string(row.status) + " "));
    EXPECT_THAT(answer, HasSubstr("Connection: close"));
  }
}

TEST(ServerLimits, EndARequestThatDoesNotComeWholeInTimeEvenIfItDrips) {
  ServerLimits limits;
  limits.read_deadline = 100ms;
  RunningServer server{limits, accept};
  const auto stalled = Peer::connected_to(server.port());
  stalled.send_text("GET / HT");
  EXPECT_EQ(stalled.until_closed(), "");
  const auto half_a_body = Peer::connected_to(server.port());
  half_a_body.send_text("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf");
  EXPECT_EQ(half_a_body.until_closed(), "");
  const auto dripping = Peer::connected_to(server.port());
  dripping.send_text("GET / HTTP/1.1\r\nX: ");
  int drops = 0;
  while (!dripping.has_something_to_read(5) && ++drops < 4000) dripping.send_text("x");
  EXPECT_LT(drops, 4000);
}

TEST(ServerLimits, EndAConnectionThatAsksNothing) {
  ServerLimits limits;
  limits.idle_deadline = 50ms;
  RunningServer server{limits, accept};
  EXPECT_EQ(Peer::connected_to(server.port()).until_closed(), "");
  const auto once = Peer::connected_to(server.port());
  once.send_text(get);
  EXPECT_EQ(once.until_closed(), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}

TEST(ServerLimits, DoNotCountTheTimeAHandlerThinks) {
  ServerLimits limits;
  limits.read_deadline = limits.idle_deadline = 30ms;
  Kept kept;
  RunningServer server{limits, kept.handler()};
  const auto peer = Peer::connected_to(server.port());
  peer.send_text(get);
  kept.wait();
  EXPECT_FALSE(peer.has_something_to_read(150));
  server.on_loop([&] { kept.take()({200, {}, "late"}); });
  EXPECT_THAT(peer.until("late"), StartsWith("HTTP/1.1 200"));
}

TEST(ServerLimits, CloseConnectionsBeyondTheirNumberUntilOneEndsOrItsReaderIsTooSlow) {
  ServerLimits limits;
  limits.connections = 1;
  limits.write_deadline = 100ms;
  RunningServer server{limits, [](const HttpRequest&, const Respond& respond) {
                         respond({200, {}, std::string(32 * 1024 * 1024, 'x')});  // more than the kernel buffers
                       }};
  const auto never_reads = Peer::connected_to(server.port());
  never_reads.send_text(get);
  ASSERT_TRUE(never_reads.has_something_to_read());
  EXPECT_EQ(Peer::connected_to(server.port()).until_closed(), "");
  std::string answer;
  for (int i = 0; answer.empty() && i < 20'000; ++i) {
    const auto next = Peer::connected_to(server.port());
    next.send_text("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    answer = next.until("\r\n\r\n");
  }
  EXPECT_THAT(answer, HasSubstr("Content-Length: 33554432"));
}

TEST(Respond, MayBeCalledLaterAndOnce) {
  Kept kept;
  RunningServer server{{}, kept.handler()};
  const auto peer = Peer::connected_to(server.port());
  peer.send_text(get);
  kept.wait();
  server.on_loop([&] {
    const auto respond = kept.take();
    const auto copy = respond;
    copy({200, {}, "first"});
    respond({200, {}, "second"});
  });
  EXPECT_EQ(peer.until("first"), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst");
  EXPECT_FALSE(peer.has_something_to_read(20));
}

TEST(Respond, ClosesTheConnectionWhenTheLastCopyIsDroppedUnused) {
  Kept kept;
  RunningServer server{{}, kept.handler()};
  const auto peer = Peer::connected_to(server.port());
  peer.send_text(get);
  kept.wait();
  server.on_loop([&] {
    auto copy = std::make_unique<Respond>(kept.take());
    copy.reset();
  });
  EXPECT_EQ(peer.until_closed(), "");

  RunningServer forgetful{{}, [](const HttpRequest&, const Respond&) {}};
  const auto other = Peer::connected_to(forgetful.port());
  other.send_text(get);
  EXPECT_EQ(other.until_closed(), "");
}

TEST(Respond, IsHarmlessAfterTheClientOrTheServerHasGone) {
  Kept client_gone;
  RunningServer server{{}, client_gone.handler()};
  {
    const auto peer = Peer::connected_to(server.port());
    peer.send_text(get);
    client_gone.wait();
    const linger reset{1, 0};
    setsockopt(peer.descriptor(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  }
  server.on_loop([&] { client_gone.take()({200, {}, std::string(1'000'000, 'x')}); });

  Kept server_gone;
  RunningServer ended{{}, server_gone.handler()};
  const auto peer = Peer::connected_to(ended.port());
  peer.send_text(get);
  server_gone.wait();
  ended.end_server();
  EXPECT_EQ(peer.until_closed(), "");
  ended.on_loop([&] { server_gone.take()({200, {}, "x"}); });
}

TEST(Listening, TellsAnAddressInUseFromAnyOtherFault) {
  EventLoop loop;
  HttpServer server{loop, {}, accept};
  const auto port = server.listen("127.0.0.1", 0);
  ASSERT_TRUE(port);
  const auto again = server.listen("127.0.0.1", *port);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, HttpServer::ListenError::Kind::in_use);
  EXPECT_EQ(again.error().message,
            "127.0.0.1:" + std::to_string(*port) +
                ": Address already in use: another program listens there; stop it, or choose another address");
  for (const char* address : {"localhost", "", "192.0.2.1"}) {
    const auto other = server.listen(address, 0);
    ASSERT_FALSE(other) << address;
    EXPECT_EQ(other.error().kind, HttpServer::ListenError::Kind::other);
  }
  EXPECT_EQ(server.listen("192.0.2.1", 0).error().message,
            "192.0.2.1:0: Cannot assign requested address: this machine does not have that address; choose one of its "
            "own");
}

TEST(Listening, OnIpv6LeavesIpv4ToAnother) {
  EventLoop loop;
  HttpServer server{loop, {}, accept};
  // A port that is free on IPv6 may still be held on IPv4 by a connection in TIME_WAIT: try several. Were
  // the listener not v6-only, every one of them would be refused.
  for (int i = 0; i < 20; ++i) {
    const auto six = server.listen("::", 0);
    if (!six) GTEST_SKIP() << six.error().message;
    if (server.listen("0.0.0.0", *six)) return;
  }
  FAIL() << "IPv4 was refused beside every IPv6 listener";
}

}  // namespace
}  // namespace portcullis::net
