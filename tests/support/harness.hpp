#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <utility>

namespace carrel::testing {

/// The settings of a randomised harness: `crash_tests --run_test=power_loss -- --seed 7 --images 1000`.
class harness_settings {
public:
    /// `name` is that of the test, for the command that replays it.
    explicit harness_settings(std::string name)
        : name_(std::move(name)) {}

    /// The value given as `--<key> N`, or else `by_default`.
    std::uint64_t number(const std::string& key, std::uint64_t by_default) {
        const auto& suite = boost::unit_test::framework::master_test_suite();
        auto value = by_default;
        for (int i = 1; i + 1 < suite.argc; ++i)
            if (suite.argv[i] == "--" + key) value = std::strtoull(suite.argv[i + 1], nullptr, 10);
        command_ += " --" + key + " " + std::to_string(value);
        return value;
    }

    /// Prints how to see the same again; call it once all numbers are known.
    void tell() const {
        const auto program = std::filesystem::path(boost::unit_test::framework::master_test_suite().argv[0]).filename();
        std::cout << name_ << ": replay with " << program.string() << " --run_test=" << name_ << " --" << command_
                  << std::endl;
    }

private:
    std::string name_;
    std::string command_;
};

/// An executor that runs what is posted at once, on the thread that posts: a handler bound to it is called by the actor
/// itself, at the very moment at which it answers.
struct inline_executor {
    template <class Function>
    void execute(Function&& f) const {
        std::forward<Function>(f)();
    }
    inline_executor require(boost::asio::execution::blocking_t::never_t) const noexcept { return *this; }
    friend bool operator==(const inline_executor&, const inline_executor&) noexcept { return true; }
    friend bool operator!=(const inline_executor&, const inline_executor&) noexcept { return false; }
};

/// A file where writing costs nothing: what is synced is looked at, not relied upon.
inline std::filesystem::path fast_directory() {
    return std::filesystem::exists("/dev/shm") ? std::filesystem::path("/dev/shm")
                                               : std::filesystem::temp_directory_path();
}

}  // namespace carrel::testing
