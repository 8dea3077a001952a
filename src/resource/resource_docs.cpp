#include "json/writer.hpp"
#include "resource/listing.hpp"
#include "resource/resource.hpp"

#include <deque>
#include <mutex>

namespace carrel::siem {

namespace {

// `field_doc` holds views: what they see must live as long as the operations do.
std::string_view kept(std::string text) {
    static std::mutex guard;
    static std::deque<std::string> texts;
    const std::lock_guard lock(guard);
    return texts.emplace_back(std::move(text));
}

std::string schema_of(const filter& rules) {
    std::string schema;
    json::writer out(schema);
    out.begin_object().key("type").string(rules.kind == filter_kind::boolean ? "boolean" : "string");
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
    out.end_array().key("default").string(std::string("-").append(of.sorts.front())).end_object();
    return schema;
}

bool belongs_in_a_body(const field& rules, bool for_patch) {
    if (for_patch) return rules.patchable;
    return rules.from == origin::client || rules.from == origin::fresh_id;
}

// `an alert`, `a rule`.
std::string with_article(const std::string& noun) {
    constexpr std::string_view vowels = "aeiou";
    return (vowels.find(noun.front()) == vowels.npos ? "a " : "an ") + noun;
}

operation make(const resource& of, method verb, std::string path, std::string id, std::string summary) {
    operation made;
    made.method = verb;
    made.path = std::string("/").append(of.plural).append(path);
    made.id = std::move(id);
    made.summary = std::move(summary);
    made.of = &of;
    made.reply_schema = R"({"$ref":"#/components/schemas/)" + std::string(of.name) + R"("})";
    made.check = check_address;
    return made;
}

}  // namespace

std::vector<field_doc> document(std::span<const field> fields, bool for_patch) {
    std::vector<field_doc> documents;
    for (const field& rules : fields)
        if (belongs_in_a_body(rules, for_patch))
            documents.push_back({rules.name, kept(schema_of(rules)), rules.required && !for_patch, rules.summary});
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
    for (const field& rules : of.fields) out.string(rules.name);
    out.end_array().key("properties").begin_object();
    for (const field& rules : of.fields) out.key(rules.name).raw(schema_of(rules));
    out.end_object().end_object();
    return schema;
}

operation get_operation(const resource& of) {
    const std::string name(of.name);
    operation made = make(of, method::get, "/{id}", "get_" + name, "Reads one " + name + ".");
    made.check = check_get;
    made.read = get;
    return made;
}

operation list_operation(const resource& of) {
    operation made =
        make(of, method::get, "", "list_" + std::string(of.plural), "Lists " + std::string(of.plural) + ".");
    made.parameters = list_parameters(of);
    made.reply_schema =
        R"({"type":"object","required":["items","next"],"properties":{"items":{"type":"array","items":)" +
        made.reply_schema + R"(},"next":{"type":["string","null"]},"total":{"type":"integer"}}})";
    made.check = check_list;
    made.read = list;
    return made;
}

operation count_operation(const resource& of) {
    operation made =
        make(of, method::get, "/count", "count_" + std::string(of.plural), "Counts " + std::string(of.plural) + ".");
    made.parameters = filter_parameters(of);
    made.reply_schema = R"({"type":"object","required":["count"],"properties":{"count":{"type":"integer"}}})";
    made.check = check_count;
    made.read = count;
    return made;
}

std::vector<operation> common_operations(const resource& of) {
    const std::string name(of.name);
    operation creation = make(of, method::post, "", "create_" + name, "Creates " + with_article(name) + ".");
    creation.body = body_kind::json;
    creation.fields = document(of.fields, false);
    creation.success = outcome::created;
    creation.check = check_create;
    creation.write = create;

    operation change =
        make(of, method::patch, "/{id}", "change_" + name, "Changes fields of " + with_article(name) + ".");
    change.body = body_kind::merge_patch;
    change.fields = document(of.fields, true);
    change.check = check_patch;
    change.write = patch;

    operation removal = make(of, method::del, "/{id}", "delete_" + name, "Deletes " + with_article(name) + ".");
    removal.reply_schema.clear();
    removal.success = outcome::no_content;
    removal.write = remove;

    std::vector<operation> all;
    for (operation* each : {&creation, &change, &removal}) all.push_back(std::move(*each));
    all.push_back(get_operation(of));
    all.push_back(list_operation(of));
    all.push_back(count_operation(of));
    return all;
}

}  // namespace carrel::siem
