// PEM as people have it: whole, or mangled by an environment variable. RFC 7468; tokens.md §2.5.
#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>

#include "core/token/base64url.h"
#include "core/token/certificate.h"
#include "core/token/digest.h"
#include "core/token/key_material.h"

namespace portcullis {
namespace {

constexpr std::size_t pem_bytes = 16 * 1024;
constexpr std::string_view begin_mark = "-----BEGIN ";
constexpr std::string_view end_mark = "-----END ";
constexpr std::string_view dashes = "-----";

bool is_blank(char character) {
  return character == ' ' || character == '\t' || character == '\n' || character == '\r' || character == '\v' ||
         character == '\f';
}

// Variables often hold the two characters \n where a line end was.
std::string without_escapes(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == 'n' || text[i + 1] == 'r');
    plain += escaped ? ' ' : text[i];
    if (escaped) ++i;
  }
  return plain;
}

std::string without_blanks(std::string_view text) {
  std::string dense;
  for (const char character : text)
    if (!is_blank(character)) dense += character;
  return dense;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// RFC 7468 §3 allows more, but a damaged BEGIN line could hold the key itself, and sentences name the label.
bool is_label(std::string_view text) {
  return text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char character) {
           return character == ' ' || (character >= 'A' && character <= 'Z') || (character >= '0' && character <= '9');
         });
}

struct Block {
  std::string label;
  std::string der;
};

// Cuts the first block off `rest`.
Result<Block, std::string> take_block(std::string_view& rest) {
  if (!rest.starts_with(begin_mark)) return std::string{"it does not start with -----BEGIN"};
  const std::size_t label_end = rest.find(dashes, begin_mark.size());
  if (label_end == rest.npos) return std::string{"its BEGIN line is cut off"};
  const std::string label{rest.substr(begin_mark.size(), label_end - begin_mark.size())};
  const std::size_t body_begin = label_end + dashes.size();
  const std::string end_line = std::string{end_mark} + label + std::string{dashes};
  const std::size_t body_end = rest.find(end_line, body_begin);
  if (label.find("PRIVATE") != label.npos)
    return std::string{"it is a private key; configure the public key or the certificate"};
  if (!is_label(label)) return std::string{"its BEGIN line is damaged"};
  if (body_end == rest.npos) return "it has no -----END " + label + "----- line: was it copied whole?";
  auto der = base64_decode(without_blanks(rest.substr(body_begin, body_end - body_begin)));
  rest = trim(rest.substr(body_end + end_line.size()));
  if (!der || der->empty()) return std::string{"what stands between BEGIN and END is not base64"};
  return Block{label, *std::move(der)};
}

Result<CertifiedKey, std::string> uncertified(Result<AnyKey, std::string> key) {
  if (!key) return key.error();
  return CertifiedKey{*std::move(key), std::nullopt};
}

// The label decides, never a trial: RFC 7468 §2.
Result<CertifiedKey, std::string> key_of_block(const Block& block) {
  if (block.label == "CERTIFICATE") return key_of_certificate(block.der);
  if (block.label == "PUBLIC KEY") return uncertified(key_of_public_key_info(block.der));
  if (block.label == "RSA PUBLIC KEY") {
    const auto* at = reinterpret_cast<const unsigned char*>(block.der.data());
    const auto* end = at + block.der.size();
    EvpKey key{d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, static_cast<long>(block.der.size()))};
    ERR_clear_error();
    if (!key || at != end) return std::string{"it is not a public key"};
    return uncertified(admit_public_key(std::move(key)));
  }
  return std::string{"its label is none of CERTIFICATE, PUBLIC KEY, RSA PUBLIC KEY"};
}

// The first block of a text; of a chain the first certificate counts, anything else behind it is a mistake.
Result<Block, std::string> only_block(std::string_view pem) {
  if (pem.size() > pem_bytes) return std::string{"it is larger than 16 KiB"};
  const std::string plain = without_escapes(pem);
  std::string_view rest = trim(plain);
  if (rest.empty()) return std::string{"it is empty"};
  auto block = take_block(rest);
  if (!block) return block.error();
  while (!rest.empty()) {
    const auto next = take_block(rest);
    if (!next || block->label != "CERTIFICATE" || next->label != "CERTIFICATE")
      return std::string{"there is more text after its END line"};
  }
  return block;
}

}  // namespace

Result<VerificationKey, std::string> VerificationKey::from_pem(std::string_view pem) {
  const auto block = only_block(pem);
  if (!block) return block.error();
  auto certified = key_of_block(*block);
  if (!certified) return certified.error();
  std::string thumbprint = thumbprint_of(certified->key);
  return KeyAccess::make(
      {std::move(certified->key), std::nullopt, std::nullopt, std::move(thumbprint), certified->not_after});
}

Result<CertificateThumbprint, std::string> thumbprint_of_certificate(std::string_view pem) {
  const auto block = only_block(pem);
  if (!block) return block.error();
  if (block->label != "CERTIFICATE") return std::string{"it is no certificate"};
  return CertificateThumbprint{base64url_encode(sha256(block->der))};
}

}  // namespace portcullis
