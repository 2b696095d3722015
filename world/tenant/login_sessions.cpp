#include "world/tenant/login_sessions.h"

namespace portcullis::world {
namespace {

constexpr std::chrono::hours longest_session{7 * 24};
constexpr std::chrono::hours longest_pause{3 * 24};

}  // namespace

std::string LoginSessions::start(const User& user, WallTime now) {
  return sessions_.issue({&user, system::random_hex(16), now, now}, now + longest_session);
}

const LoginSession* LoginSessions::use(std::string_view cookie, WallTime now) {
  LoginSession* session = sessions_.find(cookie, now);
  if (!session) return nullptr;
  if (now - session->last_used >= longest_pause) {
    sessions_.forget(cookie);
    return nullptr;
  }
  session->last_used = now;
  return session;
}

}  // namespace portcullis::world
