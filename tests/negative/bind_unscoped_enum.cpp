// expect: bind: an enumeration has no SQL type
#include <carrel/session.hpp>

enum colour { red };

carrel::result<void> f(carrel::write_session& session) {
#ifdef POSITIVE
    return session.execute("INSERT INTO notes(text) VALUES(?)", int{red});
#else
    return session.execute("INSERT INTO notes(text) VALUES(?)", red);
#endif
}
