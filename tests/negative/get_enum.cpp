// expect: T is not a type that a column can be read as
#include <carrel/session.hpp>

enum class colour { red };

auto f(const carrel::statement& row) {
#ifdef POSITIVE
    return row.get<int>(0);
#else
    return row.get<colour>(0);
#endif
}
