// Long writes beside short ones: a bulk job ends early when others wait and sends its rest; a full queue is waited for.
#include <carrel/database.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <iostream>

constexpr carrel::migration schema[] = {
    {1, "samples", "CREATE TABLE samples (id INTEGER PRIMARY KEY) STRICT"},
};

// Inserts [first, end) in as many jobs as it takes.
class importer {
public:
    importer(carrel::database& database, boost::asio::io_context& context)
        : database_(database),
          context_(context) {}

    void run(std::int64_t first, std::int64_t end) {
        auto part = [first, end](carrel::write_session& session) -> carrel::result<std::int64_t> {
            auto add = session.prepare(carrel::write_sql("INSERT INTO samples (id) VALUES (?)"));
            if (!add) return add.error();
            auto id = first;
            for (; id < end && (id == first || !session.should_yield()); ++id)
                if (auto added = add->bind(id).run(); !added) return added.error();
            return id;
        };
        auto on_part = [this, end](carrel::error_code failed, carrel::committed<std::int64_t> reached) {
            if (failed) return;
            ++jobs;
            if (reached.value < end) run(reached.value, end);
            else is_done = true;
        };
        database_.async_write(part, {.priority = carrel::priority::bulk},
                              boost::asio::bind_executor(context_, on_part));
    }

    int jobs = 0;
    bool is_done = false;

private:
    carrel::database& database_;
    boost::asio::io_context& context_;
};

// A job that keeps the writer busy until it may go on, so that the next one finds the queue full.
bool waits_for_room() {
    auto database =
        carrel::database::open({.path = ":memory:", .migrations = schema, .write_queue_jobs_max = 1}).value();
    std::promise<void> may_go_on;
    auto gate = may_go_on.get_future().share();
    auto hold = [gate](carrel::write_session&) -> carrel::result<void> {
        gate.wait();
        return {};
    };
    auto held = database.async_write(hold, boost::asio::use_future);
    const carrel::one_statement add("INSERT INTO samples DEFAULT VALUES");

    auto refused = database.write(add);
    if (refused || refused.error() != carrel::errc::overloaded) return false;
    auto ready = database.async_ready(boost::asio::use_future);
    may_go_on.set_value();
    ready.get();
    held.get();
    return database.write(add).has_value();
}

int main() {
    boost::asio::io_context context;
    auto database = carrel::database::open({.path = ":memory:", .migrations = schema}).value();
    constexpr std::int64_t rows = 50'000;

    importer bulk(database, context);
    bulk.run(1, rows + 1);
    auto beside =
        database.async_write(carrel::one_statement("INSERT INTO samples (id) VALUES (-1)"), boost::asio::use_future);
    context.run();
    beside.get();

    auto count = database.read(
        [](carrel::read_session& session) { return session.first_integer("SELECT count(*) FROM samples"); });
    const bool had_room = waits_for_room();
    std::cout << **count << " rows in " << bulk.jobs << " jobs and one, "
              << (had_room ? "and room again\n" : "but no room\n");
    return bulk.is_done && bulk.jobs > 0 && **count == rows + 1 && had_room ? 0 : 1;
}
