// expect: a read_session takes SELECT, WITH or VALUES
#include <carrel/session.hpp>

auto f(carrel::read_session& session) {
#ifdef POSITIVE
    return session.all<std::int64_t>("SELECT id FROM notes");
#else
    return session.all<std::int64_t>("DELETE FROM notes RETURNING id");
#endif
}
