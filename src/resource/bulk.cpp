#include "resource/bulk.hpp"

#include "base/uuid.hpp"
#include "json/writer.hpp"
#include "resource/idempotency.hpp"
#include "resource/problems.hpp"
#include "resource/resource_input.hpp"
#include "resource/same_caller.hpp"
#include "resource/state_machine.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>

namespace carrel::siem {

namespace {

// One record's part, checked on the caller's thread: what it asks for, or why it is refused.
struct bulk_item {
    std::string key;
    record row;  // of a creation
    std::vector<fault> faults;
};

struct bulk_input : input {
    enum class action { create, patch, remove, move } what = action::patch;
    const state_machine* by = nullptr;
    std::int64_t to = 0;
    std::string note;
    given_members given;
    std::vector<bulk_item> items;
    bool atomic = false;
};

class bulk_reader {
public:
    bulk_reader(const resource& of, const call& request, bulk_input& into)
        : of_(of),
          request_(request),
          into_(into) {}

    std::vector<fault> read() {
        const auto* body = request_.body == nullptr ? nullptr : request_.body->if_object();
        if (body == nullptr) return {{"", 0, "the body must be a JSON object"}};
        for (const auto& [name, given] : *body) read_member({name.data(), name.size()}, given);
        if (!action_ && faults_.empty()) at_fault("action", "is required");
        if (!faults_.empty()) return std::move(faults_);
        read_action(*body);
        return std::move(faults_);
    }

private:
    void at_fault(std::string field, std::string detail) {
        faults_.push_back({std::move(field), 0, std::move(detail)});
    }

    void read_member(std::string_view name, const boost::json::value& given) {
        constexpr std::array<std::string_view, 7> known = {"action", "ids", "items", "patch", "to", "note", "atomic"};
        if (std::find(known.begin(), known.end(), name) == known.end())
            return at_fault(quoted(name), "is an unknown field");
        if (name == "atomic") {
            if (const auto* truth = given.if_bool()) into_.atomic = *truth;
            else at_fault("atomic", "must be true or false");
        }
        if (name == "note") {
            if (const auto* text = given.if_string(); text != nullptr && text->size() <= 10'000)
                into_.note.assign(text->data(), text->size());
            else at_fault("note", "must be a string of at most 10000 bytes");
        }
        if (name == "action") read_name(given);
    }

    void read_name(const boost::json::value& given) {
        using enum bulk_input::action;
        const auto* text = given.if_string();
        const std::string_view name =
            text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
        std::string known = "create, patch, delete";
        if (name == "create") action_ = create;
        if (name == "patch") action_ = patch;
        if (name == "delete") action_ = remove;
        for (const state_machine& each : of_.machines) {
            known.append(", ").append(each.path);
            if (each.path != name) continue;
            action_ = move;
            into_.by = &each;
        }
        if (!action_) at_fault("action", "must be one of " + known);
    }

    void read_action(const boost::json::object& body) {
        into_.what = *action_;
        const bool creates = into_.what == bulk_input::action::create;
        for (const std::string_view name : {"items", "ids"})
            if (body.contains(boost::json::string_view(name.data(), name.size())) != ((name == "items") == creates))
                at_fault(std::string(name),
                         creates == (name == "items") ? "is required" : "is not taken by this action");
        refuse_other(body, "patch", bulk_input::action::patch);
        refuse_other(body, "to", bulk_input::action::move);
        if (!faults_.empty()) return;
        if (into_.what == bulk_input::action::patch) read_patch(body.at("patch"));
        if (into_.what == bulk_input::action::move) read_state(body.at("to"));
        if (creates) read_items(body.at("items"));
        else read_ids(body.at("ids"));
    }

    void refuse_other(const boost::json::object& body, std::string_view name, bulk_input::action taker) {
        const bool given = body.contains(boost::json::string_view(name.data(), name.size()));
        if (given && into_.what != taker) at_fault(std::string(name), "is not taken by this action");
        if (!given && into_.what == taker) at_fault(std::string(name), "is required");
    }

    void read_patch(const boost::json::value& given) {
        auto faults = read_body(of_, &given, true, into_.given);
        if (faults.empty() && of_.hooks.derive != nullptr) of_.hooks.derive(of_, request_, into_.given, false, faults);
        for (fault& each : faults) at_fault("patch." + each.field, std::move(each.detail));
    }

    void read_state(const boost::json::value& given) {
        const auto names = of_.fields[of_.position(into_.by->field)].values;
        const auto* text = given.if_string();
        const auto state = text == nullptr ? std::nullopt : index_of(names, {text->data(), text->size()});
        if (state) into_.to = *state;
        else at_fault("to", "must be one of " + list_of(names));
    }

    const boost::json::array* list(std::string_view name, const boost::json::value& given) {
        const auto* items = given.if_array();
        if (items != nullptr && !items->empty() && items->size() <= bulk_items_max) return items;
        at_fault(std::string(name), "must be a list of 1 to " + std::to_string(bulk_items_max));
        return nullptr;
    }

    void read_ids(const boost::json::value& given) {
        const auto* ids = list("ids", given);
        if (ids == nullptr) return;
        for (std::size_t i = 0; i < ids->size(); ++i) {
            const auto* text = (*ids)[i].if_string();
            if (text == nullptr) at_fault("ids[" + std::to_string(i) + "]", "must be a string");
            else into_.items.push_back({std::string(text->data(), text->size()), {}, {}});
        }
    }

    void read_items(const boost::json::value& given) {
        const auto* items = list("items", given);
        if (items == nullptr) return;
        uuid_generator fresh;
        for (const auto& item : *items) {
            bulk_item made;
            call about = by_same_caller(request_);
            about.path = request_.path;
            about.fresh_id = fresh();
            given_members values;
            made.faults = read_body(of_, &item, false, values);
            if (made.faults.empty()) made.faults = make_record(of_, about, std::move(values), made.row);
            if (made.faults.empty()) made.key = *made.row.text(of_.id);
            into_.items.push_back(std::move(made));
        }
    }

    const resource& of_;
    const call& request_;
    bulk_input& into_;
    std::optional<bulk_input::action> action_;
    std::vector<fault> faults_;
};

std::optional<problem> check_bulk(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    auto parsed = std::make_unique<bulk_input>();
    std::vector<fault> faults = bulk_reader(*what.of, request, *parsed).read();
    if (!faults.empty())
        return refuse_body(request, problem_of(problem_code::invalid, std::move(faults), request.members_left_out));
    request.parsed = std::move(parsed);
    return std::nullopt;
}

class bulk_run {
public:
    bulk_run(const resource& of, write_session& session, const call& request)
        : of_(of),
          session_(session),
          input_(static_cast<const bulk_input&>(*request.parsed)),
          about_(by_same_caller(request)) {
        about_.path = request.path;
    }

