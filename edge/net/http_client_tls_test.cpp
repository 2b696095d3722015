#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "edge/net/http_client.h"
#include "edge/net/key_fetch.h"
#include "edge/net/test_certificates.h"

namespace portcullis::net {
namespace {

using test::Identity;
using test::make_identity;
using test::PemFile;
using test::ScriptedServer;
using test::TlsServer;
using testing::EndsWith;
using testing::HasSubstr;
using namespace std::chrono_literals;
using Kind = ClientError::Kind;

constexpr ClientLimits patient{20s, 20s, 1000};
const HttpRequest get{"GET", "/", {}, {}, {}};

/// The server's own writes meet clients that hung up; SIGPIPE is none of these tests' business.
class Tls : public testing::Test {
 protected:
  Tls() { signal(SIGPIPE, SIG_IGN); }
  ~Tls() override { signal(SIGPIPE, SIG_DFL); }

  Result<HttpResponse, ClientError> ask(const TlsServer& server, const std::string& host, const std::string& bundle) {
    return HttpClient{*Url::parse(server.url(host)), patient, {bundle}}.exchange(get);
  }

  const Identity authority = make_identity({"test authority", ""});
  const Identity good = make_identity({"x", "DNS:localhost,IP:127.0.0.1"}, &authority);
  const PemFile roots{authority};
};

TEST_F(Tls, TrustsAServerWithTheRightNameOfAKnownAuthority) {
  const TlsServer server{good};
  const auto answer = ask(server, "localhost", roots.path());
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "hello");
  EXPECT_EQ(server.called(), "localhost");  // SNI
}

TEST_F(Tls, VerifiesAnAddressAsAnAddressAndDoesNotSendItAsAName) {
  const TlsServer server{good};
  const auto answer = ask(server, "127.0.0.1", roots.path());
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(server.called(), "");  // RFC 6066 §3
}

TEST_F(Tls, RefusesEveryOtherCertificateAndSendsNoRequest) {
  const Identity stranger = make_identity({"another authority", ""});
  struct Row {
    const char* why;
    Identity identity;
    const char* host;
    const char* cause;
  };
  for (const Row& row : {
           Row{"another host's", make_identity({"x", "DNS:example.com"}, &authority), "localhost", "hostname mismatch"},
           Row{"no name, right common name", make_identity({"localhost", ""}, &authority), "localhost",
               "hostname mismatch"},
           Row{"wildcard within a label", make_identity({"x", "DNS:local*"}, &authority), "localhost",
               "hostname mismatch"},
           Row{"another address", make_identity({"x", "IP:127.0.0.2"}, &authority), "127.0.0.1", "IP address mismatch"},
           Row{"an address as a name", make_identity({"x", "DNS:127.0.0.1"}, &authority), "127.0.0.1",
               "IP address mismatch"},
           Row{"self-signed", make_identity({"x", "DNS:localhost"}), "localhost", "self-signed certificate"},
           Row{"unknown authority", make_identity({"x", "DNS:localhost"}, &stranger), "localhost",
               "unable to get local issuer certificate"},
           Row{"expired", make_identity({"x", "DNS:localhost", -7200, -3600}, &authority), "localhost",
               "certificate has expired"},
           Row{"not valid yet", make_identity({"x", "DNS:localhost", 3600, 7200}, &authority), "localhost",
               "certificate is not yet valid"},
       }) {
    SCOPED_TRACE(row.why);
    const TlsServer server{row.identity};
    const auto answer = ask(server, row.host, roots.path());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, Kind::tls);
    const auto url = server.url(row.host);
    const auto where = url.substr(8, url.size() - 9);
    EXPECT_EQ(answer.error().message, where + ": certificate verify failed (" + row.cause + ")");
    EXPECT_EQ(server.requests(), 0);
  }
}

TEST_F(Tls, SpeaksTls12AndNothingOlder) {
  const TlsServer twelve{good, TLS1_2_VERSION};
  EXPECT_TRUE(ask(twelve, "localhost", roots.path()));
  const TlsServer eleven{good, TLS1_1_VERSION};
  const auto answer = ask(eleven, "localhost", roots.path());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, Kind::tls);
  EXPECT_THAT(answer.error().message, HasSubstr(": the TLS handshake failed ("));
}

