#include "edge/config/lambda_settings.h"

#include <algorithm>

#include "edge/config/values.h"
#include "portcullis/json.h"

namespace portcullis::config {
namespace {

using std::chrono::seconds;

// Names that can be used as $context.authorizer.NAME; a claim with a namespace cannot.
void read_context(Reader& reader, const YamlNode& node, LambdaSettings& lambda) {
  const bool nothing = node.kind == YamlNode::Kind::sequence && node.items.empty();
  lambda.context = nothing ? std::vector<std::string>{} : reader.texts(node);
  for (auto name = lambda.context.begin(); name != lambda.context.end(); ++name) {
    if (!is_plain_claim(*name)) reader.fault(node, "a name in 'context' has only letters, digits and '_'");
    if (std::find(lambda.context.begin(), name, *name) != name)
      reader.fault(node, "'" + *name + "' stands in 'context' twice; remove one");
  }
}

/// `claim:/pointer`, and a key for the callers whose token names none: nobody is left without a plan.
void read_api_key(Reader& reader, const YamlNode& node, LambdaSettings& lambda) {
  const YamlNode* from = node.find("api_key_from");
  const YamlNode* fallback = node.find("default_api_key");
  if (from) {
    const auto text = reader.text(*from);
    constexpr std::string_view scheme = "claim:";
    if (text && text->starts_with(scheme) && text->size() > scheme.size() &&
        is_json_pointer(std::string_view{*text}.substr(scheme.size())))
      lambda.api_key_from = text->substr(scheme.size());
    else if (text)
      reader.fault(
          *from, "'api_key_from' is claim: and a JSON pointer, such as claim:/azp or claim:/https:~1~1x.example~1plan");
    if (!fallback) reader.fault(*from, "'default_api_key' is missing: the key of callers whose token names none");
  }
  if (!fallback) return;
  const auto key = reader.text(*fallback);
  if (key && !is_api_key(*key)) reader.fault(*fallback, "an API key has 20 to 128 letters and digits");
  lambda.default_api_key = key.value_or("");
}

}  // namespace

bool is_api_key(std::string_view text) noexcept {
  return text.size() >= 20 && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
         });
}

void read_lambda(Reader& reader, const YamlNode& node, Purpose purpose, LambdaSettings& lambda) {
  if (!reader.is_mapping(node, "'lambda'", lambda_shape)) return;
  reader.check_keys(node, lambda_shape);
  if (const YamlNode* policy = node.find("policy"))
    if (const auto index = reader.word(*policy, policy_words))
      lambda.policy = static_cast<LambdaSettings::Policy>(*index);
  if (const YamlNode* cache = node.find("cache"))
    lambda.cache = reader.duration(*cache, lambda_shape["cache"]).value_or(lambda.cache);
  if (const YamlNode* context = node.find("context")) read_context(reader, *context, lambda);
  if (const YamlNode* form = node.find("http_api"))
    if (const auto index = reader.word(*form, http_api_words)) {
      lambda.http_api = static_cast<LambdaSettings::HttpApi>(*index);
      if (lambda.http_api == LambdaSettings::HttpApi::simple && lambda.cache != seconds{0})
        reader.note(*form,
                    "a simple answer is cached as one yes or no for every route: $context.routeKey must be among "
                    "the authorizer's identity sources, or the cache 0");
    }
  if (const YamlNode* deny = node.find("deny"))
    if (const auto index = reader.word(*deny, deny_words)) lambda.deny = static_cast<LambdaSettings::Deny>(*index);
  if (const YamlNode* metrics = node.find("metrics"))
    if (const auto index = reader.word(*metrics, metrics_words))
      lambda.metrics = static_cast<LambdaSettings::Metrics>(*index);
  read_api_key(reader, node, lambda);
  if (const YamlNode* base = node.find("public_base_url"))
    lambda.public_base_url = reader.base_url(*base, purpose).value_or("");
}

}  // namespace portcullis::config
