// How many instructions does a request cost the server? The same on a busy machine as on an idle one: a server with one shard
// answers a client that is a program of its own, and callgrind counts what the server does from the first request behind the
// warm-up to the last. perf/compare.py runs it for two commits; it keeps to what the front end offered from its first commit
// on, so that it compiles there.
// Usage: valgrind --tool=callgrind --instr-atstart=no micro_instructions --kind point|list|post
//            [--requests N] [--rows N] [--window N] [--waste N]
#include "http/server.hpp"
#include "siem/functions.hpp"
#include "siem/migrations.hpp"
#include "support/raw_client.hpp"

#include <carrel/database.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <valgrind/callgrind.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace carrel;

struct settings {
    std::string kind = "point";
    std::size_t requests = 2'000;
    std::size_t rows = 10'000;
    std::size_t window = 16;  // requests sent together, which then share a turn of the loop and a snapshot
    std::size_t waste = 0;    // turns of a loop that a request is made to cost more
    std::uint16_t port = 0;   // set: be the client of the server there
};

[[noreturn]] void fail(const std::string& why) {
    std::cerr << "micro_instructions: " << why << std::endl;
    std::_Exit(1);
}

settings parsed(int argc, char** argv) {
    settings asked;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string name = argv[i], text = argv[i + 1];
        if (name == "--kind") asked.kind = text;
        else if (name == "--requests") asked.requests = std::stoul(text);
        else if (name == "--rows") asked.rows = std::stoul(text);
        else if (name == "--window") asked.window = std::stoul(text);
        else if (name == "--waste") asked.waste = std::stoul(text);
        else if (name == "--client") asked.port = static_cast<std::uint16_t>(std::stoul(text));
        else fail("unknown argument " + name);
    }
    if (asked.kind != "point" && asked.kind != "list" && asked.kind != "post") fail("unknown kind " + asked.kind);
    // Mutations of one connection wait for each other whatever is sent.
    if (asked.kind == "post") asked.window = 1;
    return asked;
}

// One byte each way says that the other side may go on.
void tell(int descriptor) {
    if (::write(descriptor, "!", 1) != 1) fail("the other side is gone");
}
void await(int descriptor) {
    char byte = 0;
    if (::read(descriptor, &byte, 1) != 1) fail("the other side is gone");
}

// -- the client: not traced, so that it costs nothing ---

class client {
public:
    explicit client(const settings& asked)
        : asked_(asked),
          wire_(asked.port) {}

