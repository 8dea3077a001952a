#include "resource/row_query.hpp"

#include "json/scanner.hpp"
#include "json/top_level.hpp"
#include "json/writer.hpp"
#include "resource/text_index.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace carrel::siem {

namespace {

// What stands for NULL among the arguments of a function of texts: no text is this, as it is not UTF-8.
constexpr std::string_view absent = "\xFF", absent_sql = "CAST(x'FF' AS TEXT)";

query::record_kind kind_of(const field& rules) {
    switch (rules.kind) {
        case field_kind::integer: return query::record_kind::number;
        case field_kind::boolean:
        case field_kind::enumeration: return query::record_kind::name;
        case field_kind::time: return query::record_kind::time;
        default: return query::record_kind::text;
    }
}

bool can_be_queried(const field& rules) { return rules.seen == visibility::shown && rules.is_stored(); }

std::int64_t integer_of(std::string_view column) {
    std::int64_t number = 0;
    std::from_chars(column.data(), column.data() + column.size(), number);
    return number;
}

std::string joined(std::span<const std::string_view> texts) {
    std::string list;
    json::writer out(list);
    out.begin_array();
    for (const std::string_view text : texts) out.string(text);
    out.end_array();
    return list;
}

// The query that a thread tested rows with last. One statement asks for thousands of rows with the same.
row_query* known_query(const resource& of, std::string_view texts) {
    struct known {
        const resource* of = nullptr;
        std::string texts;
        std::optional<row_query> query;
    };
    thread_local known last;
    if (last.of == &of && last.texts == texts) return &*last.query;
    const boost::json::value list = boost::json::parse(texts);
    std::vector<std::string_view> each;
    for (const auto& text : list.as_array()) each.emplace_back(text.as_string().data(), text.as_string().size());
    auto read = row_query::read(of, each);
    if (!std::holds_alternative<row_query>(read)) return nullptr;
    last.of = nullptr;
    last.query.emplace(std::move(std::get<row_query>(read)));
    last.texts = texts;
    last.of = &of;
    return &*last.query;
}

}  // namespace

std::variant<row_query, query::syntax_error> row_query::read(const resource& of,
                                                             std::span<const std::string_view> texts) {
    std::vector<query::record_field> fields;
    for (std::size_t i = 0; i < of.fields.size(); ++i)
        if (can_be_queried(of.fields[i])) fields.push_back({of.paths[i], kind_of(of.fields[i])});
    const query::record_fields known{.records = of.plural, .all = fields};
    query::expression any{.kind = query::node_kind::one_of, .parts = {}, .leaf = {}};
    for (const std::string_view text : texts) {
        auto one = query::parse(text, &known);
        if (auto* wrong = std::get_if<query::syntax_error>(&one)) return std::move(*wrong);
        any.parts.push_back(std::move(std::get<query::expression>(one)));
    }
    return row_query(of, joined(texts), std::move(any));
}

row_query::row_query(const resource& of, std::string texts, query::expression all)
    : of_(&of),
      texts_(std::move(texts)),
      looked_at_(of.fields.size()),
      candidates_(candidates_of(all, [this](std::string_view name) { return is_searched(of_->position(name)); })),
      matcher_(all) {
    look_at(all);
}

bool row_query::is_searched(std::size_t field) const {
    const auto& columns = of_->index->columns;
    return field != resource::absent &&
           std::find(columns.begin(), columns.end(), of_->fields[field].name) != columns.end();
}

void row_query::look_at(const query::expression& part) {
    for (const query::expression& each : part.parts) look_at(each);
    if (part.kind != query::node_kind::term) return;
    for (std::size_t i = 0; i < looked_at_.size(); ++i)
        if (part.leaf.is_anywhere() ? is_searched(i) : of_->position(part.leaf.path) == i) looked_at_[i] = true;
}

std::string row_query::test() const {
    std::string sql = "carrel_answers('" + std::string(of_->table) + "',?";
    for (std::size_t i = 0; i < looked_at_.size(); ++i) {
        if (!looked_at_[i]) continue;
        const std::string column = of_->fields[i].column_name();
        sql += may_be_null(of_->fields[i]) ? ",ifnull(" + column + "," + std::string(absent_sql) + ")" : "," + column;
    }
    return sql + ") IS NOT NULL";
}

// Rows that are not indexed yet are looked at one by one.
row_set row_query::rows() const {
    row_set made;
    made.test_cost = 6;  // its texts are folded
    made.test = made.among = test();
    made.test_values = made.among_values = {texts_};
    if (candidates_.match.empty()) return made;
    const std::string& table = of_->index->table;
    made.rows = "SELECT rowid FROM " + table + " WHERE " + table + " MATCH ?";
    made.rows_values = 1;
    const std::string found = "seq IN (" + made.rows + " UNION ALL " + of_->index->waiting;
    made.among = candidates_.exact ? found + " AND " + made.test + ")" : found + ") AND " + made.test;
    made.among_values = {candidates_.match, texts_};
    return made;
}

bool row_query::call(const resource& of, std::span<const std::string_view> arguments) {
    row_query* query = arguments.empty() ? nullptr : known_query(of, arguments.front());
    return query != nullptr && query->finds(arguments.subspan(1));
}

bool row_query::finds(std::span<const std::string_view> columns) {
    matcher_.begin();
    std::size_t next = 0;
    for (std::size_t i = 0; i < looked_at_.size(); ++i) {
        if (!looked_at_[i]) continue;
        if (next == columns.size()) return false;
        const std::string_view column = columns[next++];
        if (column != absent) put_column(i, column, is_searched(i));
    }
    return matcher_.matches();
}

void row_query::put_column(std::size_t place, std::string_view column, bool searched) {
    const field& rules = of_->fields[place];
    const std::string& path = of_->paths[place];
    switch (rules.kind) {
        case field_kind::time: return matcher_.time(path, integer_of(column));
        case field_kind::boolean: return matcher_.text(path, column == "0" ? "false" : "true", false);
        case field_kind::enumeration: {
            const auto rank = static_cast<std::size_t>(integer_of(column));
            if (rank < rules.values.size()) matcher_.text(path, rules.values[rank], false);
            return;
        }
        case field_kind::text_list: return put_list(path, column);
        default: return matcher_.text(path, column, searched);
    }
}

void row_query::put_list(std::string_view path, std::string_view list) {
    struct handler {
        row_query& of;
        std::string_view path;
        std::string decoded = {};
        void begin(char) {}
        void end(char) {}
        void key(std::string_view, bool) {}
        void value(json::scalar, std::string_view raw, bool escaped) {
            decoded.clear();
            if (escaped) json::append_decoded(decoded, raw);
            of.matcher_.text(path, escaped ? std::string_view(decoded) : raw, false);
        }
    } sink{*this, path};
    matcher_.exists(path);
    json::scanner(list, sink, 2).run();
}

fault fault_of(std::string_view filter, const query::syntax_error& error) {
    return {std::string(filter), 0, error.reason + " (character " + std::to_string(error.position) + ")"};
}

}  // namespace carrel::siem
