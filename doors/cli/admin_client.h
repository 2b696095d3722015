// Asks the admin listener of a running server.
#pragma once

#include <string>

#include "portcullis/result.h"

namespace portcullis::cli {

struct AdminAnswer {
  int status;
  std::string body;
};

/// @param url     http://127.0.0.1:9092, without a path, or unix:/PATH
/// @param method  a POST carries PORTCULLIS_ADMIN_TOKEN, and so does a GET where that is set
/// @returns or why there is no answer, as a sentence
Result<AdminAnswer, std::string> ask_admin(const std::string& url, const std::string& method, const std::string& path);

/// What the answer's `message` says, else its status; of a 401 where the token belongs.
std::string message_of(const AdminAnswer& answer);

}  // namespace portcullis::cli
