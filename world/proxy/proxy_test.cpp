#include "world/proxy/proxy.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <boost/json/parse.hpp>
#include <filesystem>
#include <optional>

#include "world/proxy/forward_auth.h"

namespace portcullis::world {
namespace {

using Kind = InvocationResult::Kind;
using Answer = Result<net::HttpResponse, std::string>;

GatewayApi backend() {
  GatewayApi api;
  api.stages = {"proxied"};
  api.routes = {{"GET", "/api/orders", "private", std::nullopt}};
  return api;
}

/// A proxy whose auth server and backend answer at once, from a script.
class ProxyTest : public testing::Test {
 protected:
  net::HttpResponse send(net::HttpRequest request) {
    std::optional<net::HttpResponse> got;
    proxy.handle(std::move(request), [&](net::HttpResponse response) { got = std::move(response); });
    return got.value_or(net::HttpResponse{0, {}, "no answer"});
  }
  net::HttpResponse get(std::string target, net::Headers headers = {}) {
    return send({"GET", std::move(target), std::move(headers), {}, "192.0.2.7"});
  }
  /// A header as the backend gets it.
  std::string backend_header(std::string_view name) const {
    const auto event = boost::json::parse(backend_event);
    const auto* value = event.at("headers").as_object().if_contains(name);
    return value ? std::string{value->get_string()} : "(none)";
  }

