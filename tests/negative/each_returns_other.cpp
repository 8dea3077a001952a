// expect: each: the function returns nothing, bool or
#include <carrel/session.hpp>

auto f(carrel::read_session& session) {
#ifdef POSITIVE
    return session.each<int>("SELECT id FROM notes", [](int id) { return id > 0; });
#else
    return session.each<int>("SELECT id FROM notes", [](int id) { return id; });
#endif
}
