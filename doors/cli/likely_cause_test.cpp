// The seven causes behind nearly every "everything is 401", each recognised by what portcullis itself says.
#include "doors/cli/likely_cause.h"

#include <gtest/gtest.h>

#include <string>

namespace portcullis::cli {
namespace {

struct Known {
  Reason reason;
  const char* detail;
  const char* says;  // part of the likely cause
};

TEST(LikelyCause, IsChosenByReasonAndDetail) {
  for (const Known& known : std::initializer_list<Known>{
           {Reason::bad_aud, R"(aud is "https://a.example.com", expected "https://b.example.com")",
            "wrong audience: the token was requested for another API"},
           {Reason::bad_aud, R"(aud is "https://a.example.com/", expected "https://a.example.com")",
            "wrong audience: the two differ by the final slash"},
           {Reason::bad_aud, R"(aud is "https://a.example.com", expected "https://a.example.com/")", "final slash"},
           {Reason::bad_aud, R"(aud is "https://a.example.com//", expected "https://a.example.com")", "another API"},
           {Reason::bad_aud, "aud is missing", "asked for no API"},
           {Reason::wrong_token_type, "it has 'nonce': an ID token", "ID token was sent"},
           {Reason::wrong_token_type, "it has 'scope': an access token. An ID token is expected here",
            "access token was sent"},
           {Reason::not_jws, "one part: an opaque token. Was 'audience' sent at login?",
            "opaque token: audience was not sent"},
           {Reason::not_jws, "five parts: an encrypted token (JWE). Was 'audience' sent at login?", "encrypted"},
           {Reason::bad_iss, R"(iss is "https://t/", expected https://t; they differ by the final slash)",
            "the issuer's slash"},
           {Reason::bad_iss, R"(iss is "https://t/", expected https://u/)", "another issuer"},
           {Reason::bad_iss, "iss is missing or not a string, expected https://u/", "names no issuer"},
           {Reason::unknown_kid, R"(no key has the kid "k9")", "rotated key"},
           {Reason::unknown_kid, "the token has no kid, and several keys fit", "does not say which key"},
           {Reason::bad_signature, "the key did not sign these bytes", "rotated key"},
           {Reason::keys_unavailable, "https://t/k: t:443: Connection refused", "nothing listens"},
           {Reason::keys_unavailable, "https://t/k: t:443: no connection in time", "VPC"},
           {Reason::keys_unavailable, "https://t/k: HTTP status 404", "not with keys"},
           {Reason::keys_unavailable, "https://t/k: the metadata is not that of https://t: its 'issuer' must be",
            "metadata"},
           {Reason::keys_unavailable, "https://t/k: t:443: Name or service not known", "DNS"},
           {Reason::keys_unavailable, "https://t/k: t:443: Temporary failure in name resolution", "DNS"},
           {Reason::keys_unavailable, "https://t/k: t:443: certificate verify failed (self-signed certificate)",
            "not trusted"},
           {Reason::keys_unavailable, "https://t/k: no answer", "issuer unreachable"},
           {Reason::expired, "expired 40 s ago, leeway 30 s", "clock: this machine's is fast"},
           {Reason::expired, "expired 86400 s ago, leeway 30 s", "does not renew"},
           {Reason::expired, "expired in a way nobody has seen", "clock"},
           {Reason::not_yet, "issued 90 s in the future, leeway 30 s", "clock: this machine's is slow"},
           {Reason::insufficient_scope, R"(needs permission:admin; token has permissions ["a"])",
            "missing permission: it was not granted"},
           {Reason::insufficient_scope, "needs permission:admin; token has no permissions claim",
            "no permissions into the token"},
           {Reason::insufficient_scope,
            "needs permission:admin; token has no permissions claim; it has that word as a scope, which is another "
            "claim",
            "permission: and the token has that word as a scope"},
           {Reason::forbidden, "needs role:staff; token has no roles claim", "missing permission: the caller lacks"},
           {Reason::insufficient_scope, "needs scope:a; token has no scope claim", "asked for no scope"}}) {
    const LikelyCause cause = likely_cause(known.reason, known.detail);
    EXPECT_NE(cause.likely.find(known.says), std::string_view::npos) << known.detail << " gives: " << cause.likely;
    EXPECT_FALSE(cause.check.empty()) << known.detail;
    EXPECT_FALSE(cause.act.empty()) << known.detail;
    EXPECT_FALSE(cause.symptom.empty()) << "has its page: " << known.detail;
  }
}

TEST(LikelyCause, OfTheServersOwnRefusalsIsTheProxyOrItsConfiguration) {
  for (const Known& known : std::initializer_list<Known>{
           {Reason::forbidden, "the peer 192.0.2.7 is not in serve.proxies, so nothing that it says is believed",
            "a proxy that the configuration does not list"},
           {Reason::forbidden, "needs role:staff; token has no roles claim", "missing permission"},
           {Reason::internal, "the proxy sent no usable address of the client in the header X-Original-Address",
            "the proxy asks in another way"},
           {Reason::internal, "the proxy asked for none of our paths, which are /auth/ and nginx",
            "asks in another way"},
           {Reason::internal, "the event has no methodArn", "another kind of API"},
       }) {
    SCOPED_TRACE(known.detail);
    EXPECT_NE(likely_cause(known.reason, known.detail).likely.find(known.says), std::string_view::npos);
  }
}

TEST(LikelyCause, AlwaysSaysWhatToDo) {
  for (const ReasonFacts& row : reasons)
    for (const char* detail : {"", "anything", "\xFF", "expired ", "aud is \"", "aud is \", expected \""})
      EXPECT_EQ(likely_cause(row.reason, detail).act.empty(), row.reason == Reason::ok) << row.code;
}

TEST(LikelyCause, OfABoundTokenSaysWhoseFaultItMayBe) {
  struct Row {
    Reason reason;
    std::string_view detail, says;
  };
  for (const Row& row :
       {Row{Reason::dpop_missing,
            "there is no DPoP header; a TOKEN event carries neither proof nor "
            "certificate: use a REQUEST authorizer",
            "type TOKEN"},
        Row{Reason::dpop_missing, "the token is bound to a DPoP key and came as Bearer", "ordinary one"},
        Row{Reason::dpop_missing,
            "needs sender dpop; token has no cnf.jkt: it is not bound to a DPoP "
            "key",
            "ordinary token"},
        Row{Reason::dpop_invalid,
            "the proof's htm is not the method of this request; a WebSocket's handshake tells neither its URL nor a "
            "certificate: use a token that is not bound to its sender",
            "a WebSocket's handshake"},
        Row{Reason::dpop_invalid, "the proof's htu has another path than this request", "CDN"},
        Row{Reason::dpop_invalid, "the proof's iat is in the future: compare the clocks", "clock"},
        Row{Reason::dpop_invalid, "there are two DPoP headers", "by hand"},
        Row{Reason::bad_claim, "the token came as DPoP and is not bound to a key: it has no cnf.jkt", "ordinary token"},
        Row{Reason::certificate_mismatch,
            "the token is bound to a client certificate, and there was "
            "none",
            "without its certificate"},
        Row{Reason::certificate_mismatch, "the token is bound to another client certificate", "new certificate"}}) {
    const LikelyCause cause = likely_cause(row.reason, row.detail);
    EXPECT_NE(cause.likely.find(row.says), std::string_view::npos) << row.detail << " gives: " << cause.likely;
    EXPECT_FALSE(cause.act.empty());
  }
}

TEST(LikelyCause, OfAStepUpSaysWhatTheLoginLacked) {
  struct Row {
    std::string_view detail, says;
  };
  for (const Row& row : {Row{"needs acr gold; token has no acr claim", "not strong enough"},
                         Row{"needs max_age 300s; token has no auth_time claim", "does not say when"},
                         Row{"needs max_age 300s; token has an auth_time 900 s ago", "longer ago"}}) {
    const LikelyCause cause = likely_cause(Reason::step_up, row.detail);
    EXPECT_NE(cause.likely.find(row.says), std::string_view::npos) << row.detail << " gives: " << cause.likely;
    EXPECT_FALSE(cause.check.empty());
    EXPECT_FALSE(cause.act.empty());
  }
}

}  // namespace
}  // namespace portcullis::cli
