// expect: T is not a tuple, a plain struct or
#include <carrel/session.hpp>

class note {
public:
    note() {}

private:
    int id_ = 0;
};

auto f(carrel::read_session& session) {
#ifdef POSITIVE
    return session.all<int>("SELECT id FROM notes");
#else
    return session.all<note>("SELECT id FROM notes");
#endif
}
