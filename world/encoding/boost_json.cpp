// Boost.JSON is compiled here, once for the whole of world (it is used header-only, so nothing of it
// has to be installed beside the executable).
#include <boost/json/src.hpp>
