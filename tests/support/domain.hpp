#pragma once

#include "base/uuid.hpp"
#include "json/reader.hpp"
#include "resource/idempotency.hpp"
#include "resource/operation.hpp"
#include "siem/event_intake.hpp"
#include "siem/functions.hpp"
#include "siem/migrations.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/file_guard.hpp"
#include "sqlite/migrations.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>

namespace carrel::testing {

/// What an operation answered: its refusal, or its reply as JSON.
struct answer {
    std::optional<siem::problem> refused;
    siem::reply reply;

    boost::json::value json() const { return boost::json::parse(reply.body); }
    const boost::json::value at(std::string_view pointer) const {
        return json().at_pointer({pointer.data(), pointer.size()});
    }
    std::string text(std::string_view pointer) const { return std::string(at(pointer).as_string()); }
    /// The fields at fault, in order, a blank between two.
    std::string faults() const {
        std::string names;
        if (refused)
            for (const auto& each : refused->faults) names += (names.empty() ? "" : " ") + each.field;
        return names;
    }
};

inline bool is(const answer& got, siem::problem_code code) { return got.refused && got.refused->code == code; }

/// The ids of a list, in order, a blank between two.
inline std::string ids(const answer& list) {
    std::string all;
    const auto items = list.at("/items");
    for (const auto& each : items.as_array())
        all.append(all.empty() ? "" : " ").append(each.at("id").as_string().c_str());
    return all;
}

/// The domain over real connections to a file of its own, without actors: each call is one job in one transaction.
class domain {
public:
    using query = std::vector<std::pair<std::string, std::string>>;
    using tweak = std::function<void(siem::call&)>;

    domain()
        : domain(siem::migrations().size()) {}
    /// With the first `steps` migrations only, as an earlier version left it.
    explicit domain(std::size_t steps) {
        options settings{
            .path = file_.path(), .migrations = siem::migrations().first(steps), .functions = siem::functions()};
        writer_ = open(settings, sqlite::role::writer);
        check(sqlite::migrate(*writer_, settings.migrations));
        reader_ = open(settings, sqlite::role::reader);
    }

    void upgrade() { check(sqlite::migrate(*writer_, siem::migrations())); }

    siem::timestamp now = 1'700'000'000'000'000;

    answer get(std::string_view path, const query& parameters = {}) {
        return send(siem::method::get, path, {}, parameters);
    }
    answer post(std::string_view path, std::string_view body, const tweak& change = {}) {
        return send(siem::method::post, path, body, {}, change);
    }
    answer patch(std::string_view path, std::string_view body, const tweak& change = {}) {
        return send(siem::method::patch, path, body, {}, change);
    }
    answer put(std::string_view path, std::string_view body, const tweak& change = {}) {
        return send(siem::method::put, path, body, {}, change);
    }
    /// A body of bytes, as `body_kind::file` has it.
    answer post_file(std::string_view path, std::string_view bytes, const query& parameters = {}) {
        return send(siem::method::post, path, {}, parameters, [&](siem::call& request) { request.file = bytes; });
    }
    answer remove(std::string_view path, const tweak& change = {}) {
        return send(siem::method::del, path, {}, {}, change);
    }

    answer send(siem::method how, std::string_view path, std::string_view body, const query& parameters,
                const tweak& change = {}) {
        siem::call request;
        const siem::operation& what = route(how, path, request);
        request.query = parameters;
        request.now = now;
        request.fresh_id = fresh_id_();
        json::parse_failure broken;
        if (!body.empty() && (request.body = parser_.parse(body, broken)) == nullptr)
            throw std::logic_error(broken.detail);
        if (change) change(request);
        answer got;
        if (what.check != nullptr) got.refused = what.check(what, request);
        request.body = nullptr;
        if (!got.refused) run(what, request, got);
        return got;
    }

    /// Takes in a body as a front end would, `step` bytes at a time; stores what is complete.
    std::unique_ptr<siem::event_intake> ingest(std::string_view body, siem::event_intake::format how,
                                               std::size_t step = 1 << 20, std::optional<siem::idempotency> key = {}) {
        auto intake = std::make_unique<siem::event_intake>(
            how, now, [this] { return fresh_id_.next(); }, std::move(key));
        for (; !body.empty(); body.remove_prefix(std::min(step, body.size()))) {
            last_problem = intake->feed(body.substr(0, step));
            store_parts(*intake);
        }
        last_problem = intake->finish();
        if (!last_problem) store_parts(*intake);
        return intake;
    }
    std::unique_ptr<siem::event_intake> ingest_lines(std::string_view body) {
        return ingest(body, siem::event_intake::format::ndjson);
    }
    std::optional<siem::problem> last_problem;
    int parts_of_write = 0;  // transactions that the last call took

