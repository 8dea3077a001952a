// expect: work: a view is gone once the work has returned
#include <carrel/database.hpp>

#include <boost/asio/detached.hpp>

#ifdef POSITIVE
using text = std::string;
#else
using text = std::string_view;
#endif
void f(carrel::database& db) {
    db.async_read([](carrel::read_session&) -> carrel::result<text> { return text(); }, boost::asio::detached);
}
