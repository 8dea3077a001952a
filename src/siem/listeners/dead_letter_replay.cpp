#include "json/writer.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/event_intake.hpp"
#include "siem/event_reader.hpp"
#include "siem/listeners/dead_letter_store.hpp"
#include "siem/mapping_text.hpp"
#include "siem/mappings_in_force.hpp"
#include "siem/text_trim.hpp"

// A letter becomes the event that it should have been, in the transaction that says so.
namespace carrel::siem {

namespace {

// Of letters that one request replays; what is beyond is left for another one.
constexpr std::int64_t replayed_bytes_max = std::int64_t{16} << 20;

struct replay_input : input {
    bool as_message = false;
};

// Whatever came, as the text of an event.
std::string message_event(const record& letter) {
    std::string text;
    json::writer out(text);
    const std::string raw = raw_of(letter);
    out.begin_object().key("message").string(clean_text(raw, 2 * dead_letter_bytes_max));
    if (const std::string* source = letter.text(letter_at().source)) out.key("peer").string(*source);
    out.end_object();
    return text;
}

class replayer {
public:
    static result<replayer> open(write_session& session, const call& request) {
        auto stored = load_mappings(session);
        if (!stored) return stored.error();
        return replayer(session, request, compile_mappings(stored->texts));
    }

    /// Why it cannot become an event; nothing if it is one now, and its letter says so.
    result<std::optional<std::string>> replay(const record& letter, bool as_message) {
        if (letter.integer(letter_at().was_cut) != 0 && !as_message)
            return std::optional<std::string>("it was cut when it was kept: only `as=message` can replay it");
        const auto protocol = static_cast<dead_letter_protocol>(letter.integer(letter_at().protocol));
        dead_letter_event event;
        if (as_message) event.json = message_event(letter);
        else if (!read(protocol, letter, event)) return std::optional<std::string>(std::move(event.why));
        return store_event(letter, event, protocol == dead_letter_protocol::syslog && !as_message);
    }

    /// Stores the events of all letters that were replayed.
    result<void> finish() {
        if (parts_.is_empty() && !parts_.has_complete()) return {};
        if (!parts_.is_empty()) parts_.end({}, true);
        return store_complete();
    }

    /// The event that the last letter becomes.
    const std::string& event_id() const noexcept { return event_id_; }

private:
    replayer(write_session& session, const call& request, std::shared_ptr<const event_mappings> mappings)
        : session_(&session),
          request_(&request),
          parts_(request.now, fresh_event_id, std::nullopt) {
        reader_.use(std::move(mappings));
    }

    static uuid fresh_event_id() {
        thread_local uuid_generator next;
        return next.next();
    }

    static bool read(dead_letter_protocol protocol, const record& letter, dead_letter_event& into) {
        const std::string raw = raw_of(letter);
        const dead_letter_reader reader = reader_of(protocol);
        if (reader == nullptr) {
            into.json = std::string(trimmed(raw));
            return true;
        }
        const std::string* source = letter.text(letter_at().source);
        return reader(raw, source == nullptr ? std::string_view() : *source, letter.integer(letter_at().received_at),
                      into);
    }

    // Its time is that of its receipt then, unless it has one; it comes after all that was stored by now.
    result<std::optional<std::string>> store_event(const record& letter, const dead_letter_event& event,
                                                   bool is_envelope) {
        new_event made;
        reader_.read_envelopes(is_envelope);
        const auto verdict = reader_.read(event.json, letter.integer(letter_at().received_at), made);
        if (verdict != event_reader::verdict::accepted) return std::optional<std::string>(reader_.why());
        if (event.at) made.at = *event.at;
        if (parts_.is_full_for(event.json.size())) parts_.end({}, false);
        event_id_ = text_of(parts_.add(made, event.json, {}, reader_.was_untimed() && !event.at));
        if (auto stored = store_complete(); !stored) return stored.error();
        if (auto marked = mark(letter); !marked) return marked.error();
        return std::optional<std::string>();
    }

    result<void> store_complete() {
        reply ignored;
        while (auto part = parts_.take())
            if (auto stored = store(*session_, *part, ignored); !stored) return stored.error();
        return {};
    }

    result<void> mark(const record& letter) {
        const auto by =
            request_->principal.empty() ? std::nullopt : std::optional<std::string_view>(request_->principal);
        return session_->execute(
            "UPDATE dead_letters SET status = 1, event_id = ?, changed_at = ?, changed_by = ? WHERE seq = ?", event_id_,
            request_->now, by, letter.row);
    }