    result<void> run(reply& into) {
        into.clear();
        std::string list;
        json::writer out(list);
        out.begin_array();
        std::vector<fault> faults;
        std::int64_t failed = 0;
        for (std::size_t i = 0; i < input_.items.size(); ++i) {
            reply one;
            auto done = input_.items[i].faults.empty()
                            ? session_.attempt([&] { return run_one(input_.items[i], one); })
                            : result<void>(refuse(one, problem_of(problem_code::invalid, input_.items[i].faults)));
            if (!done && !one.refused) return done;
            if (one.refused) {
                ++failed;
                faults.push_back({place(i), 0, one.refused->detail});
            }
            write_result(out, input_.items[i], one);
        }
        out.end_array();
        if (input_.atomic && failed > 0) return refuse(into, problem_of(problem_code::conflict, std::move(faults)));
        json::writer whole(into.body);
        whole.begin_object().key("succeeded").integer(static_cast<std::int64_t>(input_.items.size()) - failed);
        whole.key("failed").integer(failed).key("items").raw(list).end_object();
        return {};
    }

private:
    std::string place(std::size_t i) const {
        const bool creates = input_.what == bulk_input::action::create;
        return (creates ? "items[" : "ids[") + std::to_string(i) + "]";
    }

    result<void> run_one(const bulk_item& item, reply& into) {
        if (input_.what == bulk_input::action::create) return create_one(item, into);
        about_.path[of_.parent.by == nullptr ? 0 : 1] = item.key;
        auto before = load(of_, session_, about_, into);
        if (!before) return before.error();
        if (input_.what == bulk_input::action::remove) return drop(of_, session_, *before, into);
        record after = *before;
        if (input_.what == bulk_input::action::move)
            return move(of_, *input_.by, session_, about_, *before, input_.to, std::move(after), input_.note, into);
        for (std::size_t i = 0; i < input_.given.size(); ++i)
            if (input_.given[i]) after.values[i] = *input_.given[i];
        std::vector<fault> faults;
        if (of_.hooks.check != nullptr) of_.hooks.check(of_, about_, &*before, after, faults);
        if (!faults.empty()) return refuse(into, problem_of(problem_code::invalid, std::move(faults)));
        return save(of_, session_, about_, *before, std::move(after), input_.note, into);
    }

