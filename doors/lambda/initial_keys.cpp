#include "doors/lambda/initial_keys.h"

#include <unistd.h>

#include <charconv>

#include "edge/system/files.h"
#include "portcullis/json.h"

namespace portcullis::lambda {
namespace {

constexpr std::size_t most_bytes = 1024 * 1024;
constexpr std::size_t most_entries = 64;
// One bad key must not cost the others: KeySet::parse() judges duplicate names.
constexpr JsonLimits limits{.bytes = most_bytes, .duplicates = DuplicateNames::marked};

std::string written(const Json& value) {
  JsonWriter writer;
  write_json(writer, value);
  return std::move(writer).text();
}

std::optional<WallTime> instant_of(const std::optional<Json>& seconds) {
  const std::string_view text = seconds ? seconds->number_text().value_or("") : "";
  constexpr std::size_t most_digits = 11;  // the year 5138
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || text.size() > most_digits || error != std::errc{} || end != text.data() + text.size() ||
      number < 0)
    return std::nullopt;
  return WallTime{std::chrono::seconds{number}};
}

Result<InitialKeys, std::string> read_entry(const Json& entry) {
  const auto issuer = entry.find("issuer");
  const auto jwks = entry.find("jwks");
  if (entry.has_duplicate_names()) return std::string{"two members of one name"};
  if (!issuer && entry.find("keys"))
    return std::string{"a plain key set, which says neither whose it is nor how old; see portcullis keys --export"};
  if (!issuer || !issuer->string() || issuer->string()->empty()) return std::string{"'issuer' is no text"};
  const auto fetched_at = instant_of(entry.find("fetched_at"));
  if (!fetched_at) return std::string{"'fetched_at' is no whole number of Unix seconds"};
  if (!jwks) return std::string{"'jwks' is missing"};
  auto keys = KeySet::parse(written(*jwks));
  if (!keys) return keys.error();
  return InitialKeys{std::string{*issuer->string()}, *std::move(keys), *fetched_at};
}

void take_entry(const Json& entry, const std::string& name, InitialKeysFile& file) {
  auto read = read_entry(entry);
  if (read) {
    file.entries.push_back(*std::move(read));
  } else {
    file.faults.push_back(name + read.error());
  }
}

}  // namespace

Result<InitialKeysFile, std::string> parse_initial_keys(std::string_view text) {
  const auto document = JsonDocument::parse(text, limits);
  if (!document) return document.error().detail;
  const Json root = document->root();
  InitialKeysFile file;
  if (!root.is(JsonKind::array)) {
    take_entry(root, "", file);
    return file;
  }
  std::size_t number = 0;
  for (const Json entry : root) {
    if (++number > most_entries) {
      file.faults.push_back("more than " + std::to_string(most_entries) + " entries: the rest is not read");
      break;
    }
    take_entry(entry, "entry " + std::to_string(number) + ": ", file);
  }
  return file;
}

Result<Done, std::string> write_initial_keys(JsonWriter& json, const std::string& issuer, WallTime fetched_at,
                                             std::string_view jwks) {
  if (const auto keys = KeySet::parse(jwks); !keys) return keys.error();
  const auto document = JsonDocument::parse(jwks, limits);
  json.begin_object().key("issuer").string(issuer).key("fetched_at");
  json.integer(std::chrono::floor<std::chrono::seconds>(fetched_at.time_since_epoch()).count());
  json.key("jwks").raw(written(document->root())).end_object();
  return Done{};
}

Result<Adoption, std::string> adopt_initial_keys(const std::string& file, const Authorizer& authorizer, Now now) {
  Adoption adoption;
  if (access(file.c_str(), F_OK) != 0) return adoption;
  const auto text = system::read_file(file, most_bytes);
  if (!text) {
    adoption.ignored.push_back(text.error().message);
    return adoption;
  }
  auto read = parse_initial_keys(*text);
  if (!read) return read.error();
  for (const std::string& fault : read->faults) adoption.ignored.push_back(fault);
  for (InitialKeys& entry : read->entries) {
    std::string issuer = entry.issuer;
    const auto adopted = authorizer.adopt(std::move(entry), now);
    if (adopted) {
      adoption.issuers.push_back(std::move(issuer));
    } else {
      adoption.ignored.push_back(issuer + ": " + adopted.error());
    }
  }
  return adoption;
}

void log_adoption(const Adoption& adoption, system::Log log) {
  for (const std::string& issuer : adoption.issuers)
    log.line(system::LogLevel::info, "initial keys").string("issuer", issuer).string("note", "used").send();
  for (const std::string& sentence : adoption.ignored)
    log.line(system::LogLevel::warn, "initial keys").string("note", "ignored: " + sentence).send();
}

}  // namespace portcullis::lambda
