// Shards: reads that begin on a thread which runs a shard's context run on that thread, without a hop. `run_shard` for
// a thread of its own, `shard::attach` for a host that runs its context itself.
#include <carrel/database.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <iostream>
#include <optional>
#include <thread>

// Reads once on the context's thread and notes on which threads work and handler ran.
struct one_read {
    std::thread::id work, handler;

    void begin(carrel::database& database, boost::asio::io_context& context) {
        boost::asio::post(context, [this, &database] {
            auto ask = [this](carrel::read_session& session) {
                work = std::this_thread::get_id();
                return session.first_integer("SELECT 1");
            };
            // Without an executor of its own the handler runs on the shard's context.
            database.async_read(
                ask, [this](carrel::error_code, std::optional<std::int64_t>) { handler = std::this_thread::get_id(); });
        });
    }
    bool ran_on(std::thread::id wanted) const { return work == wanted && handler == wanted; }
};

int main() {
    boost::asio::io_context mine(1), its(1);
    auto database = carrel::database::open({.path = ":memory:"}).value();
    one_read here, there;

    // A thread that is a shard until its context has nothing left to do.
    there.begin(database, its);
    std::thread::id its_id;
    bool has_run = false;
    std::thread beside([&] {
        its_id = std::this_thread::get_id();
        has_run = carrel::run_shard(database, its).has_value();
    });

    // The same by hand.
    {
        auto shard = carrel::shard::attach(database, mine).value();
        here.begin(database, mine);
        mine.run();
    }  // not while run() is running, and before the database ends
    beside.join();

    const bool is_right = has_run && here.ran_on(std::this_thread::get_id()) && there.ran_on(its_id);
    std::cout << (is_right ? "both reads stayed on their threads\n" : "a read left its thread\n");
    return is_right ? 0 : 1;
}
