#include "siem/listeners/dead_letters.hpp"

#include "base/base64url.hpp"
#include "resource/listing.hpp"
#include "siem/aggregates.hpp"
#include "siem/listeners/dead_letter_store.hpp"

#include <iterator>

namespace carrel::siem {

namespace {

std::vector<field> field_list() {
    using enum field_kind;
    return {
        {.name = "id", .from = origin::fresh_id},
        {.name = "received_at", .kind = field_kind::time, .from = origin::server, .initial = 0},
        {.name = "status", .kind = enumeration, .from = origin::server, .values = dead_letter_statuses, .initial = 0},
        {.name = "protocol",
         .kind = enumeration,
         .from = origin::server,
         .values = dead_letter_protocols,
         .initial = 0},
        {.name = "listener_id", .from = origin::server},
        {.name = "source", .from = origin::server, .summary = "The address of who sent it."},
        {.name = "reason", .from = origin::server, .required = true, .summary = "The same for all of a kind."},
        {.name = "details", .from = origin::server},
        {.name = "size_bytes", .kind = integer, .from = origin::server, .initial = 0, .summary = "Of what is kept."},
        {.name = "was_cut", .kind = boolean, .from = origin::server, .initial = 0, .summary = "There was more of it."},
        {.name = "retries",
         .kind = integer,
         .from = origin::server,
         .initial = 0,
         .summary = "How often a replay has failed."},
        {.name = "event_id", .from = origin::server, .summary = "What it was replayed as."},
        {.name = "changed_at", .kind = field_kind::time, .from = origin::server, .summary = "When it was dealt with."},
        {.name = "changed_by", .from = origin::server},
        {.name = "encoding",
         .kind = enumeration,
         .from = origin::server,
         .values = dead_letter_encodings,
         .initial = 0},
        {.name = "raw",
         .from = origin::server,
         .required = true,
         .summary = "As it came; in base64 if it is no UTF-8, as `encoding` says."},
    };
}

std::vector<filter> filter_list() {
    using enum filter_kind;
    return {
        {.name = "status", .kind = enumeration, .column = "status", .values = dead_letter_statuses},
        {.name = "protocol", .kind = enumeration, .column = "protocol", .values = dead_letter_protocols},
        {.name = "listener", .column = "listener_id"},
        {.name = "reason", .column = "reason"},
        {.name = "from", .kind = time_from, .column = "received_at", .summary = "Received at or after."},
        {.name = "to", .kind = time_to, .column = "received_at", .summary = "Received before."},
    };
}

// A listener may be gone: its letters are listed all the same.
operation listener_list() {
    operation made = list_operation(dead_letters());
    made.path = "/listeners/{id}/dlq";
    made.id = "list_listener_dead_letters";
    made.summary = "Lists the dead letters of a listener.";
    made.check = [](const operation& what, call& request) {
        const narrowing own{"listener_id = ?", request.path[0]};
        return check_narrowed_list(dead_letters(), what, request, &own);
    };
    return made;
}

}  // namespace

const dead_letter_fields& letter_at() {
    static const dead_letter_fields found = [] {
        const auto of = [](std::string_view name) { return dead_letters().position(name); };
        return dead_letter_fields{.id = of("id"),
                                  .received_at = of("received_at"),
                                  .status = of("status"),
                                  .protocol = of("protocol"),
                                  .source = of("source"),
                                  .was_cut = of("was_cut"),
                                  .retries = of("retries"),
                                  .event_id = of("event_id"),
                                  .encoding = of("encoding"),
                                  .raw = of("raw")};
    }();
    return found;
}

std::string raw_of(const record& letter) {
    const std::string& text = *letter.text(letter_at().raw);
    return letter.integer(letter_at().encoding) == 0 ? text : from_base64(text).value_or(std::string());
}

const resource& dead_letters() {
    static const resource instance({
        .name = "dead_letter",
        .plural = "dlq",
        .table = "dead_letters",
        .reads = permission::read_events,
        .writes = permission::admin_system,
        .fields = field_list(),
        .filters = filter_list(),
        .sorts = {"received_at"},
        .has_bulk = false,
    });
    return instance;
}

std::vector<operation> dead_letter_operations() {
    operation counting = count_operation(dead_letters());
    counting.id = "count_dead_letters";
    operation listing = list_operation(dead_letters());
    listing.id = "list_dead_letters";
    std::vector<operation> all{get_operation(dead_letters()), std::move(listing), std::move(counting), listener_list()};
    for (auto part : {dead_letter_replay_operations, dead_letter_discard_operations}) {
        std::vector<operation> own = part();
        std::move(own.begin(), own.end(), std::back_inserter(all));
    }
    return all;
}

std::vector<const resource*> dead_letter_resources() { return {&dead_letters()}; }

}  // namespace carrel::siem
