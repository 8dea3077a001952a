#include "json/writer.hpp"
#include "resource/problems.hpp"
#include "siem/listeners/dead_letter_store.hpp"

// A letter that nobody wants any more; it can be looked at until it goes by its age.
namespace carrel::siem {

namespace {

result<void> mark(write_session& session, const call& request, std::int64_t row) {
    const auto by = request.principal.empty() ? std::nullopt : std::optional<std::string_view>(request.principal);
    return session.execute("UPDATE dead_letters SET status = 2, changed_at = ?, changed_by = ? WHERE seq = ?",
                           request.now, by, row);
}

result<void> discard_one(const operation&, write_session& session, const call& request, reply& into) {
    into.clear();
    auto letter = load(dead_letters(), session, request, into);
    if (!letter) return letter.error();
    if (auto allowed = require_pending(*letter, into); !allowed) return allowed;
    into.kind = outcome::no_content;
    return mark(session, request, letter->row);
}

// Why the letter stays as it is; nothing if it is discarded now.
result<std::optional<std::string>> discard(write_session& session, const call& request, const std::string& id) {
    auto letter = find(dead_letters(), session, id);
    if (!letter) return letter.error();
    if (!*letter) return std::optional<std::string>("does not exist");
    reply refusal;
    if (auto allowed = require_pending(**letter, refusal); !allowed)
        return std::optional<std::string>(refusal.refused->detail);
    if (auto done = mark(session, request, (*letter)->row); !done) return done.error();
    return std::optional<std::string>();
}

result<void> discard_many(const operation&, write_session& session, const call& request, reply& into) {
    const auto& choice = static_cast<const chosen_letters&>(*request.parsed);
    into.clear();
    auto ids = ids_of(session, choice);
    if (!ids) return ids.error();
    const bool has_more = choice.by_filter && ids->size() > static_cast<std::size_t>(choice.limit);
    if (has_more) ids->pop_back();
    std::int64_t discarded = 0;
    std::string list;
    json::writer items(list);
    items.begin_array();
    for (const std::string& id : *ids) {
        auto why = discard(session, request, id);
        if (!why) return why.error();
        items.begin_object().key("id").string(id).key("ok").boolean(!*why);
        if (*why) items.key("detail").string(**why);
        else ++discarded;
        items.end_object();
    }
    items.end_array();
    json::writer out(into.body);
    out.begin_object().key("discarded").integer(discarded);
    out.key("failed").integer(static_cast<std::int64_t>(ids->size()) - discarded);
    out.key("more").boolean(has_more).key("items").raw(list).end_object();
    return {};
}

constexpr std::string_view many_schema =
    R"({"type":"object","required":["discarded","failed","more","items"],"properties":{"discarded":{"type":"integer"},)"
    R"("failed":{"type":"integer"},"more":{"type":"boolean"},"items":{"type":"array","items":{"type":"object",)"
    R"("required":["id","ok"],"properties":{"id":{"type":"string"},"ok":{"type":"boolean"},)"
    R"("detail":{"type":"string"}}}}}})";

}  // namespace

std::vector<operation> dead_letter_discard_operations() {
    operation one = make_operation(dead_letters(), method::del, "/{id}", "discard_dead_letter",
                                   "Says that nobody wants a dead letter; it goes with the others of its age.");
    one.reply_schema.clear();
    one.success = outcome::no_content;
    one.is_about_version = false;
    one.write = discard_one;

    operation many = make_operation(dead_letters(), method::post, "/discard", "discard_dead_letters",
                                    "Discards up to 1,000 dead letters, each with a result of its own.");
    many.is_about_version = false;
    many.is_audited = true;
    many.body = body_kind::json;
    many.fields = choice_documents();
    many.reply_schema = many_schema;
    many.check = check_choice;
    many.write = discard_many;
    return {std::move(one), std::move(many)};
}

}  // namespace carrel::siem
