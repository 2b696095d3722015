// portcullis serve: the forward-auth server, until it is told to end.
#include "doors/cli/commands.h"
#include "doors/cli/output.h"
#include "doors/serve/server.h"

namespace portcullis::cli {

int serve(const ServeCommandOptions& options) {
  auto server = serve::Server::open({options.config, options.threads}, config::read_environment());
  return server ? (*server)->run() : complain(server.error());
}

}  // namespace portcullis::cli
