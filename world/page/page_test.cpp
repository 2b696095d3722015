#include "world/page/page.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace portcullis::world {
namespace {

const LoginTenant stand_in{"http://localhost:3001", "http://localhost:3001", "demo-spa", "https://api.example.com"};
const LoginTenant real{"https://example.eu.auth0.com", "example.eu.auth0.com", "client", "https://api.example.org"};

class PageTest : public testing::Test {
 protected:
  PageTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "page_test.XXXXXX").string();
    directory = mkdtemp(pattern.data());
  }
  ~PageTest() override { std::filesystem::remove_all(directory); }

  Page page(const LoginTenant& tenant = stand_in) const {
    return Page{"http://localhost:3000", tenant, StaticFiles{directory}};
  }
  void write(const std::string& name, const std::string& content) const {
    std::ofstream{directory + '/' + name} << content;
  }
  std::optional<net::HttpResponse> get(const std::string& target, const LoginTenant& tenant = stand_in) const {
    return page(tenant).answer({"GET", target, {}, {}, {}});
  }

  std::string directory;
};

TEST_F(PageTest, ServesItsFiles) {
  write("index.html", "the page");
  write("page.js", "the script");
  EXPECT_TRUE(page().is_built());
  for (const char* target : {"/", "/?code=a&state=b", "/index.html"})
    EXPECT_EQ(get(target)->body, "the page") << target;
  EXPECT_EQ(get("/page.js?v=1")->body, "the script");
  EXPECT_EQ(page().answer({"HEAD", "/", {}, {}, {}})->status, 200);
  EXPECT_EQ(page().answer({"POST", "/page.js", {}, {}, {}})->status, 405);
}

TEST_F(PageTest, AnswersForNamesWithADotAndLeavesTheRestToTheGateway) {
  for (const char* none : {"/favicon.ico", "/none.js", "/..", "/.env", "/..%2fsecret.txt"})
    EXPECT_EQ(get(none)->status, 404) << none;
  for (const char* gateways :
       {"/dev", "/dev/api/public", "/dev/a.js", "//index.html", "/x/../index.html", "*", "", "index.html"})
    EXPECT_FALSE(get(gateways)) << gateways;
}

TEST_F(PageTest, LetsInNothingButItsOwnFilesAndTheTenant) {
  write("index.html", "the page");
  write("page.js", "the script");
  for (const char* target : {"/", "/page.js", "/config.json", "/none.js"}) {
    const auto response = get(target);
    EXPECT_EQ(response->headers.first("Content-Security-Policy"),
              "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self'; "
              "connect-src 'self' http://localhost:3001; frame-src http://localhost:3001; base-uri 'none'; "
              "form-action 'none'; frame-ancestors 'none'");
    EXPECT_EQ(response->headers.first("Cross-Origin-Opener-Policy"), "same-origin");
    EXPECT_EQ(response->headers.first("Referrer-Policy"), "no-referrer");
    EXPECT_EQ(response->headers.first("X-Content-Type-Options"), "nosniff");
  }
  const std::string policy{get("/", real)->headers.first("Content-Security-Policy")};
  EXPECT_NE(policy.find("connect-src 'self' https://example.eu.auth0.com; frame-src https://example.eu.auth0.com;"),
            std::string::npos);
}

TEST_F(PageTest, IsToldWhereToLogInAndWhatToCall) {
  write("config.json", "of a static host");
  EXPECT_EQ(get("/config.json")->body,
            R"({"AUTH0_DOMAIN":"http://localhost:3001","AUTH0_CLIENT_ID":"demo-spa",)"
            R"("AUTH0_AUDIENCE":"https://api.example.com","PUBLIC_ENDPOINT":"http://localhost:3000/dev/api/public",)"
            R"("PRIVATE_ENDPOINT":"http://localhost:3000/dev/api/private"})");
  EXPECT_EQ(get("/config.json", real)->body,
            R"({"AUTH0_DOMAIN":"example.eu.auth0.com","AUTH0_CLIENT_ID":"client",)"
            R"("AUTH0_AUDIENCE":"https://api.example.org","PUBLIC_ENDPOINT":"http://localhost:3000/dev/api/public",)"
            R"("PRIVATE_ENDPOINT":"http://localhost:3000/dev/api/private"})");
}

TEST_F(PageTest, SaysWhereItWasNotBuilt) {
  EXPECT_FALSE(page().is_built());
  const auto response = get("/");
  EXPECT_EQ(response->status, 200);
  EXPECT_NE(response->body.find("make run"), std::string::npos);
  EXPECT_EQ(response->body.find("<script"), std::string::npos);
  EXPECT_EQ(response->body.find("style"), std::string::npos);  // its policy allows none
}

}  // namespace
}  // namespace portcullis::world