  Answer judgement = net::HttpResponse{200, {{"X-Auth-Subject", "auth0|ada"}, {"RateLimit", R"("per-user";r=4)"}}, {}};
  DecisionRecord said;
  std::function<void(std::function<void(DecisionRecord)>)> hear = [this](const auto& heard) { heard(said); };
  net::HttpRequest question;
  std::string backend_event, log;
  InvocationResult answered{
      Kind::answered, R"({"statusCode":200,"headers":{"Access-Control-Allow-Origin":"x"},"body":"b"})", {}, {}, {}, {}};
  std::vector<RequestReport> reports;
  Proxy proxy{backend(),
              CorsRules{},
              {[this](const net::HttpRequest& asked, const AuthClient::Answered& done) {
                 question = asked;
                 done(judgement);
               },
               [this](const std::string&, std::function<void(DecisionRecord)> heard) { hear(std::move(heard)); },
               [this](const std::string&, const std::string& event, const Invoked& done) {
                 backend_event = event;
                 done(answered);
               },
               [] { return WallTime{std::chrono::seconds{1'767'225'600}}; },
               [this](const RequestReport& report) { reports.push_back(report); },
               [this](std::string_view sentence) { log += sentence; }}};
};

TEST_F(ProxyTest, AnswersWhenTheLogHasSaidWhy) {
  std::function<void(DecisionRecord)> waiting;
  hear = [&](auto heard) { waiting = std::move(heard); };
  judgement = net::HttpResponse{403, {}, {}};
  std::optional<net::HttpResponse> got;
  proxy.handle({"GET", "/proxied/api/orders", {}, {}, "192.0.2.7"},
               [&](const net::HttpResponse& response) { got = response; });
  ASSERT_TRUE(waiting);
  EXPECT_FALSE(got);
  waiting({"no_route", {}, {}, {}});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->status, 403);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].reason, "no_route");
}

TEST_F(ProxyTest, AsksAboutTheRequestAsTheBackendGetsItAndInItsOwnWords) {
  get("/proxied/api/orders?a=%2F", {{"Host", "localhost:3000"},
                                    {"Authorization", "Bearer T"},
                                    {"Authorization", "Bearer U"},
                                    {"X-Forwarded-Uri", "/api/public"},
                                    {"X-Forwarded-For", "203.0.113.9"},
                                    {"Cookie", "c"}});
  EXPECT_EQ(question.method, "GET");
  EXPECT_EQ(question.target, "/auth/traefik");
  EXPECT_EQ(question.headers.all("X-Forwarded-Method"), std::vector<std::string_view>{"GET"});
  EXPECT_EQ(question.headers.all("X-Forwarded-Uri"), std::vector<std::string_view>{"/api/orders?a=%2F"});
  EXPECT_EQ(question.headers.all("X-Forwarded-Host"), std::vector<std::string_view>{"localhost:3000"});
  EXPECT_EQ(question.headers.all("X-Forwarded-For"), std::vector<std::string_view>{"192.0.2.7"});
  EXPECT_EQ(question.headers.all("Authorization").size(), 2U) << "the auth server refuses two, so it must see two";
  EXPECT_FALSE(question.headers.has("Cookie"));
}

TEST_F(ProxyTest, LetsThroughWhatIsAllowedAndSaysWhoCallsAndWhatIsLeft) {
  const auto response =
      get("/proxied/api/orders",
          {{"X-Auth-Subject", "forged"}, {"X_Auth_Subject", "forged"}, {"X.Auth.Scope", "forged"}, {"Accept", "*/*"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "b");
  EXPECT_EQ(response.headers.first("RateLimit"), R"("per-user";r=4)");
  EXPECT_EQ(response.headers.all("Access-Control-Allow-Origin"), std::vector<std::string_view>{"*"});
  EXPECT_EQ(backend_header("X-Auth-Subject"), "auth0|ada");
  EXPECT_EQ(backend_header("Accept"), "*/*");
  EXPECT_EQ(backend_event.find("forged"), std::string::npos) << backend_event;
  EXPECT_EQ(boost::json::parse(backend_event).at_pointer("/requestContext/authorizer/principalId"), "auth0|ada");
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].reason, "ok");
  EXPECT_EQ(reports[0].id, response.headers.first("X-Request-Id"));
}

TEST_F(ProxyTest, NamesNobodyWhereTheAuthServerNamesNobody) {
  for (const net::Headers& named : {net::Headers{{"X-Auth-Subject", "-"}}, net::Headers{}}) {
    judgement = net::HttpResponse{200, named, {}};
    get("/proxied/api/orders", {{"X-Auth-Subject", "forged"}});
    EXPECT_EQ(boost::json::parse(backend_event).at_pointer("/requestContext/authorizer/principalId"), "");
    EXPECT_EQ(backend_event.find("forged"), std::string::npos) << backend_event;
  }
}

TEST_F(ProxyTest, PassesARefusalWholeAndAsksTheBackendNothing) {
  struct Row {
    int status;
    net::Headers::Field field;
    std::string body, reason;
  };
  for (const Row& row : {Row{429, {"Retry-After", "1"}, R"({"reason":"rate_limited"})", "rate_limited"},
                         Row{401, {"WWW-Authenticate", R"(Bearer realm="api")"}, "not JSON", "refused"},
                         Row{503, {"Retry-After", "2"}, "[]", "refused"},
                         Row{204, {"X-Auth-Subject", "auth0|ada"}, R"({"reason":1})", "refused"}}) {
    SCOPED_TRACE(row.status);
    judgement = net::HttpResponse{row.status, {row.field, {"Connection", "close"}, {"Content-Length", "4"}}, row.body};
    const auto response = get("/proxied/api/orders", {{"Origin", "http://localhost:5173"}});
    EXPECT_EQ(response.status, row.status);
    EXPECT_EQ(response.body, row.body);
    EXPECT_EQ(response.headers.first(row.field.first), row.field.second);
    EXPECT_FALSE(response.headers.has("Connection") || response.headers.has("Content-Length"));
    EXPECT_TRUE(response.headers.has("Access-Control-Allow-Origin")) << "C027: a page must be able to read it";
    EXPECT_NE(response.headers.first("Access-Control-Expose-Headers").find("Retry-After, RateLimit,"),
              std::string_view::npos);
    EXPECT_EQ(reports.back().reason, row.reason);
    EXPECT_EQ(backend_event, "");
  }
  said.reason = "expired";
  get("/proxied/api/orders");
  EXPECT_EQ(reports.back().reason, "expired") << "the server's own log knows better";
  EXPECT_EQ(reports.back().decided_by, reports.back().id);
}

TEST_F(ProxyTest, NeverLetsThroughWhatNobodyJudged) {
  judgement = std::string{"it did not answer in time"};
  EXPECT_EQ(get("/proxied/api/orders").status, 500);
  EXPECT_EQ(reports.back().reason, "auth_server_unavailable");
  EXPECT_NE(log.find("did not answer in time"), std::string::npos);
  EXPECT_EQ(backend_event, "");
}

TEST_F(ProxyTest, KnowsItsOwnPathsAndWhatIsBehindThem) {
  EXPECT_TRUE(proxy.serves("/proxied/api/orders?x"));
  for (const char* other : {"/dev/api/orders", "/proxiedx/api", "/", ""}) EXPECT_FALSE(proxy.serves(other)) << other;
  EXPECT_EQ(get("/proxied/api/nothing").status, 404);
  EXPECT_EQ(send({"POST", "/proxied/api/orders", {}, {}, {}}).status, 404);
  answered.kind = Kind::function_error;
  EXPECT_EQ(get("/proxied/api/orders").status, 500);
  EXPECT_EQ(reports.back().reason, "backend_unavailable");
}

TEST_F(ProxyTest, AnswersAPreflightItself) {
  const auto response = send({"OPTIONS",
                              "/proxied/api/orders",
                              {{"Origin", "http://localhost:5173"}, {"Access-Control-Request-Method", "GET"}},
                              {},
                              {}});
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(question.method, "") << "a browser sends no token with it";
  EXPECT_EQ(reports.back().reason, "preflight");
}

TEST(AuthAnswer, IsReadWholeOrNotAtAll) {
  const auto whole = parse_answer("HTTP/1.1 429 Too Many\r\nRetry-After:  7 \r\nContent-Length: 2\r\n\r\n{}");
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->status, 429);
  EXPECT_EQ(whole->headers.first("Retry-After"), "7");
  EXPECT_EQ(whole->body, "{}");
  for (const char* broken :
       {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}", "HTTP/1.1 200 OK\r\nContent-Length: -0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 0\r\n\r\n"})
    EXPECT_FALSE(parse_answer(broken)) << broken;
}

/// A server on a Unix socket that says `reply` to whoever connects, and closes.
class AuthClientTest : public testing::Test {
 protected:
  AuthClientTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "auth_client_test.XXXXXX").string();
    directory = mkdtemp(pattern.data());
    socket_path = directory + "/serve.sock";
  }
  ~AuthClientTest() override {
    watch = {};
    if (listener >= 0) ::close(listener);
    std::filesystem::remove_all(directory);
  }
  void listen() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket_path.copy(address.sun_path, sizeof address.sun_path - 1);
    listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listener, 4), 0);
    watch = loop.when_readable(listener, [this] {
      const int accepted = ::accept(listener, nullptr, nullptr);
      std::array<char, 4096> bytes;
      const ssize_t count = ::recv(accepted, bytes.data(), bytes.size(), 0);
      heard.assign(bytes.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
      EXPECT_GE(::send(accepted, reply.data(), reply.size(), MSG_NOSIGNAL), 0);
      ::close(accepted);
    });
  }
  std::string ask(std::chrono::milliseconds patience) {
    AuthClient client{loop, socket_path, patience};
    std::string result;
    client.ask({"GET", "/auth/traefik", {{"Host", "portcullis"}}, {}, {}}, [&](const Answer& answer) {
      result = answer ? std::to_string(answer->status) : answer.error();
      loop.stop();
    });
    loop.run();
    return result;
  }

  net::EventLoop loop;
  std::string directory, socket_path, heard, reply = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  int listener = -1;
  net::EventLoop::Registration watch;
};

TEST_F(AuthClientTest, AsksAndHearsTheAnswer) {
  listen();
  EXPECT_EQ(ask(std::chrono::seconds{10}), "200");
  EXPECT_EQ(heard, "GET /auth/traefik HTTP/1.1\r\nHost: portcullis\r\nConnection: close\r\n\r\n");
}

TEST_F(AuthClientTest, WaitsForAServerThatIsOnlyStarting) {
  const auto start = loop.after(std::chrono::milliseconds{80}, [this] { listen(); });
  EXPECT_EQ(ask(std::chrono::seconds{10}), "200");
}

TEST_F(AuthClientTest, SaysWhyThereIsNoAnswer) {
  EXPECT_EQ(ask(std::chrono::milliseconds{60}), "it did not answer in time");
  reply.clear();
  listen();
  EXPECT_EQ(ask(std::chrono::seconds{10}), "its answer is no whole HTTP message");
  socket_path = directory + std::string(120, 'x');
  EXPECT_NE(ask(std::chrono::seconds{10}).find("too long for a Unix socket"), std::string::npos);
}

}  // namespace
}  // namespace portcullis::world
