// GET /listeners/templates and POST /listeners/from-template: a listener is a template's members, and those of the body
// before them.
#include "json/writer.hpp"
#include "resource/problems.hpp"
#include "siem/listeners/listeners.hpp"

#include <boost/json/object.hpp>

#include <algorithm>

namespace carrel::siem {

namespace {

struct listener_template {
    std::string_view id, name, description;
    listener_type type;
    listener_protocol protocol;
    std::int64_t port;
};

constexpr std::array<listener_template, 8> templates = {{
    {"syslog-udp", "Syslog over UDP", "RFC 5424 and RFC 3164; what comes too fast is lost and counted.",
     listener_type::syslog, listener_protocol::udp, 514},
    {"syslog-tcp", "Syslog over TCP", "RFC 6587, counted or ended by a line feed.", listener_type::syslog,
     listener_protocol::tcp, 601},
    {"syslog-tls", "Syslog over TLS", "RFC 5425, with the server's certificate.", listener_type::syslog,
     listener_protocol::tls, 6514},
    {"cef-udp", "CEF over UDP", "ArcSight's Common Event Format, with or without a syslog header.", listener_type::cef,
     listener_protocol::udp, 5514},
    {"cef-tcp", "CEF over TCP", "ArcSight's Common Event Format, a message a line.", listener_type::cef,
     listener_protocol::tcp, 5515},
    {"json-udp", "JSON over UDP", "An object a line, one or more of them a datagram.", listener_type::json,
     listener_protocol::udp, 5044},
    {"json-tcp", "JSON lines over TCP", "An object a line.", listener_type::json, listener_protocol::tcp, 5170},
    {"json-tls", "JSON lines over TLS", "An object a line, with the server's certificate.", listener_type::json,
     listener_protocol::tls, 5171},
}};

constexpr std::string_view host_otherwise = "127.0.0.1";

std::string_view type_of(const listener_template& of) { return listener_types[static_cast<std::size_t>(of.type)]; }
std::string_view protocol_of(const listener_template& of) {
    return listener_protocols[static_cast<std::size_t>(of.protocol)];
}

result<void> list_templates(const operation&, read_session&, const call&, reply& into) {
    into.clear();
    json::writer out(into.body);
    out.begin_object().key("items").begin_array();
    for (const auto& each : templates) {
        out.begin_object().key("id").string(each.id).key("name").string(each.name);
        out.key("description").string(each.description).key("type").string(type_of(each));
        out.key("protocol").string(protocol_of(each)).key("host").string(host_otherwise);
        out.key("port").integer(each.port).end_object();
    }
    out.end_array().end_object();
    return {};
}

const listener_template* template_named(const boost::json::value* name) {
    const auto* text = name == nullptr ? nullptr : name->if_string();
    if (text == nullptr) return nullptr;
    const auto found = std::find_if(templates.begin(), templates.end(), [&](const auto& each) {
        return each.id == std::string_view(text->data(), text->size());
    });
    return found == templates.end() ? nullptr : &*found;
}

std::string ids() {
    std::string list;
    for (const auto& each : templates) list.append(list.empty() ? "" : ", ").append(each.id);
    return list;
}

boost::json::object made_of(const listener_template& from, const boost::json::object& own) {
    boost::json::object made;
    for (const auto& [name, text] :
         {std::pair(std::string_view("name"), from.name), std::pair(std::string_view("description"), from.description),
          std::pair(std::string_view("type"), type_of(from)),
          std::pair(std::string_view("protocol"), protocol_of(from)),
          std::pair(std::string_view("host"), host_otherwise)})
        made[{name.data(), name.size()}] = boost::json::string(text.data(), text.size());
    made["port"] = from.port;
    for (const auto& [name, value] : own)
        if (name != "template") made[name] = value;
    return made;
}

std::optional<problem> check_from_template(const operation& what, call& request) {
    const auto* own = request.body == nullptr ? nullptr : request.body->if_object();
    if (own == nullptr) return check_create(what, request);
    const auto* from = template_named(own->if_contains("template"));
    if (from == nullptr) return problem_of(problem_code::invalid, "template", "must be one of " + ids());
    const boost::json::value whole = made_of(*from, *own);
    const auto* before = std::exchange(request.body, &whole);
    auto wrong = check_create(what, request);
    request.body = before;
    return wrong;
}

constexpr std::string_view list_schema =
    R"({"type":"object","required":["items"],"properties":{"items":{"type":"array","items":{"type":"object",)"
    R"("required":["id","name","description","type","protocol","host","port"],"properties":{)"
    R"("id":{"type":"string"},"name":{"type":"string"},"description":{"type":"string"},"type":{"type":"string"},)"
    R"("protocol":{"type":"string"},"host":{"type":"string"},"port":{"type":"integer"}}}}}})";

std::vector<field_doc> body_of_template() {
    std::vector<field_doc> fields = document(listeners().fields, false);
    for (field_doc& each : fields) each.required = false;
    static const std::string schema = [] {
        std::string text;
        json::writer out(text);
        out.begin_object().key("type").string("string").key("enum").begin_array();
        for (const auto& each : templates) out.string(each.id);
        out.end_array().end_object();
        return text;
    }();
    fields.insert(fields.begin(), {"template", schema, true, "Whose members those count that are not given."});
    return fields;
}

}  // namespace

std::vector<operation> listener_template_operations() {
    operation list = make_operation(listeners(), method::get, "/templates", "list_listener_templates",
                                    "Lists what listeners can be made of.");
    list.is_about_version = false;
    list.reply_schema = list_schema;
    list.read = list_templates;
    operation make = create_operation(listeners());
    make.path = "/listeners/from-template";
    make.id = "create_listener_from_template";
    make.summary = "Creates a listener of a template.";
    make.fields = body_of_template();
    make.check = check_from_template;
    std::vector<operation> all;
    all.push_back(std::move(list));
    all.push_back(std::move(make));
    return all;
}

}  // namespace carrel::siem
