// Every acknowledgement comes after the sync that covers it, and a batch costs one: read from what SQLite wrote.
#include "crash/history.hpp"
#include "support/harness.hpp"
#include "support/io_recorder.hpp"
#include "support/temp_database.hpp"
#include "support/waiting.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>
#include <thread>

using namespace carrel;
using namespace carrel::testing;

namespace {

constexpr std::uint64_t opened_mark = ~std::uint64_t{0};

result<void> add_item(write_session& session, std::uint64_t job) {
    return session.execute("INSERT INTO item(job, n, payload) VALUES(?, 0, 'x')", job);
}

std::uint32_t big_endian(std::string_view bytes, std::size_t at) {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
    return number;
}

// A frame's header tells the size of the database after the commit, or 0 if the frame ends none (WAL format).
bool ends_commit(const io_recorder::event& each) {
    constexpr std::size_t frame_header_bytes = 24;
    return each.file == file_kind::wal && each.kind == io_kind::write && each.bytes.size() == frame_header_bytes &&
           big_endian(each.bytes, 4) != 0;
}

bool is_wal_header(const io_recorder::event& each) {
    return each.file == file_kind::wal && each.kind == io_kind::write && each.at == 0;
}

struct order_report {
    std::uint64_t acknowledged = 0, commits = 0, syncs = 0, other_syncs = 0, early = 0;
};

// `sequences` by job; commits are numbered on from `first`.
order_report examine(const std::vector<io_recorder::event>& events, const std::vector<std::uint64_t>& sequences,
                     std::uint64_t first) {
    order_report report;
    bool is_open = false;
    bool header_waits = false;      // the sync that follows is the new header's, not a batch's
    std::uint64_t written = first;  // the last commit whose frames are in the WAL
    std::uint64_t durable = first;  // the last commit that a sync covers
    for (const auto& each : events) {
        if (each.mark == opened_mark) is_open = true;
        if (!is_open) continue;
        if (is_wal_header(each)) header_waits = true;
        if (ends_commit(each)) ++written, ++report.commits;
        if (each.mark == 0 && each.file == file_kind::wal && each.kind == io_kind::sync) {
            // A checkpoint syncs the WAL too; nothing new is in it then.
            if (!std::exchange(header_waits, false)) ++(durable == written ? report.other_syncs : report.syncs);
            durable = written;
        }
        if (each.mark == 0 || each.mark == opened_mark) continue;
        ++report.acknowledged;
        if (sequences[each.mark - 1] > durable) ++report.early;
    }
    return report;
}

}  // namespace

BOOST_AUTO_TEST_CASE(order) {
    harness_settings settings("order");
    const auto clients = settings.number("clients", 64);
    const auto jobs = settings.number("jobs", 100);  // a client
    settings.tell();

    temp_directory directory;
    const auto path = directory.file("order.db");
    io_recorder recorder(path);
    shim_vfs::set_hooks(&recorder);
    std::vector<std::uint64_t> sequences(clients * jobs);
    // However long the disk takes to sync: none of these is late.
    auto db =
        database::open({.path = path, .migrations = item_schema, .deadline_default = std::chrono::seconds(60)}).value();
    const auto first = db.stats().writer.commit_sequence;
    recorder.note(opened_mark);
    std::vector<std::jthread> crowd;
    for (std::uint64_t client = 0; client < clients; ++client)
        crowd.emplace_back([&, client] {
            for (auto job = client * jobs; job < (client + 1) * jobs; ++job) {
                std::promise<void> answered;
                db.async_write(work(add_item, job),
                               as_result(boost::asio::bind_executor(inline_executor(), [&](const auto& r) {
                                   if (r) sequences[job] = r->sequence;
                                   if (r) recorder.note(job + 1);
                                   answered.set_value();
                               })));
                answered.get_future().wait();
            }
        });
    crowd.clear();
    const auto checkpoints = db.stats().writer.checkpoints + 1;  // the last one comes with the stop
    BOOST_TEST(db.stop().has_value());
    shim_vfs::set_hooks(nullptr);

    const auto report = examine(recorder.events(), sequences, first);
    std::cout << "order: " << report.acknowledged << " acknowledgements, " << report.commits << " commits, "
              << report.syncs << " syncs, " << report.early << " violations: acknowledged before their sync; "
              << static_cast<double>(report.acknowledged) /
                     static_cast<double>(std::max<std::uint64_t>(1, report.syncs))
              << " acknowledgements a sync at " << clients << " clients" << std::endl;
    BOOST_TEST(report.acknowledged == clients * jobs);
    BOOST_TEST(report.early == 0u);
    BOOST_TEST(report.syncs == report.commits);
    BOOST_TEST(report.other_syncs <= checkpoints);
    BOOST_TEST(report.commits < report.acknowledged);
}
