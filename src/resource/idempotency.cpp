#include "resource/idempotency.hpp"

#include "json/writer.hpp"
#include "resource/audit.hpp"
#include "resource/problems.hpp"

#include <boost/json/parse.hpp>

namespace carrel::siem {

namespace {

// A refusal as text: what the reply needs to be made again.
std::string to_json(const problem& why) {
    std::string text;
    json::writer out(text);
    out.begin_object().key("code").integer(static_cast<std::int64_t>(why.code)).key("detail").string(why.detail);
    out.key("faults").begin_array();
    for (const fault& each : why.faults) {
        out.begin_object().key("field").string(each.field).key("line").integer(each.line);
        out.key("detail").string(each.detail).end_object();
    }
    out.end_array().end_object();
    return text;
}

std::string text_at(const boost::json::value& object, std::string_view name) {
    const auto& text = object.at(boost::json::string_view(name.data(), name.size())).as_string();
    return {text.data(), text.size()};
}

problem problem_from(std::string_view text) {
    const boost::json::value kept = boost::json::parse(boost::json::string_view(text.data(), text.size()));
    problem why{static_cast<problem_code>(kept.at("code").as_int64()), text_at(kept, "detail"), {}};
    for (const auto& each : kept.at("faults").as_array())
        why.faults.push_back({text_at(each, "field"), each.at("line").as_int64(), text_at(each, "detail")});
    return why;
}

// As kept in the database, where they never change.
constexpr std::int64_t kind_refused = 3, kind_accepted = 4;

std::int64_t kind_of(const reply& first) {
    if (first.refused) return kind_refused;
    return first.kind == outcome::accepted ? kind_accepted : static_cast<std::int64_t>(first.kind);
}
outcome outcome_of(std::int64_t kind) { return kind == kind_accepted ? outcome::accepted : static_cast<outcome>(kind); }

// A few at a time: no request pays for the rest of the day.
result<void> drop_expired(write_session& session, timestamp now) {
    return session.execute(
        "DELETE FROM idempotency WHERE (key, part) IN "
        "(SELECT key, part FROM idempotency WHERE expires_at <= ? ORDER BY expires_at LIMIT 4)",
        now);
}

// What is done and who did it commit together.
result<void> write_audited(const operation& what, write_session& session, const call& request, reply& into) {
    auto done = what.write(what, session, request, into);
    // What was refused and yet commits, such as a wrong code that counts, has no deed to tell of.
    if (!done || !what.is_audited || into.refused) return done;
    return audit_write(what, session, request, into);
}

// The key as it is kept. A key has no blank, so this names one operation and one key.
std::string scoped(const first_outcome& of) { return std::string(of.operation) + " " + of.given->key; }

}  // namespace

result<bool> recall(write_session& session, const first_outcome& of, reply& into) {
    auto prepared =
        session.prepare(read_sql("SELECT fingerprint, kind, version, location, body FROM idempotency WHERE key = ? AND "
                                 "part = ? AND expires_at > ?"));
    if (!prepared) return prepared.error();
    const std::string key = scoped(of);
    auto found = prepared->bind(key, of.part, of.now).step();
    if (!found) return found.error();
    if (!*found) return false;
    if (prepared->text(0) != of.given->fingerprint)
        return refuse(into, problem_of(problem_code::invalid, "Idempotency-Key", "was used for another request"));
    if (prepared->integer(1) == kind_refused) {
        into.refused = problem_from(prepared->text(4));
        return true;
    }
    into.kind = outcome_of(prepared->integer(1));
    into.version = prepared->integer(2);
    into.location = prepared->text(3);
    into.body = prepared->text(4);
    return true;
}

result<void> keep(write_session& session, const first_outcome& of, const reply& first) {
    if (auto done = drop_expired(session, of.now); !done) return done;
    const std::string body = first.refused ? to_json(*first.refused) : first.body;
    const std::string key = scoped(of);
    // An expired one may still be there under the same key.
    return session.execute(
        "INSERT OR REPLACE INTO idempotency(key, part, fingerprint, expires_at, kind, version, location, body) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        key, of.part, of.given->fingerprint, of.now + idempotency_lifetime, kind_of(first), first.version,
        first.location, body);
}

std::optional<problem> refuse_body(call& request, problem why) {
    if (!request.idempotency) return why;
    request.refused_by_check = std::move(why);
    return std::nullopt;
}

result<void> run_write(const operation& what, write_session& session, const call& request, reply& into) {
    into.clear();
    if (!request.idempotency) return write_audited(what, session, request, into);
    const first_outcome outcome_of{&*request.idempotency, what.id, 0, request.now};
    auto known = recall(session, outcome_of, into);
    if (!known) return known.error();
    if (*known) return {};
    if (request.refused_by_check) {
        into.refused = request.refused_by_check;
        return keep(session, outcome_of, into);
    }
    auto done = session.attempt([&] { return write_audited(what, session, request, into); });
    const bool refused = !done && done.error().code() == make_error_code(siem_errc::refused) && into.refused;
    if (!done && !refused) return done;
    // The outcome of a write that goes on in another job is that of its last part.
    if (into.rest != nullptr) return {};
    return keep(session, outcome_of, into);
}

}  // namespace carrel::siem
