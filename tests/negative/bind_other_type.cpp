// expect: bind: this type has no SQL type
#include <carrel/session.hpp>

struct other {};

carrel::result<void> f(carrel::write_session& session) {
#ifdef POSITIVE
    return session.execute("INSERT INTO notes(text) VALUES(?)", carrel::value());
#else
    return session.execute("INSERT INTO notes(text) VALUES(?)", other());
#endif
}
