#include "crash/item_clients.hpp"

#include "support/harness.hpp"

#include <future>
#include <mutex>
#include <optional>
#include <string>

namespace carrel::testing {
namespace {

enum class failure { none, late_check, one_statement, takes_transaction, thrown };

// Everything the work needs, by value: it may run again.
struct item_work {
    item_job job;
    std::size_t payload_bytes = 0;
    failure kind = failure::none;

    result<void> operator()(write_session& session) const {
        switch (job.change) {
            case item_change::touch:
                return session.execute("UPDATE item SET mark = ? WHERE job = ?", job.number, job.target);
            case item_change::remove:
                if (auto done = session.execute("DELETE FROM item WHERE job = ?", job.target); !done) return done;
                return session.execute("PRAGMA incremental_vacuum(8)");  // in a file that gives pages back
            case item_change::add:
            case item_change::fail: break;
        }
        for (std::int64_t n = 0; n < job.rows; ++n)
            if (auto done = session.execute("INSERT INTO item(job, n, payload) VALUES(?, ?, hex(randomblob(?)))",
                                            job.number, n, payload_bytes);
                !done)
                return done;
        return fail(session);
    }

    result<void> fail(write_session& session) const {
        switch (kind) {
            case failure::none: return {};
            case failure::late_check:
                return session.execute("INSERT INTO item(job, n, payload) VALUES(?, -1, 'x')", job.number);
            case failure::one_statement:  // many rows in before the last one fails
                return session.execute(
                    "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 400)"
                    " INSERT INTO item(job, n, payload) SELECT ?, iif(i = 400, -1, ? + i), hex(randomblob(?)) FROM c",
                    job.number, job.rows, payload_bytes);
            case failure::takes_transaction: return session.execute("INSERT INTO tripwire VALUES(1)");
            case failure::thrown: throw std::runtime_error("thrown by the work");
        }
        return {};
    }
};

class client_crowd {
public:
    client_crowd(database& db, const item_load& load, std::mt19937_64& random,
                 const std::function<void(std::uint64_t)>& acknowledged)
        : db_(db),
          load_(load),
          random_(random),
          acknowledged_(acknowledged) {}

    std::vector<item_job> run() {
        std::vector<std::future<void>> ends;
        for (std::size_t i = 0; i < load_.clients; ++i)
            ends.push_back(std::async(std::launch::async, [this] { run_client(); }));
        for (auto& one : ends) one.get();
        return std::move(history_);
    }

private:
    void run_client() {
        std::vector<std::uint64_t> own;  // acknowledged adds that still have rows
        while (auto work = next(own)) {
            std::promise<void> answered;
            job_options per_job;
            per_job.durability = work->job.is_full ? durability::full : durability::normal;
            db_.async_write(
                *work, per_job,
                as_result(boost::asio::bind_executor(
                    inline_executor(), [this, &answered, job = work->job](const result<committed<void>>& r) {
                        note(job, r);
                        answered.set_value();
                    })));
            answered.get_future().wait();
            std::lock_guard lock(mutex_);
            if (history_[work->job.number - 1].is_acknowledged && work->job.change == item_change::add)
                own.push_back(work->job.number);
        }
    }

    void note(const item_job& job, const result<committed<void>>& outcome) {
        if (outcome) acknowledged_(job.number);
        std::lock_guard lock(mutex_);
        auto& kept = history_[job.number - 1];
        kept.is_acknowledged = outcome.has_value();
        if (outcome) kept.sequence = outcome->sequence;
    }

    std::optional<item_work> next(std::vector<std::uint64_t>& own) {
        std::lock_guard lock(mutex_);
        if (history_.size() == load_.jobs) return std::nullopt;
        const auto percent = [&] { return random_() % 100; };
        item_work work;
        work.job.number = history_.size() + 1;
        work.job.is_full = percent() >= load_.normal_percent;
        const bool is_large = percent() < load_.large_percent;
        work.job.rows = static_cast<std::int64_t>(is_large ? 200 + random_() % 600 : 1 + random_() % 5);
        work.payload_bytes = is_large ? 150 + random_() % 450 : 10 + random_() % 100;
        if (percent() < load_.failing_percent) {
            work.job.change = item_change::fail;
            work.kind = static_cast<failure>(1 + random_() % 4);
        } else if (!own.empty() && percent() < 30) {
            const auto victim = random_() % own.size();
            work.job.target = own[victim];
            work.job.change = percent() < 50 ? item_change::touch : item_change::remove;
            if (work.job.change == item_change::remove) own.erase(own.begin() + static_cast<std::ptrdiff_t>(victim));
        }
        history_.push_back(work.job);
        return work;
    }

    database& db_;
    const item_load& load_;
    std::mutex mutex_;
    std::mt19937_64& random_;        // guarded by mutex_
    std::vector<item_job> history_;  // guarded by mutex_
    const std::function<void(std::uint64_t)>& acknowledged_;
};

}  // namespace

std::vector<item_job> run_item_clients(database& db, const item_load& load, std::mt19937_64& random,
                                       const std::function<void(std::uint64_t)>& acknowledged) {
    return client_crowd(db, load, random, acknowledged).run();
}

}  // namespace carrel::testing
