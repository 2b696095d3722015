// A normal form is a fixed point, and holds nothing that two servers could read in two ways.
#include <cstdlib>

#include "core/access/path.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace portcullis;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  for (const NonAscii non_ascii : {NonAscii::refused, NonAscii::percent_encoded}) {
    const auto normal = normal_path(text, non_ascii);
    if (!normal) continue;
    const auto again = normal_path(*normal, NonAscii::refused);
    if (!again || *again != *normal) std::abort();
    for (const char* trap : {"//", "/./", "/../", "%2F", "%5C", "%61", "%2E", ";", "\\", "?", "#"})
      if (normal->find(trap) != normal->npos) std::abort();
  }
  return 0;
}
