// FILE:LINE:COLUMN, taken apart for machines.
#pragma once

#include "portcullis/json_writer.h"
#include "portcullis/rules.h"

namespace portcullis::cli {

/// Writes the members "file", "line" and "column" of the object that is open; null for what `place` does not say.
void write_place(JsonWriter& json, const Place& place);

}  // namespace portcullis::cli
