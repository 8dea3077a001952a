#include "background/access_keeper.hpp"

#include "siem/access_upkeep.hpp"

namespace carrel::siem {

namespace {

constexpr std::chrono::seconds interval{60};

}  // namespace

access_keeper::access_keeper(database& store, std::shared_ptr<access_in_force> in_force, log_sink log)
    : store_(&store),
      in_force_(std::move(in_force)),
      noted_until_(wall_clock()),
      worker_([this](const std::stop_token&) { return step(); }, std::move(log), "sessions could not be kept",
              interval) {}

result<bool> access_keeper::step() {
    if (auto done = note(); !done) return done.error();
    if (auto done = note_addresses(); !done) return done.error();
    if (auto done = end(); !done) return done.error();
    return false;
}

result<void> access_keeper::note() {
    const std::int64_t since = noted_until_, now = wall_clock();
    if (in_force_->used_since(since).empty()) return {};
    auto done = store_->write([&](write_session& session) { return note_uses(session, *in_force_, since); },
                              background_options());
    if (!done) return done.error();
    noted_until_ = now;
    return {};
}

result<void> access_keeper::note_addresses() {
    for (new_address& each : in_force_->take_new_addresses()) addresses_.push_back(std::move(each));
    if (addresses_.empty()) return {};
    auto done = store_->write([&](write_session& session) { return siem::note_addresses(session, addresses_); },
                              background_options());
    if (!done) return done.error();
    addresses_.clear();
    return {};
}

result<void> access_keeper::end() {
    const std::int64_t now = wall_clock();
    for (;;) {
        const auto due =
            store_->read([&](read_session& session) { return has_ended_sessions(session, now); }, background_options());
        if (!due) return due.error();
        if (!*due) return {};
        auto ended = store_->write(
            [&](write_session& session) -> result<stored_access> {
                if (auto done = end_sessions(session, now); !done) return done.error();
                return take_touched(session);
            },
            background_options());
        if (!ended) return ended.error();
        in_force_->publish(ended->value);
    }
}

}  // namespace carrel::siem
