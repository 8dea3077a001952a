#include "listeners/formats.hpp"

#include "base/utf8.hpp"
#include "json/walk.hpp"
#include "json/writer.hpp"
#include "listeners/cef_event.hpp"
#include "query/limits.hpp"
#include "shippers/made_json.hpp"
#include "siem/text_trim.hpp"
#include "syslog/message.hpp"

namespace carrel::listeners {

namespace {

// `{"listener":{…},` before the members of an event. That of the same sender is used again.
class opening {
public:
    explicit opening(const siem::stored_listener& of) {
        if (of.id.empty()) return;
        json::writer out(begin_);
        out.begin_object().key("listener").begin_object().key("id").string(of.id).key("name").string(of.name);
        if (!of.tags.empty() && of.tags != "[]") out.key("tags").raw(of.tags);
        if (!of.fields.empty() && of.fields != "{}") out.key("fields").raw(of.fields);
    }

    // In the place of the brace that an object's text begins with.
    void put_before(std::string& object, std::string_view peer) {
        if (begin_.empty()) return;
        if (whole_.empty() || peer != peer_) make(peer);
        const bool is_empty = object.find_first_not_of(" \t\r\n", 1) == object.rfind('}');
        object.replace(0, 1, whole_);
        if (is_empty) object.erase(whole_.size() - 1, 1);
    }

private:
    void make(std::string_view peer) {
        peer_ = peer;
        whole_ = begin_;
        if (!peer.empty()) {
            whole_ += ",\"peer\":";
            json::writer(whole_).string(peer);
        }
        whole_ += "},";
    }

    std::string begin_, whole_, peer_;
};

class listener_format : public syslog::message_format {
public:
    explicit listener_format(const siem::stored_listener& of)
        : opening_(of),
          source_(of.source) {}

    void read(std::string_view message, const syslog::message_origin& from, syslog::read_text& into) final {
        into.clear();
        make(message, from, into);
        if (into.reason.empty()) finish(from, into);
    }

    void read_raw(std::string_view message, const syslog::message_origin& from, std::string_view reason,
                  syslog::read_text& into) final {
        into.clear();
        json::writer out(into.json);
        out.begin_object().key("message").string(json::as_utf8(message)).key("not_read").string(reason);
        if (from.was_cut) out.key("truncated").boolean(true);
        out.end_object();
        finish(from, into);
    }

protected:
    virtual void make(std::string_view message, const syslog::message_origin& from, syslog::read_text& into) = 0;

private:
    void finish(const syslog::message_origin& from, syslog::read_text& into) {
        opening_.put_before(into.json, from.peer);
        if (!into.source && !source_.empty()) into.source = source_;
    }

    opening opening_;
    std::string source_;
};

class syslog_messages final : public listener_format {
public:
    using listener_format::listener_format;
    bool is_envelope() const noexcept override { return true; }

protected:
    void make(std::string_view message, const syslog::message_origin& from, syslog::read_text& into) override {
        syslog::read_message(message, from.received_at, {}, from.was_cut, into);
    }
};

class cef_messages final : public listener_format {
public:
    using listener_format::listener_format;

protected:
    void make(std::string_view message, const syslog::message_origin& from, syslog::read_text& into) override {
        read_cef_event(message, from, into);
    }
};

class json_messages final : public listener_format {
public:
    using listener_format::listener_format;

protected:
    void make(std::string_view message, const syslog::message_origin& from, syslog::read_text& into) override {
        const std::string_view text = siem::trimmed(message);
        if (shippers::is_object_text(text)) {
            into.json = text;
            return;
        }
        if (from.was_cut) {
            into.reason = "too long";
        } else if (json::is_json(text, query::json_depth_max - 1)) {
            into.reason = "not a JSON object";
        } else {
            into.reason = "not JSON";
        }
        into.details = std::to_string(message.size()) + " bytes were received";
    }
};

}  // namespace

std::shared_ptr<syslog::message_format> make_format(const siem::stored_listener& of) {
    switch (of.type) {
        case siem::listener_type::syslog: return std::make_shared<syslog_messages>(of);
        case siem::listener_type::cef: return std::make_shared<cef_messages>(of);
        case siem::listener_type::json: return std::make_shared<json_messages>(of);
    }
    return nullptr;
}

bool read_again(siem::listener_type type, std::string_view message, std::string_view peer, siem::timestamp received_at,
                syslog::read_text& into) {
    siem::stored_listener none;
    none.type = type;
    make_format(none)->read(message, {peer, received_at, false}, into);
    return into.reason.empty();
}

}  // namespace carrel::listeners
