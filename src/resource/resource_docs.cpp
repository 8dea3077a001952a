#include "json/writer.hpp"
#include "resource/bulk.hpp"
#include "resource/facets.hpp"
#include "resource/history.hpp"
#include "resource/listing.hpp"
#include "resource/resource.hpp"
#include "resource/state_machine.hpp"
#include "resource/versions.hpp"

#include <algorithm>
#include <deque>
#include <mutex>

namespace carrel::siem {

namespace {

std::string schema_of(const filter& rules) {
    std::string schema;
    json::writer out(schema);
    out.begin_object().key("type").string(rules.kind == filter_kind::boolean       ? "boolean"
                                          : rules.kind == filter_kind::number_from ? "number"
                                                                                   : "string");
    if (rules.kind == filter_kind::time_from || rules.kind == filter_kind::time_to)
        out.key("format").string("date-time");
    if (rules.kind == filter_kind::enumeration) {
        out.key("enum").begin_array();
        for (const std::string_view name : rules.values) out.string(name);
        out.end_array();
    }
    out.end_object();
    return schema;
}

std::string sort_schema(const resource& of) {
    std::string schema;
    json::writer out(schema);
    out.begin_object().key("type").string("string").key("enum").begin_array();
    for (const std::string_view name : of.sorts) out.string(name).string(std::string("-").append(name));
    out.end_array().key("default");
    out.string(std::string(of.sorts_ascending ? "" : "-").append(of.sorts.front())).end_object();
    return schema;
}

bool belongs_in_a_body(const field& rules, bool for_patch) {
    if (for_patch) return rules.patchable;
    const bool by_client = rules.from == origin::client || rules.from == origin::fresh_id;
    return by_client && rules.is_stored() && rules.seen != visibility::hidden;
}

// The members of JSON that fields make, those of one object together: its name and what is inside.
template <class Chosen, class Write>
void write_properties(json::writer& out, std::span<const field> fields, Chosen chosen, Write write) {
    std::string_view inside;
    for (const field& rules : fields) {
        if (!chosen(rules)) continue;
        if (rules.inside != inside && !inside.empty()) out.end_object().end_object();
        if (rules.inside != inside && !rules.inside.empty())
            out.key(rules.inside).begin_object().key("type").string("object").key("properties").begin_object();
        inside = rules.inside;
        write(rules);
    }
    if (!inside.empty()) out.end_object().end_object();
}

// `an alert`, `a rule`.
std::string with_article(std::string noun) {
    std::replace(noun.begin(), noun.end(), '_', ' ');
    constexpr std::string_view vowels = "aeiou";
    return (vowels.find(noun.front()) == vowels.npos ? "a " : "an ") + noun;
}

// Where the paths of a resource begin.
std::string base_of(const resource& of) {
    std::string path("/");
    if (of.parent.by != nullptr) path.append(of.parent.by().plural).append("/{id}/");
    return path.append(of.plural);
}

// `{id}` of the resource itself: the second of its path if it belongs to another.
std::string own_path(const resource& of, std::string_view path) {
    std::string own(path);
    if (of.parent.by == nullptr || !own.starts_with("/{id}")) return own;
    return own.replace(0, 5, "/{" + std::string(of.name) + "_id}");
}

}  // namespace

std::string noun_of(const resource& of) {
    const auto slash = of.plural.rfind('/');
    std::string noun(slash == of.plural.npos ? of.plural : of.plural.substr(slash + 1));
    std::replace(noun.begin(), noun.end(), '-', '_');
    return noun;
}

// What documents holds views: what they see must live as long as the operations do.
std::string_view kept(std::string text) {
    static std::mutex guard;
    static std::deque<std::string> texts;
    const std::lock_guard lock(guard);
    return texts.emplace_back(std::move(text));
}

operation make_operation(const resource& of, method verb, std::string_view path, std::string id, std::string summary) {
    operation made;
    made.method = verb;
    made.path = base_of(of) + own_path(of, path);
    made.id = std::move(id);
    made.summary = std::move(summary);
    made.of = &of;
    made.needs = verb == method::get ? of.reads : of.writes;
    made.reply_schema = R"({"$ref":"#/components/schemas/)" + std::string(of.name) + R"("})";
    made.check = check_address;
    return made;
}

std::vector<field_doc> document(std::span<const field> fields, bool for_patch) {
    std::vector<field_doc> documents;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const field& rules = fields[i];
        if (!belongs_in_a_body(rules, for_patch)) continue;
        if (rules.inside.empty()) {
            documents.push_back({rules.name, kept(schema_of(rules)), rules.required && !for_patch, rules.summary});
            continue;
        }
        if (!documents.empty() && documents.back().name == rules.inside) continue;
        std::string schema;
        json::writer out(schema);
        out.begin_object().key("type").string("object").key("properties").begin_object();
        for (const field& each : fields.subspan(i))
            if (each.inside == rules.inside && belongs_in_a_body(each, for_patch))
                out.key(each.name).raw(schema_of(each));
        out.end_object().end_object();
        documents.push_back({rules.inside, kept(std::move(schema)), false, {}});
    }
    return documents;
}

std::vector<field_doc> filter_parameters(const resource& of) {
    std::vector<field_doc> documents;
    for (const filter& rules : of.filters) {
        const bool is_member = rules.kind == filter_kind::member;
        const std::string_view name = is_member ? kept(std::string(rules.name) + ".<key>") : rules.name;
        documents.push_back({name, kept(schema_of(rules)), false, rules.summary});
    }
    return documents;
}

