// portcullis healthcheck: whether a running server is ready, for containers, which have no curl.
#include "doors/cli/admin_client.h"
#include "doors/cli/commands.h"
#include "doors/cli/output.h"

namespace portcullis::cli {

int healthcheck(const HealthcheckOptions& options) {
  const auto answer = ask_admin(options.url, "GET", "/readyz");
  if (!answer) {
    (void)complain(answer.error());
    return exit_denied;
  }
  print(answer->body);
  return answer->status == 200 ? exit_fine : exit_denied;
}

}  // namespace portcullis::cli
