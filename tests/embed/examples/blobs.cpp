// A value that is larger than one wants in memory: made empty, then written and read piece by piece.
#include <carrel/database.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iostream>

namespace {

constexpr carrel::migration schema[] = {
    {1, "files", "CREATE TABLE files (id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT"},
};
constexpr std::size_t pieces = 64;
using piece = std::array<std::byte, 4096>;

carrel::result<std::int64_t> store(carrel::write_session& session) {
    auto made = session.execute("INSERT INTO files (data) VALUES (?)", carrel::zeroblob{pieces * sizeof(piece)});
    if (!made) return made.error();
    const auto id = session.last_insert_rowid();
    auto file = session.open_blob("files", "data", id);
    if (!file) return file.error();
    for (std::size_t i = 0; i < pieces; ++i) {
        piece from;
        from.fill(static_cast<std::byte>(i));
        if (auto done = file->write(i * sizeof(piece), from); !done) return done.error();
    }
    return id;
}

carrel::result<std::size_t> count_of(carrel::read_session& session, std::int64_t id, std::byte wanted) {
    auto file = session.open_blob("files", "data", id);
    if (!file) return file.error();
    std::size_t found = 0;
    for (std::size_t offset = 0; offset < file->size(); offset += sizeof(piece)) {
        piece into;
        if (auto done = file->read(offset, into); !done) return done.error();
        found += static_cast<std::size_t>(std::count(into.begin(), into.end(), wanted));
    }
    return found;
}

}  // namespace

int main() {
    auto db = carrel::database::open({.path = ":memory:", .migrations = schema}).value();
    const auto id = db.write(store).value().value;
    const auto found = db.read(carrel::work(count_of, id, std::byte{7})).value();
    std::cout << found << " bytes are 7\n";
    return found == sizeof(piece) ? 0 : 1;
}
