// What decisions are made by at one time: one configuration and the authorizer made of it. A reload makes a new one;
// requests under way end with the one they began with.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "doors/serve/client_address.h"
#include "doors/serve/store_watch.h"
#include "edge/config/config.h"
#include "portcullis/authorizer.h"

namespace portcullis::serve {

/// Which fetches of an authorizer's keys are under way, and who waits for them. KeyDesk's own.
struct FetchBook {
  struct Source {
    std::uint64_t begun = 0, finished = 0;  // attempts
    std::vector<std::function<void()>> waiting;
  };
  std::mutex mutex;
  std::map<std::uint32_t, Source> sources;
};

struct ServingState {
  ServingState(config::Config loaded, Authorizer made, std::string its_revision, std::shared_ptr<StoreWatch> watch)
      : config(std::move(loaded)),
        authorizer(std::move(made)),
        revision(std::move(its_revision)),
        trust{config.serve.proxies, address_need(config.rules), config.serve.public_base_url},
        store(std::move(watch)) {}
  ServingState(const ServingState&) = delete;
  ServingState& operator=(const ServingState&) = delete;

  const config::Config config;
  const Authorizer authorizer;
  const std::string revision;  // of the file, as log lines name it
  const ProxyTrust trust;
  const std::shared_ptr<StoreWatch> store;  // none: limits are in memory
  FetchBook fetches;
};

using StatePtr = std::shared_ptr<ServingState>;

}  // namespace portcullis::serve
