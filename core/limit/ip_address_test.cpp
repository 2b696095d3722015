// One spelling of an address is one address, and what is none is none.
#include "portcullis/ip_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <optional>
#include <random>

namespace portcullis {
namespace {

/// What the C library says of the same text.
std::optional<std::array<unsigned char, 16>> by_libc(const std::string& text) {
  std::array<unsigned char, 16> octets{};
  if (inet_pton(AF_INET6, text.c_str(), octets.data()) == 1) return octets;
  octets = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (inet_pton(AF_INET, text.c_str(), &octets[12]) == 1) return octets;
  return std::nullopt;
}

void expect_as_libc(const std::string& text) {
  const auto address = IpAddress::parse(text);
  const auto expected = by_libc(text);
  const auto octets = address ? std::optional{address->octets()} : std::nullopt;
  ASSERT_EQ(octets, expected) << text;
}

TEST(IpAddress, ReadsOneSpellingOfRfc4291AndWritesRfc5952) {
  struct Row {
    const char* text;
    const char* written;  // nullptr: no address
  };
  const Row rows[] = {
      {"192.0.2.1", "192.0.2.1"},
      {"0.0.0.0", "0.0.0.0"},
      {"255.255.255.255", "255.255.255.255"},
      {"2001:db8::1", "2001:db8::1"},
      {"2001:0DB8:0:0:0:0:0:1", "2001:db8::1"},
      {"2001:db8::ffff", "2001:db8::ffff"},
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"1:0:0:2:0:0:0:3", "1:0:0:2::3"},
      {"1:0:0:2:3:0:0:4", "1::2:3:0:0:4"},
      {"::ffff:192.0.2.1", "192.0.2.1"},
      {"::ffff:c000:201", "192.0.2.1"},
      {"0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"},
      {"64:ff9b::192.0.2.1", "64:ff9b::c000:201"},
      {"", nullptr},
      {"192.0.2", nullptr},
      {"192.0.2.1.1", nullptr},
      {"192.0.2.", nullptr},
      {".192.0.2", nullptr},
      {"192.0.2.256", nullptr},
      {"192.0.2.01", nullptr},
      {"192.0.2.0x1", nullptr},
      {"192.0.2.1 ", nullptr},
      {" 192.0.2.1", nullptr},
      {"192.0.2.1:80", nullptr},
      {"192.0.2.-1", nullptr},
      {"192.0.2.1000", nullptr},
      {"3221225985", nullptr},
      {":", nullptr},
      {":::", nullptr},
      {"1:::2", nullptr},
      {"1::2::3", nullptr},
      {":1::2", nullptr},
      {"1::2:", nullptr},
      {"1:2:3:4:5:6:7", nullptr},
      {"1:2:3:4:5:6:7:8:9", nullptr},
      {"1::2:3:4:5:6:7:8", nullptr},
      {"12345::", nullptr},
      {"g::", nullptr},
      {"::192.0.2", nullptr},
      {"::192.0.2.1:1", nullptr},
      {"192.0.2.1::", nullptr},
      {"1:2:3:4:5:6:7:192.0.2.1", nullptr},
      {"[::1]", nullptr},
      {"fe80::1%eth0", nullptr},
      {"2001:db8::/32", nullptr},
  };
  for (const Row& row : rows) {
    const auto address = IpAddress::parse(row.text);
    EXPECT_EQ(address.has_value(), row.written != nullptr) << row.text;
    if (address && row.written) {
      EXPECT_EQ(address->text(), row.written);
      EXPECT_EQ(IpAddress::parse(address->text()), address);
      EXPECT_EQ(IpAddress::parse_forwarded(row.text), address);
    }
    expect_as_libc(row.text);
  }
  EXPECT_EQ(IpAddress::parse(std::string_view{"::1\0", 4}), std::nullopt);
}

TEST(IpAddress, AgreesWithTheCLibraryOnTextsNearAddresses) {
  std::mt19937 random{1};
  const auto below = [&](std::size_t most) { return std::uniform_int_distribution<std::size_t>{0, most - 1}(random); };
  const std::string pieces[] = {"0", "1", "ffff", "db8", "::", ":", ":", ":", ".", ".", "192.0.2.1", "00", "25", "g"};
  int addresses = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    if (i % 2 == 0) {
      for (std::size_t left = 1 + below(16); left > 0; --left) text += pieces[below(std::size(pieces))];
    } else {  // an address, and mostly one letter of it changed
      std::array<unsigned char, 16> octets{};
      for (unsigned char& octet : octets) octet = static_cast<unsigned char>(below(3) == 0 ? below(256) : 0);
      char written[INET6_ADDRSTRLEN];
      text = inet_ntop(AF_INET6, octets.data(), written, sizeof written);
      if (below(4) != 0) text[below(text.size())] = "0f:.%x"[below(6)];
    }
    expect_as_libc(text);
    addresses += IpAddress::parse(text).has_value();
  }
  EXPECT_GT(addresses, 4'000);
}

TEST(IpAddress, WritesAsTheCLibraryDoes) {
  std::mt19937 random{2};
  for (int i = 0; i < 5'000; ++i) {
    std::array<unsigned char, 16> octets{};
    for (std::size_t group = 0; group < 8; ++group) {
      if (random() % 2 == 0) continue;
      octets[2 * group] = static_cast<unsigned char>(random() % 3 == 0 ? random() : 0);
      octets[2 * group + 1] = static_cast<unsigned char>(random());
    }
    octets[0] = 0x20;  // else it writes some as IPv4
    char written[INET6_ADDRSTRLEN];
    const std::string text = inet_ntop(AF_INET6, octets.data(), written, sizeof written);
    ASSERT_EQ(IpAddress::parse(text).value().text(), text);
  }
}

TEST(IpAddress, ForwardedFormsAreStrippedAndNothingElse) {
  struct Row {
    const char* text;
    const char* address;  // nullptr: no address
  };
  const Row rows[] = {
      {" 192.0.2.1\t", "192.0.2.1"},
      {"192.0.2.1:443", "192.0.2.1"},
      {"[2001:db8::1]", "2001:db8::1"},
      {" [2001:db8::1]:443 ", "2001:db8::1"},
      {"fe80::1%eth0", "fe80::1"},
      {"[fe80::1%25eth0]:1", "fe80::1"},
      {"[::ffff:192.0.2.1]:80", "192.0.2.1"},
      {"::ffff:192.0.2.1%1", "192.0.2.1"},
      {"", nullptr},
      {" ", nullptr},
      {"unknown", nullptr},
      {"_hidden", nullptr},
      {"192.0.2.1:", nullptr},
      {"192.0.2.1:http", nullptr},
      {"192.0.2.1:123456", nullptr},
      {"192.0.2.1%eth0", nullptr},
      {"192.0.2.1 192.0.2.2", nullptr},
      {"192.0.2.1,192.0.2.2", nullptr},
      {"192.0.2.1\n", nullptr},
      {"[192.0.2.1]", nullptr},
      {"[192.0.2.1%::1]", nullptr},
      {"192.0.2.1%::1", nullptr},
      {"[2001:db8::1", nullptr},
      {"2001:db8::1]", nullptr},
      {"[2001:db8::1]443", nullptr},
      {"[2001:db8::1]:", nullptr},
      {"[]", nullptr},
      {"[ ::1]", nullptr},
      {"fe80::1%", nullptr},
      {"fe80::1%e th", nullptr},
      {"\"[::1]\"", nullptr},
  };
  for (const Row& row : rows) {
    const auto address = IpAddress::parse_forwarded(row.text);
    EXPECT_EQ(address ? address->text() : "none", row.address ? row.address : "none") << row.text;
  }
}

// ratelimit.md §6 row 50: one bucket for each of them.
TEST(IpAddress, MaskedToItsNetworkItIsTheSameForAllOfIt) {
  struct Row {
    const char* text;
    int bits;
    const char* masked;
  };
  const Row rows[] = {
      {"2001:db8::1", 64, "2001:db8::"},
      {"2001:db8::ffff", 64, "2001:db8::"},
      {"2001:db8:0:1::1", 64, "2001:db8:0:1::"},
      {"2001:db8:ffff::1", 33, "2001:db8:8000::"},
      {"2001:db8::1", 128, "2001:db8::1"},
      {"2001:db8::1", 200, "2001:db8::1"},
      {"2001:db8::1", 0, "::"},
      {"2001:db8::1", -1, "::"},
      {"192.0.2.255", 32, "192.0.2.255"},
      {"192.0.2.255", 64, "192.0.2.255"},
      {"192.0.2.255", 25, "192.0.2.128"},
      {"192.0.2.255", 0, "0.0.0.0"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(IpAddress::parse(row.text).value().masked(row.bits).text(), row.masked) << row.text;
  EXPECT_EQ(IpAddress::parse("::ffff:192.0.2.1"), IpAddress::parse("192.0.2.1"));
  EXPECT_TRUE(IpAddress::parse("::ffff:192.0.2.1")->is_v4());
  EXPECT_FALSE(IpAddress::parse("::192.0.2.1")->is_v4());
}

TEST(IpNetwork, HoldsWhatIsInItAndIsWrittenInOneWay) {
  struct Row {
    const char* network;
    const char* inside;
    const char* outside;
  };
  const Row rows[] = {
      {"10.0.0.0/8", "10.255.0.1", "11.0.0.0"},
      {"127.0.0.1/32", "127.0.0.1", "127.0.0.2"},
      {"127.0.0.1", "::ffff:127.0.0.1", "::127.0.0.1"},
      {"0.0.0.0/0", "192.0.2.1", "2001:db8::1"},
      {"::/0", "2001:db8::1", "192.0.2.1"},
      {"2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"},
      {"::1", "::1", "::2"},
      {"2001:db8::8000/113", "2001:db8::8001", "2001:db8::1"},
  };
  for (const Row& row : rows) {
    const auto network = IpNetwork::parse(row.network);
    ASSERT_TRUE(network) << row.network << ": " << network.error();
    EXPECT_TRUE(network->contains(IpAddress::parse(row.inside).value())) << row.network;
    EXPECT_FALSE(network->contains(IpAddress::parse(row.outside).value())) << row.network;
    EXPECT_EQ(*IpNetwork::parse(network->text()), *network);
  }
  EXPECT_EQ(IpNetwork::parse("127.0.0.1/32")->text(), "127.0.0.1");
  EXPECT_EQ(IpNetwork::parse("2001:DB8::/32")->text(), "2001:db8::/32");
}

TEST(IpNetwork, SaysWhyItIsNone) {
  const char* none = "no address or network: write one like 192.0.2.1, 10.0.0.0/8 or 2001:db8::/32";
  struct Row {
    const char* text;
    const char* why;
  };
  const Row rows[] = {
      {"", none},
      {"/8", none},
      {"10.0.0.0/8/8", "the number behind the slash must be from 0 to 32"},
      {"10/8", none},
      {"localhost", none},
      {"[::1]", none},
      {"10.0.0.0/", "the number behind the slash must be from 0 to 32"},
      {"10.0.0.0/33", "the number behind the slash must be from 0 to 32"},
      {"10.0.0.0/08", "the number behind the slash must be from 0 to 32"},
      {"10.0.0.0/255.0.0.0", "the number behind the slash must be from 0 to 32"},
      {"2001:db8::/129", "the number behind the slash must be from 0 to 128"},
      {"10.0.0.1/8", "bits behind the prefix are set: write 10.0.0.0/8"},
      {"2001:db8::1/64", "bits behind the prefix are set: write 2001:db8::/64"},
      {"::ffff:10.0.0.0/104", "an IPv4 network is written without IPv6: 10.0.0.0/…"},
  };
  for (const Row& row : rows) {
    const auto network = IpNetwork::parse(row.text);
    ASSERT_FALSE(network) << row.text;
    EXPECT_EQ(network.error(), row.why) << row.text;
  }
}

}  // namespace
}  // namespace portcullis