    /// Runs work in a transaction of its own, undone if it fails.
    template <class Work>
    auto write(Work work) {
        check(writer_->begin());
        auto done = job(work);
        check(writer_->commit());
        return done;
    }
    template <class Work>
    auto read(Work work) {
        check(reader_->begin());
        reader_->begin_job();
        read_session session(*reader_);
        auto done = work(session);
        check(reader_->commit());
        return done;
    }
    std::int64_t count(const char* sql) {
        return read([&](read_session& session) { return session.first_integer(read_sql::dynamic(sql)); })
            .value()
            .value_or(-1);
    }

private:
    template <class Work>
    auto job(Work& work) {
        check(writer_->savepoint());
        writer_->begin_job();
        write_session session(*writer_);
        auto done = work(session);
        check(done.has_value() ? writer_->release() : writer_->rollback_to_and_release());
        return done;
    }
    static void check(const result<void>& done) {
        if (!done) throw std::runtime_error(done.error().message());
    }
    std::unique_ptr<sqlite::connection> open(const options& settings, sqlite::role role) {
        auto opened = sqlite::connection::open(settings.path, sqlite::profile_of(settings, role), busy_);
        if (!opened) throw std::runtime_error(opened.error().message());
        return std::move(*opened);
    }

    static std::vector<std::string_view> parts(std::string_view path) {
        std::vector<std::string_view> list;
        while (!path.empty()) {
            path.remove_prefix(1);
            const std::size_t end = std::min(path.find('/'), path.size());
            list.push_back(path.substr(0, end));
            path.remove_prefix(end);
        }
        return list;
    }
    // Words before placeholders, as the router does.
    static const siem::operation& route(siem::method how, std::string_view path, siem::call& request) {
        const auto given = parts(path);
        const siem::operation* best = nullptr;
        for (const auto& what : siem::operations()) {
            const auto pattern = parts(what.path);
            if (what.method != how || pattern.size() != given.size()) continue;
            bool fits = true, exact = true;
            std::array<std::string, 2> values;
            std::size_t found = 0;
            for (std::size_t i = 0; i < given.size(); ++i) {
                const bool placeholder = pattern[i].starts_with('{');
                exact = exact && !placeholder;
                fits = fits && (placeholder || pattern[i] == given[i]);
                if (placeholder) values[found++] = std::string(given[i]);
            }
            if (!fits || (best != nullptr && !exact)) continue;
            best = &what;
            request.path = std::move(values);
        }
        if (best == nullptr) throw std::logic_error("no such operation");
        return *best;
    }

    void run(const siem::operation& what, siem::call& request, answer& got) {
        const auto prepare = [&] {
            return read([&](read_session& session) { return what.read(what, session, request, got.reply); });
        };
        const auto store = [&] {
            return write([&](write_session& session) { return siem::run_write(what, session, request, got.reply); });
        };
        auto done = what.read != nullptr ? prepare() : store();
        // What a read prepares, a write does.
        if (done && what.read != nullptr && what.write != nullptr) {
            request.parsed = std::move(got.reply.rest);
            done = store();
        }
        // A long write goes on in another transaction.
        parts_of_write = 1;
        while (done && what.write != nullptr && got.reply.rest != nullptr) {
            ++parts_of_write;
            request.parsed = std::move(got.reply.rest);
            done = store();
        }
        got.refused = got.reply.refused;
        if (!done && !got.refused) throw std::runtime_error(done.error().message());
    }

    void store_parts(siem::event_intake& intake) {
        while (auto part = intake.take_part()) {
            siem::reply ignored;
            auto stored = write([&](write_session& session) { return siem::store(session, *part, ignored); });
            last_refusal = ignored.refused;
            if (stored) intake.committed(*part, *stored);
        }
    }

    sqlite::file_guard file_ = sqlite::file_guard::acquire(":memory:").value();
    std::atomic<std::uint64_t> busy_{0};
    std::unique_ptr<sqlite::connection> writer_, reader_;
    json::reader parser_;
    siem::uuid_generator fresh_id_{7};

public:
    std::optional<siem::problem> last_refusal;
};

}  // namespace carrel::testing
