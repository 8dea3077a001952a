#include "siem/rule_batch.hpp"

#include "base/sha256.hpp"
#include "sigma/documents.hpp"

namespace carrel::siem {

namespace {

// Rules without an id get the same one each time.
std::string id_of(const sigma::rule& from, std::string_view text) {
    if (!from.id.empty()) return from.id;
    return "sigma-" + base::sha256_hex(from.title.empty() ? text : std::string_view(from.title)).substr(0, 32);
}

// What the document says is as it is: only a client's own members are checked against their bounds.
std::vector<fault> check_bounds(const given_members& given) {
    std::vector<fault> faults;
    for (std::size_t i = 0; i < given.size(); ++i) {
        const field& rules_of = rules().fields[i];
        const auto* text = given[i] ? std::get_if<std::string>(&*given[i]) : nullptr;
        if (text == nullptr || rules_of.kind != field_kind::text || rules_of.max == 0) continue;
        value ignored;
        if (auto wrong = read_field(rules_of, boost::json::value(boost::json::string(*text)), ignored))
            faults.push_back(std::move(*wrong));
    }
    return faults;
}

// What a document says of a rule; the rest stays as people have set it.
void take_over(const record& from, record& into) {
    const rule_fields& at = rule_at();
    for (const std::size_t each : {at.name, at.type, at.description, at.severity, at.author, at.tags, at.references,
                                   at.false_positives, at.tactics, at.techniques, at.category, at.product, at.service,
                                   at.sigma_yaml, at.query, at.tree, at.document})
        into.values[each] = from.values[each];
    if (from.has(at.feed_id)) into.values[at.feed_id] = from.values[at.feed_id];
}

class rule_storer {
public:
    rule_storer(write_session& session, const call& request, const rule_storing& storing, rule_totals& totals,
                reply& into)
        : session_(session),
          request_(request),
          storing_(storing),
          totals_(totals),
          into_(into) {}

    result<void> store(std::size_t place, const record& given) {
        auto known = find(rules(), session_, *given.text(rule_at().id));
        if (!known) return known.error();
        if (!*known) return create(place, given);
        if (storing_.keeps) {
            auto why = storing_.keeps(**known, given);
            if (!why) return why.error();
            if (!why->empty()) return count(place, totals_.skipped, "skipped", *why);
        }
        return change(place, **known, given);
    }

private:
    result<void> create(std::size_t place, const record& given) {
        record row = given;
        if (auto done = add(rules(), session_, request_, row, into_); !done) return done;
        return count(place, totals_.created, "created", {});
    }
    result<void> change(std::size_t place, const record& known, const record& given) {
        const rule_fields& at = rule_at();
        const bool is_same_text = known.values[at.sigma_yaml] == given.values[at.sigma_yaml];
        const bool is_same_feed = !given.has(at.feed_id) || known.values[at.feed_id] == given.values[at.feed_id];
        if (is_same_text && is_same_feed) return count(place, totals_.unchanged, {}, {});
        record after = known;
        take_over(given, after);
        reply ignored;
        if (auto done = save(rules(), session_, request_, known, std::move(after), storing_.note, ignored); !done)
            return done;
        if (is_same_text) return count(place, totals_.unchanged, {}, {});
        return count(place, totals_.updated, "updated", {});
    }
    result<void> count(std::size_t place, std::int64_t& of, std::string_view what, std::string_view detail) {
        ++of;
        if (storing_.report && !what.empty()) storing_.report(place, what, detail);
        return {};
    }

    write_session& session_;
    const call& request_;
    const rule_storing& storing_;
    rule_totals& totals_;
    reply& into_;
};

}  // namespace

bool is_rule_file(std::string_view name) { return name.ends_with(".yml") || name.ends_with(".yaml"); }

void rule_reader::take_text(std::string_view file, std::string_view text) {
    const auto read = sigma::parse_documents(text);
    if (const auto* wrong = std::get_if<sigma::faults>(&read)) return reject(file, *wrong, 1);
    for (const sigma::document& each : std::get<std::vector<sigma::document>>(read))
        take_document(file, each.text, each.line);
}

void rule_reader::reject(std::string_view file, std::int64_t line, std::string detail) {
    ++into_.rejected;
    if (into_.faults.size() < rule_batch::faults_max)
        into_.faults.push_back({std::string(file), line, std::move(detail)});
}

void rule_reader::reject(std::string_view file, const sigma::faults& wrong, std::size_t first_line) {
    const sigma::fault& first = wrong.front();
    reject(file, static_cast<std::int64_t>(first_line + first.line - 1),
           first.detail + " (column " + std::to_string(first.column) + ")" +
               (wrong.size() > 1 ? " (and " + std::to_string(wrong.size() - 1) + " more)" : ""));
}

void rule_reader::take_document(std::string_view file, std::string_view text, std::size_t first_line) {
    const auto read = sigma::parse_rule(text);
    if (const auto* wrong = std::get_if<sigma::faults>(&read)) return reject(file, *wrong, first_line);
    const auto& rule = std::get<sigma::rule>(read);
    given_members given(rules().fields.size());
    given[rule_at().id] = id_of(rule, text);
    take_from_sigma(rule, text, given);
    const auto line = static_cast<std::int64_t>(first_line);
    const std::string& id = std::get<std::string>(*given[rule_at().id]);
    if (!known_.insert(id).second) return reject(file, line, "the id " + id + " comes twice");
    record row;
    std::vector<fault> faults = check_bounds(given);
    if (faults.empty()) faults = make_record(rules(), request_, std::move(given), row);
    if (!faults.empty()) return reject(file, line, "`" + faults.front().field + "` " + faults.front().detail);
    into_.rows.push_back(std::move(row));
    into_.files.emplace_back(file);
}

result<void> store_rules(write_session& session, const call& request, const std::vector<record>& rows,
                         const rule_storing& storing, rule_totals& totals, reply& into) {
    rule_storer storer(session, request, storing, totals, into);
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (auto done = storer.store(i, rows[i]); !done) return done;
    return {};
}

}  // namespace carrel::siem
