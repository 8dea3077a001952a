#include "base/uuid.hpp"
#include "cli/ingest_target.hpp"
#include "cli/options.hpp"
#include "siem/event_intake.hpp"
#include "siem/mappings_in_force.hpp"

#include <carrel/database.hpp>

#include <boost/asio/use_future.hpp>

#include <future>
#include <optional>

namespace carrel::cli {
namespace {

using part_pointer = std::shared_ptr<const siem::event_part>;

siem::timestamp now() {
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

error broken(const siem::problem& why) {
    return error(error_code(EBADMSG, boost::system::generic_category()), why.detail);
}

// May run more than once; keeps the part alive until it has.
struct store_part {
    part_pointer part;
    result<siem::stored_part> operator()(write_session& session) const {
        siem::reply ignored;
        return siem::store(session, *part, ignored);
    }
};

// One part is being stored while the next one is read.
class local_target final : public ingest_target {
public:
    local_target(database store, std::shared_ptr<const siem::event_mappings> mappings, std::string ingest_id)
        : store_(std::move(store)),
          mappings_(std::move(mappings)),
          ingest_id_(std::move(ingest_id)) {}

    std::size_t block_bytes_max() const override { return 1u << 20; }

    void begin_file() override { begin(siem::make_line_body(), std::nullopt); }

    result<void> take(const event_block& block, tally& into) override {
        if (block.is_array || !block.key.empty()) return take_whole(block, into);
        if (auto why = intake_->feed(block.text)) return broken(*why);
        auto stored = store_parts();
        sum_up(into);
        return stored;
    }

    result<void> end_file(tally& into) override {
        if (was_whole_) return {};
        auto last = finish();
        sum_up(into);
        return last;
    }

private:
    void begin(std::unique_ptr<siem::event_body> body, std::optional<siem::idempotency> key) {
        intake_.emplace(std::move(body), siem::intake_options{now(), std::move(key), ingest_id_, {}, mappings_},
                        [this] { return fresh_id_.next(); });
        was_whole_ = false;
    }

    result<void> finish() {
        if (auto why = intake_->finish()) return broken(*why);
        if (auto stored = store_parts(); !stored) return stored;
        return await_part();
    }

    // A block by itself: stored when this returns, and once only under its key.
    result<void> take_whole(const event_block& block, tally& into) {
        std::optional<siem::idempotency> key;
        if (!block.key.empty()) key = siem::idempotency{"ingest " + block.key, "ingest"};
        begin(block.is_array ? siem::make_element_body() : siem::make_line_body(), std::move(key));
        was_whole_ = true;
        if (auto why = intake_->feed(block.text)) return broken(*why);
        auto done = finish();
        const auto& summary = intake_->summary();
        into.accepted += summary.accepted;
        into.rejected += summary.rejected;
        into.untimed += summary.untimed;
        into.duplicates += summary.duplicates;
        for (const auto& each : summary.faults) into.refused.push_back({block.first_line + each.line - 1, each.detail});
        return done;
    }

    struct in_flight {
        part_pointer part;
        std::future<result<committed<siem::stored_part>>> stored;
    };

    void sum_up(tally& into) const {
        const auto& summary = intake_->summary();
        into = {summary.accepted, summary.rejected, {}, summary.untimed, summary.duplicates};
        for (const auto& each : summary.faults) into.refused.push_back({each.line, each.detail});
    }

    result<void> store_parts() {
        while (auto part = intake_->take_part()) {
            if (auto previous = await_part(); !previous) return previous;
            auto shared = std::make_shared<const siem::event_part>(std::move(*part));
            job_options settings;
            settings.bytes = shared->bytes;
            settings.deadline = std::chrono::milliseconds(60'000);
            pending_.emplace(in_flight{
                shared, store_.async_write(store_part{shared}, settings, as_result(boost::asio::use_future))});
        }
        return {};
    }

    result<void> await_part() {
        if (!pending_) return {};
        auto finished = std::move(*pending_);
        pending_.reset();
        auto stored = finished.stored.get();
        if (!stored) return stored.error();
        intake_->committed(*finished.part, stored->value);
        return {};
    }

    database store_;
    std::shared_ptr<const siem::event_mappings> mappings_;
    std::string ingest_id_;
    bool was_whole_ = false;  // the last block was taken by itself
    siem::uuid_generator fresh_id_;
    std::optional<siem::event_intake> intake_;
    std::optional<in_flight> pending_;
};

}  // namespace

result<std::unique_ptr<ingest_target>> make_local_target(const std::string& path, std::string ingest_id) {
    auto store = database::open(store_options(path));
    if (!store) return store.error();
    siem::mappings_in_force mappings;
    if (auto loaded = mappings.load(*store); !loaded) return loaded.error();
    return std::unique_ptr<ingest_target>(
        std::make_unique<local_target>(std::move(*store), mappings.current(), std::move(ingest_id)));
}

}  // namespace carrel::cli