TEST_F(Tls, TakesTheRootsFromTheNamedFileOrElseFromTheEnvironment) {
  const TlsServer server{good};
  const auto with_environment = [&](const char* path, const TlsRoots& named) {
    setenv("SSL_CERT_FILE", path, 1);
    auto answer = HttpClient{*Url::parse(server.url("localhost")), patient, named}.exchange(get);
    unsetenv("SSL_CERT_FILE");
    return answer ? std::string{"trusted"} : answer.error().message;
  };
  const PemFile others{make_identity({"another authority", ""})};
  constexpr const char* advice = "; set SSL_CERT_FILE to a PEM file of the certificates to trust";
  EXPECT_EQ(with_environment(roots.path().c_str(), {}), "trusted");
  EXPECT_EQ(with_environment(others.path().c_str(), {roots.path()}), "trusted");
  EXPECT_THAT(with_environment(roots.path().c_str(), {others.path()}), HasSubstr("certificate verify failed"));
  EXPECT_THAT(with_environment("/no/such", {}),
              EndsWith(std::string{"the TLS roots /no/such cannot be read (No such file or directory)"} + advice));
  EXPECT_THAT(with_environment(roots.path().c_str(), {"/no/such"}), HasSubstr("/no/such cannot be read"));
  EXPECT_THAT(with_environment("/etc/passwd", {}),
              EndsWith(std::string{"the TLS roots /etc/passwd hold no certificate that can be read"} + advice));
  EXPECT_THAT(with_environment("", {}),
              testing::AnyOf(HasSubstr("certificate verify failed"), HasSubstr("no TLS roots")));
}

TEST_F(Tls, ReadsTheRootsOnceAndConnectsAgainWithThem) {
  const TlsServer server{good};
  auto file = std::make_unique<PemFile>(authority);
  HttpClient client{*Url::parse(server.url("localhost")), patient, {file->path()}};
  ASSERT_TRUE(client.exchange(get));
  file.reset();
  const auto again = client.exchange(get);  // the server hung up meanwhile, without a close_notify
  EXPECT_TRUE(again) << again.error().message;
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(Tls, TellsAHandshakeThatNeverEndsFromOneThatFails) {
  const ScriptedServer silent{[](const test::Peer& peer, int) { peer.until_closed(); }};
  HttpClient waiting{*Url::parse("https://" + silent.address()), {100ms, 20s, 1000}, {roots.path()}};
  const auto late = waiting.exchange(get);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, Kind::timeout);
  EXPECT_EQ(late.error().message, silent.address() + ": no TLS handshake in time");

  const ScriptedServer plain{[](const test::Peer& peer, int) {
    peer.some();
    peer.send_text("HTTP/1.1 400 Bad Request\r\n\r\n");
  }};
  HttpClient mistaken{*Url::parse("https://" + plain.address()), patient, {roots.path()}};
  const auto answer = mistaken.exchange(get);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, Kind::tls);
  EXPECT_THAT(answer.error().message, HasSubstr("the TLS handshake failed (wrong version number"));
}

TEST_F(Tls, KeysAreFetchedOverIt) {
  const TlsServer server{good};
  const auto outcome = fetch_keys({{}, server.url("localhost"), {}}, {roots.path()}, PlainHttp::refused, 20s);
  ASSERT_TRUE(std::holds_alternative<FetchedKeys>(outcome)) << std::get<FetchFailed>(outcome).why;
  EXPECT_EQ(std::get<FetchedKeys>(outcome).body, "hello");
  const TlsServer expired{make_identity({"x", "DNS:localhost", -7200, -3600}, &authority)};
  const auto failed = fetch_keys({{}, expired.url("localhost"), {}}, {roots.path()}, PlainHttp::refused, 20s);
  EXPECT_THAT(std::get<FetchFailed>(failed).why, EndsWith("certificate verify failed (certificate has expired)"));
  EXPECT_EQ(expired.connections(), 1) << "a certificate does not get better by trying again";
  // Each fetch asks anew: a renewed certificate is taken, another authority's is not.
  const TlsServer renewed{make_identity({"x", "DNS:localhost"}, &authority)};
  const auto again = fetch_keys({{}, renewed.url("localhost"), {}}, {roots.path()}, PlainHttp::refused, 20s);
  EXPECT_TRUE(std::holds_alternative<FetchedKeys>(again));
  const TlsServer taken_over{make_identity({"x", "DNS:localhost"})};
  const auto refused = fetch_keys({{}, taken_over.url("localhost"), {}}, {roots.path()}, PlainHttp::refused, 20s);
  EXPECT_THAT(std::get<FetchFailed>(refused).why, EndsWith("certificate verify failed (self-signed certificate)"));
  EXPECT_EQ(taken_over.requests(), 0);
}

}  // namespace
}  // namespace portcullis::net
