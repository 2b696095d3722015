#include <gtest/gtest.h>

#include "edge/net/http_client.h"

namespace portcullis::net {
namespace {

TEST(Urls, AreTakenApart) {
  struct Row {
    const char* why;
    const char* text;
    const char* host;
    const char* port;
    const char* target;
    const char* origin;
  };
  for (const Row& row : {
           Row{"all defaults", "https://example.com", "example.com", "443", "/", "https://example.com"},
           Row{"path and query as sent", "https://a/b%2Fc?d=%20&e=/?", "a", "443", "/b%2Fc?d=%20&e=/?", "https://a"},
           Row{"query without path", "http://a?b", "a", "80", "/?b", "http://a"},
           Row{"port", "http://a:8080/", "a", "8080", "/", "http://a:8080"},
           Row{"default port written out", "http://a:80/", "a", "80", "/", "http://a"},
           Row{"the other scheme's default", "http://a:443/", "a", "443", "/", "http://a:443"},
           Row{"empty port: RFC 3986 §3.2.3", "https://a:/", "a", "443", "/", "https://a"},
           Row{"scheme and host in any case", "HTTPS://ExAmple.COM/A", "example.com", "443", "/A",
               "https://example.com"},
           Row{"IPv4", "http://127.0.0.1:1", "127.0.0.1", "1", "/", "http://127.0.0.1:1"},
           Row{"IPv6", "http://[::1]:81/x", "::1", "81", "/x", "http://[::1]:81"},
           Row{"IPv6 without port", "https://[2001:DB8::1]", "2001:db8::1", "443", "/", "https://[2001:db8::1]"},
       }) {
    SCOPED_TRACE(row.why);
    const auto url = Url::parse(row.text);
    ASSERT_TRUE(url);
    EXPECT_EQ(url->host, row.host);
    EXPECT_EQ(url->port, row.port);
    EXPECT_EQ(url->target, row.target);
    EXPECT_EQ(url->origin(), row.origin);
  }
}

TEST(Urls, ThatAreNoneOrSayTooMuchAreRefused) {
  struct Row {
    const char* why;
    std::string_view text;
  };
  using namespace std::string_view_literals;
  for (const Row& row : {
           Row{"empty", ""},
           Row{"relative", "/a"},
           Row{"no scheme", "example.com"},
           Row{"no slashes", "https:a"},
           Row{"another scheme", "ftp://a/"},
           Row{"file", "file:///etc/passwd"},
           Row{"empty host", "https:///a"},
           Row{"empty host with port", "https://:443/"},
           Row{"user", "https://u@a/"},
           Row{"password", "https://u:p@a/"},
           Row{"fragment", "https://a/#b"},
           Row{"line feed", "https://a/\nb"},
           Row{"NUL", "https://a/\0b"sv},
           Row{"blank", "https://a/ b"},
           Row{"blank before", " https://a/"},
           Row{"beyond ASCII", "https://ä/"},
           Row{"backslash for slash", "https://a\\b/"},
           Row{"percent in the host", "https://a%2eb/"},
           Row{"port 0", "https://a:0/"},
           Row{"port too large", "https://a:65536/"},
           Row{"port no number", "https://a:x/"},
           Row{"port with sign", "https://a:+1/"},
           Row{"two ports", "https://a:1:2/"},
           Row{"open bracket", "http://[::1/"},
           Row{"IPv6 without brackets", "http://::1/"},
           Row{"no IPv6 in brackets", "http://[a]/"},
           Row{"zone", "http://[fe80::1%25eth0]/"},
           Row{"text after the bracket", "http://[::1]a/"},
       }) {
    SCOPED_TRACE(row.why);
    EXPECT_FALSE(Url::parse(row.text));
  }
}

TEST(Urls, KnowLoopbackByNameAlone) {
  for (const char* text : {"http://localhost/", "http://LOCALHOST:1/", "http://127.0.0.1/", "http://127.255.0.9/",
                           "http://[::1]/", "http://[0:0:0:0:0:0:0:1]/"})
    EXPECT_TRUE(Url::parse(text)->is_loopback()) << text;
  for (const char* text :
       {"http://example.com/", "http://localhost.example.com/", "http://128.0.0.1/", "http://0.0.0.0/", "http://[::]/",
        "http://127.1/", "http://127.0.0.1.example.com/", "http://[::ffff:127.0.0.1]/"})
    EXPECT_FALSE(Url::parse(text)->is_loopback()) << text;
}

}  // namespace
}  // namespace portcullis::net
