#include "edge/config/dpop_settings.h"

#include "portcullis/authorizer.h"

namespace portcullis::config {
namespace {

constexpr std::size_t least_nonce_secret = 32;

void read_algorithms(Reader& reader, const YamlNode& node, DpopRules& dpop) {
  std::vector<Algorithm> algorithms;
  for (const std::string& name : reader.texts(node)) {
    const auto algorithm = algorithm_named(name);
    if (!algorithm) {
      reader.fault(node, "'" + name.substr(0, 32) + "' is not an algorithm; ES256 is the usual one");
    } else if (is_symmetric(*algorithm)) {
      reader.fault(node, name + " is no algorithm for proofs: their key is public (RS, PS, ES or EdDSA)");
    } else {
      algorithms.push_back(*algorithm);
    }
  }
  if (auto list = NonEmpty<Algorithm>::from(std::move(algorithms))) dpop.algorithms = *std::move(list);
}

// Everybody is shown nonces, so whoever wants to can try guesses of the secret against one, as fast as he likes.
void read_nonce_secret(Reader& reader, const YamlNode& node, std::optional<std::array<unsigned char, 32>>& seed) {
  const auto secret = reader.secret(node);
  if (!secret) return;
  if (secret->size() < least_nonce_secret)
    return reader.fault(node, "the secret has " + std::to_string(secret->size()) +
                                  " bytes; nonces need one of at least 32 that nobody can guess, as openssl rand "
                                  "-base64 32 makes it");
  seed = nonce_seed_of(*secret);
}

}  // namespace

void read_dpop(Reader& reader, const YamlNode& node, Config& config) {
  DpopRules& dpop = config.rules.dpop;
  if (!reader.is_mapping(node, "'dpop'", dpop_shape)) return;
  reader.check_keys(node, dpop_shape);
  dpop.offer = DpopOffer::announced;
  if (const YamlNode* algorithms = node.find("algorithms")) read_algorithms(reader, *algorithms, dpop);
  if (const YamlNode* window = node.find("window"))
    dpop.window = reader.duration(*window, dpop_shape["window"]).value_or(dpop.window);
  if (const YamlNode* nonce = node.find("nonce"))
    if (const auto index = reader.word(*nonce, nonce_words)) dpop.nonce = static_cast<DpopNonce>(*index);
  if (const YamlNode* secret = node.find("nonce_secret")) read_nonce_secret(reader, *secret, config.nonce_seed);
}

}  // namespace portcullis::config
