// The key `lambda` of the configuration.
#pragma once

#include "edge/config/reader.h"

namespace portcullis::config {

/// Reads into `lambda`, whose values are the defaults; problems and notes go to the reader.
void read_lambda(Reader& reader, const YamlNode& node, Purpose purpose, LambdaSettings& lambda);

}  // namespace portcullis::config
