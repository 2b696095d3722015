// A caller in the making: what has been decided about each claim, and the token that comes of it.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/access/claim_place.h"
#include "core/access/possible_caller.h"
#include "core/access/wish.h"
#include "portcullis/json_writer.h"
#include "portcullis/token.h"

namespace portcullis {

/// Copied where a search may come back. Keeps a reference to what is expected of the token.
class CallerDraft {
 public:
  CallerDraft(const Expectations& expect, std::chrono::sys_seconds now);

  /// @param place  that of the wish's trait
  /// @returns whether it does not contradict what was decided before
  [[nodiscard]] bool add(const Wish& wish, const ClaimPlace& place);
  /// The claims of a token that is accepted; nullopt: what a token needs beside the wishes contradicts them.
  std::optional<PossibleCaller> caller() const;

 private:
  /// What has been decided about one claim.
  struct Content {
    ClaimForm form;
    std::set<std::string> has, has_not;
  };
  struct Member;

  bool add_login(std::chrono::seconds age, Wanted wanted);
  bool complete();
  bool set_login();
  bool set_client();
  bool set_text(const std::string& pointer, ClaimForm form, const std::vector<std::string>& candidates);
  std::vector<std::string> made_up(const std::string& pointer, const std::string& name) const;
  enum class Members : std::uint8_t { all, wished };
  static void write(JsonWriter& json, const Content& content);
  static void write(JsonWriter& json, const Member& member);
  std::string claims(Members members) const;

  const Expectations* expect_;
  std::chrono::sys_seconds now_;
  std::map<std::string, Content> contents_;  // by pointer
  std::set<std::string> unasked_;            // pointers that are there because a token needs them
  std::optional<std::chrono::seconds> login_within_, login_beyond_, login_;
};

}  // namespace portcullis
