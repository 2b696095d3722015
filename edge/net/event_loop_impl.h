// Asio's loop behind EventLoop, for those who speak Asio themselves.
#pragma once

#include "edge/net/asio_settings.h"

#include <boost/asio/io_context.hpp>

#include "edge/net/event_loop.h"

namespace portcullis::net {

struct EventLoop::Impl {
  boost::asio::io_context context{1};  // one thread runs it; others may post
};

}  // namespace portcullis::net
