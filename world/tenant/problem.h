// What a person sees when a request cannot be answered anywhere else: what happened, and what to do.
#pragma once

#include <string>

namespace portcullis::world {

struct Problem {
  int status = 400;
  std::string title;
  std::string happened;  // plain text, a paragraph a line; escaped when shown
  std::string advice;
  std::string way_on = {};  // an address to go on to; empty: none
};

}  // namespace portcullis::world
