// expect: token_for
#include <carrel/database.hpp>

void f(carrel::database& db) {
#ifdef POSITIVE
    auto token = [](carrel::error_code, int) {};
#else
    auto token = [](int) {};
#endif
    db.async_read([](carrel::read_session&) -> carrel::result<int> { return 1; }, token);
}
