// expect: bind: nullptr has no SQL type
#include <carrel/session.hpp>

carrel::result<void> f(carrel::write_session& session) {
#ifdef POSITIVE
    return session.execute("INSERT INTO notes(text) VALUES(?)", std::nullopt);
#else
    return session.execute("INSERT INTO notes(text) VALUES(?)", nullptr);
#endif
}
