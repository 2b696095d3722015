// How long a look-up takes in a table of 50 routes and in one of 5,000, in turn; and how long filling it takes.
//   route_matching [ROUNDS]      prints one JSON object
#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "core/access/route_table.h"

namespace {

using portcullis::RouteIndex;
using portcullis::RoutePattern;
using portcullis::RouteTable;

constexpr std::size_t few = 50, many = 5000;
constexpr std::size_t batch = 20'000;

struct Request {
  std::string method, path;
};

// An API as it is written: resources, their items and what is below them. Five routes a resource.
std::vector<std::string> api_of(std::size_t count) {
  std::vector<std::string> routes;
  for (std::size_t i = 0; routes.size() < count; ++i) {
    const std::string resource = "/resource" + std::to_string(i);
    for (const char* rest : {"", "/{id}", "/mine", "/{id}/parts/{part}", "/{id}/files/{path+}"})
      routes.push_back("GET " + resource + rest);
  }
  return routes;
}

// Of this thread: what else the machine does is not counted.
double nanoseconds_spent() {
  timespec spent{};
  if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent) != 0) std::abort();
  return static_cast<double>(spent.tv_sec) * 1e9 + static_cast<double>(spent.tv_nsec);
}

// Every second one is for a route, the others are near it and match none.
std::vector<Request> requests_for(std::size_t resources, std::mt19937& random) {
  std::vector<Request> requests;
  for (std::size_t i = 0; i < batch; ++i) {
    const std::string resource = "/resource" + std::to_string(random() % resources);
    static constexpr const char* rests[] = {
        "",  "/1234",        "/mine",           "/1234/parts/5", "/1234/files/a/b/c", "/1234/other/5",
        "/", "/1234/parts/", "/1234/parts/5/6", "/1234/files/"};
    requests.push_back({"GET", resource + rests[random() % 10]});
  }
  return requests;
}

RouteTable filled(std::size_t count, double& milliseconds) {
  const auto routes = api_of(count);
  const double begin = nanoseconds_spent();
  RouteTable table;
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const auto pattern = RoutePattern::parse(routes[i]);
    if (!pattern || table.add(*pattern, static_cast<RouteIndex>(i))) std::abort();
  }
  milliseconds = (nanoseconds_spent() - begin) / 1e6;
  return table;
}

std::size_t found = 0;  // read at the end, so that nothing is left out

double nanoseconds(const RouteTable& table, const std::vector<Request>& requests) {
  const double begin = nanoseconds_spent();
  for (const Request& request : requests) found += table.find(request.method, request.path).has_value() ? 1 : 0;
  return (nanoseconds_spent() - begin) / static_cast<double>(batch);
}

}  // namespace

int main(int count, char** words) {
  const int rounds = count > 1 ? std::atoi(words[1]) : 41;
  double fill_few = 0, fill_many = 0;
  const RouteTable small = filled(few, fill_few), large = filled(many, fill_many);
  std::mt19937 random{1};
  const auto for_few = requests_for(few / 5, random);
  const auto for_many = requests_for(many / 5, random);
  std::printf("{\"fill\":{\"few\":%.3f,\"many\":%.3f},\"rounds\":[", fill_few, fill_many);
  (void)nanoseconds(large, for_many);  // memory is warm
  for (int round = 0; round < rounds; ++round) {
    const double one = nanoseconds(small, for_few);
    const double same = nanoseconds(large, for_few);
    const double all = nanoseconds(large, for_many);
    std::printf("%s{\"few\":%.2f,\"same\":%.2f,\"all\":%.2f}", round == 0 ? "" : ",", one, same, all);
  }
  std::printf("],\"found\":%zu}\n", found);
}
