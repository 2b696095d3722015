// embed_library JWKS-FILE AUTHORIZATION: may who sends this header read order 7? Prints status and challenge.
#include <portcullis/authorizer.h>

#include <fstream>
#include <iostream>
using namespace portcullis;
int main(int argc, char** argv) {
  std::ifstream file{argc == 3 ? argv[1] : ""};
  const auto keys = KeySet::parse(std::string{std::istreambuf_iterator<char>{file}, {}});
  if (!keys) return std::cerr << "embed_library JWKS-FILE AUTHORIZATION: " << keys.error() << '\n', 2;
  const NonEmpty<std::string> audience{"https://api.example.com"};
  const Expectations expect{"https://example.eu.auth0.com/", audience, NonEmpty{Algorithm::RS256}};
  const Requirement orders{AllOf{NonEmpty{Atom{Atom::Kind::scope, "read:orders"}}}};
  const auto authorizer =
      Authorizer::make({{{expect, LocalKeys{*keys, argv[1]}}}, {{"GET /orders/{id}", orders}}}, Secrets{});
  const Header headers[] = {{"Authorization", argv[2]}};
  const Now now{std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()), {}};
  const Step step = authorizer->begin({"GET", "/orders/7", {}, headers}, now);  // local keys: it asks for none
  std::cout << std::get<Settled>(step).decision.status() << ' ' << challenge(std::get<Settled>(step).decision) << '\n';
}
