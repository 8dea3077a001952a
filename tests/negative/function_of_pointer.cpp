// expect: make_function: an argument has no SQL type
#include <carrel/function.hpp>

#ifdef POSITIVE
using text = std::string_view;
#else
using text = const char*;
#endif
auto f() {
    return carrel::make_function<int(text)>("size", [](text) { return 1; });
}
