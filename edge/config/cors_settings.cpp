#include "edge/config/cors_settings.h"

#include "edge/config/values.h"

namespace portcullis::config {
namespace {

bool is_origin(std::string_view text) {
  const std::size_t colon = text.find("://");
  if (colon == text.npos || colon == 0 || colon + 3 == text.size()) return false;
  return text.find('/') == colon + 1 && text.find('/', colon + 3) == text.npos;
}

void read_exposed(Reader& reader, const YamlNode& node, CorsSettings& cors) {
  if (node.kind == YamlNode::Kind::sequence && node.items.empty()) return;  // no others
  cors.expose = reader.texts(node);
  for (const std::string& name : cors.expose)
    if (!is_field_name(name))
      reader.fault(node, "'" + name.substr(0, 64) + "' is no header's name: 1 to 64 letters, digits and hyphens");
}

}  // namespace

void read_cors(Reader& reader, const YamlNode& node, CorsSettings& cors) {
  if (!reader.is_mapping(node, "'cors'", cors_shape)) return;
  reader.check_keys(node, cors_shape);
  if (const YamlNode* expose = node.find("expose")) read_exposed(reader, *expose, cors);
  const YamlNode* origins = node.find("origins");
  if (!origins) return;
  if (origins->kind == YamlNode::Kind::sequence && origins->items.empty()) return;  // nobody
  cors.origins = reader.texts(*origins);
  for (const std::string& origin : cors.origins)
    if (origin != "*" && !is_origin(origin))
      reader.fault(*origins, "an origin is scheme://host[:port] without a path or a slash at its end, or \"*\"");
}

}  // namespace portcullis::config
