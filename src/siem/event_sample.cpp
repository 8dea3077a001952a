#include "siem/event_sample.hpp"

#include "siem/event_list.hpp"

#include <charconv>

namespace carrel::siem {

result<std::vector<sampled_event>> newest_events(read_session& session, const event_conditions& conditions,
                                                 std::int64_t limit) {
    event_list_request wanted;
    wanted.conditions = conditions;
    wanted.limit = limit;
    const event_writer write = [](const segments::event_head& head, std::string_view fields, std::string& out) {
        out.append(std::to_string(head.received_at)).append(" ").append(fields);
    };
    auto page = list_events(session, wanted, write);
    if (!page) return page.error();
    std::vector<sampled_event> found;
    for (const auto& [at, entry] : page->entries()) {
        if (found.size() == static_cast<std::size_t>(limit)) break;
        const std::size_t blank = entry.json.find(' ');
        sampled_event& made = found.emplace_back();
        made.id = text_of(at.id);
        std::from_chars(entry.json.data(), entry.json.data() + blank, made.received_at);
        made.fields = entry.json.substr(blank + 1);
    }
    return found;
}

}  // namespace carrel::siem
