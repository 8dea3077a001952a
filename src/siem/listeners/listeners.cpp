#include "siem/listeners/listeners.hpp"

#include "indicators/address.hpp"
#include "resource/problems.hpp"
#include "siem/aggregates.hpp"
#include "siem/field_mappings.hpp"
#include "siem/listeners/listener_control.hpp"

#include <algorithm>
#include <iterator>

namespace carrel::siem {

namespace {

constexpr std::int64_t port_max = 65'535;
constexpr std::int64_t fields_bytes_max = 8'192;

struct places {
    std::size_t type, protocol, host, port, enabled;
};
const places& at() {
    static const places found = [] {
        const auto of = [](std::string_view name) { return listeners().position(name); };
        return places{of("type"), of("protocol"), of("host"), of("port"), of("enabled")};
    }();
    return found;
}

// An address is kept in one way of writing, so that two are the same if their texts are.
void derive(const resource&, const call&, given_members& given, bool, std::vector<fault>& faults) {
    auto& host = given[at().host];
    const auto* text = host ? std::get_if<std::string>(&*host) : nullptr;
    if (text == nullptr) return;
    if (std::string why = fault_in_listener_host(*text); !why.empty())
        return faults.push_back({"host", 0, std::move(why)});
    std::string written;
    indicators::append_address(written, *indicators::parse_address(*text));
    host.emplace(std::move(written));
}

result<void> before_update(const resource& of, write_session&, const call&, const record& before, record& after,
                           reply& into) {
    if (before.integer(at().enabled) == 0) return {};
    for (const std::size_t place : {at().type, at().protocol, at().host, at().port})
        if (before.values[place] != after.values[place])
            return refuse(into, {problem_code::conflict,
                                 "the listener is to run: stop it before its " + std::string(of.fields[place].name) +
                                     " is changed",
                                 {}});
    return {};
}

result<void> before_delete(const resource&, write_session&, const record& row, reply& into) {
    if (row.integer(at().enabled) == 0) return {};
    return refuse(into, {problem_code::conflict, "the listener is to run: stop it before it is deleted", {}});
}

std::vector<field> state_fields() {
    using enum field_kind;
    return {
        {.name = "enabled",
         .kind = boolean,
         .from = origin::server,
         .initial = 0,
         .summary = "Whether it is to run, also when the server has been started again: changes by start and stop."},
        {.name = "status", .kind = enumeration, .from = origin::server, .values = listener_statuses, .initial = 0},
        {.name = "status_detail", .from = origin::server, .summary = "Why it is in error."},
        {.name = "started_at", .kind = time, .from = origin::server},
        {.name = "stopped_at", .kind = time, .from = origin::server},
        {.name = "created_by", .from = origin::creator},
        {.name = "updated_by", .from = origin::changer},
        {.name = "restarts", .kind = integer, .from = origin::server, .initial = 0, .seen = visibility::hidden},
    };
}

std::vector<field> field_list() {
    using enum field_kind;
    std::vector<field> all = {
        {.name = "name", .required = true, .patchable = true, .min = 1, .max = 200},
        {.name = "description", .patchable = true, .max = 2'000},
        {.name = "type",
         .kind = enumeration,
         .required = true,
         .patchable = true,
         .values = listener_types,
         .summary = "What its messages are. Fluentd and Fluent Bit send by HTTP, which needs no listener."},
        {.name = "protocol", .kind = enumeration, .required = true, .patchable = true, .values = listener_protocols},
        {.name = "host",
         .required = true,
         .patchable = true,
         .min = 2,
         .max = 45,
         .summary = "The address that it binds: loopback, or one that the server was started to allow."},
        {.name = "port", .kind = integer, .required = true, .patchable = true, .min = 1, .max = port_max},
        {.name = "source",
         .patchable = true,
         .min = 1,
         .max = 200,
         .summary = "The source of events that name none themselves."},
        {.name = "tags",
         .kind = text_list,
         .patchable = true,
         .max = 20,
         .item_max = 100,
         .summary = "Are in each event, as listener.tags."},
        {.name = "fields",
         .kind = object,
         .patchable = true,
         .max = fields_bytes_max,
         .summary = "Are in each event, as listener.fields."},
        {.name = "field_mapping",
         .patchable = true,
         .max = 128,
         .summary = "A field mapping that its events are read by before all others, in force or not.",
         .refers = {.to = field_mappings}},
        {.name = "connections_max", .kind = integer, .patchable = true, .min = 1, .max = 10'000, .initial = 256},
        {.name = "message_bytes_max",
         .kind = integer,
         .patchable = true,
         .min = 480,
         .max = 1 << 20,
         .initial = 256 << 10,
         .summary = "What is longer is cut; by UDP 65536 at most."},
        {.name = "idle_seconds",
         .kind = integer,
         .patchable = true,
         .min = 1,
         .max = 86'400,
         .initial = 3'600,
         .summary = "A connection on which nothing has come for so long is closed."},
    };
    std::ranges::move(state_fields(), std::back_inserter(all));
    return versioned_fields(std::move(all));
}

std::vector<filter> filter_list() {
    using enum filter_kind;
    return {
        {.name = "type", .kind = enumeration, .column = "type", .values = listener_types},
        {.name = "protocol", .kind = enumeration, .column = "protocol", .values = listener_protocols},
        {.name = "status", .kind = enumeration, .column = "status", .values = listener_statuses},
        {.name = "enabled", .kind = boolean, .column = "enabled"},
    };
}

}  // namespace

const resource& listeners() {
    static const resource instance({
        .name = "listener",
        .plural = "listeners",
        .reads = permission::read_listeners,
        .writes = permission::write_listeners,
        .fields = field_list(),
        .filters = filter_list(),
        .sorts = {"created_at", "updated_at", "name", "port"},
        .unique = {{.columns = "listeners.host, listeners.port, listeners.protocol",
                    .field = "port",
                    .detail = "is another listener's, with the same host and protocol"}},
        .hooks = {.derive = derive, .before_update = before_update, .before_delete = before_delete},
    });
    return instance;
}

std::vector<operation> listener_operations() {
    std::vector<operation> all = common_operations(listeners());
    for (auto part : {listener_control_operations, listener_template_operations})
        std::ranges::move(part(), std::back_inserter(all));
    all.push_back(listener_stats_operation());
    // A listener lets in what nobody has signed: who changed one is kept.
    for (operation& each : all) each.is_audited = each.is_audited || each.is_write();
    return all;
}

std::vector<const resource*> listener_resources() { return {&listeners()}; }

}  // namespace carrel::siem