std::vector<field_doc> list_parameters(const resource& of) {
    std::vector<field_doc> documents = filter_parameters(of);
    documents.push_back({"limit", R"({"type":"integer","minimum":1,"maximum":1000,"default":50})", false,
                         "Items per page at most; a page of many bytes has fewer."});
    documents.push_back({"cursor", R"({"type":"string"})", false, "The `next` of the page before."});
    documents.push_back({"sort", kept(sort_schema(of)), false, "Ties are broken by id."});
    documents.push_back({"count", R"({"type":"boolean","default":false})", false, "Adds `total`."});
    return documents;
}

std::string schema_of(const resource& of) {
    std::string schema;
    json::writer out(schema);
    out.begin_object().key("type").string("object").key("required").begin_array();
    const auto is_shown = [](const field& rules) { return rules.seen == visibility::shown; };
    std::string_view inside;
    for (const field& rules : of.fields) {
        if (!is_shown(rules)) continue;
        if (rules.inside.empty()) out.string(rules.name);
        else if (rules.inside != inside) out.string(rules.inside);
        inside = rules.inside;
    }
    out.end_array().key("properties").begin_object();
    write_properties(out, of.fields, is_shown, [&](const field& rules) { out.key(rules.name).raw(schema_of(rules)); });
    out.end_object().end_object();
    return schema;
}

operation get_operation(const resource& of) {
    const std::string name(of.name);
    operation made = make_operation(of, method::get, "/{id}", "get_" + name, "Reads one " + name + ".");
    made.check = check_get;
    made.read = get;
    return made;
}

operation list_operation(const resource& of) {
    operation made = make_operation(of, method::get, "", "list_" + noun_of(of), "Lists " + noun_of(of) + ".");
    made.parameters = list_parameters(of);
    made.reply_schema =
        R"({"type":"object","required":["items","next"],"properties":{"items":{"type":"array","items":)" +
        made.reply_schema + R"(},"next":{"type":["string","null"]},"total":{"type":"integer"}}})";
    made.check = check_list;
    made.read = list;
    return made;
}

operation count_operation(const resource& of) {
    operation made = make_operation(of, method::get, "/count", "count_" + noun_of(of), "Counts " + noun_of(of) + ".");
    made.parameters = filter_parameters(of);
    made.reply_schema = R"({"type":"object","required":["count"],"properties":{"count":{"type":"integer"}}})";
    made.check = check_count;
    made.read = count;
    return made;
}

operation create_operation(const resource& of) {
    const std::string name(of.name);
    operation made = make_operation(of, method::post, "", "create_" + name, "Creates " + with_article(name) + ".");
    made.body = body_kind::json;
    made.fields = document(of.fields, false);
    made.success = outcome::created;
    made.check = check_create;
    made.write = create;
    return made;
}

std::vector<operation> common_operations(const resource& of) {
    const std::string name(of.name);
    operation creation = create_operation(of);
    operation change =
        make_operation(of, method::patch, "/{id}", "change_" + name, "Changes fields of " + with_article(name) + ".");
    change.body = body_kind::merge_patch;
    change.fields = document(of.fields, true);
    change.check = check_patch;
    change.write = patch;

    operation removal =
        make_operation(of, method::del, "/{id}", "delete_" + name, "Deletes " + with_article(name) + ".");
    removal.reply_schema.clear();
    removal.success = outcome::no_content;
    removal.write = remove;

    operation whole =
        make_operation(of, method::put, "/{id}", "replace_" + name, "Replaces " + with_article(name) + ".");
    whole.body = body_kind::json;
    whole.fields = document(of.fields, false);
    whole.check = check_replace;
    whole.write = replace;

    std::vector<operation> all;
    for (operation* each : {&creation, &change, &whole, &removal}) all.push_back(std::move(*each));
    all.push_back(get_operation(of));
    all.push_back(list_operation(of));
    all.push_back(count_operation(of));
    if (of.has_bulk) all.push_back(bulk_operation(of));
    const auto take = [&](std::vector<operation> more) {
        std::move(more.begin(), more.end(), std::back_inserter(all));
    };
    if (!of.facets.empty()) all.push_back(facets_operation(of));
    if (!of.history.empty()) all.push_back(history_operation(of, "history"));
    if (of.keeps_versions) take(version_operations(of));
    for (const state_machine& each : of.machines) take(machine_operations(of, each));
    return all;
}

operation facets_operation(const resource& of) {
    operation made = make_operation(of, method::get, "/facets", "count_" + noun_of(of) + "_by_facet",
                                    "Counts " + noun_of(of) + " by the values of fields of few values.");
    made.parameters = filter_parameters(of);
    std::string each;
    for (const std::string_view facet : of.facets)
        each.append(each.empty() ? "\"" : ",\"")
            .append(facet)
            .append(R"(":{"type":"array","items":{"type":"object","required":["value","count"],"properties":{)"
                    R"("value":{"type":["string","null"]},"count":{"type":"integer"}}}})");
    made.reply_schema = R"({"type":"object","required":["total","facets"],"properties":{"total":{"type":"integer"},)"
                        R"("facets":{"type":"object","properties":{)" +
                        each + "}}}}";
    made.check = check_facets;
    made.read = facets;
    return made;
}

}  // namespace carrel::siem
