// The server as a whole, in this process, so that the sanitizers see its threads. What it is as a service:
// tests/serve.
#include "doors/serve/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <thread>

#include "doors/serve/worker.h"
#include "edge/net/http_client.h"
#include "edge/net/loopback_peer.h"
#include "edge/system/clock.h"
#include "edge/system/files.h"
#include "tests/signed_token.h"

namespace portcullis::serve {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "portcullis-serve-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path_); }
  std::string at(const std::string& name) const { return path_ + '/' + name; }

 private:
  std::string path_;
};

/// systemd's end of the notification socket.
class Supervisor {
 public:
  explicit Supervisor(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const timeval patience{10, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~Supervisor() { close(socket_); }
  /// It reads nothing for so long that its queue is full.
  void fall_behind(const std::string& path) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    const int sender = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    while (sendto(sender, "WATCHDOG=1", 10, MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&address), sizeof address) > 0) {
    }
    close(sender);
  }
  /// Reads notices until one begins so; all of it. Empty: none came.
  std::string until(std::string_view beginning) const {
    char text[512];
    const auto deadline = std::chrono::steady_clock::now() + 10s;  // WATCHDOG=1 comes for ever
    for (ssize_t size;
         std::chrono::steady_clock::now() < deadline && (size = recv(socket_, text, sizeof text, 0)) > 0;) {
      const std::string notice{text, static_cast<std::size_t>(size)};
      if (notice.starts_with(beginning)) return notice;
    }
    return {};
  }

 private:
  int socket_;
};

std::string configuration(const std::string& access, int more_routes = 0) {
  std::string text =
      "issuers: [{issuer: https://tenant.example/, audience: https://api.example.com, algorithms: [EdDSA], "
      "jwks_file: jwks.json}]\n"
      "default: deny\n"
      "serve: {listen: '127.0.0.1:0', admin: '127.0.0.1:0', proxies: [127.0.0.1/32]}\n"
      "limits: {many: {rate: 1000000/s, by: principal}}\n"
      "routes:\n  - {route: GET /a, access: " +
      access + ", limit: [many]}\n";
  for (int i = 0; i < more_routes; ++i)
    text += "  - {route: GET /more/" + std::to_string(i) + ", access: authenticated}\n";
  return text;
}

net::HttpClient client_of(const std::string& address) {
  return net::HttpClient{*net::Url::parse("http://" + address), net::ClientLimits{}};
}

net::HttpRequest asked(const std::string& token) {
  net::HttpRequest request;
  request.method = "GET";
  request.target = "/auth/nginx";
  request.headers = {{"X-Original-Method", "GET"}, {"X-Original-URI", "/a"}};
  if (!token.empty()) request.headers.add("Authorization", "Bearer " + token);
  return request;
}

/// Whether /metrics has this line, soon.
bool shows(net::HttpClient& admin, std::string_view line) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (std::chrono::steady_clock::now() < deadline) {
    const auto answer = admin.exchange({"GET", "/metrics", {}, {}, {}});
    if (answer && answer->body.find(line) != answer->body.npos) return true;
  }
  return false;
}

TEST(Server, IsRenewedUnderLoadAndEndsWhenAsked) {
  const Folder folder;
  const Supervisor supervisor{folder.at("notify")};
  const testing::Signer signer;
  const std::string file = folder.at("portcullis.yaml");
  const auto replace = [&](const std::string& text) { ASSERT_TRUE(system::write_file(file, text, 0600)); };
  ASSERT_TRUE(system::write_file(folder.at("jwks.json"), signer.jwks(), 0600));
  replace(configuration("authenticated"));

  auto server = Server::open(
      {file, 2}, {{"NOTIFY_SOCKET", folder.at("notify")}, {"WATCHDOG_USEC", "200000"}, {"PORTCULLIS_LOG", "error"}});
  ASSERT_TRUE(server) << server.error().front().message;
  int status = -1;
  std::thread serving{[&] { status = (*server)->run(); }};
  EXPECT_TRUE(supervisor.until("READY=1").starts_with("READY=1"));

  const auto now = std::chrono::floor<std::chrono::seconds>(system::read_clocks().wall).time_since_epoch().count();
  const std::string token =
      signer.sign(R"({"iss":"https://tenant.example/","sub":"auth0|ada","aud":"https://api.example.com","iat":)" +
                  std::to_string(now - 60) + R"(,"exp":)" + std::to_string(now + 3600) + "}");
  std::atomic<bool> loading{true};
  std::atomic<int> answers{0}, faults{0};
  std::vector<std::thread> load;
  for (int i = 0; i < 2; ++i)
    load.emplace_back([&] {
      net::HttpClient client = client_of((*server)->listening());
      while (loading) {
        const auto allowed = client.exchange(asked(token));
        const auto refused = client.exchange(asked(""));
        faults += !allowed || allowed->status != 200 || allowed->headers.first("X-Auth-Subject") != "auth0|ada";
        faults += !refused || refused->status != 401;
        answers += 2;
      }
    });
  net::HttpClient admin = client_of((*server)->admin_listening());
  for (int round = 1; round <= 5; ++round) {
    replace(configuration("authenticated", round));
    if (round == 1) supervisor.fall_behind(folder.at("notify"));
    raise(SIGHUP);     // to this thread: ThreadSanitizer keeps signals of others until they call something
    if (round == 1) {  // it waits for no supervisor, and forgets nothing that it has to tell
      EXPECT_TRUE(shows(admin, "\nportcullis_config_reloads_total 1\n"));
    }
    EXPECT_TRUE(supervisor.until("RELOADING=1").find("MONOTONIC_USEC=") != std::string::npos);
    EXPECT_FALSE(supervisor.until("READY=1").empty());
    for (const char* target : {"/metrics", "/decisions", "/keys", "/readyz", "/healthz"}) {
      const auto told = admin.exchange({"GET", target, {}, {}, {}});
      EXPECT_TRUE(told && told->status == 200) << target;
    }
  }
  EXPECT_EQ(supervisor.until("WATCHDOG=1"), "WATCHDOG=1");
  loading = false;
  for (std::thread& one : load) one.join();
  EXPECT_EQ(faults, 0);
  EXPECT_GT(answers, 20);

  raise(SIGTERM);
  EXPECT_FALSE(supervisor.until("STOPPING=1").empty());
  serving.join();
  EXPECT_EQ(status, 0);
}

