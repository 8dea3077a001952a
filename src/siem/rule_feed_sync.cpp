#include "resource/references.hpp"
#include "siem/feed_items.hpp"
#include "siem/rule_batch.hpp"
#include "siem/rule_feeds.hpp"

#include <algorithm>

// What a feed of rules leads to. All rules of a feed are stored in one transaction, or none.
namespace carrel::siem {

namespace {

struct chosen_by {
    std::vector<std::string> include_tags, exclude_tags;
    std::optional<std::int64_t> severity_min;

    bool takes(const record& rule) const {
        const std::vector<std::string> tags = items_of(rule.values[rule_at().tags]);
        const auto has_any = [&](const std::vector<std::string>& wanted) {
            return std::any_of(wanted.begin(), wanted.end(), [&](const std::string& each) {
                return std::find(tags.begin(), tags.end(), each) != tags.end();
            });
        };
        if (severity_min && rule.integer(rule_at().severity) < *severity_min) return false;
        return (include_tags.empty() || has_any(include_tags)) && !has_any(exclude_tags);
    }
};

chosen_by choice_of(const record& feed) {
    const resource& of = rule_feeds();
    chosen_by made{items_of(feed.values[of.position("include_tags")]),
                   items_of(feed.values[of.position("exclude_tags")]), std::nullopt};
    if (const std::size_t at = of.position("min_severity"); feed.has(at)) made.severity_min.emplace(feed.integer(at));
    return made;
}

class rules_of_feed : public prepared_feed {
public:
    rules_of_feed(const record& feed, const fetched_source& from, const call& request)
        : feed_id_(*feed.text(rule_feeds().id)),
          priority_(feed.integer(rule_feeds().position("priority"))),
          files_(static_cast<std::int64_t>(from.files.size())),
          bytes_(static_cast<std::int64_t>(from.bytes)) {
        rule_reader reader(request, batch_);
        for (const source_file& each : from.files) reader.take_text(each.name, each.bytes);
        for (const rule_fault& each : batch_.faults) items_.add(each.file, each.line, {}, "rejected", each.detail);
        for (const std::string& each : from.left_out) items_.add({}, 0, {}, "left_out", each);
        choose(choice_of(feed), feed.integer(rule_feeds().position("auto_enable_rules")));
    }

    bool is_too_large() const { return batch_.rows.size() > rule_batch::rules_max; }
    std::size_t size() const override { return batch_.rows.size(); }

    sync_result found() const override { return {counts({}), items_.text()}; }

    result<std::size_t> store(write_session& session, const call& request, std::size_t,
                              sync_result& result_of) const override {
        rule_totals totals;
        feed_items items = items_;
        reply ignored;
        const rule_storing storing{
            .note = "synchronised",
            .keeps = [&](const record& known, const record& given) { return keeps(session, known, given); },
            .report =
                [&](std::size_t place, std::string_view what, std::string_view detail) {
                    items.add(batch_.files[place], 0, *batch_.rows[place].text(rule_at().id), what, detail);
                }};
        if (auto done = store_rules(session, request, batch_.rows, storing, totals, ignored); !done)
            return done.error();
        result_of = {counts(totals), items.text()};
        return batch_.rows.size();
    }

private:
    void choose(const chosen_by& by, std::int64_t enabled) {
        std::vector<record> rows;
        std::vector<std::string> files;
        for (std::size_t i = 0; i < batch_.rows.size(); ++i) {
            record& each = batch_.rows[i];
            if (!by.takes(each)) {
                ++filtered_;
                continue;
            }
            each.values[rule_at().feed_id] = feed_id_;
            each.values[rule_at().enabled] = enabled;
            rows.push_back(std::move(each));
            files.push_back(std::move(batch_.files[i]));
        }
        batch_.rows = std::move(rows);
        batch_.files = std::move(files);
    }

    // A rule belongs to one feed: of two that have it, to the one of higher priority. One that a person made is a person's.
    result<std::string> keeps(read_session& session, const record& known, const record& given) const {
        const std::string* const owner = known.text(rule_at().feed_id);
        if (owner != nullptr && *owner == feed_id_) return std::string();
        if (owner == nullptr) {
            const bool is_same = known.values[rule_at().sigma_yaml] == given.values[rule_at().sigma_yaml];
            return std::string(is_same ? "" : "there is another rule with this id that comes from no feed");
        }
        auto priority = session.first_integer("SELECT priority FROM rule_feeds WHERE id = ?", *owner);
        if (!priority) return priority.error();
        return std::string(priority->value_or(0) < priority_ ? "" : "the rule comes from the feed " + *owner);
    }

    std::vector<std::pair<std::string_view, std::int64_t>> counts(const rule_totals& totals) const {
        return {{"files", files_},
                {"bytes", bytes_},
                {"rules", static_cast<std::int64_t>(batch_.rows.size())},
                {"filtered", filtered_},
                {"rejected", batch_.rejected},
                {"created", totals.created},
                {"updated", totals.updated},
                {"unchanged", totals.unchanged},
                {"skipped", totals.skipped}};
    }

    std::string feed_id_;
    std::int64_t priority_, files_, bytes_, filtered_ = 0;
    rule_batch batch_;
    feed_items items_;
};

}  // namespace

base::outcome<std::unique_ptr<prepared_feed>> prepare_rule_feed(const record& feed, const fetched_source& from,
                                                                const call& request) {
    auto made = std::make_unique<rules_of_feed>(feed, from, request);
    if (made->is_too_large())
        return base::failure{"the feed has more than ", std::to_string(rule_batch::rules_max), " rules"};
    if (from.files.empty()) return base::failure{"there is no .yml or .yaml file in the feed"};
    return std::unique_ptr<prepared_feed>(std::move(made));
}

}  // namespace carrel::siem
