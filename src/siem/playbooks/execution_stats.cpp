#include "siem/playbooks/execution_stats.hpp"

#include "json/writer.hpp"
#include "siem/playbooks/execution.hpp"
#include "siem/playbooks/playbook.hpp"

namespace carrel::siem {

namespace {

constexpr std::int64_t top_max = 10;

struct totals {
    std::array<std::int64_t, execution_statuses.size()> by_status{};
    std::int64_t all = 0, took = 0, timed = 0;
    std::optional<std::int64_t> last;
};

using row = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::optional<std::int64_t>>;

void add_up(totals& into, const row& one) {
    const auto& [status, count, took, timed, last] = one;
    into.by_status.at(static_cast<std::size_t>(status)) = count;
    into.all += count;
    // Of those that came to their end.
    if (status == static_cast<std::int64_t>(execution_status::completed)) {
        into.took += took;
        into.timed += timed;
    }
    if (last && (!into.last || *last > *into.last)) into.last = last;
}

void write(json::writer& out, const totals& of) {
    out.key("total").integer(of.all).key("by_status").begin_object();
    for (std::size_t i = 0; i < of.by_status.size(); ++i) out.key(execution_statuses[i]).integer(of.by_status[i]);
    out.end_object().key("average_duration_s");
    if (of.timed == 0) out.null();
    else out.real(static_cast<double>(of.took) / static_cast<double>(of.timed) / 1e6);
    out.key("last_started_at");
    if (of.last) out.string(format_time(*of.last));
    else out.null();
}

result<void> stats(const operation&, read_session& session, const call&, reply& into) {
    into.clear();
    totals found;
    auto counted = session.each<row>(
        read_sql(
            "SELECT status, count(*), ifnull(sum(completed_at - started_at), 0), count(completed_at - started_at), "
            "max(started_at) FROM playbook_executions INDEXED BY playbook_executions_by_status GROUP BY status"),
        [&](const row& one) { add_up(found, one); });
    if (!counted) return counted;
    json::writer out(into.body);
    out.begin_object();
    write(out, found);
    out.key("top_playbooks").begin_array();
    using top = std::tuple<std::string, std::int64_t>;
    auto listed = session.each<top>(
        read_sql(
            "SELECT playbook_id, count(*) AS n FROM playbook_executions INDEXED BY playbook_executions_by_playbook "
            "GROUP BY playbook_id ORDER BY n DESC, playbook_id LIMIT ?"),
        top_max, [&](const top& one) {
            out.begin_object().key("playbook_id").string(std::get<0>(one)).key("count").integer(std::get<1>(one));
            out.end_object();
        });
    if (!listed) return listed;
    out.end_array().end_object();
    return {};
}

result<void> stats_of_playbook(const operation&, read_session& session, const call& request, reply& into) {
    into.clear();
    auto playbook = load(playbooks(), session, request, into);
    if (!playbook) return playbook.error();
    totals found;
    auto counted = session.each<row>(
        read_sql(
            "SELECT status, count(*), ifnull(sum(completed_at - started_at), 0), count(completed_at - started_at), "
            "max(started_at) FROM playbook_executions INDEXED BY playbook_executions_of_playbook WHERE playbook_id = ? "
            "GROUP BY status"),
        request.path[0], [&](const row& one) { add_up(found, one); });
    if (!counted) return counted;
    json::writer out(into.body);
    out.begin_object();
    write(out, found);
    out.end_object();
    return {};
}

constexpr std::string_view totals_schema =
    R"("total":{"type":"integer"},"by_status":{"type":"object","additionalProperties":{"type":"integer"}},)"
    R"("average_duration_s":{"type":["number","null"]},"last_started_at":{"type":["string","null"],"format":"date-time"})";

}  // namespace

operation execution_stats_operation() {
    operation made =
        make_operation(executions(), method::get, "/stats", "get_playbook_execution_stats",
                       "Counts executions by status, how long they took, and of which playbooks most are.");
    made.is_about_version = false;
    made.reply_schema =
        R"({"type":"object","required":["total","by_status","average_duration_s","last_started_at","top_playbooks"],)"
        R"("properties":{)" +
        std::string(totals_schema) +
        R"(,"top_playbooks":{"type":"array","items":{"type":"object","required":["playbook_id","count"],"properties":{)"
        R"("playbook_id":{"type":"string"},"count":{"type":"integer"}}}}}})";
    made.check = check_address;
    made.read = stats;
    return made;
}

operation playbook_execution_stats_operation() {
    operation made = make_operation(playbooks(), method::get, "/{id}/stats", "get_stats_of_playbook",
                                    "Counts the executions of a playbook by status, and how long they took.");
    made.is_about_version = false;
    made.reply_schema =
        R"({"type":"object","required":["total","by_status","average_duration_s","last_started_at"],"properties":{)" +
        std::string(totals_schema) + "}}";
    made.check = check_address;
    made.read = stats_of_playbook;
    return made;
}

}  // namespace carrel::siem
