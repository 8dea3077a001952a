// Blobs read and written piece by piece.
#include "fixture.hpp"

#include <algorithm>

using namespace carrel;
using namespace carrel::testing;

namespace {

constexpr std::size_t piece = 1'000;

blob bytes(std::size_t count, int filled) { return blob(count, static_cast<std::byte>(filled)); }

struct blob_fixture : fixture {
    blob_fixture() {
        write(db, [](write_session& session) -> result<void> {
            if (auto made = session.execute("CREATE TABLE file(id INTEGER PRIMARY KEY, data BLOB, name TEXT UNIQUE)");
                !made)
                return made;
            if (auto made = session.execute("CREATE VIRTUAL TABLE note USING fts5(text)"); !made) return made;
            if (auto added = session.execute("INSERT INTO note VALUES('words')"); !added) return added;
            if (auto added = session.execute("INSERT INTO file VALUES(1, ?, 'one')", zeroblob{3 * piece}); !added)
                return added;
            return session.execute("INSERT INTO file VALUES(2, ?, 'two')", bytes(10, 2));
        }).value();
    }
    template <class Work>
    error write_error(Work work) {
        auto outcome = write(db, [work](write_session& session) -> result<void> { return work(session); });
        BOOST_REQUIRE(outcome.has_error());
        return outcome.error();
    }
    blob stored(std::int64_t id) {
        return read(db, [id](read_session& s) { return s.first<blob>("SELECT data FROM file WHERE id = ?", id); })
            .value()
            .value();
    }
};

result<void> fill(write_session& session) {
    auto file = session.open_blob("file", "data", 1);
    if (!file) return file.error();
    for (std::size_t i = 0; i < 3; ++i)
        if (auto done = file->write(i * piece, bytes(piece, static_cast<int>(i) + 1)); !done) return done;
    return {};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(blobs)

BOOST_AUTO_TEST_CASE(a_blob_is_written_and_read_piece_by_piece) {
    blob_fixture f;
    BOOST_TEST((f.stored(1) == bytes(3 * piece, 0)));
    write(f.db, fill).value();
    auto seen = read(f.db, [](read_session& session) -> result<std::string> {
        auto file = session.open_blob("file", "data", 1);
        if (!file) return file.error();
        BOOST_TEST(file->size() == 3 * piece);
        std::string text;
        for (std::size_t i = 0; i < 3; ++i) {
            blob into(piece);
            if (auto done = file->read(i * piece, into); !done) return done.error();
            BOOST_TEST(std::count(into.begin(), into.end(), into.front()) == std::ptrdiff_t(piece));
            text += std::to_string(static_cast<int>(into.front()));
        }
        if (auto moved = file->reopen(2); !moved) return moved.error();
        BOOST_TEST(file->size() == 10u);
        return text;
    });
    BOOST_TEST(seen.value() == "123");
}

BOOST_AUTO_TEST_CASE(a_blobs_bounds_hold) {
    blob_fixture f;
    constexpr int range = 25;  // SQLITE_RANGE
    const auto none = std::numeric_limits<std::size_t>::max();
    write(f.db, [&](write_session& session) -> result<void> {
        auto file = session.open_blob("file", "data", 2);
        if (!file) return file.error();
        blob into(2);
        for (std::size_t offset : {std::size_t{9}, std::size_t{11}, none, none - 1, std::size_t{1} << 32}) {
            BOOST_TEST(file->read(offset, into).error().code().value() == range);
            BOOST_TEST(file->write(offset, into).error().code().value() == range);
        }
        BOOST_TEST(file->read(10, {}).has_value());
        return file->write(8, into);
    }).value();
    auto wanted = bytes(10, 2);
    wanted[8] = wanted[9] = std::byte{0};
    BOOST_TEST((f.stored(2) == wanted));
}

BOOST_AUTO_TEST_CASE(a_failed_job_leaves_nothing_in_a_blob) {
    blob_fixture f;
    (void)f.write_error([](write_session& session) -> result<void> {
        if (auto done = fill(session); !done) return done;
        return error(errc::cancelled);
    });
    BOOST_TEST((f.stored(1) == bytes(3 * piece, 0)));
    write(f.db, [](write_session& session) -> result<void> {
        auto tried = session.attempt([&]() -> result<void> {
            (void)fill(session);
            return error(errc::cancelled);
        });
        return tried ? result<void>(error(errc::cancelled)) : result<void>();
    }).value();
    BOOST_TEST((f.stored(1) == bytes(3 * piece, 0)));
}

BOOST_AUTO_TEST_CASE(a_blob_kept_beyond_the_call_fails_its_job_and_is_closed) {
    blob_fixture f;
    auto kept = std::make_shared<std::optional<blob_writer>>();
    const auto e = f.write_error([kept](write_session& session) -> result<void> {
        auto file = session.open_blob("file", "data", 1);
        if (!file) return file.error();
        kept->emplace(*std::move(file));
        return {};
    });
    BOOST_TEST((e == errc::statement_left_open));
    blob into(1);
    BOOST_TEST(((*kept)->read(0, into).error() == errc::statement_left_open));
    BOOST_TEST(((*kept)->write(0, into).error() == errc::statement_left_open));
    BOOST_TEST(((*kept)->reopen(2).error() == errc::statement_left_open));
    BOOST_TEST((*kept)->size() == 0u);
    write(f.db, fill).value();
    BOOST_TEST(f.db.stop().has_value());
    kept->reset();
}

BOOST_AUTO_TEST_CASE(a_read_that_keeps_a_blob_fails_too) {
    blob_fixture f;
    auto kept = std::make_shared<std::optional<blob_reader>>();
    auto outcome = read(f.db, [kept](read_session& session) -> result<void> {
        auto file = session.open_blob("file", "data", 1);
        if (!file) return file.error();
        kept->emplace(*std::move(file));
        return {};
    });
    BOOST_TEST((outcome.error() == errc::statement_left_open));
    BOOST_TEST(f.db.stop().has_value());
}

BOOST_AUTO_TEST_CASE(what_sql_may_not_touch_a_blob_may_not_either) {
    blob_fixture f;
    const auto opens = [](const char* table, const char* column) {
        return [=](write_session& session) -> result<void> {
            auto opened = session.open_blob(table, column, 1);
            return opened ? result<void>() : opened.error();
        };
    };
    BOOST_TEST(write(f.db, opens("file", "data")).has_value());
    (void)f.write_error(opens("sqlite_master", "sql"));
    (void)f.write_error(opens("sqlite_schema", "sql"));
    (void)f.write_error(opens("carrel_migrations", "name"));
    (void)f.write_error(opens("note_data", "block"));
    (void)f.write_error(opens("file", "name"));  // indexed
    (void)f.write_error(opens("file", "nothing"));
    (void)f.write_error(opens("no\"thing", "data"));
}

BOOST_AUTO_TEST_CASE(a_changed_row_ends_a_blob) {
    blob_fixture f;
    write(f.db, [](write_session& session) -> result<void> {
        auto file = session.open_blob("file", "data", 2);
        if (!file) return file.error();
        if (auto done = session.execute("UPDATE file SET name = 'other' WHERE id = 2"); !done) return done;
        blob into(1);
        BOOST_TEST(file->read(0, into).error().code().value() == 4);  // SQLITE_ABORT
        BOOST_TEST(file->reopen(1).error().code().value() == 4);
        auto again = session.open_blob("file", "data", 2);
        return again ? again->read(0, into) : again.error();
    }).value();
}

BOOST_AUTO_TEST_CASE(a_blob_that_stays_open_for_writing_undoes_its_attempt) {
    blob_fixture f;
    write(f.db, [](write_session& session) -> result<void> {
        std::optional<blob_writer> kept;
        auto tried = session.attempt([&]() -> result<void> {
            auto file = session.open_blob("file", "data", 2);
            if (!file) return file.error();
            kept.emplace(*std::move(file));
            return kept->write(0, bytes(10, 9));
        });
        BOOST_TEST(tried.has_error());
        kept.reset();
        return session.attempt(
            [&]() -> result<void> { return session.execute("UPDATE file SET name = 'new' WHERE id = 2"); });
    }).value();
    BOOST_TEST((f.stored(2) == bytes(10, 2)));
    BOOST_TEST(f.count("SELECT count(*) FROM file WHERE name = 'new'") == 1);
}

BOOST_AUTO_TEST_SUITE_END()
