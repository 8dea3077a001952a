// expect: bind: a character is not a number
#include <carrel/session.hpp>

carrel::result<void> f(carrel::write_session& session) {
#ifdef POSITIVE
    return session.execute("INSERT INTO notes(text) VALUES(?)", carrel::named("text", "a"));
#else
    return session.execute("INSERT INTO notes(text) VALUES(?)", carrel::named("text", 'a'));
#endif
}
