#include "edge/config/form_pattern.h"

#include "portcullis/limit.h"

namespace portcullis::config {
namespace {

using std::chrono::days;
using std::chrono::seconds;

// The decimal numbers from `least` to `most`: blocks of a prefix, one range of digits and free digits behind.
std::string numbers(std::int64_t least, std::int64_t most) {
  std::string pattern;
  while (least <= most) {
    std::int64_t block = 1;
    int free = 0;
    for (; least > 0 && least % (block * 10) == 0 && least + block * 10 - 1 <= most; block *= 10) ++free;
    const std::int64_t digit = least / block % 10;
    std::int64_t last = digit;
    while (least > 0 && last < 9 && least + (last - digit + 2) * block - 1 <= most) ++last;
    const std::int64_t prefix = least / block / 10;
    pattern += (pattern.empty() ? "" : "|") + (prefix > 0 ? std::to_string(prefix) : "");
    pattern += last == digit ? std::to_string(digit) : '[' + std::to_string(digit) + '-' + std::to_string(last) + ']';
    if (free > 0) pattern += "[0-9]{" + std::to_string(free) + '}';
    least += (last - digit + 1) * block;
  }
  return pattern;
}

// "for" → "[Ff][Oo][Rr]"
std::string any_case(std::string_view lower) {
  std::string pattern;
  for (const char c : lower) pattern += std::string{'['} + static_cast<char>(c - 'a' + 'A') + c + ']';
  return pattern;
}

}  // namespace

std::string pattern_of_integers(std::int64_t least, std::int64_t most) {
  return "0*(" + numbers(least, most) + ')';
}

std::string pattern_of_durations(seconds least, seconds most) {
  struct Unit {
    char letter;
    std::int64_t length;
  };
  std::string pattern;
  for (const auto& [letter, length] : {Unit{'s', 1}, Unit{'m', 60}, Unit{'h', 3600}, Unit{'d', 86400}}) {
    const std::int64_t from = (least.count() + length - 1) / length, to = most.count() / length;
    if (from <= to) pattern += (pattern.empty() ? "" : "|") + ("(" + numbers(from, to) + ')') + letter;
  }
  return "0*(" + pattern + (least.count() == 0 ? "|0)" : ")");
}

std::string pattern_of(Form form) {
  static const std::string port = "(:[0-9]{1,5})?";
  static const std::string host = R"((\[[^/@\]]+\]|[^/?#@:\[\]]+))";
  static const std::string here = R"(http://(localhost|127\.[0-9.]*|\[::1\]))";
  static const std::string url = "(https://" + host + '|' + here + ')' + port + "(/[^?#]*)?";
  static const std::string printable = "(?=[!-~]+$)";
  static const std::string word = R"([!#-\[\]-~]+)";
  // What is normal in a path (core/access/path.h): plain or necessarily escaped, no dot segment.
  static const std::string name = "[A-Za-z0-9_.-]+";
  static const std::string escape =
      "%(?!25[0-9A-Fa-f]|2[DEF]|3[0-9B]|4[1-9A-F]|5[0-9ACF]|6[1-9A-F]|7[0-9AEF])[2-9A-F][0-9A-F]";
  static const std::string literal = R"(([^*?${}\\;#%/ ]|)" + escape + ")+";
  static const std::string pointer = "(/([^~/]|~[01])*)+";
  static const std::string octet = '(' + numbers(0, 255) + ')';
  static const std::string v4 = '(' + octet + R"(\.){3})" + octet;
  static const std::string v6 = "[0-9A-Fa-f:.]+";
  switch (form) {
    case Form::domain:
      return printable + "((https://)?" + host + '|' + here + ')' + port + "/?";
    case Form::issuer:
      return printable + "(unchecked|" + url + ')';
    case Form::key_url:
      return printable + url + R"((\?[^#]*)?)";
    case Form::base_url:
      return printable + url;
    case Form::route:
      return R"(\$connect|(?=[ -~]+$)[A-Z-]{1,32} (?=/)(/(?!\.{1,2}(/|$))()" + literal + R"(|\{)" + name +
             R"(\}))*(/|/\{)" + name + R"(\+\})?)";
    case Form::requirement:
      return "scope:" + word + R"(|(permission|role|organization|client):[\s\S]+|claim:(/([^~/=]|~[01])*)+=[\s\S]+)";
    case Form::login_strength:
      return word;
    case Form::claim_name:
      return "[A-Za-z0-9_]+";
    case Form::claim_pointer:
      return "claim:" + pointer;
    case Form::api_key:
      return "[A-Za-z0-9]{20,128}";
    case Form::origin:
      return R"(\*|[^/]+://[^/]+)";
    case Form::secret:
      return R"(file:[\s\S]+)";
    case Form::rate:
      return "0*(" + numbers(1, Rate::most_count) + ")/(s|min|hour|day|" + pattern_of_durations(seconds{1}, days{31}) +
             ')';
    case Form::limit_name:
      return "[A-Za-z0-9_-]{1,64}";
    case Form::dimension:
      return "principal|client|organization|issuer|address|route|claim:" + pointer;
    case Form::store:
      return R"(memory|file:[\s\S]+|(?=[!-~]+$)redis(s://|://(?=([^/]*@)?(localhost|127\.[0-9.]*|\[::1\])(:|/|$))))"
             R"((([^/?#:%]|%[0-9A-Fa-f]{2})*:?@)?(\[)" +
             v6 + R"(\]|[A-Za-z0-9._-]+)(:()" + numbers(1, 65535) + "))?(/0?)?";
    case Form::listening:
      return R"(unix:/[\s\S]{0,105}[^/]|(localhost|)" + v4 + R"(|\[)" + v6 + R"(\]):()" + numbers(0, 65535) + ')';
    case Form::network:
      return v4 + "(/(" + numbers(1, 32) + "))?|(?=[^/]*:)" + v6 + "(/(" + numbers(1, 128) + "))?";
    case Form::field_name:
      return "[A-Za-z0-9-]{1,64}";
    case Form::identity_field_name:
      return "[Xx]-(?!(" + any_case("forwarded") + '|' + any_case("original") + '|' + any_case("real") + '|' +
             any_case("envoy") + '|' + any_case("ratelimit") + ")-)[A-Za-z0-9-]{0,61}[A-Za-z0-9]";
    case Form::identity_source:
      return "[A-Za-z0-9_]+|claim:" + pointer;
    case Form::text:
    case Form::file:
    case Form::algorithm:
    case Form::proof_algorithm:
    case Form::word:
    case Form::duration:
    case Form::boolean:
    case Form::integer:
    case Form::access:
    case Form::mapping:
    case Form::named:
      break;
  }
  return R"([\s\S]+)";
}

}  // namespace portcullis::config
