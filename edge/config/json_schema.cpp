#include "edge/config/json_schema.h"

#include <vector>

#include "edge/config/shape.h"
#include "portcullis/json_writer.h"
#include "portcullis/token.h"

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

// A range as an editor can see it.
std::string durations(const Key& key) {
  struct Unit {
    char letter;
    std::int64_t seconds;
  };
  std::string pattern;
  for (const auto& [letter, length] : {Unit{'s', 1}, Unit{'m', 60}, Unit{'h', 3600}, Unit{'d', 86400}}) {
    const std::int64_t least = (key.least.count() + length - 1) / length;
    const std::int64_t most = key.most.count() / length;
    if (least <= most) pattern += (pattern.empty() ? "" : "|") + ("(" + numbers(least, most) + ')') + letter;
  }
  return "0*(" + pattern + (key.least.count() == 0 ? "|0)" : ")");
}

// "for" → "[Ff][Oo][Rr]"
std::string any_case(std::string_view lower) {
  std::string pattern;
  for (const char c : lower) pattern += std::string{'['} + static_cast<char>(c - 'a' + 'A') + c + ']';
  return pattern;
}

// What each form looks like. Regular expressions of ECMA-262, without their anchors.
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
      return "0*(" + numbers(1, Rate::most_count) + ")/(s|min|hour|day|" +
             durations({.name = {}, .form = Form::duration, .least = seconds{1}, .most = days{31}}) + ')';
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

// A bare number is a text as well where it can be one.
bool may_be_number(Form form) {
  return form == Form::text || form == Form::file || form == Form::login_strength || form == Form::claim_name ||
         form == Form::api_key || form == Form::limit_name || form == Form::identity_source;
}

class SchemaWriter {
 public:
  std::string whole() && {
    json_.begin_object();
    word("$schema", "http://json-schema.org/draft-07/schema#");
    word("title", "portcullis.yaml");
    members_of(file_shape);
    json_.end_object();
    return std::move(json_).text();
  }

 private:
  void members_of(const Shape& shape) {
    word("type", "object").key("additionalProperties").boolean(false).key("properties").begin_object();
    for (const Key& key : shape.keys) {
      json_.key(key.name).begin_object();
      word("description", key.meaning);
      value(key);
      json_.end_object();
    }
    json_.end_object();
    required(shape);
    one_of(shape);
    at_most_one_of(shape);
    if (!shape.relations.empty()) relations(shape.relations);
  }

  JsonWriter& word(std::string_view name, std::string_view text) { return json_.key(name).string(text); }
  void relations(std::string_view members) {
    json_.key("allOf").begin_array().raw('{' + std::string{members} + '}').end_array();
  }
  void required(const Shape& shape) {
    json_.key("required").begin_array();
    for (const Key& key : shape.keys)
      if (!key.mandatory.empty()) json_.string(key.name);
    json_.end_array();
  }
  void has(std::string_view key) {
    json_.begin_object().key("required").begin_array().string(key).end_array().end_object();
  }
  void one_of(const Shape& shape) {
    if (shape.exactly_one.empty()) return;
    json_.key("oneOf").begin_array();
    for (const std::string_view key : shape.exactly_one) has(key);
    json_.end_array();
  }
  // One of them, or none: each forbids those behind it.
  void at_most_one_of(const Shape& shape) {
    if (shape.at_most_one.empty()) return;
    json_.key("dependencies").begin_object();
    for (std::size_t i = 0; i + 1 < shape.at_most_one.size(); ++i) {
      json_.key(shape.at_most_one[i]).begin_object().key("not").begin_object().key("anyOf").begin_array();
      for (const std::string_view other : shape.at_most_one.subspan(i + 1)) has(other);
      json_.end_array().end_object().end_object();
    }
    json_.end_object();
  }

  // The members of one value's schema; the object is open.
  void value(const Key& key) {
    switch (key.count) {
      case Count::one:
        return single(key);
      case Count::one_or_more:
      case Count::any_number:
        json_.key("anyOf").begin_array().begin_object();
        single(key);
        json_.end_object().begin_object();
        list(key);
        json_.end_object().end_array();
        return;
      case Count::list:
      case Count::any_list:
        return list(key);
    }
  }
  void list(const Key& key) {
    word("type", "array");
    if (key.count == Count::one_or_more || key.count == Count::list) json_.key("minItems").integer(1);
    json_.key("items").begin_object();
    single(key);
    json_.end_object();
  }

