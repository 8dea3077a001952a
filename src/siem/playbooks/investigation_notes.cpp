#include "siem/playbooks/investigation_notes.hpp"

#include "base/uuid.hpp"
#include "siem/cases/investigations.hpp"

namespace carrel::siem {

namespace {

// By the rules of notes themselves: an investigation that is over takes none.
result<void> add_note(const resource& notes, write_session& session, const call& request, record row, reply& into) {
    auto answered = notes.hooks.before_insert(notes, session, request, row, into);
    if (!answered) return answered.error();
    return add(notes, session, request, row, into);
}

}  // namespace

result<std::string> add_investigation_note(write_session& session, const std::string& investigation_id,
                                           const std::string& note, const std::string& by, timestamp now) {
    const resource& notes = investigation_notes();
    uuid_generator fresh;
    call request;
    request.path[0] = investigation_id;
    request.principal = by;
    request.now = now;
    request.fresh_id = fresh();
    given_members given(notes.fields.size());
    given[notes.position("content")].emplace(std::in_place_type<std::string>, note);
    record row;
    if (const auto wrong = make_record(notes, request, std::move(given), row); !wrong.empty())
        return wrong.front().field + " " + wrong.front().detail;
    reply into;
    auto done = session.attempt([&] { return add_note(notes, session, request, row, into); });
    if (!done && into.refused) return into.refused->detail;
    if (!done) return done.error();
    return std::string();
}

}  // namespace carrel::siem
