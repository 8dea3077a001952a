// expect: a read_session takes SELECT, WITH or VALUES
#include <carrel/session.hpp>

carrel::result<void> f(carrel::read_session& session) {
#ifdef POSITIVE
    auto prepared = session.prepare("SELECT text FROM notes");
#else
    auto prepared = session.prepare("INSERT INTO notes(text) VALUES('x')");
#endif
    return prepared ? prepared->run() : prepared.error();
}
