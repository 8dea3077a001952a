#include "siem/alerts.hpp"
#include "siem/cases/alert_links.hpp"
#include "siem/text_blanks.hpp"

namespace carrel::siem {

namespace {

void check(const resource& of, const call&, const record*, record& row, std::vector<fault>& faults) {
    if (without_blanks(*row.text(of.position("content"))).empty())
        faults.push_back({"content", 0, "must not be blank"});
}

}  // namespace

const resource& alert_comments() {
    static const resource instance({
        .name = "alert_comment",
        .plural = "comments",
        .table = "alert_comments",
        .parent = {.by = alerts, .field = "alert_id"},
        .reads = permission::read_alerts,
        .writes = permission::write_alerts,
        .fields = {{.name = "id", .from = origin::fresh_id, .min = 1, .max = 128},
                   {.name = "created_at", .kind = field_kind::time, .from = origin::now},
                   {.name = "alert_id", .from = origin::server, .required = true},
                   {.name = "author", .from = origin::creator},
                   {.name = "content", .required = true, .min = 1, .max = 5000}},
        .filters = {},
        .sorts = {"created_at"},
        .sorts_ascending = true,
        .has_bulk = false,
        .hooks = {.check = check},
    });
    return instance;
}

std::vector<operation> alert_comment_operations() {
    std::vector<operation> all;
    all.push_back(create_operation(alert_comments()));
    all.push_back(get_operation(alert_comments()));
    all.push_back(list_operation(alert_comments()));
    return all;
}

}  // namespace carrel::siem