    result<void> create_one(const bulk_item& item, reply& into) {
        record row = item.row;
        if (of_.hooks.before_insert != nullptr) {
            auto answered = of_.hooks.before_insert(of_, session_, about_, row, into);
            if (!answered) return answered.error();
            if (*answered) return {};
        }
        return add(of_, session_, about_, row, into);
    }

    static void write_result(json::writer& out, const bulk_item& item, const reply& one) {
        out.begin_object().key("id");
        if (item.key.empty()) out.null();
        else out.string(item.key);
        out.key("ok").boolean(!one.refused);
        if (one.refused) out.key("detail").string(one.refused->detail);
        out.end_object();
    }

    const resource& of_;
    write_session& session_;
    const bulk_input& input_;
    call about_;
};

std::string_view name_of(const bulk_input& of) {
    switch (of.what) {
        case bulk_input::action::create: return "create";
        case bulk_input::action::patch: return "patch";
        case bulk_input::action::remove: return "delete";
        case bulk_input::action::move: break;
    }
    return of.by->path;
}

void append_ids(const boost::json::array& items, json::writer& out) {
    constexpr std::size_t bytes_max = 3072;
    std::string ids;
    json::writer list(ids);
    std::int64_t left_out = 0;
    list.begin_array();
    for (const auto& each : items) {
        if (!each.at("ok").as_bool()) continue;
        const auto& id = each.at("id").as_string();
        std::string text;
        json::writer(text).string({id.data(), id.size()});
        if (ids.size() + text.size() > bytes_max) ++left_out;
        else list.raw(text);
    }
    list.end_array();
    out.key("ids").raw(ids);
    if (left_out > 0) out.key("ids_left_out").integer(left_out);
}

constexpr std::string_view reply_schema =
    R"({"type":"object","required":["succeeded","failed","items"],"properties":{"succeeded":{"type":"integer"},)"
    R"("failed":{"type":"integer"},"items":{"type":"array","items":{"type":"object","required":["id","ok"],)"
    R"("properties":{"id":{"type":["string","null"]},"ok":{"type":"boolean"},"detail":{"type":"string"}}}}}})";

// One thing or another is done by it, so it needs what each of them needs.
access::requirement needs_of_all(const resource& of) {
    access::permission_set wanted = of.writes.wanted();
    for (const state_machine& each : of.machines) wanted = wanted | each.needs.wanted();
    for (const field& each : of.fields)
        if (each.needs) wanted = wanted | access::permission_set::of({*each.needs});
    return of.writes.is_said() ? access::requirement::all_of(wanted) : access::requirement();
}

}  // namespace

void append_bulk_detail(const call& request, const reply& done, json::writer& out) {
    const auto* given = dynamic_cast<const bulk_input*>(request.parsed.get());
    if (given == nullptr) return;
    const boost::json::value answered = boost::json::parse(done.body);
    out.key("action").string(name_of(*given));
    out.key("succeeded").integer(answered.at("succeeded").as_int64());
    out.key("failed").integer(answered.at("failed").as_int64());
    append_ids(answered.at("items").as_array(), out);
}

operation bulk_operation(const resource& of) {
    operation made = make_operation(of, method::post, "/bulk", "change_many_" + noun_of(of),
                                    "Does one thing to many, each with a result of its own.");
    std::string actions = R"({"type":"string","enum":["create","patch","delete")";
    for (const state_machine& each : of.machines) actions.append(",\"").append(each.path).append("\"");
    made.body = body_kind::json;
    made.fields = {{"action", kept(actions + "]}"), true, "What is done."},
                   {"ids", R"({"type":"array","items":{"type":"string"},"minItems":1,"maxItems":1000})", false,
                    "What it is done to."},
                   {"items", R"({"type":"array","items":{"type":"object"},"minItems":1,"maxItems":1000})", false,
                    "What is created."},
                   {"patch", R"({"type":"object"})", false, "Fields that change."},
                   {"to", R"({"type":"string"})", false, "The state that is wanted."},
                   {"note", R"({"type":"string"})", false, "Why."},
                   {"atomic", R"({"type":"boolean","default":false})", false, "The first failure undoes all."}};
    made.reply_schema = reply_schema;
    made.needs = needs_of_all(of);
    made.is_about_version = false;
    made.check = check_bulk;
    made.write = [&of](const operation&, write_session& session, const call& request, reply& into) {
        return bulk_run(of, session, request).run(into);
    };
    return made;
}

}  // namespace carrel::siem
