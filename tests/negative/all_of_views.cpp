// expect: all: a view of a column is gone with the next row
#include <carrel/session.hpp>

auto f(carrel::read_session& session) {
#ifdef POSITIVE
    return session.all<std::string>("SELECT text FROM notes");
#else
    return session.all<std::string_view>("SELECT text FROM notes");
#endif
}
