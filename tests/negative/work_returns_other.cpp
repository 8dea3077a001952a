// expect: work returns a carrel::result<T>
#include <carrel/database.hpp>

#include <boost/asio/detached.hpp>

#include <string>

void f(carrel::database& db) {
    const std::string text("x");
    (void)text;
#ifdef POSITIVE
    db.async_write([](carrel::write_session&) -> carrel::result<int> { return 1; }, boost::asio::detached);
#else
    db.async_write([](carrel::write_session&) { return 1; }, boost::asio::detached);
#endif
}
