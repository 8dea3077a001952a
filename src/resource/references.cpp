#include "resource/references.hpp"

#include "json/writer.hpp"
#include "resource/problems.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>

namespace carrel::siem {

namespace {

result<std::optional<std::int64_t>> row_of(const resource& to, read_session& session, const std::string& key) {
    return session.first_integer(read_sql::dynamic("SELECT seq FROM " + std::string(to.table) + " WHERE " +
                                                   to.fields[to.id].column_name() + " = ?"),
                                 key);
}

class reference_checker {
public:
    reference_checker(const resource& of, read_session& session, record& row)
        : of_(of),
          session_(session),
          row_(row) {}

    result<void> check(std::size_t place) {
        const field& rules = of_.fields[place];
        if (rules.kind == field_kind::text_list) return check_list(place);
        std::optional<std::int64_t> found;
        if (const auto* key = row_.text(place)) {
            auto looked = row_of(rules.refers.to(), session_, *key);
            if (!looked) return looked.error();
            found = *looked;
            if (!found) faults_.push_back({rules.path(), 0, "does not exist"});
        }
        if (!rules.refers.row.empty()) row_.values[of_.position(rules.refers.row)] = found ? value(*found) : value();
        return {};
    }
    std::vector<fault>& faults() noexcept { return faults_; }

private:
    result<void> check_list(std::size_t place) {
        const field& rules = of_.fields[place];
        const auto items = items_of(row_.values[place]);
        for (std::size_t i = 0; i < items.size(); ++i) {
            auto found = row_of(rules.refers.to(), session_, items[i]);
            if (!found) return found.error();
            if (!*found) faults_.push_back({rules.path() + "[" + std::to_string(i) + "]", 0, "does not exist"});
        }
        return {};
    }

    const resource& of_;
    read_session& session_;
    record& row_;
    std::vector<fault> faults_;
};

}  // namespace

std::vector<std::string> items_of(const value& list) {
    std::vector<std::string> items;
    const auto* text = std::get_if<std::string>(&list);
    if (text == nullptr || *text == "[]") return items;
    const boost::json::value parsed = boost::json::parse(*text);
    for (const auto& item : parsed.as_array()) items.emplace_back(item.as_string().data(), item.as_string().size());
    return items;
}

std::string list_text(const std::vector<std::string>& items) {
    std::string text;
    json::writer out(text);
    out.begin_array();
    for (const std::string& each : items) out.string(each);
    out.end_array();
    return text;
}

result<void> require_references(const resource& of, read_session& session, const record* before, record& row,
                                reply& into) {
    reference_checker checker(of, session, row);
    for (std::size_t i = 0; i < of.fields.size(); ++i) {
        const bool is_same = before != nullptr && before->values[i] == row.values[i];
        if (of.fields[i].refers.to == nullptr || is_same) continue;
        if (auto done = checker.check(i); !done) return done;
    }
    if (checker.faults().empty()) return {};
    return refuse(into, problem_of(problem_code::invalid, std::move(checker.faults())));
}

result<void> write_items(const resource& of, write_session& session, const record* before, const record& row) {
    for (std::size_t i = 0; i < of.fields.size(); ++i) {
        if (of.fields[i].items.empty() || (before != nullptr && before->values[i] == row.values[i])) continue;
        const std::string table(of.fields[i].items);
        if (before != nullptr)
            if (auto done = session.execute(write_sql::dynamic("DELETE FROM " + table + " WHERE row = ?"), row.row);
                !done)
                return done;
        for (const std::string& item : items_of(row.values[i]))
            if (auto done = session.execute(
                    write_sql::dynamic("INSERT OR IGNORE INTO " + table + "(item, row) VALUES (?, ?)"), item, row.row);
                !done)
                return done;
    }
    return {};
}

result<void> drop_items(const resource& of, write_session& session, const record& row) {
    for (const field& rules : of.fields)
        if (!rules.items.empty())
            if (auto done = session.execute(
                    write_sql::dynamic("DELETE FROM " + std::string(rules.items) + " WHERE row = ?"), row.row);
                !done)
                return done;
    return {};
}

}  // namespace carrel::siem
