#pragma once

#include "siem/playbooks/alert_condition.hpp"

#include <boost/json/object.hpp>

#include <array>
#include <string>
#include <vector>

// The steps of a playbook as they are written, and what can be wrong with them.
namespace carrel::siem {

/// Kept in the database by place: only ever append.
enum class step_type {
    block_ip,
    isolate_host,
    quarantine_file,
    send_notification,
    enrich_ioc,
    create_ticket,
    update_alert,
    call_webhook,
    run_script,
    add_note
};
inline constexpr std::array<std::string_view, 10> step_types = {
    "block_ip",      "isolate_host", "quarantine_file", "send_notification", "enrich_ioc",
    "create_ticket", "update_alert", "call_webhook",    "run_script",        "add_note"};

/// What the server does by itself, in the transaction that also tells that it is done. All others wait for somebody else.
constexpr bool is_own_work(step_type of) noexcept {
    return of == step_type::enrich_ioc || of == step_type::update_alert || of == step_type::add_note;
}

/// Kept in the database by place: only ever append.
enum class approval_mode { any, all, majority };
inline constexpr std::array<std::string_view, 3> approval_modes = {"any", "all", "majority"};

/// Whom a step asks before it runs.
struct approval_rule {
    bool is_required = false;
    approval_mode mode = approval_mode::any;
    std::vector<std::string> approvers, roles, escalate_to;  // users, roles, users
    std::int64_t min_approvers = 1;
    std::int64_t expires_after_s = 24 * 3600;
    std::int64_t escalate_after_s = 0;  // 0: never by itself
    bool allow_self_approval = false;
    std::string notify_action_id;  // empty: no notice is sent
};

inline constexpr std::int64_t steps_max = 50, step_timeout_s_max = 1800, step_retries_max = 10,
                              retry_delay_s_max = 3600;

struct step_definition {
    std::string id, name;
    step_type type{};
    boost::json::object parameters;
    std::vector<alert_condition> conditions;  // the step is skipped unless all hold
    std::int64_t timeout_s = 60;
    bool continues = false;  // after a failure the next step runs
    std::int64_t retries = 0, retry_delay_s = 5;
    bool is_retry_safe = false;  // who wrote it says that the effect may happen twice
    approval_rule approval;

    /// Empty if none is named.
    std::string parameter(std::string_view of) const;
};

/// Of a list at `path`. What is understood is returned; `faults` reports the rest.
std::vector<step_definition> read_steps(const boost::json::value& given, const std::string& path,
                                        std::vector<fault>& faults);
step_definition read_step(const boost::json::value& given, const std::string& path, std::vector<fault>& faults);

/// Whether a step can only run about an alert.
bool needs_alert(const step_definition& step);

struct playbook_trigger {
    std::string name;
    std::vector<alert_condition> conditions;  // all must hold
};
inline constexpr std::int64_t triggers_max = 10, conditions_max = 20;
std::vector<playbook_trigger> read_triggers(const boost::json::value& given, const std::string& path,
                                            std::vector<fault>& faults);
/// Whether any of them fits.
bool fits(const std::vector<playbook_trigger>& triggers, const record& alert);

}  // namespace carrel::siem
