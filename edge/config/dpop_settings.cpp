#include "edge/config/dpop_settings.h"

namespace portcullis::config {
namespace {

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

}  // namespace

void read_dpop(Reader& reader, const YamlNode& node, DpopRules& dpop) {
  if (!reader.is_mapping(node, "'dpop'", dpop_shape)) return;
  reader.check_keys(node, dpop_shape);
  dpop.offer = DpopOffer::announced;
  if (const YamlNode* algorithms = node.find("algorithms")) read_algorithms(reader, *algorithms, dpop);
  if (const YamlNode* window = node.find("window"))
    dpop.window = reader.duration(*window, dpop_shape["window"]).value_or(dpop.window);
  if (const YamlNode* nonce = node.find("nonce"))
    if (const auto index = reader.word(*nonce, nonce_words)) dpop.nonce = static_cast<DpopNonce>(*index);
}

}  // namespace portcullis::config
