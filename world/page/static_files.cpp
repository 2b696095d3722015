#include "world/page/static_files.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <system_error>

#include "edge/system/files.h"

namespace portcullis::world {
namespace {

constexpr std::size_t largest_file = 4 * 1024 * 1024;
constexpr std::size_t longest_name = 128;

struct Type {
  std::string_view suffix, name;
};
constexpr std::array types{Type{".html", "text/html; charset=utf-8"},
                           Type{".css", "text/css; charset=utf-8"},
                           Type{".js", "text/javascript; charset=utf-8"},
                           Type{".svg", "image/svg+xml"},
                           Type{".json", "application/json"},
                           Type{".txt", "text/plain; charset=utf-8"}};

/// A name that cannot lead anywhere else, whatever the file system makes of it.
bool is_plain_name(std::string_view name) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  return !name.empty() && name.size() <= longest_name && !name.starts_with('.') &&
         name.find_first_not_of(allowed) == std::string_view::npos;
}

std::optional<std::string_view> type_of(std::string_view name) {
  const auto found = std::ranges::find_if(types, [&](const Type& type) { return name.ends_with(type.suffix); });
  return found == types.end() ? std::nullopt : std::optional{found->name};
}

/// FNV-1a of the content: it tells versions of a file apart, and protects nothing.
std::string entity_tag(std::string_view content) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : content) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return '"' + std::to_string(content.size()) + '-' + std::to_string(hash) + '"';
}

/// RFC 9110 §13.1.2: a list of tags, compared weakly, or "*".
bool client_has(std::string_view tag, const net::HttpRequest& request) {
  for (std::string_view list : request.headers.all("If-None-Match")) {
    while (!list.empty()) {
      std::string_view each = list.substr(0, list.find(','));
      list.remove_prefix(std::min(each.size() + 1, list.size()));
      each.remove_prefix(std::min(each.find_first_not_of(" \t"), each.size()));
      each = each.substr(0, each.find_last_not_of(" \t") + 1);
      if (each.starts_with("W/")) each.remove_prefix(2);
      if (each == tag || each == "*") return true;
    }
  }
  return false;
}

std::string path_of(const std::string& directory, std::string_view name) {
  return directory + '/' + std::string{name};
}

}  // namespace

bool StaticFiles::has(std::string_view name) const {
  std::error_code problem;
  return is_plain_name(name) && type_of(name) &&
         std::filesystem::symlink_status(path_of(directory_, name), problem).type() ==
             std::filesystem::file_type::regular;
}

std::optional<net::HttpResponse> StaticFiles::answer(std::string_view name, const net::HttpRequest& request) const {
  if (!has(name)) return std::nullopt;
  auto content = system::read_file(path_of(directory_, name), largest_file);
  if (!content) return std::nullopt;
  const std::string tag = entity_tag(*content);
  net::Headers headers{{"Cache-Control", "no-cache"}, {"ETag", tag}};
  if (client_has(tag, request)) return net::HttpResponse{304, std::move(headers), {}};
  headers.add("Content-Type", std::string{*type_of(name)});
  return net::HttpResponse{200, std::move(headers), *std::move(content)};
}

}  // namespace portcullis::world
