// bootstrap: the Lambda authorizer and the example endpoints.
#include "doors/lambda/start.h"

int main() {
  return portcullis::lambda::start(portcullis::config::read_environment());
}