  void single(const Key& key) {
    switch (key.form) {
      case Form::mapping:
        return members_of(*key.shape);
      case Form::named:
        return named(key);
      case Form::integer:
        types({"string", "integer"}).key("minimum").integer(key.lowest).key("maximum").integer(key.highest);
        return pattern("0*(" + numbers(key.lowest, key.highest) + ')');
      case Form::access:
        json_.key("anyOf").begin_array();
        words(key.words);
        variable();
        json_.begin_object().key("minProperties").integer(1);
        members_of(*key.shape);
        json_.end_object().end_array();
        return;
      case Form::word:
        return word_or_variable(key.words);
      case Form::algorithm:
        return algorithm([](Algorithm) { return true; });
      case Form::proof_algorithm:
        return algorithm([](Algorithm id) { return !is_symmetric(id); });
      case Form::boolean: {
        static constexpr std::string_view quoted[] = {"true", "false"};
        json_.key("anyOf").begin_array().begin_object();
        word("type", "boolean");
        json_.end_object();
        words(quoted);
        variable();
        json_.end_array();
        return;
      }
      case Form::duration:
        if (key.least.count() == 0) types({"string", "integer"}).key("maximum").integer(0).key("minimum").integer(0);
        if (key.least.count() != 0) word("type", "string");
        return pattern(durations(key));
      case Form::text:
      case Form::file:
      case Form::domain:
      case Form::issuer:
      case Form::key_url:
      case Form::base_url:
      case Form::route:
      case Form::requirement:
      case Form::login_strength:
      case Form::claim_name:
      case Form::claim_pointer:
      case Form::api_key:
      case Form::origin:
      case Form::secret:
      case Form::rate:
      case Form::limit_name:
      case Form::dimension:
      case Form::store:
      case Form::listening:
      case Form::network:
      case Form::field_name:
      case Form::identity_field_name:
      case Form::identity_source:
        if (may_be_number(key.form)) {
          types({"string", "number", "boolean"});
        } else {
          word("type", "string");
        }
        if (key.form == Form::text || key.form == Form::file) {
          json_.key("minLength").integer(1);
          return;
        }
        return pattern(pattern_of(key.form));
    }
  }

  void named(const Key& key) {
    word("type", "object").key("additionalProperties").boolean(false);
    json_.key("minProperties").integer(key.lowest).key("maxProperties").integer(key.highest);
    json_.key("patternProperties").begin_object().key("^(" + pattern_of(key.names) + ")$").begin_object();
    value(*key.entry);
    json_.end_object().end_object();
  }

  JsonWriter& types(std::initializer_list<std::string_view> names) {
    json_.key("type").begin_array();
    for (const std::string_view name : names) json_.string(name);
    return json_.end_array();
  }
  // `env:NAME` stands for that variable's value everywhere.
  void pattern(const std::string& text) { word("pattern", R"(^(env:[\s\S]+|)" + text + ")$"); }
  void variable() {
    json_.begin_object();
    word("type", "string");
    word("pattern", R"(^env:[\s\S]+$)");
    json_.end_object();
  }
  void words(std::span<const std::string_view> list) {
    json_.begin_object().key("enum").begin_array();
    for (const std::string_view text : list) json_.string(text);
    json_.end_array().end_object();
  }
  void word_or_variable(std::span<const std::string_view> list) {
    json_.key("anyOf").begin_array();
    words(list);
    variable();
    json_.end_array();
  }
  template <class Possible>
  void algorithm(Possible possible) {
    std::vector<std::string_view> names;
    for (auto id = Algorithm::RS256; id <= Algorithm::HS512; id = static_cast<Algorithm>(static_cast<int>(id) + 1))
      if (possible(id)) names.push_back(name_of(id));
    word_or_variable(names);
  }

  JsonWriter json_;
};

// One member or item a line, what is short on one: a change of the configuration reads well as a change here.
std::string laid_out(std::string_view json) {
  std::string text;
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (quoted) {
      text += c;
      if (c == '\\') text += json[++i];
      quoted = c != '"';
    } else if (c == '{' || c == '[') {
      text += c;
      ++depth;
      if (json[i + 1] != '}' && json[i + 1] != ']') text += '\n' + std::string(depth * 2, ' ');
    } else if (c == '}' || c == ']') {
      --depth;
      if (text.back() != '{' && text.back() != '[') text += '\n' + std::string(depth * 2, ' ');
      text += c;
    } else if (c == ',') {
      text += ",\n" + std::string(depth * 2, ' ');
    } else if (c != ' ' && c != '\n') {
      text += c;
      if (c == ':') text += ' ';
      quoted = c == '"';
    }
  }
  return text + '\n';
}

}  // namespace

std::string json_schema() {
  return laid_out(SchemaWriter{}.whole());
}

}  // namespace portcullis::config
