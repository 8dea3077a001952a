// A load on an HTTP server, at a set rate or as fast as it answers, with every answer checked. Prints one line of JSON.
#include "load/driver.hpp"

#include <CLI/CLI.hpp>

#include <boost/json.hpp>

#include <unistd.h>

#include <fstream>
#include <iostream>
#include <thread>

using namespace carrel::load;

namespace {

struct chosen {
    std::string address = "127.0.0.1:8080";
    std::string mix_text = "point=1";
    std::string ids_file;
    std::size_t connections = 64;
    std::size_t threads = 1;
    double rate = 0;
    double seconds = 5;
    double warm_up = 1;
    std::uint64_t seed = 1;
    std::uint64_t requests = 0;
};

std::vector<std::string> read_lines(const std::string& path) {
    std::vector<std::string> lines;
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

boost::json::object summary_of(const latency_histogram& latencies) {
    return {{"requests", latencies.count()},           {"p50_ms", latencies.percentile(0.5)},
            {"p95_ms", latencies.percentile(0.95)},    {"p99_ms", latencies.percentile(0.99)},
            {"p99_9_ms", latencies.percentile(0.999)}, {"max_ms", latencies.longest()}};
}

boost::asio::ip::tcp::endpoint endpoint_of(const std::string& address) {
    const auto colon = address.rfind(':');
    return {boost::asio::ip::make_address(address.substr(0, colon)),
            static_cast<std::uint16_t>(std::stoul(address.substr(colon + 1)))};
}

// A line a second on a terminal: how many answers came in it.
void show_progress(const std::stop_token& stop, const std::vector<std::unique_ptr<driver>>& drivers) {
    if (isatty(STDERR_FILENO) == 0) return;
    std::uint64_t before = 0;
    for (auto next = clock::now(); !stop.stop_requested();) {
        next += std::chrono::seconds(1);
        std::this_thread::sleep_until(next);
        std::uint64_t answered = 0;
        for (const auto& one : drivers) answered += one->answered();
        std::cerr << "\r" << answered - before << " answers/s   " << std::flush;
        before = answered;
    }
    std::cerr << "\n";
}

int run(const chosen& asked, const mix& weights) {
    const auto ids = asked.ids_file.empty() ? std::vector<std::string>() : read_lines(asked.ids_file);
    const auto seconds = [](double number) {
        return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(number));
    };
    std::vector<std::unique_ptr<boost::asio::io_context>> contexts;
    std::vector<std::unique_ptr<driver>> drivers;
    for (std::size_t i = 0; i < asked.threads; ++i) {
        auto& context = *contexts.emplace_back(std::make_unique<boost::asio::io_context>(1));
        driver_settings settings;
        settings.server = endpoint_of(asked.address);
        settings.connections = std::max<std::size_t>(1, asked.connections / asked.threads);
        if (asked.rate > 0) settings.rate = asked.rate / static_cast<double>(asked.threads);
        settings.warm_up = seconds(asked.warm_up);
        settings.duration = seconds(asked.seconds);
        if (asked.requests > 0) settings.requests = asked.requests / asked.threads;
        const auto name = std::to_string(asked.seed) + "-" + std::to_string(i);
        drivers.push_back(
            std::make_unique<driver>(context, settings, traffic(weights, ids, asked.address, name, asked.seed + i)));
    }
    const auto begin = clock::now();
    {
        std::jthread progress([&](const std::stop_token& stop) { show_progress(stop, drivers); });
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < drivers.size(); ++i)
            threads.emplace_back([&, i] {
                drivers[i]->start(begin);
                contexts[i]->run();
            });
    }

    driver_result all;
    for (const auto& one : drivers) {
        all.all.merge(one->result().all);
        for (const auto& [kind, latencies] : one->result().by_kind) all.by_kind[kind].merge(latencies);
        for (const auto& [answer, count] : one->result().answers) all.answers[answer] += count;
        all.last_answer = std::max(all.last_answer, one->result().last_answer);
        all.wrong += one->result().wrong;
        all.broken += one->result().broken;
        all.unanswered += one->result().unanswered;
    }
    auto report = summary_of(all.all);
    const auto taken = asked.requests > 0
                           ? std::chrono::duration<double>(all.last_answer - begin).count() - asked.warm_up
                           : asked.seconds;
    report["seconds"] = taken;
    report["rate"] = static_cast<double>(all.all.count()) / taken;
    report["wrong"] = all.wrong;
    report["broken"] = all.broken;
    report["unanswered"] = all.unanswered;
    auto& answers = report["answers"].emplace_object();  // the warm-up's too, as the server counts them
    for (const auto& [answer, count] : all.answers)
        answers[std::string(answer.first) + " " + std::to_string(answer.second)] = count;
    auto& kinds = report["kinds"].emplace_object();
    for (const auto& [kind, latencies] : all.by_kind) kinds[name_of(kind)] = summary_of(latencies);
    std::cout << boost::json::serialize(report) << std::endl;
    return all.wrong + all.broken + all.unanswered == 0 && all.all.count() > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    chosen asked;
    CLI::App app(
        "Puts a load on a server and checks every answer. Exit status 1: an answer was wrong or did not come.");
    app.add_option("server", asked.address, "ADDR:PORT")->capture_default_str();
    app.add_option("--mix", asked.mix_text, "weights: point, list, post, readback, events, count, live")
        ->capture_default_str();
    app.add_option("--ids", asked.ids_file, "file with the id of an alert a line, for point")->check(CLI::ExistingFile);
    app.add_option("--connections", asked.connections)->check(CLI::Range(1, 100'000))->capture_default_str();
    app.add_option("--threads", asked.threads)->check(CLI::Range(1, 64))->capture_default_str();
    app.add_option("--rate", asked.rate, "requests a second (open loop); 0: as fast as answers come")
        ->capture_default_str();
    app.add_option("--seconds", asked.seconds)->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--requests", asked.requests, "ends after so many, if that comes first; 0: time only")
        ->capture_default_str();
    app.add_option("--warm-up", asked.warm_up, "seconds before what is measured")->capture_default_str();
    app.add_option("--seed", asked.seed)->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    const auto weights = parse_mix(asked.mix_text);
    if (!weights) {
        std::cerr << "load: --mix takes kinds with weights, as in point=90,post=10\n";
        return 2;
    }
    return run(asked, *weights);
}