    void fill() {
        for (std::size_t i = 0; i < asked_.rows;) {
            std::size_t sent = 0;
            std::string together;
            for (; sent < 16 && i < asked_.rows; ++sent, ++i)
                together += post_of(alert_start + std::string(R"("id":")") + id(i) + R"(",)" + alert_rest);
            exchange(together, sent, 201, {});
        }
    }
    void ask(std::size_t requests) {
        while (requests > 0) {
            const auto sent = std::min(asked_.window, requests);
            std::string together;
            std::vector<std::string> expected;
            for (std::size_t i = 0; i < sent; ++i) together += next(expected);
            exchange(together, sent, asked_.kind == "post" ? 201 : 200, expected);
            requests -= sent;
        }
    }

private:
    static constexpr auto alert_start = "{";
    static constexpr auto alert_rest =
        R"("title":"Suspicious use of wevtutil","description":"The log path of Security was changed.",)"
        R"("severity":"high","tags":["attack.t1070.001"],"risk_score":73})";

    static std::string id(std::size_t place) { return "alert-" + std::to_string(1'000'000 + place); }

    std::string post_of(const std::string& body) const {
        return wire_.request("POST", "/api/v1/alerts", body, "Content-Type: application/json\r\n");
    }
    // The next request, and what its reply must contain.
    std::string next(std::vector<std::string>& expected) {
        if (asked_.kind == "post") return expected.emplace_back("wevtutil"), post_of(std::string("{") + alert_rest);
        if (asked_.kind == "list") return expected.emplace_back("\"next\":\""), wire_.request("GET", "/api/v1/alerts");
        server_ = (server_ + 7'919) % asked_.rows;  // no neighbour of the last
        expected.push_back(id(server_));
        return wire_.request("GET", "/api/v1/alerts/" + id(server_));
    }
    void exchange(const std::string& together, std::size_t count, int status,
                  const std::vector<std::string>& expected) {
        if (!wire_.send(together)) fail("the server does not take a request");
        for (std::size_t i = 0; i < count; ++i) {
            const auto reply = wire_.receive();
            const bool is_right = expected.empty() || reply.body.find(expected[i]) != std::string::npos;
            if (reply.status != status || !is_right) fail("a wrong reply: " + reply.head + "\n" + reply.body);
        }
    }

    const settings& asked_;
    testing::raw_client wire_;
    std::size_t server_ = 0;
};

int be_client(const settings& asked) {
    client one(asked);
    one.fill();
    // Every row once: what is measured must find each page in the reader's cache, or it would count how many are missing.
    one.ask(asked.kind == "point" ? asked.rows : 512);
    tell(STDOUT_FILENO);
    await(STDIN_FILENO);
    one.ask(asked.requests);
    tell(STDOUT_FILENO);
    return 0;
}

// -- the server ---

// What nobody asked for: how `compare.py --self-check` sees that a difference is noticed.
[[gnu::noinline]] void waste(std::size_t turns) {
    for (std::size_t i = 0; i < turns; ++i) asm volatile("");
}

// Valgrind takes fifty times the time: nothing may be late for that reason.
options store_options() {
    options chosen;
    chosen.path = ":memory:";
    chosen.migrations = siem::migrations();
    chosen.functions = siem::functions();
    chosen.read_budget = std::chrono::seconds(1);
    chosen.deadline_default = chosen.deadline_max;
    return chosen;
}

http::server_options front_options(const settings& asked) {
    http::server_options chosen;
    chosen.port = 0;
    chosen.shards = 1;
    chosen.limits.requests_per_connection_max = 2 * asked.rows + asked.requests + 1'024;
    chosen.limits.sweep_interval = std::chrono::hours(1);
    // Asked once a turn, in which a window of requests arrives.
    chosen.clock = [turns = asked.waste * asked.window] {
        waste(turns);
        const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
        return std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count();
    };
    return chosen;
}

struct other_side {
    pid_t process = 0;
    int from = -1, to = -1;
};

// A fresh program, since valgrind follows a fork but not an exec.
other_side start_client(std::uint16_t port, int argc, char** argv) {
    const std::string program = std::filesystem::read_symlink("/proc/self/exe");
    const std::string port_text = std::to_string(port);
    std::vector<char*> arguments(argv, argv + argc);
    for (const auto* each : {"--client", port_text.c_str()}) arguments.push_back(const_cast<char*>(each));
    arguments.push_back(nullptr);
    int out[2], in[2];
    if (::pipe(out) != 0 || ::pipe(in) != 0) fail("no pipe");
    const auto process = ::fork();
    if (process == 0) {
        ::dup2(out[0], STDIN_FILENO);
        ::dup2(in[1], STDOUT_FILENO);
        for (const int each : {out[0], out[1], in[0], in[1]}) ::close(each);
        ::execv(program.c_str(), arguments.data());
        std::_Exit(127);
    }
    ::close(out[0]);
    ::close(in[1]);
    return {process, in[0], out[1]};
}

int serve(const settings& asked, int argc, char** argv) {
    auto store = database::open(store_options());
    if (!store) fail(store.error().message());
    auto front = http::server::listen(*store, front_options(asked));
    if (!front) fail(front.error().message());
    if (auto running = front->run(); !running) fail(running.error().message());

    const auto client = start_client(front->port(), argc, argv);
    await(client.from);
    CALLGRIND_START_INSTRUMENTATION;
    tell(client.to);
    await(client.from);
    CALLGRIND_STOP_INSTRUMENTATION;
    int status = 0;
    ::waitpid(client.process, &status, 0);
    front->stop(std::chrono::seconds(1));
    return status == 0 && store->stop() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    const auto asked = parsed(argc, argv);
    return asked.port != 0 ? be_client(asked) : serve(asked, argc, argv);
}
