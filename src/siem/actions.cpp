#include "siem/actions.hpp"

#include "siem/action_secrets.hpp"
#include "siem/aggregates.hpp"

namespace carrel::siem {

namespace {

void derive(const resource&, const call& request, given_members& given, bool is_new, std::vector<fault>& faults) {
    seal_config(request, given, is_new, faults);
}

void check(const resource&, const call& request, const record* before, record& after, std::vector<fault>& faults) {
    settle_config(request, before, after, faults);
}

std::vector<field> field_list() {
    using enum field_kind;
    return versioned_fields({
        {.name = "name", .patchable = true, .max = 200},
        {.name = "type", .kind = enumeration, .required = true, .patchable = true, .values = action_types},
        {.name = "enabled", .kind = boolean, .patchable = true, .initial = 1},
        {.name = "config",
         .kind = object,
         .required = true,
         .patchable = true,
         .max = 65'536,
         .summary = "webhook: url, method, headers, secret_headers. jira: base_url, project, issue_type, user, token. "
                    "email: smtp_server, port, from, to, tls, user, password. slack: webhook_url, channel. What is "
                    "secret is kept sealed and never shown: secret_headers, token, password, slack's webhook_url."},
        {.name = "has_secret",
         .kind = boolean,
         .from = origin::server,
         .summary = "Whether a secret is set.",
         .expression = "secrets IS NOT NULL"},
        {.name = "created_by", .from = origin::creator},
        {.name = "updated_by", .from = origin::changer},
        {.name = "secrets", .from = origin::server, .seen = visibility::hidden},
    });
}

}  // namespace

const resource& actions() {
    static const resource instance({
        .name = "action",
        .plural = "actions",
        .reads = permission::read_actions,
        .writes = permission::write_actions,
        .fields = field_list(),
        .filters = {{.name = "type", .kind = filter_kind::enumeration, .column = "type", .values = action_types},
                    {.name = "enabled", .kind = filter_kind::boolean, .column = "enabled"}},
        .sorts = {"created_at", "updated_at", "name"},
        .hooks = {.derive = derive, .check = check},
    });
    return instance;
}

std::vector<operation> action_operations() {
    std::vector<operation> all = common_operations(actions());
    std::vector<operation> tests = action_test_operations();
    std::move(tests.begin(), tests.end(), std::back_inserter(all));
    return all;
}

std::vector<const resource*> action_resources() { return {&actions(), &action_tests()}; }

}  // namespace carrel::siem