TEST(Server, LeavesDescriptorsForItself) {
  EXPECT_EQ(connections_of_each(1'048'576, 4), 16'384U);
  for (const std::uint64_t descriptors : {65'536U, 20'000U, 1'024U})
    for (const int threads : {1, 2, 8, 64})
      EXPECT_LE(connections_of_each(descriptors, threads) * static_cast<std::size_t>(threads),
                std::max<std::uint64_t>(descriptors - 512, static_cast<std::uint64_t>(threads) * 16))
          << descriptors << " " << threads;
  EXPECT_EQ(connections_of_each(0, 1), 16U);
}

// An issuer out of reach: others can be answered, so starting it again would help nobody and forget all limits.
TEST(Server, IsStillStartingAsLongAsKeysAreMissing) {
  const Folder folder;
  const Supervisor supervisor{folder.at("notify")};
  ASSERT_TRUE(system::write_file(
      folder.at("portcullis.yaml"),
      "issuers: [{issuer: 'http://127.0.0.1:1/', audience: a, algorithms: [RS256], token: generic, typ: [JWT], "
      "jwks_uri: 'http://127.0.0.1:1/jwks'}]\ndevelopment: true\ndefault: deny\nroutes: []\n"
      "serve: {listen: '127.0.0.1:0', admin: '127.0.0.1:0', proxies: [127.0.0.1/32]}\n",
      0600));
  auto server = Server::open({folder.at("portcullis.yaml"), 1},
                             {{"NOTIFY_SOCKET", folder.at("notify")}, {"PORTCULLIS_LOG", "error"}});
  ASSERT_TRUE(server) << server.error().front().place << server.error().front().message;
  std::thread serving{[&] { (*server)->run(); }};
  for (int tick = 0; tick < 2; ++tick)
    EXPECT_EQ(supervisor.until("EXTEND_TIMEOUT_USEC="), "EXTEND_TIMEOUT_USEC=10000000");
  kill(getpid(), SIGTERM);
  EXPECT_FALSE(supervisor.until("STOPPING=1").empty());
  serving.join();
}

// What is under way at the end has its answer, as if its deadline had passed.
TEST(Worker, AnswersWhatWaitsForTheStoreWhenItEnds) {
  std::promise<void> asked_the_store;
  const net::test::ScriptedServer store{[&](const net::test::Peer& peer, int number) {
    if (number == 0 && !peer.until("EVALSHA").empty()) asked_the_store.set_value();
    (void)peer.until_closed();
  }};
  const Folder folder;
  const testing::Signer signer;
  ASSERT_TRUE(system::write_file(folder.at("jwks.json"), signer.jwks(), 0600));
  ASSERT_TRUE(system::write_file(folder.at("portcullis.yaml"),
                                 "issuers: [{issuer: https://tenant.example/, audience: a, algorithms: [EdDSA], "
                                 "jwks_file: jwks.json}]\ndefault: deny\nwhen_store_fails: local\nstore: 'redis://" +
                                     store.address() +
                                     "'\nlimits: {few: {rate: 5/min, by: route}}\n"
                                     "routes: [{route: GET /a, access: public, limit: [few]}]\n"
                                     "serve: {proxies: [127.0.0.1/32]}\n",
                                 0600));
  auto config = config::load(folder.at("portcullis.yaml"), {});
  ASSERT_TRUE(config) << config.error().front().place << config.error().front().message;
  const Secrets secrets;
  auto authorizer = Authorizer::make(config->rules, secrets);
  ASSERT_TRUE(authorizer);
  const auto state = std::make_shared<ServingState>(*std::move(config), *std::move(authorizer), "",
                                                    std::make_shared<StoreWatch>(system::Log{system::LogLevel::error}));
  DecisionRing ring;
  KeyDesk desk{[](const ServingState&) { return KeyFetch{}; }, system::read_clocks, {}};
  std::optional<Worker> worker{
      std::in_place, Shared{system::Log{system::LogLevel::error, system::LogForm::json}, secrets, desk, ring}, state};
  const auto port = worker->listen("127.0.0.1", 0, net::RequestServer::Claim::whole);
  ASSERT_TRUE(port);
  worker->start();
  const auto client = net::test::Peer::connected_to(*port);
  client.send_text("GET /auth/nginx HTTP/1.1\r\nHost: a\r\nX-Original-Method: GET\r\nX-Original-URI: /a\r\n\r\n");
  asked_the_store.get_future().wait_for(2s);  // on a busy machine its time was up before that
  worker.reset();
  EXPECT_THAT(client.until("\r\n\r\n"), ::testing::StartsWith("HTTP/1.1 200 OK"));
}

}  // namespace
}  // namespace portcullis::serve
