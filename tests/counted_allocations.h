// Counts what each thread allocates. One file of a test program includes it: it replaces the operators of all.
#pragma once

#include <cstdlib>
#include <new>

namespace {
thread_local std::size_t allocations = 0;
}
void* operator new(std::size_t size) {
  ++allocations;
  if (void* place = std::malloc(size)) return place;
  throw std::bad_alloc{};
}
// std::stable_sort's; else it would be the sanitizer's own, and its memory given back to the wrong one.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
void operator delete(void* place) noexcept {
  std::free(place);
}
void operator delete(void* place, std::size_t) noexcept {
  std::free(place);
}
