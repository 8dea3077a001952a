#include "resource/idempotency.hpp"
#include "resource/problems.hpp"
#include "siem/listeners/dead_letter_store.hpp"

#include <boost/json/value.hpp>

#include <algorithm>

// `{"ids":[…]}` or `{"filter":{"protocol":"cef",…}}`: which letters something is done to.
namespace carrel::siem {

namespace {

constexpr std::size_t letters_at_once = 1000;

class choice_reader {
public:
    choice_reader(const call& request, chosen_letters& into)
        : request_(request),
          into_(into) {}

    std::vector<fault> read() {
        const auto* body = request_.body == nullptr ? nullptr : request_.body->if_object();
        if (body == nullptr) return {{"", 0, "the body must be a JSON object"}};
        for (const auto& [key, given] : *body) {
            const std::string_view name(key.data(), key.size());
            if (name == "ids") read_ids(given);
            else if (name == "filter") read_filter(given);
            else if (name == "limit") read_limit(given);
            else at_fault(quoted(name), "is an unknown field");
        }
        if (faults_.empty() && body->contains("ids") == body->contains("filter"))
            at_fault("ids", body->contains("ids") ? "is not taken beside filter" : "or filter is required");
        if (faults_.empty() && body->contains("ids") && body->contains("limit"))
            at_fault("limit", "is not taken beside ids");
        return std::move(faults_);
    }

private:
    void at_fault(std::string name, std::string detail) { faults_.push_back({std::move(name), 0, std::move(detail)}); }

    void read_ids(const boost::json::value& given) {
        const auto* list = given.if_array();
        if (list == nullptr || list->empty() || list->size() > letters_at_once)
            return at_fault("ids", "must be a list of 1 to " + std::to_string(letters_at_once));
        for (std::size_t i = 0; i < list->size(); ++i) {
            const auto* id = (*list)[i].if_string();
            if (id == nullptr) at_fault("ids[" + std::to_string(i) + "]", "must be a string");
            else into_.ids.emplace_back(id->data(), id->size());
        }
    }

    void read_filter(const boost::json::value& given) {
        const auto* object = given.if_object();
        if (object == nullptr) return at_fault("filter", "must be an object");
        query_pairs pairs;
        for (const auto& [key, value] : *object) {
            const std::string name(key.data(), key.size());
            const auto* text = value.if_string();
            if (name == "status" || !is_filter(dead_letters(), name))
                at_fault("filter." + quoted(name), "is no filter of letters that have not been dealt with");
            else if (text == nullptr) at_fault("filter." + name, "must be a string");
            else pairs.emplace_back(name, std::string(text->data(), text->size()));
        }
        into_.by_filter = true;
        into_.filters = read_conditions(dead_letters(), pairs, request_.now);
        for (fault& wrong : into_.filters.faults) at_fault("filter." + wrong.field, std::move(wrong.detail));
        into_.filters.also("status = 0");
    }

    void read_limit(const boost::json::value& given) {
        const auto* number = given.if_int64();
        if (number == nullptr || *number < 1 || *number > static_cast<std::int64_t>(letters_at_once))
            return at_fault("limit", "must be an integer from 1 to " + std::to_string(letters_at_once));
        into_.limit = *number;
    }

    const call& request_;
    chosen_letters& into_;
    std::vector<fault> faults_;
};

}  // namespace

std::optional<problem> check_choice(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    auto parsed = std::make_unique<chosen_letters>();
    std::vector<fault> faults = choice_reader(request, *parsed).read();
    if (!faults.empty())
        return refuse_body(request, problem_of(problem_code::invalid, std::move(faults), request.members_left_out));
    request.parsed = std::move(parsed);
    return std::nullopt;
}

std::vector<field_doc> choice_documents() {
    return {{"ids", R"({"type":"array","items":{"type":"string"},"minItems":1,"maxItems":1000})", false,
             "Which ones; or `filter`."},
            {"filter", R"({"type":"object"})", false,
             "Filters of the list: the first of those that have not been dealt with."},
            {"limit", R"({"type":"integer","minimum":1,"maximum":1000,"default":1000})", false,
             "How many of those that pass the filter."}};
}

result<std::vector<std::string>> ids_of(read_session& session, const chosen_letters& choice) {
    if (!choice.by_filter) return choice.ids;
    auto rows = session.prepare(read_sql::dynamic("SELECT id FROM dead_letters INDEXED BY dead_letters_to_replay" +
                                                  choice.filters.where + " ORDER BY retries, seq LIMIT ?"));
    if (!rows) return rows.error();
    std::vector<value> bound = choice.filters.values;
    bound.emplace_back(choice.limit + 1);
    rows->bind_borrowed(bound);
    std::vector<std::string> ids;
    for (;;) {
        auto more = rows->step();
        if (!more) return more.error();
        if (!*more) return ids;
        ids.emplace_back(rows->text(0));
    }
}

result<void> require_pending(const record& letter, reply& into) {
    const auto status = static_cast<dead_letter_status>(letter.integer(letter_at().status));
    if (status == dead_letter_status::pending) return {};
    const std::string* event = letter.text(letter_at().event_id);
    const std::string as = event == nullptr ? "" : ", as the event " + *event;
    return refuse(into, {problem_code::conflict,
                         status == dead_letter_status::replayed ? "it was replayed already" + as : "it was discarded",
                         {}});
}

}  // namespace carrel::siem
