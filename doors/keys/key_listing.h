// The keys of an issuer as `keys` and `check --online` show them.
#pragma once

#include <string>

#include "portcullis/json_writer.h"
#include "portcullis/keys.h"

namespace portcullis {

/// Some lines: the issuer, its keys, what was skipped, how old they are, how far the clocks differ.
std::string key_listing(const KeyStatus& status);
/// One object.
void write_key_status(JsonWriter& json, const KeyStatus& status);

/// "as this machine's", "7 s ahead of this machine's".
std::string clock_in_words(std::chrono::seconds offset);

}  // namespace portcullis
