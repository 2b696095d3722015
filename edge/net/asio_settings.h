// Included before any header of Asio or Beast, so that all files see Asio alike.
#pragma once

// ThreadSanitizer does not follow stand-alone fences, and g++ says so (-Wtsan). None is missed: Asio's
// queues are under mutexes, and each of our loops runs on one thread.
#ifdef __SANITIZE_THREAD__  // g++
#define BOOST_ASIO_DISABLE_FENCED_BLOCK
#elif defined(__has_feature)  // clang
#if __has_feature(thread_sanitizer)
#define BOOST_ASIO_DISABLE_FENCED_BLOCK
#endif
#endif
