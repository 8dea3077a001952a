#include "shippers/elastic_bulk.hpp"

#include "json/walk.hpp"
#include "json/writer.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>
#include <vector>

namespace carrel::shippers {

namespace {

using siem::body_item;

// Each is answered, so their number bounds the reply.
constexpr std::size_t items_max = 100'000;
constexpr std::size_t id_bytes_max = 512;
constexpr std::size_t index_bytes_max = 255;
constexpr std::size_t action_depth_max = 16;

enum class action : std::uint8_t { create, index, update, remove };
constexpr std::array<std::string_view, 4> action_names = {"create", "index", "update", "delete"};

// What a line asks for, and what became of it.
struct bulk_item {
    action what = action::create;
    std::uint32_t index = 0;  // in the names of indices
    std::string id;           // the client's; empty: the event's
    siem::uuid event;
    std::string fault;  // empty: it was taken
};

class bulk_body final : public shipper_body {
public:
    explicit bulk_body(std::string index)
        : indices_{std::move(index)} {}

    step next(std::string_view& bytes, body_item& into) override {
        for (;;) {
            const step found = lines_->next(bytes, into);
            if (found != step::item) return found;
            const step made = take_line(into);
            if (made != step::need_more) return made;
        }
    }

    step finish(body_item& into) override {
        for (;;) {
            const step found = lines_->finish(into);
            if (found == step::need_more) return end();
            const step made = take_line(into);
            if (made != step::need_more) return made;
        }
    }

    std::string_view why() const noexcept override { return why_; }
    bool is_too_large() const noexcept override { return is_too_large_; }
    std::size_t bytes_held() const noexcept override {
        return lines_->bytes_held() + items_.size() * sizeof(bulk_item);
    }
    std::string_view identity_scope() const noexcept override { return "elastic"; }

    void accepted(const siem::uuid& id) override { items_.back().event = id; }
    void rejected(std::string_view why) override { items_.back().fault = why; }

    unsigned short answer(const siem::intake_summary& summary, std::string& body) const override {
        const auto is_taken = [](const bulk_item& each) { return each.fault.empty(); };
        auto duplicate = summary.duplicate_events.begin();
        std::int64_t event = 0;
        bool any_failed = !std::all_of(items_.begin(), items_.end(), is_taken);
        std::string list;
        json::writer out(list);
        out.begin_array();
        for (const bulk_item& each : items_) {
            bool is_duplicate = false;
            if (is_taken(each)) {
                is_duplicate = duplicate != summary.duplicate_events.end() && *duplicate == event++;
                if (is_duplicate) ++duplicate;
            }
            any_failed = any_failed || (is_duplicate && each.what == action::create);
            write_item(out, each, is_duplicate);
        }
        out.end_array();
        const auto took = std::chrono::steady_clock::now() - begun_;
        json::writer all(body);
        all.begin_object().key("took").integer(std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
        all.key("errors").boolean(any_failed).key("items").raw(list).end_object();
        return 200;
    }

private:
    step broken(std::string why) {
        why_ = std::move(why);
        return step::broken;
    }

    step end() {
        if (awaits_source_) return broken("The last action has no event behind it.");
        if (items_.empty()) return broken("request body is required");
        return step::need_more;
    }

    // `need_more` if the line makes no item yet.
    step take_line(body_item& line) {
        if (!std::exchange(awaits_source_, false)) return take_action(line);
        bulk_item& made = items_.back();
        if (made.what == action::update) line.fault = unchangeable;
        if (made.id.size() > id_bytes_max) line.fault = "has an _id of more than 512 bytes";
        if (indices_[made.index].size() > index_bytes_max) line.fault = "has an _index of more than 255 bytes";
        identity_ = indices_[made.index] + '\0' + made.id;
        if (!made.id.empty()) line.identity = identity_;
        line.channel = indices_[made.index];
        return step::item;
    }

    step take_action(body_item& line) {
        const std::string where = "Malformed action line " + std::to_string(line.number);
        if (!line.fault.empty() || !json::is_json(line.text, action_depth_max)) return broken(where);
        json::walk members(line.text);
        if (!members.is_object() || !members.next()) return broken(where);
        const auto name = std::find(action_names.begin(), action_names.end(), members.key());
        if (name == action_names.end() || !members.value().starts_with('{')) return broken(where);
        if (items_.size() == items_max) {
            is_too_large_ = true;
            return broken("more than 100000 actions in one request");
        }
        bulk_item& made = items_.emplace_back();
        made.what = static_cast<action>(name - action_names.begin());
        read_target(members.value(), made);
        if (members.next()) return broken(where);
        awaits_source_ = made.what != action::remove;
        if (awaits_source_) return step::need_more;
        line.fault = unchangeable;
        return step::item;
    }

    void read_target(std::string_view target, bulk_item& into) {
        for (json::walk members(target); members.next();) {
            const bool is_text = json::is_string(members.value()) || json::is_number(members.value());
            if (!is_text) continue;
            if (members.key() == "_id") into.id = json::text_of(members.value());
            if (members.key() == "_index") into.index = index_of(json::text_of(members.value()));
        }
    }

    // Few indices are named in one request; those beyond are kept as they come.
    std::uint32_t index_of(std::string name) {
        const std::size_t known = std::min<std::size_t>(indices_.size(), 64);
        const auto found = std::find(indices_.begin(), indices_.begin() + static_cast<std::ptrdiff_t>(known), name);
        if (found != indices_.begin() + static_cast<std::ptrdiff_t>(known))
            return static_cast<std::uint32_t>(found - indices_.begin());
        indices_.push_back(std::move(name));
        return static_cast<std::uint32_t>(indices_.size() - 1);
    }

    void write_item(json::writer& out, const bulk_item& of, bool is_duplicate) const {
        out.begin_object().key(action_names[static_cast<std::size_t>(of.what)]).begin_object();
        out.key("_index").string(indices_[of.index]);
        const bool is_failed = !of.fault.empty();
        out.key("_id").string(!of.id.empty() || is_failed ? of.id : siem::text_of(of.event));
        if (is_failed) {
            write_error(out, 400, of.fault == unchangeable ? "illegal_argument_exception" : "mapper_parsing_exception",
                        of.fault);
        } else if (is_duplicate && of.what == action::create) {
            write_error(out, 409, "version_conflict_engine_exception", "document already exists");
        } else {
            out.key("_version").integer(is_duplicate ? 2 : 1);
            out.key("result").string(is_duplicate ? "updated" : "created");
            out.key("_shards").raw(R"({"total":1,"successful":1,"failed":0})");
            out.key("status").integer(is_duplicate ? 200 : 201);
        }
        out.end_object().end_object();
    }

    static void write_error(json::writer& out, int status, std::string_view type, std::string_view reason) {
        out.key("status").integer(status).key("error").begin_object();
        out.key("type").string(type).key("reason").string(reason).end_object();
    }

    static constexpr std::string_view unchangeable = "events are not changed or deleted";

    std::unique_ptr<siem::event_body> lines_ = siem::make_line_body();
    std::vector<std::string> indices_;  // the first is that of the path
    std::vector<bulk_item> items_;
    std::string identity_;
    std::string why_;
    bool awaits_source_ = false, is_too_large_ = false;
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

}  // namespace

std::unique_ptr<shipper_body> make_bulk_body(const siem::call& request) {
    return std::make_unique<bulk_body>(request.path[0]);
}

}  // namespace carrel::shippers
