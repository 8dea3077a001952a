#include "load/driver.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

namespace carrel::load {

using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {

/// The value of a field of a head; empty if it is not there. `name` is in lower case, ends with a colon and a space.
std::string_view field_of(std::string_view head, std::string_view name) {
    const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b; };
    const auto at = std::search(head.begin(), head.end(), name.begin(), name.end(), same);
    if (at == head.end()) return {};
    const auto begin = static_cast<std::size_t>(at - head.begin()) + name.size();
    return head.substr(begin, head.find('\r', begin) - begin);
}

}  // namespace

/// One socket with at most one request on its way.
class driver::connection {
public:
    connection(driver& owner)
        : owner_(owner),
          socket_(owner.context_) {}

    void connect() {
        socket_ = tcp::socket(owner_.context_);
        socket_.async_connect(owner_.settings_.server, [this](const error_code& ec) {
            if (ec) return give_up();
            error_code ignored;
            socket_.set_option(tcp::no_delay(true), ignored);
            owner_.free(*this);
        });
    }

    void send(clock::time_point due) {
        due_ = due;
        asked_ = owner_.traffic_.next();
        is_busy_ = true;
        ++owner_.busy_;
        received_.clear();
        boost::asio::async_write(socket_, boost::asio::buffer(asked_.text), [this](const error_code& ec, std::size_t) {
            if (ec) return give_up();
            receive();
        });
    }

    bool is_busy() const noexcept { return is_busy_; }
    void close() {
        error_code ignored;
        socket_.close(ignored);
    }

private:
    void receive() {
        socket_.async_read_some(boost::asio::buffer(chunk_), [this](const error_code& ec, std::size_t size) {
            if (ec) return give_up();
            received_.append(chunk_.data(), size);
            if (!take_answer()) receive();
        });
    }

    // True once the answer is whole and dealt with.
    bool take_answer() {
        const auto head_end = received_.find("\r\n\r\n");
        if (head_end == received_.npos) return false;
        const auto head = std::string_view(received_).substr(0, head_end + 2);
        std::size_t length = 0;
        const auto told = field_of(head, "content-length: ");
        std::from_chars(told.data(), told.data() + told.size(), length);
        if (received_.size() < head_end + 4 + length) return false;
        int status = 0;
        if (head.size() > 12) std::from_chars(head.data() + 9, head.data() + 12, status);
        const auto body = std::string_view(received_).substr(head_end + 4, length);
        is_busy_ = false;
        --owner_.busy_;
        owner_.note(asked_, due_, status, owner_.traffic_.accept(asked_, status, body));
        // Servers close a connection after some thousands of requests, and say so.
        if (field_of(head, "connection: ") == "close") connect();
        else owner_.free(*this);
        return true;
    }

    void give_up() {
        if (!socket_.is_open() && !is_busy_) return;
        ++owner_.result_.broken;
        if (std::exchange(is_busy_, false)) --owner_.busy_;
        close();
        if (!owner_.is_over(clock::now())) connect();
    }

    driver& owner_;
    tcp::socket socket_;
    std::array<char, 16 * 1024> chunk_{};
    request asked_;
    clock::time_point due_;
    std::string received_;
    bool is_busy_ = false;
};

driver::driver(boost::asio::io_context& context, const driver_settings& settings, traffic asked)
    : context_(context),
      settings_(settings),
      traffic_(std::move(asked)),
      due_timer_(context),
      end_timer_(context) {}

driver::~driver() = default;

void driver::start(clock::time_point begin) {
    begin_ = begin;
    measured_from_ = begin + std::chrono::duration_cast<clock::duration>(settings_.warm_up);
    end_ = measured_from_ + std::chrono::duration_cast<clock::duration>(settings_.duration);
    for (std::size_t i = 0; i < settings_.connections; ++i) {
        connections_.push_back(std::make_unique<connection>(*this));
        connections_.back()->connect();
    }
    end_timer_.expires_at(end_);
    end_timer_.async_wait([this](const error_code& ec) {
        if (!ec) end();
    });
}

// Nothing new is sent; what is on its way has some seconds to come home.
void driver::end() {
    if (std::exchange(is_ending_, true)) return;
    due_timer_.cancel();
    for (auto* one : std::exchange(idle_, {})) one->close();
    end_timer_.expires_after(std::chrono::seconds(10));
    end_timer_.async_wait([this](const error_code& ec) {
        if (ec) return;
        for (auto& one : connections_) {
            if (one->is_busy()) ++result_.unanswered;
            one->close();
        }
    });
}

clock::time_point driver::next_due() const noexcept {
    const auto since = std::chrono::duration<double>(static_cast<double>(sent_) / *settings_.rate);
    return begin_ + std::chrono::duration_cast<clock::duration>(since);
}

void driver::free(connection& one) {
    const auto now = clock::now();
    if (is_over(now)) {
        one.close();
        end();
        if (busy_ == 0) end_timer_.cancel();
        return;
    }
    if (!settings_.rate) {
        ++sent_;
        return one.send(now);
    }
    idle_.push_back(&one);
    send_due();
}

// Requests that are due go out on the connections that are free.
void driver::send_due() {
    const auto now = clock::now();
    while (!idle_.empty()) {
        const auto due = next_due();
        if (due > now || is_over(due)) break;
        auto* one = idle_.front();
        idle_.pop_front();
        ++sent_;
        one->send(due);
    }
    if (idle_.empty()) return;
    if (is_over(next_due())) end();
    else arm();
}

void driver::arm() {
    if (std::exchange(is_armed_, true)) return;
    due_timer_.expires_at(next_due());
    due_timer_.async_wait([this](const error_code& ec) {
        is_armed_ = false;
        if (!ec) send_due();
    });
}

void driver::note(const request& asked, clock::time_point due, int status, bool is_right) {
    const auto now = clock::now();
    answered_.fetch_add(1, std::memory_order_relaxed);
    ++result_.answers[{asked.method(), status}];
    if (!is_right) ++result_.wrong;
    result_.last_answer = now;
    if (due < measured_from_) return;
    result_.all.add(now - due);
    result_.by_kind[asked.kind].add(now - due);
}

}  // namespace carrel::load
