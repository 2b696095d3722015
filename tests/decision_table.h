// Reads the table of decisions (tests/decisions) and makes its tokens. tests/decisions/table.mjs does the same for
// the doors that are programs.
#pragma once

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/token/base64url.h"
#include "portcullis/json.h"
#include "portcullis/json_writer.h"
#include "tests/used_tokens.h"

namespace portcullis::testing {

inline std::string table_path(const std::string& name) {
  return std::string{PORTCULLIS_SOURCE} + "/tests/decisions/" + name;
}

inline std::string file_text(const std::string& path) {
  std::ifstream stream{path, std::ios::binary};
  if (!stream) throw std::runtime_error{"cannot read " + path};
  return {std::istreambuf_iterator<char>{stream}, {}};
}

inline JsonDocument json_file(const std::string& path) {
  auto document = JsonDocument::parse(file_text(path), {.bytes = 1 << 20, .depth = 32});
  if (!document) throw std::runtime_error{path + ": " + document.error().detail};
  return *std::move(document);
}

inline std::string text_in(const Json& object, std::string_view name, std::string otherwise = {}) {
  const auto member = object.find(name);
  return member && member->string() ? std::string{*member->string()} : otherwise;
}

inline std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

/// Signs with the RSA keys of tests/vectors/keys.json.
class RsaSigner {
 public:
  std::string sign(const std::string& key, const std::string& message) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
    EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, private_key(key));
    std::string signature(512, '\0');
    std::size_t size = signature.size();
    const auto* bytes = reinterpret_cast<const unsigned char*>(message.data());
    if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes,
                       message.size()) != 1)
      throw std::runtime_error{"cannot sign with " + key};
    signature.resize(size);
    return signature;
  }

 private:
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

  EVP_PKEY* private_key(const std::string& name) {
    const auto known = keys_.find(name);
    if (known != keys_.end()) return known->second.get();
    return keys_.emplace(name, make(*file_.root().find(name))).first->second.get();
  }

  static Key make(const Json& jwk) {
    const std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)> parameters{OSSL_PARAM_BLD_new(),
                                                                                     &OSSL_PARAM_BLD_free};
    std::vector<std::unique_ptr<BIGNUM, decltype(&BN_free)>> numbers;
    for (const auto& [member, name] : {std::pair{"n", OSSL_PKEY_PARAM_RSA_N}, std::pair{"e", OSSL_PKEY_PARAM_RSA_E},
                                       std::pair{"d", OSSL_PKEY_PARAM_RSA_D}}) {
      const auto bytes = base64url_decode(text_in(jwk, member));
      numbers.emplace_back(
          BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes->data()), static_cast<int>(bytes->size()), nullptr),
          &BN_free);
      OSSL_PARAM_BLD_push_BN(parameters.get(), name, numbers.back().get());
    }
    const std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> list{OSSL_PARAM_BLD_to_param(parameters.get()),
                                                                       &OSSL_PARAM_free};
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context{
        EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr), &EVP_PKEY_CTX_free};
    EVP_PKEY* key = nullptr;
    EVP_PKEY_fromdata_init(context.get());
    if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, list.get()) != 1)
      throw std::runtime_error{"a test key is none"};
    return {key, &EVP_PKEY_free};
  }

  JsonDocument file_ = json_file(std::string{PORTCULLIS_SOURCE} + "/tests/vectors/keys.json");
  std::map<std::string, Key> keys_;
};

/// Makes the tokens of the table for one moment.
class TableTokens {
 public:
  explicit TableTokens(std::int64_t now) : now_(now) {}

  /// @returns the token as it stands in a request; empty where the row has none
  std::string token_of(const Json& row) {
    const auto token = row.find("token");
    if (!token) return {};
    const auto kind = kinds_.root().find(text_in(*token, "like", "access"));
    std::string header_json = text_in(
        *token, "header_text", object(kind->find("header"), token->find("header"), token->find("header_without")));
    std::string claims_json =
        text_in(*token, "claims_text", object(kind->find("claims"), token->find("claims"), token->find("without")));
    const std::string signed_text = base64url_encode(header_json) + '.' + base64url_encode(claims_json);
    const std::string key = text_in(*token, "signed_by", text_in(*kind, "signed_by"));
    std::string signature = text_in(*token, "signature", base64url_encode(signer_.sign(key, signed_text)));
    const std::string changed = text_in(*token, "changed");
    if (changed == "signature") signature.front() = signature.front() == 'A' ? 'B' : 'A';
    if (changed == "header") header_json.insert(header_json.size() - 1, ",\"more\":1");
    if (changed == "payload") claims_json.insert(claims_json.size() - 1, ",\"more\":1");
    const std::string header = base64url_encode(header_json), payload = base64url_encode(claims_json);
    const std::string whole = header + '.' + payload + '.' + signature;
    note_token(whole);
    std::string written = text_in(*token, "written", "<token>");
    written = replaced(std::move(written), "<token>", whole);
    written = replaced(std::move(written), "<header>", header);
    written = replaced(std::move(written), "<payload>", payload);
    return replaced(std::move(written), "<signature>", signature);
  }

 private:
  // Values that JSON has no word for: a time so many seconds from now, a text or a list so many times over.
  std::string value(const Json& given) const {
    const auto times = given.find("times");
    const auto count = static_cast<std::size_t>(times ? times->number().value_or(0) : 0);
    JsonWriter json;
    if (const auto in = given.find("in")) {
      const double milliseconds = *in->number() * 1000;
      std::string text = std::to_string(now_ * 1000 + static_cast<std::int64_t>(milliseconds));
      text.insert(text.size() - 3, ".");
      json.raw(text);
    } else if (const auto repeat = given.find("repeat")) {
      std::string text;
      for (std::size_t i = 0; i < count; ++i) text += *repeat->string();
      json.string(text);
    } else if (const auto item = given.find("list")) {
      json.begin_array();
      for (std::size_t i = 0; i < count; ++i) json.string(*item->string());
      json.end_array();
    } else {
      write_json(json, given);
    }
    return std::move(json).text();
  }

  std::string object(const std::optional<Json>& defaults, const std::optional<Json>& changes,
                     const std::optional<Json>& without) const {
    std::map<std::string, std::string, std::less<>> members;
    for (const auto& source : {defaults, changes})
      if (source)
        for (auto member = source->begin(); member != source->end(); ++member)
          members[std::string{member.name()}] = value(*member);
    if (without)
      for (const Json name : *without) members.erase(std::string{*name.string()});
    JsonWriter json;
    json.begin_object();
    for (const auto& [name, text] : members) json.key(name).raw(text);
    json.end_object();
    return std::move(json).text();
  }

  std::int64_t now_;
  JsonDocument kinds_ = json_file(table_path("token_kinds.json"));
  RsaSigner signer_;
};

}  // namespace portcullis::testing
