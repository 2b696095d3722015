#include "edge/net/readiness.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace portcullis::net {
namespace {

constexpr int told_at_once = 64;  // before answers leave, and the loop looks after everything else

}  // namespace

Readiness::Readiness(EventLoop& loop) : loop_(loop), list_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (list_ >= 0) registered_ = loop_.when_readable(list_, [this] { tell(); });
}

Readiness::~Readiness() {
  registered_ = {};
  later_ = {};
  if (list_ >= 0) ::close(list_);
}

bool Readiness::watch(int descriptor, Watcher& watcher) {
  epoll_event wanted{};
  wanted.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  wanted.data.ptr = &watcher;
  return ::epoll_ctl(list_, EPOLL_CTL_ADD, descriptor, &wanted) == 0;
}

void Readiness::release(int descriptor, std::shared_ptr<Watcher> watcher) {
  ::epoll_ctl(list_, EPOLL_CTL_DEL, descriptor, nullptr);  // closing alone does not, if a child process holds it too
  if (turn_ != Turn::none) released_.push_back(std::move(watcher));  // it may be among those that are told next
}

bool Readiness::to_finish(Watcher& watcher) {
  if (turn_ != Turn::telling) return false;
  unfinished_.push_back(&watcher);
  return true;
}

void Readiness::again(std::shared_ptr<Watcher> watcher) {
  again_.push_back(std::move(watcher));
  if (again_.size() > 1) return;
  later_ = loop_.after(std::chrono::milliseconds{0}, [this] {
    for (const auto& waiting : std::exchange(again_, {})) waiting->ready(Watcher::Change::some);
  });
}

void Readiness::tell() {
  std::array<epoll_event, told_at_once> changes;
  const int count = ::epoll_wait(list_, changes.data(), told_at_once, 0);
  turn_ = Turn::telling;
  for (int i = 0; i < count; ++i) {
    const auto& change = changes[static_cast<std::size_t>(i)];
    const bool end = (change.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    static_cast<Watcher*>(change.data.ptr)->ready(end ? Watcher::Change::end : Watcher::Change::some);
  }
  turn_ = Turn::finishing;
  for (Watcher* const watcher : unfinished_) watcher->finish();
  turn_ = Turn::none;
  unfinished_.clear();
  released_.clear();
}

}  // namespace portcullis::net
