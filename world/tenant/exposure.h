// Who can reach this world. Only one that nobody else can reach knows passwords by heart and makes odd tokens.
#pragma once

#include <cstdint>

namespace portcullis::world {

enum class Exposure : std::uint8_t { loopback, network };

}  // namespace portcullis::world
