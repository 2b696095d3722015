// portcullis check --proxy: what a proxy's own configuration has to say, for this very one of ours.
#include "doors/cli/commands.h"
#include "doors/cli/output.h"
#include "doors/serve/proxy_configuration.h"
#include "edge/config/config.h"
#include "portcullis/authorizer.h"
#include "portcullis/json_writer.h"

namespace portcullis::cli {

int check_proxy(const CheckOptions& options) {
  const auto proxy = serve::proxy_named(*options.proxy);
  if (!proxy) return complain("--proxy is one of " + serve::proxy_names());
  const auto environment = config::read_environment();
  auto file = options.file ? options.file : options.common.config;
  if (!file) file = config::default_file(environment, ".");
  const auto config = config::load(file, environment);
  if (!config) return complain(config.error());
  if (const auto made = Authorizer::make(config->rules, Secrets{}); !made) return complain(made.error());
  const auto text = serve::proxy_configuration(*proxy, *config);
  if (!text) return complain(text.error().why);
  if (options.common.format == Format::words) {
    print(*text);
  } else {
    JsonWriter json;
    json.begin_object().key("proxy").string(*options.proxy).key("configuration").string(*text).end_object();
    print_line(std::move(json).text());
  }
  return exit_fine;
}

}  // namespace portcullis::cli
