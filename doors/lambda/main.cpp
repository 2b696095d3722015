// bootstrap: the Lambda authorizer and the example endpoints.
#include <nss.h>

#include "doors/lambda/start.h"
#include "edge/net/openssl_start.h"

int main() {
#ifdef PORTCULLIS_STATIC
  // A static glibc would load the modules that the target's nsswitch.conf names, and those need the target's
  // own glibc: it aborts. These two are built in.
  __nss_configure_lookup("hosts", "files dns");
#endif
  portcullis::net::start_openssl_bare();
  return portcullis::lambda::start(portcullis::config::read_environment());
}
