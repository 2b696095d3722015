#include "doors/keys/metadata_fetch.h"

#include <algorithm>

namespace portcullis {
namespace {

using std::chrono::milliseconds;

constexpr int status_ok = 200, status_not_found = 404;

// The core takes 200 and 304 for an answer about keys, and this is none.
FetchOutcome without_metadata(FetchOutcome outcome) {
  auto* answer = std::get_if<FetchedKeys>(&outcome);
  if (!answer) return outcome;
  if (answer->status < 400) return FetchFailed{"the issuer's metadata: HTTP status " + std::to_string(answer->status)};
  answer->body.clear();
  return outcome;  // its Retry-After counts
}

}  // namespace

FetchOutcome fetch_wanted(const NeedKeys& wanted, const KeyFetch& fetch, milliseconds budget) {
  budget = std::min(budget, longest_key_fetch);
  if (wanted.metadata_of.empty()) return fetch(wanted, budget);
  const auto deadline = std::chrono::steady_clock::now() + budget;
  const auto get = [&](const std::string& url) {
    const auto left = std::chrono::floor<milliseconds>(deadline - std::chrono::steady_clock::now());
    return fetch({wanted.ticket, url, {}}, std::max(left, milliseconds{0}));
  };
  FetchOutcome metadata = FetchFailed{"the issuer has no URL that metadata could be below"};
  for (const std::string& url : metadata_urls(wanted.metadata_of)) {
    metadata = get(url);
    const auto* answer = std::get_if<FetchedKeys>(&metadata);
    if (!answer || answer->status != status_not_found) break;
  }
  const auto* answer = std::get_if<FetchedKeys>(&metadata);
  if (!answer || answer->status != status_ok) return without_metadata(std::move(metadata));
  const auto found = key_url_of(answer->body, wanted.metadata_of);
  if (!found) return FetchFailed{found.error()};
  FetchOutcome keys = get(found->url);
  if (auto* fetched = std::get_if<FetchedKeys>(&keys)) fetched->key_url = found->url;
  return keys;
}

}  // namespace portcullis
