// Who follows the commits hears of each, and holds the checkpoints up.
#include "support/temp_database.hpp"
#include "support/waiting.hpp"

#include <carrel/commit_follower.hpp>
#include <carrel/database.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace carrel::testing {
namespace {

constexpr std::array followed_schema{migration{1, "rows", "CREATE TABLE row(number INTEGER PRIMARY KEY)"}};

class recorder final : public commit_follower {
public:
    void opened(const opened_file& file) noexcept override { file_ = file; }
    void committed(std::uint64_t sequence, std::uint32_t frames) noexcept override {
        const std::lock_guard lock(mutex_);
        commits_.emplace_back(sequence, frames);
    }
    bool allows_checkpoint(std::chrono::milliseconds) noexcept override {
        const std::lock_guard lock(mutex_);
        ++questions_;
        return allows_;
    }
    void checkpointed(std::uint64_t, std::uint32_t) noexcept override {
        const std::lock_guard lock(mutex_);
        ++checkpoints_;
    }

    void allow(bool allows) {
        const std::lock_guard lock(mutex_);
        allows_ = allows;
    }
    std::vector<std::pair<std::uint64_t, std::uint32_t>> commits() const {
        const std::lock_guard lock(mutex_);
        return commits_;
    }
    std::size_t questions() const {
        const std::lock_guard lock(mutex_);
        return questions_;
    }
    std::size_t checkpoints() const {
        const std::lock_guard lock(mutex_);
        return checkpoints_;
    }
    opened_file file_;

private:
    mutable std::mutex mutex_;
    std::vector<std::pair<std::uint64_t, std::uint32_t>> commits_;
    std::size_t questions_ = 0, checkpoints_ = 0;
    bool allows_ = true;
};

struct followed {
    explicit followed(bool allows) {
        follower->allow(allows);
        open();
    }
    void open() {
        options wanted{.path = directory.file("followed.db"), .migrations = followed_schema, .checkpoint_frames = 8};
        wanted.follower = follower;
        db.emplace(database::open(wanted).value());
    }
    std::uint64_t add(int number) {
        return db
            ->write([number](write_session& session) { return session.execute("INSERT INTO row VALUES(?)", number); })
            .value()
            .sequence;
    }
    temp_directory directory;
    std::shared_ptr<recorder> follower = std::make_shared<recorder>();
    std::optional<database> db;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(followers)

BOOST_AUTO_TEST_CASE(each_commit_is_noted_once_with_its_number_before_its_reply) {
    followed f(true);
    for (int i = 1; i <= 20; ++i) {
        const auto sequence = f.add(i);
        BOOST_TEST(f.follower->commits().back().first == sequence);
    }
    const auto all = f.follower->commits();
    BOOST_TEST(all.size() == 21u);  // and the one that marks the file as open
    for (std::size_t i = 1; i < all.size(); ++i) BOOST_TEST(all[i].first == all[i - 1].first + 1);
    // What wrote nothing is no commit.
    f.db->write([](write_session&) -> result<void> { return {}; }).value();
    BOOST_TEST(f.follower->commits().size() == 21u);
    BOOST_TEST(f.follower->file_.sequence_page > 1u);
}

BOOST_AUTO_TEST_CASE(without_leave_nothing_is_checkpointed_and_writing_goes_on) {
    followed f(false);
    for (int i = 1; i <= 40; ++i) f.add(i);
    BOOST_TEST(f.follower->checkpoints() == 0u);
    BOOST_TEST(f.follower->questions() > 2u);
    BOOST_TEST(f.db->stats().writer.checkpoints == 0u);
    const auto held = f.follower->commits().back().second;
    BOOST_TEST(held >= 80u);
    f.follower->allow(true);
    f.db->async_checkpoint(boost::asio::use_future).get();
    BOOST_TEST(f.follower->checkpoints() > 0u);
    f.add(41);
    BOOST_TEST(f.follower->commits().back().second < held);  // the log began anew
}

BOOST_AUTO_TEST_CASE(the_log_stays_beside_a_file_whose_follower_has_not_read_it) {
    followed f(false);
    f.add(1);
    f.db.reset();
    const auto log = f.directory.file("followed.db-wal");
    BOOST_TEST_REQUIRE(std::filesystem::exists(log));
    BOOST_TEST(std::filesystem::file_size(log) > 0u);
    f.follower->allow(true);
    f.open();
    BOOST_TEST(f.add(2) == 2u);
    f.db.reset();
    BOOST_TEST(!std::filesystem::exists(log));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
