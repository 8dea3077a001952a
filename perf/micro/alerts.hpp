#pragma once

#include "siem/alerts.hpp"
#include "support/domain.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

// Alerts in a table, over the project's connections and without its threads: what the questions about reads look at.
namespace carrel::micro {

inline const siem::operation& operation_called(std::string_view id) {
    const auto all = siem::operations();
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.id == id; });
    if (found == all.end()) throw std::logic_error("no operation " + std::string(id));
    return *found;
}

class alert_table {
public:
    explicit alert_table(std::size_t count) {
        auto made = store_.write([&](write_session& session) { return fill(session, count); });
        if (!made) throw std::runtime_error(made.error().message());
        // Read in another order than the table's, or its pages would come by themselves.
        std::shuffle(ids_.begin(), ids_.end(), std::mt19937_64(7));
    }

    /// Runs reads in one snapshot of the reader's connection.
    template <class Work>
    auto read(Work work) {
        return store_.read(std::move(work));
    }
    /// All ids in an order without order; begins anew behind the last.
    const std::string& id(std::size_t place) const { return ids_[place % ids_.size()]; }
    std::size_t size() const { return ids_.size(); }

private:
    result<void> fill(write_session& session, std::size_t count) {
        const auto& create = operation_called("create_alert");
        const auto body = boost::json::parse(
            R"({"title":"Suspicious use of wevtutil","description":"The log path of Security was changed.",)"
            R"("severity":"high","tags":["attack.t1070.001"],"risk_score":73})");
        siem::uuid_generator fresh_id(7);
        siem::reply ignored;
        for (std::size_t i = 0; i < count; ++i) {
            siem::call request;
            request.now = store_.now + static_cast<siem::timestamp>(i);
            request.fresh_id = fresh_id();
            request.body = &body;
            if (create.check(create, request)) throw std::logic_error("the alert is not valid");
            if (auto done = siem::run_write(create, session, request, ignored); !done) return done;
            ids_.push_back(request.fresh_id);
        }
        return {};
    }

    testing::domain store_;
    std::vector<std::string> ids_;
};

/// One point read as the server's endpoint runs it, into a reply that keeps its buffer.
class point_read {
public:
    bool operator()(read_session& session, const std::string& id) {
        request_.path[0] = id;
        return siem::get(what_, session, request_, reply_) && reply_.body.find(id) != std::string::npos;
    }
    const std::string& body() const { return reply_.body; }

private:
    const siem::operation& what_ = operation_called("get_alert");
    siem::call request_;
    siem::reply reply_;
};

}  // namespace carrel::micro
