// expect: work: a view is gone once the work has returned
#include <carrel/database.hpp>

#include <boost/asio/detached.hpp>

#ifdef POSITIVE
using text = std::vector<carrel::blob>;
#else
using text = std::vector<std::optional<std::span<const std::byte>>>;
#endif
void f(carrel::database& db) {
    db.async_read([](carrel::read_session&) -> carrel::result<text> { return text(); }, boost::asio::detached);
}
