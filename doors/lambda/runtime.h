// The Lambda Runtime API, version 2018-06-01, from the function's side. gateway.md §1.
#pragma once

#include <string>
#include <string_view>

#include "doors/lambda/function.h"
#include "edge/net/http_client.h"
#include "edge/system/log.h"
#include "portcullis/time.h"

namespace portcullis::lambda {

/// Where the service is and how many invocations it may send at once.
struct RuntimeSettings {
  net::Url service;  // http://$AWS_LAMBDA_RUNTIME_API
  int workers = 1;   // AWS_LAMBDA_MAX_CONCURRENCY
};

/// Asks for events and answers them until the service goes away or SIGTERM comes.
/// @returns the exit status: 0 after SIGTERM, 1 when the service refused us or is gone
int run(Function& function, const RuntimeSettings& settings, system::Log log, Now (*clock)());

/// Tells the service that this function cannot start. @returns the exit status, 1.
int report_init_error(const RuntimeSettings& settings, std::string_view message, std::string_view type,
                      system::Log log);

}  // namespace portcullis::lambda
