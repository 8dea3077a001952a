#include "json/writer.hpp"
#include "resource/idempotency.hpp"
#include "resource/problems.hpp"
#include "siem/console/system_metadata.hpp"

#include <array>

// Whether a console's wizard has led somebody through the installation. The first administrator is another matter: POST /auth/setup
// (setup.cpp) makes one, whatever the wizard did.
namespace carrel::siem {

namespace {

constexpr std::string_view completed = "setup.completed_at", skipped = "setup.skipped_wizard";

// Somebody who has set up feeds has found the way by themselves.
result<bool> is_first_run(read_session& session) {
    auto done = read_metadata(session, completed);
    if (!done) return done.error();
    if (*done) return false;
    auto feeds = session.first_integer("SELECT 1 FROM rule_feeds LIMIT 1");
    if (!feeds) return feeds.error();
    return !*feeds;
}

result<void> first_run(const operation&, read_session& session, const call&, reply& into) {
    into.clear();
    auto first = is_first_run(session);
    if (!first) return first.error();
    json::writer(into.body).begin_object().key("is_first_run").boolean(*first).end_object();
    return {};
}

struct setup_input : input {
    bool skipped_wizard = false;
};

const std::array<field, 1>& setup_fields() {
    static const std::array<field, 1> fields = {
        {{.name = "skipped_wizard", .kind = field_kind::boolean, .initial = 0, .summary = "It was not gone through."}}};
    return fields;
}

std::optional<problem> check_setup(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    given_members given;
    std::optional<problem> refused;
    if (!read_input(setup_fields(), request, given, refused)) return refused;
    auto parsed = std::make_unique<setup_input>();
    if (given[0]) parsed->skipped_wizard = std::get<std::int64_t>(*given[0]) != 0;
    request.parsed = std::move(parsed);
    return std::nullopt;
}

// The first time counts: later ones change nothing and succeed.
result<void> complete_setup(const operation&, write_session& session, const call& request, reply& into) {
    into.clear();
    auto before = read_metadata(session, completed);
    if (!before) return before.error();
    const std::string at = '"' + format_time(request.now) + '"';
    const bool was_skipped = static_cast<const setup_input&>(*request.parsed).skipped_wizard;
    if (!*before) {
        auto done = put_builtin_metadata(session, completed, metadata_type::time, at, request.now, request.principal);
        if (!done) return done;
        done = put_builtin_metadata(session, skipped, metadata_type::boolean, was_skipped ? "true" : "false",
                                    request.now, request.principal);
        if (!done) return done;
    }
    auto kept = read_metadata(session, skipped);
    if (!kept) return kept.error();
    json::writer out(into.body);
    out.begin_object().key("success").boolean(true);
    out.key("message").string(*before ? "The setup was completed before." : "The setup is complete.");
    out.key("completed_at").raw(before->value_or(at)).key("skipped_wizard").raw(kept->value_or("false"));
    out.end_object();
    return {};
}

}  // namespace

std::vector<operation> first_run_operations() {
    operation asking;
    asking.path = "/system/first-run";
    asking.id = "get_first_run";
    asking.summary = "Whether nobody has set up the installation yet.";
    asking.of = &system_metadata();
    asking.is_about_version = false;
    asking.needs = access::requirement::anyone();
    asking.reply_schema =
        R"({"type":"object","required":["is_first_run"],"properties":{"is_first_run":{"type":"boolean"}}})";
    asking.check = check_address;
    asking.read = first_run;

    operation completing;
    completing.method = method::post;
    completing.path = "/system/complete-setup";
    completing.id = "complete_setup";
    completing.summary = "Says that the installation is set up; again, it changes nothing.";
    completing.of = &system_metadata();
    completing.is_about_version = false;
    completing.needs = permission::admin_system;
    completing.body = body_kind::json;
    completing.fields = document(setup_fields(), false);
    completing.reply_schema =
        R"({"type":"object","required":["success","message","completed_at","skipped_wizard"],"properties":{)"
        R"("success":{"type":"boolean"},"message":{"type":"string"},)"
        R"("completed_at":{"type":"string","format":"date-time"},"skipped_wizard":{"type":"boolean"}}})";
    completing.check = check_setup;
    completing.write = complete_setup;
    return {std::move(asking), std::move(completing)};
}

}  // namespace carrel::siem
