// What a value of the configuration looks like to an editor: regular expressions of ECMA-262, without their anchors.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "edge/config/shape.h"

namespace portcullis::config {

/// Of a form whose values are texts.
std::string pattern_of(Form form);
std::string pattern_of_integers(std::int64_t least, std::int64_t most);
std::string pattern_of_durations(std::chrono::seconds least, std::chrono::seconds most);

}  // namespace portcullis::config
