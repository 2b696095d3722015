#include "edge/config/json_schema.h"

#include <vector>

#include "edge/config/form_pattern.h"
#include "edge/config/shape.h"
#include "portcullis/json_writer.h"
#include "portcullis/token.h"

namespace portcullis::config {
namespace {

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
        return pattern(pattern_of_integers(key.lowest, key.highest));
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
        return pattern(pattern_of_durations(key.least, key.most));
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
