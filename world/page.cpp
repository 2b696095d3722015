#include "world/page.h"

#include "portcullis/json_writer.h"
#include "world/people.h"

namespace portcullis::world {
namespace {

net::HttpResponse json_response(int status, std::string body) {
  return {status,
          {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}},
          std::move(body)};
}

}  // namespace

std::optional<net::HttpResponse> Page::answer(const net::HttpRequest& request) const {
  const std::string path = request.target.substr(0, request.target.find('?'));
  if (path != "/" && path != "/config.json") return std::nullopt;
  if (request.method != "GET" && request.method != "HEAD")
    return net::HttpResponse{405, {{"Allow", "GET, HEAD"}, {"Content-Type", "text/plain"}}, "GET only\n"};
  if (path == "/config.json") return json_response(200, config_json());
  return net::HttpResponse{200,
                           {{"Content-Type", "text/html; charset=utf-8"},
                            {"Content-Security-Policy",
                             "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
                             "frame-ancestors 'none'"},
                            {"X-Content-Type-Options", "nosniff"},
                            {"Referrer-Policy", "no-referrer"}},
                           html()};
}

/// The original example's names (design.md §5).
std::string Page::config_json() const {
  const std::string api = origin + "/dev/api/";
  JsonWriter json;
  json.begin_object().key("AUTH0_DOMAIN").string(tenant_origin).key("AUTH0_CLIENT_ID").string("demo-spa");
  json.key("AUTH0_AUDIENCE").string(demo_audience).key("PUBLIC_ENDPOINT").string(api + "public");
  return json.key("PRIVATE_ENDPOINT").string(api + "private").end_object().text();
}

std::string Page::html() const {
  const std::string api = origin + "/dev/api/";
  const std::string token_line = "curl -s " + tenant_origin +
                                 "/oauth/token -d grant_type=client_credentials -d client_id=demo-machine "
                                 "-d client_secret=SECRET -d audience=" +
                                 std::string{demo_audience};
  return R"(<!doctype html><html lang="en"><meta charset="utf-8"><title>portcullis, development server</title>
<style>body{font:16px/1.5 sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}pre{overflow-x:auto;background:#eee;padding:.5rem}</style>
<h1>portcullis: development server</h1>
<p>A local stand-in for API Gateway, Lambda and Auth0. Nothing here is meant for production.</p>
<table><tr><th align="left">endpoint (GET, POST)<th align="left">needs
<tr><td><code>)" +
         api + R"(public</code><td>nothing
<tr><td><code>)" +
         api + R"(private</code><td>a valid token
<tr><td><code>)" +
         api + R"(orders</code><td><code>scope:read:orders</code>
<tr><td><code>)" +
         api + R"(admin</code><td><code>permission:admin</code>
</table>
<h2>Try</h2>
<pre>curl -i -X POST )" +
         api + R"(public
curl -i -X POST )" +
         api + R"(private
)" + token_line +
         R"(
curl -i )" +
         api + R"(orders -H "Authorization: Bearer TOKEN"</pre>
<p>The client's secret and the people's passwords stand in the terminal and in the manual.
The tenant: <a href=")" +
         tenant_origin + R"(/">)" + tenant_origin + R"(/</a>.</p>
</html>
)";
}

}  // namespace portcullis::world
