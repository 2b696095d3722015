// What parses can be written and parsed again, and says the same.
#include <cstdlib>

#include "portcullis/json.h"
#include "portcullis/json_writer.h"

namespace {

std::string written(const portcullis::JsonDocument& document) {
  portcullis::JsonWriter writer;
  portcullis::write_json(writer, document.root());
  return std::move(writer).text();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const portcullis::JsonLimits limits{.bytes = 1 << 20};
  const auto first = portcullis::JsonDocument::parse({reinterpret_cast<const char*>(data), size}, limits);
  if (!first) return 0;
  const std::string text = written(*first);
  const auto second = portcullis::JsonDocument::parse(text, limits);
  if (!second || written(*second) != text) std::abort();
  return 0;
}
