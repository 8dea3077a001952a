// expect: bind: an enumeration has no SQL type
#include <carrel/session.hpp>

enum class colour { red };

carrel::result<void> f(carrel::write_session& session) {
#ifdef POSITIVE
    return session.execute("INSERT INTO notes(text) VALUES(?)", static_cast<int>(colour::red));
#else
    return session.execute("INSERT INTO notes(text) VALUES(?)", colour::red);
#endif
}
