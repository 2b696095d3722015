// Counts what each thread allocates, and keeps. One file of a test program includes it: it replaces the operators of
// all.
#pragma once

#include <malloc.h>

#include <cstdint>
#include <cstdlib>
#include <new>

namespace {
thread_local std::size_t allocations = 0;
thread_local std::int64_t bytes_kept = 0;  // of a thread that gives back what others took, less than nothing

void* noted(void* place) noexcept {
  ++allocations;
  bytes_kept += static_cast<std::int64_t>(malloc_usable_size(place));
  return place;
}
void give_back(void* place) noexcept {
  bytes_kept -= static_cast<std::int64_t>(malloc_usable_size(place));
  std::free(place);
}
}  // namespace
void* operator new(std::size_t size) {
  if (void* place = std::malloc(size)) return noted(place);
  throw std::bad_alloc{};
}
// std::stable_sort's; else it would be the sanitizer's own, and its memory given back to the wrong one.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return noted(std::malloc(size));
}
void operator delete(void* place) noexcept {
  give_back(place);
}
void operator delete(void* place, std::size_t) noexcept {
  give_back(place);
}
