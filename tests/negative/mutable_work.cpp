// expect: work is called as const with the session
#include <carrel/database.hpp>

#include <boost/asio/detached.hpp>

#include <string>

void f(carrel::database& db) {
    const std::string text("x");
    (void)text;
#ifdef POSITIVE
    db.async_write([text](carrel::write_session&) -> carrel::result<int> { return static_cast<int>(text.size()); },
                   boost::asio::detached);
#else
    db.async_write(
        [text](carrel::write_session&) mutable -> carrel::result<int> {
            text.clear();
            return 1;
        },
        boost::asio::detached);
#endif
}
