// expect: a member of the struct is not of a type
#include <carrel/session.hpp>

template <class T>
struct note {
    T kind;
};

auto f(carrel::read_session& session) {
#ifdef POSITIVE
    return session.all<note<std::string>>("SELECT kind FROM notes");
#else
    return session.all<note<char>>("SELECT kind FROM notes");
#endif
}
