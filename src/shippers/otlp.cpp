#include "json/walk.hpp"
#include "json/writer.hpp"
#include "shippers/made_json.hpp"
#include "shippers/nested_body.hpp"
#include "shippers/otlp_value.hpp"

#include <array>

namespace carrel::shippers {

namespace {

// In the JSON of Protocol Buffers null is a member that is not set.
std::optional<std::string_view> set_member(std::string_view object, std::string_view name) {
    const auto value = json::member_of(object, name);
    return value && *value != "null" ? value : std::nullopt;
}

// Writes one record; for what it cannot read it returns false and says `why`.
class record_writer {
public:
    record_writer(std::string_view record, std::string& made)
        : record_(record),
          out_(made) {}

    bool write(std::string_view resource, std::string_view scope, std::string& why) {
        out_.begin_object();
        if (!write_time("time", "timeUnixNano", why) || !write_time("observed_time", "observedTimeUnixNano", why))
            return false;
        write_text("severity", "severityText");
        if (!write_number("severity_number", "severityNumber", why)) return false;
        if (!write_body(why) || !write_attributes(why)) return false;
        if (!resource.empty()) out_.key("resource").raw(resource);
        if (!scope.empty()) out_.key("scope").raw(scope);
        write_text("trace_id", "traceId");
        write_text("span_id", "spanId");
        write_text("event_name", "eventName");
        if (!write_number("flags", "flags", why) ||
            !write_number("dropped_attributes_count", "droppedAttributesCount", why))
            return false;
        out_.end_object();
        return true;
    }

private:
    std::optional<std::string_view> member(std::string_view name) const { return set_member(record_, name); }

    bool at_fault(std::string_view name, std::string& why) {
        why.assign("has a `").append(name).append("` that cannot be read");
        return false;
    }
    // Zero stands for a time that is not known.
    bool write_time(std::string_view as, std::string_view name, std::string& why) {
        const auto value = member(name);
        std::string_view digits;
        if (!value) return true;
        if (!is_unsigned(*value, digits)) return at_fault(name, why);
        if (digits != "0") out_.key(as).string(digits);
        return true;
    }
    bool write_number(std::string_view as, std::string_view name, std::string& why) {
        const auto value = member(name);
        std::string_view digits;
        if (!value) return true;
        if (!is_unsigned(*value, digits)) return at_fault(name, why);
        if (digits != "0") out_.key(as).raw(digits);
        return true;
    }
    void write_text(std::string_view as, std::string_view name) {
        const auto value = member(name);
        if (value && json::is_string(*value) && value->size() > 2) out_.key(as).raw(*value);
    }
    // A body that is a text and holds a JSON object is that object.
    bool write_body(std::string& why) {
        const auto body = member("body");
        if (!body) return true;
        const auto text = json::member_of(*body, "stringValue");
        if (text && json::is_string(*text)) {
            const std::string line = json::text_of(*text);
            if (is_object_text(line)) out_.key("event").raw(line);
            else out_.key("body").raw(*text);
            return true;
        }
        out_.key(json::member_of(*body, "kvlistValue") ? "event" : "body");
        return write_any_value(out_, *body) || at_fault("body", why);
    }
    bool write_attributes(std::string& why) {
        const auto list = member("attributes");
        if (!list) return true;
        out_.key("attributes");
        return write_key_values(out_, *list) || at_fault("attributes", why);
    }

    std::string_view record_;
    json::writer out_;
};

class otlp_body final : public nested_body {
public:
    otlp_body()
        : nested_body("resourceLogs", siem::missing_array::may_be_absent) {}

    bool is_envelope() const noexcept override { return true; }

    unsigned short answer(const siem::intake_summary& summary, std::string& body) const override {
        json::writer out(body);
        out.begin_object();
        // A whole success leaves it out.
        if (summary.rejected > 0) {
            out.key("partialSuccess").begin_object();
            out.key("rejectedLogRecords").string(std::to_string(summary.rejected));
            out.key("errorMessage").string(faults_text(summary)).end_object();
        }
        out.end_object();
        return 200;
    }

private:
    std::string_view begin_group(std::string_view group) override {
        if (!group.starts_with('{')) return "is not an object";
        const auto scopes = set_member(group, "scopeLogs");
        if (scopes && !scopes->starts_with('[')) return "has a `scopeLogs` that is not an array";
        const auto resource = set_member(group, "resource");
        const auto attributes = resource ? set_member(*resource, "attributes") : std::nullopt;
        if (attributes && attributes->size() > shared_bytes_max) return "has a resource of more than 64 KiB";
        resource_.clear();
        json::writer out(resource_);
        if (attributes && !write_key_values(out, *attributes)) return "has resource attributes that cannot be read";
        scopes_ = json::walk(scopes.value_or("[]"));
        records_ = json::walk();
        return {};
    }

    bool next_event(std::string& made, std::string& fault) override {
        while (!records_.next()) {
            if (!scopes_.next()) return false;
            if (!begin_scope(scopes_.value(), fault)) return true;
        }
        if (!records_.value().starts_with('{')) fault = "is not a record";
        else record_writer(records_.value(), made).write(resource_, scope_, fault);
        return true;
    }

    bool begin_scope(std::string_view scope_logs, std::string& fault) {
        scope_.clear();
        records_ = json::walk();
        if (!scope_logs.starts_with('{')) {
            fault = "is in a scope that is not an object";
            return false;
        }
        const auto records = set_member(scope_logs, "logRecords");
        if (records && !records->starts_with('[')) {
            fault = "has a `logRecords` that is not an array";
            return false;
        }
        records_ = json::walk(records.value_or("[]"));
        const auto scope = set_member(scope_logs, "scope");
        if (!scope) return true;
        json::writer out(scope_);
        out.begin_object();
        for (const std::string_view name : {"name", "version"})
            if (const auto value = json::member_of(*scope, name);
                value && json::is_string(*value) && value->size() <= shared_bytes_max)
                out.key(name).raw(*value);
        if (const auto list = set_member(*scope, "attributes")) {
            out.key("attributes");
            if (list->size() > shared_bytes_max || !write_key_values(out, *list)) {
                fault = "has scope attributes that cannot be read";
                records_ = json::walk();
                return false;
            }
        }
        out.end_object();
        return true;
    }

    std::string resource_, scope_;  // as JSON, written into each event
    json::walk scopes_, records_;
};

void refuse(std::string& body, unsigned short status, std::string_view, std::string_view detail) {
    // The codes of gRPC: unavailable, internal, invalid argument.
    const int code = status == 503 || status == 507 ? 14 : status >= 500 ? 13 : 3;
    json::writer(body).begin_object().key("code").integer(code).key("message").string(detail).end_object();
}

std::unique_ptr<shipper_body> make_body(const siem::call&) { return std::make_unique<otlp_body>(); }

protocol logs() {
    protocol made;
    made.method = siem::method::post;
    made.path = "/v1/logs";
    made.make = make_body;
    made.content = content_rule::json;
    made.refuse = refuse;
    return made;
}

}  // namespace

std::span<const protocol> otlp_protocols() {
    static const auto all = std::to_array<protocol>({logs()});
    return all;
}

}  // namespace carrel::shippers
