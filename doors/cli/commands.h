// The commands. Each returns its exit code and has said what there was to say.
#pragma once

#include <string>
#include <vector>

#include "doors/cli/options.h"

namespace portcullis::cli {

int verify(const VerifyOptions& options);
int decide(const DecideOptions& options);
/// decide --list
int list_routes(const DecideOptions& options);
int explain(const ExplainOptions& options);
int check(const CheckOptions& options);
/// check --from
int check_template(const CheckOptions& options);
/// check --proxy
int check_proxy(const CheckOptions& options);
int test(const TestOptions& options);
int token(const TokenOptions& options);
int keys(const KeysOptions& options);
/// serve: runs until it is told to end
int serve(const ServeCommandOptions& options);
int healthcheck(const HealthcheckOptions& options);
int version(Format format);
/// Becomes portcullis-dev, which must lie beside this program.
int dev(const std::vector<std::string>& arguments);

}  // namespace portcullis::cli
