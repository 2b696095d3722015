// Randomness from the kernel.
#pragma once

#include <span>
#include <string>

namespace portcullis::system {

/// Fills `bytes` from getrandom(2). Ends the process if the kernel has none: nothing is safe without.
void fill_random(std::span<unsigned char> bytes) noexcept;
/// `bytes` random bytes as lower-case hexadecimal.
std::string random_hex(std::size_t bytes);

}  // namespace portcullis::system
