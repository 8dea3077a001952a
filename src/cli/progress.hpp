#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace carrel::cli {

/// A bar on stderr while something takes its time; nothing at all where stderr is not a terminal.
class progress_bar {
public:
    explicit progress_bar(std::string label);
    /// For tests: says whether it draws.
    progress_bar(std::string label, bool draws);
    progress_bar(const progress_bar&) = delete;
    progress_bar& operator=(const progress_bar&) = delete;
    /// Wipes the bar, so that what is printed next stands alone.
    ~progress_bar();

    /// `fraction` is 0–1. Draws at most ten times a second.
    void show(double fraction, std::string_view note);

private:
    std::string label_;
    bool draws_;
    bool drawn_ = false;
    std::chrono::steady_clock::time_point next_;
};

/// `label [#####     ]  50% note`, with a bar of `width` characters.
std::string bar_text(std::string_view label, double fraction, std::string_view note, std::size_t width);

}  // namespace carrel::cli
