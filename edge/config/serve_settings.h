// The key `serve`: the forward-auth server.
#pragma once

#include "edge/config/reader.h"

namespace portcullis::config {

/// Reads `serve`.
void read_serve(Reader& reader, const YamlNode& node, Purpose purpose, ServeSettings& serve);

/// "127.0.0.1:9091", "localhost:9091", "[::1]:9091", "unix:/run/portcullis/auth.sock". @returns why not, as a sentence
Result<Listening, std::string> parse_listening(std::string_view text);

/// Whether nobody but this machine can connect.
bool is_local(const Listening& where);

}  // namespace portcullis::config
