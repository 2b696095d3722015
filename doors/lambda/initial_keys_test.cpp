// Keys that came with the bundle: what is taken, what is ignored with a sentence, and what ends the start.
#include "doors/lambda/initial_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "tests/signed_token.h"

namespace portcullis::lambda {
namespace {

using portcullis::testing::new_year;
using portcullis::testing::Signer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Signer signer;
const WallTime fetched = new_year().wall - std::chrono::hours{1};

std::string entry(const std::string& issuer = R"("https://tenant.example.com/")",
                  const std::string& fetched_at = "1767222000", const std::string& jwks = signer.jwks()) {
  return R"({"issuer":)" + issuer + R"(,"fetched_at":)" + fetched_at + R"(,"jwks":)" + jwks + '}';
}

Authorizer make_authorizer() {
  Rules rules;
  rules.issuers.push_back(signer.issuer());
  rules.issuers.front().keys = RemoteKeys{"https://tenant.example.com/jwks"};
  return *Authorizer::make(std::move(rules), {});
}

// A file of its own for each test.
class File {
 public:
  explicit File(const std::string& text) {
    close(mkstemp(path_.data()));
    std::ofstream{path_, std::ios::binary} << text;
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { unlink(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/portcullis_initial_keys_XXXXXX";
};

Adoption adopted(const std::string& text, const Authorizer& authorizer = make_authorizer()) {
  const File file{text};
  auto adoption = adopt_initial_keys(file.path(), authorizer, new_year());
  EXPECT_TRUE(adoption) << adoption.error();
  return adoption ? *adoption : Adoption{};
}

TEST(InitialKeys, OfOneIssuerOrAListAreUsed) {
  for (const std::string& text : {entry(), '[' + entry() + ']', " [ " + entry() + " ]\n"}) {
    SCOPED_TRACE(text.substr(0, 3));
    const Authorizer authorizer = make_authorizer();
    const Adoption adoption = adopted(text, authorizer);
    EXPECT_THAT(adoption.issuers, ElementsAre("https://tenant.example.com/"));
    EXPECT_THAT(adoption.ignored, IsEmpty());
    const KeyStatus status = authorizer.key_status(new_year()).front();
    ASSERT_TRUE(status.keys);
    EXPECT_EQ(status.age, std::chrono::hours{1});
  }
}

TEST(InitialKeys, ThatAreOfNoUseAreIgnoredWithASentence) {
  struct Row {
    std::string text;
    const char* sentence;
  };
  for (const Row& row : std::initializer_list<Row>{
           {entry(R"("https://other.example.com/")"), "no such issuer"},
           {entry(R"("https://tenant.example.com")"), "no such issuer"},
           {entry(R"("")"), "'issuer'"},
           {entry("7"), "'issuer'"},
           {entry(R"("https://tenant.example.com/")", "1767139199"), "old"},
           {entry(R"("https://tenant.example.com/")", "1767225601"), "future"},
           {entry(R"("https://tenant.example.com/")", "-1"), "'fetched_at'"},
           {entry(R"("https://tenant.example.com/")", "1767222000.5"), "'fetched_at'"},
           {entry(R"("https://tenant.example.com/")", "1e9"), "'fetched_at'"},
           {entry(R"("https://tenant.example.com/")", "99999999999999999999"), "'fetched_at'"},
           {entry(R"("https://tenant.example.com/")", R"("1767222000")"), "'fetched_at'"},
           {entry(R"("https://tenant.example.com/")", "1767222000", "{}"), "no array 'keys'"},
           {entry(R"("https://tenant.example.com/")", "1767222000", R"({"keys":[]})"), "no usable key"},
           {entry(R"("https://tenant.example.com/")", "1767222000", "null"), "no array 'keys'"},
           {R"({"issuer":"https://tenant.example.com/","fetched_at":1767222000})", "'jwks' is missing"},
           {R"({"issuer":"a","issuer":"b"})", "two members"},
           {signer.jwks(), "plain key set"},
           {"null", "'issuer'"},
           {"\"text\"", "'issuer'"},
           {"[1]", "'issuer'"},
       }) {
    SCOPED_TRACE(row.text);
    const Adoption adoption = adopted(row.text);
    EXPECT_THAT(adoption.issuers, IsEmpty());
    EXPECT_THAT(adoption.ignored, ElementsAre(HasSubstr(row.sentence)));
  }
  EXPECT_THAT(adopted("[]").ignored, IsEmpty());
}

TEST(InitialKeys, OfWhichOneEntryIsBadAreUsedButForThat) {
  const Adoption adoption = adopted("[{}," + entry() + ',' + entry() + ']');
  EXPECT_THAT(adoption.issuers, ElementsAre("https://tenant.example.com/"));
  EXPECT_THAT(adoption.ignored, ElementsAre(HasSubstr("entry 1"), HasSubstr("there are keys already")));
}

TEST(InitialKeys, ThatAreNoJsonEndTheStartAndNoFileDoesNot) {
  for (const std::string& text : {std::string{}, entry().substr(0, 60), entry() + "x", std::string{"\xEF\xBB\xBF[]"}}) {
    SCOPED_TRACE(text);
    const File file{text};
    const auto adoption = adopt_initial_keys(file.path(), make_authorizer(), new_year());
    ASSERT_FALSE(adoption);
    EXPECT_FALSE(adoption.error().empty());
  }
  const auto absent = adopt_initial_keys("/nonexistent/jwks.json", make_authorizer(), new_year());
  ASSERT_TRUE(absent);
  EXPECT_THAT(absent->ignored, IsEmpty());
  const auto folder = adopt_initial_keys("/tmp", make_authorizer(), new_year());
  ASSERT_TRUE(folder);
  EXPECT_THAT(folder->ignored, ElementsAre(HasSubstr("directory")));
}

TEST(InitialKeys, AreBounded) {
  std::string many = "[{}";
  for (int i = 0; i < 80; ++i) many += ",{}";
  EXPECT_EQ(adopted(many + ']').ignored.size(), 65u);
  EXPECT_THAT(adopted(std::string(1024 * 1024, ' ') + "[]").ignored, ElementsAre(HasSubstr("larger than")));
}

TEST(InitialKeys, AreReadAsTheyWereWritten) {
  JsonWriter json;
  EXPECT_FALSE(write_initial_keys(json, "https://tenant.example.com/", fetched, "<html>"));
  EXPECT_EQ(json.text(), "");
  ASSERT_TRUE(write_initial_keys(json, "https://tenant.example.com/", fetched, signer.jwks()));
  EXPECT_EQ(json.text(), entry());
  EXPECT_THAT(adopted(json.text()).issuers, ElementsAre("https://tenant.example.com/"));
}

}  // namespace
}  // namespace portcullis::lambda
