// portcullis version.
#include "portcullis/version.h"

#include "doors/cli/commands.h"
#include "doors/cli/output.h"
#include "portcullis/json_writer.h"

namespace portcullis::cli {

int version(Format format) {
  const std::string compiler = "g++ " __VERSION__;
#ifdef NDEBUG
  const char* build = "release";
#else
  const char* build = "with assertions";
#endif
  if (format == Format::json) {
    JsonWriter json;
    json.begin_object().key("version").string(portcullis::version()).key("build").string(build);
    json.key("compiler").string(compiler).key("crypto").string(crypto_library()).end_object();
    print_line(json.text());
  } else {
    print_line("portcullis " + portcullis::version() + "\nbuild    " + build + ", " + compiler + "\ncrypto   " +
               crypto_library());
  }
  return exit_fine;
}

}  // namespace portcullis::cli
