// expect: first: a view of a column is gone with its statement
#include <carrel/session.hpp>

struct note {
    int id;
    std::string_view text;
};

auto f(carrel::read_session& session) {
#ifdef POSITIVE
    return session.each<note>("SELECT id, text FROM notes", [](const note&) {});
#else
    return session.first<note>("SELECT id, text FROM notes");
#endif
}