    write_session* session_;
    const call* request_;
    event_reader reader_;
    event_parts parts_;  // of the events that are not stored yet
    std::string event_id_;
};

result<void> count_failure(write_session& session, const record& letter, const std::string& why) {
    return session.execute("UPDATE dead_letters SET retries = retries + 1, details = ? WHERE seq = ?",
                           clean_text(why, 2000), letter.row);
}

std::optional<problem> check_replay(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    if (auto twice = refuse_repeats(request.query); !twice.empty())
        return problem_of(problem_code::bad_request, std::move(twice));
    const auto as = parameter(request.query, "as").value_or("event");
    if (as != "event" && as != "message")
        return problem_of(problem_code::bad_request, "as", "must be event or message");
    auto parsed = std::make_unique<replay_input>();
    parsed->as_message = as == "message";
    request.parsed = std::move(parsed);
    return std::nullopt;
}

// A failure is refused and yet counts.
result<void> replay_one(const operation&, write_session& session, const call& request, reply& into) {
    into.clear();
    auto letter = load(dead_letters(), session, request, into);
    if (!letter) return letter.error();
    if (auto allowed = require_pending(*letter, into); !allowed) return allowed;
    auto all = replayer::open(session, request);
    if (!all) return all.error();
    auto why = all->replay(*letter, static_cast<const replay_input&>(*request.parsed).as_message);
    if (!why) return why.error();
    if (*why) {
        into.refused = problem_of(problem_code::invalid, "raw", "is no event: " + **why);
        return count_failure(session, *letter, **why);
    }
    if (auto stored = all->finish(); !stored) return stored;
    auto now = find(dead_letters(), session, request.path[0]);
    if (!now) return now.error();
    append_record(dead_letters(), **now, into.body);
    return {};
}

class bulk_replay {
public:
    bulk_replay(write_session& session, const call& request, replayer& by)
        : session_(session),
          choice_(static_cast<const chosen_letters&>(*request.parsed)),
          by_(by) {}

    result<void> run(reply& into) {
        auto ids = ids_of(session_, choice_);
        if (!ids) return ids.error();
        bool has_more = choice_.by_filter && ids->size() > static_cast<std::size_t>(choice_.limit);
        if (has_more) ids->pop_back();
        std::string list;
        json::writer items(list);
        items.begin_array();
        for (const std::string& id : *ids) {
            // Of letters that were chosen by a filter those that are left come with the next request.
            if (bytes_ > replayed_bytes_max && choice_.by_filter) {
                has_more = true;
                break;
            }
            if (auto done = replay(id, items); !done) return done;
        }
        items.end_array();
        if (auto stored = by_.finish(); !stored) return stored;
        json::writer out(into.body);
        out.begin_object().key("replayed").integer(replayed_).key("failed").integer(failed_);
        out.key("more").boolean(has_more).key("items").raw(list).end_object();
        return {};
    }

private:
    result<void> replay(const std::string& id, json::writer& items) {
        auto letter = find(dead_letters(), session_, id);
        if (!letter) return letter.error();
        if (!*letter) return tell(items, id, "does not exist");
        reply refusal;
        if (auto allowed = require_pending(**letter, refusal); !allowed)
            return tell(items, id, refusal.refused->detail);
        if (bytes_ > replayed_bytes_max)
            return tell(items, id, "was left for another request: those before it have more than 16 MiB");
        bytes_ += static_cast<std::int64_t>(letter->value().text(letter_at().raw)->size());
        auto why = by_.replay(**letter, false);
        if (!why) return why.error();
        if (!*why) return tell_event(items, id);
        if (auto done = count_failure(session_, **letter, **why); !done) return done;
        return tell(items, id, **why);
    }

    result<void> tell(json::writer& items, const std::string& id, std::string_view detail) {
        ++failed_;
        items.begin_object().key("id").string(id).key("ok").boolean(false).key("detail").string(detail).end_object();
        return {};
    }
    result<void> tell_event(json::writer& items, const std::string& id) {
        ++replayed_;
        items.begin_object().key("id").string(id).key("ok").boolean(true);
        items.key("event_id").string(by_.event_id()).end_object();
        return {};
    }

    write_session& session_;
    const chosen_letters& choice_;
    replayer& by_;
    std::int64_t replayed_ = 0, failed_ = 0, bytes_ = 0;
};

result<void> replay_many(const operation&, write_session& session, const call& request, reply& into) {
    into.clear();
    auto by = replayer::open(session, request);
    if (!by) return by.error();
    return bulk_replay(session, request, *by).run(into);
}

constexpr std::string_view many_schema =
    R"({"type":"object","required":["replayed","failed","more","items"],"properties":{"replayed":{"type":"integer"},)"
    R"("failed":{"type":"integer"},"more":{"type":"boolean"},"items":{"type":"array","items":{"type":"object",)"
    R"("required":["id","ok"],"properties":{"id":{"type":"string"},"ok":{"type":"boolean"},)"
    R"("event_id":{"type":"string"},"detail":{"type":"string"}}}}}})";

}  // namespace

std::vector<operation> dead_letter_replay_operations() {
    operation one = make_operation(dead_letters(), method::post, "/{id}/replay", "replay_dead_letter",
                                   "Stores the event that a dead letter should have been.");
    one.is_about_version = false;
    one.is_audited = true;
    one.parameters = {{"as", R"({"type":"string","enum":["event","message"],"default":"event"})", false,
                       "message: whatever came is the event's `message`."}};
    one.check = check_replay;
    one.write = replay_one;

    operation many = make_operation(dead_letters(), method::post, "/replay", "replay_dead_letters",
                                    "Replays up to 1,000 dead letters, each with a result of its own.");
    many.is_about_version = false;
    many.is_audited = true;
    many.body = body_kind::json;
    many.fields = choice_documents();
    many.reply_schema = many_schema;
    many.check = check_choice;
    many.write = replay_many;
    return {std::move(one), std::move(many)};
}

}  // namespace carrel::siem
