// The configuration file as a JSON Schema (draft-07), for editors.
#pragma once

#include <string>

namespace portcullis::config {

/// What `portcullis check --schema` prints and docs/portcullis.schema.json holds. It refuses nothing that
/// load() accepts; what only load() can see (files, variables, routes that contradict each other) passes.
std::string json_schema();

}  // namespace portcullis::config
