#include "cli/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>

namespace carrel::cli {

progress_bar::progress_bar(std::string label)
    : progress_bar(std::move(label), ::isatty(STDERR_FILENO) == 1) {}

progress_bar::progress_bar(std::string label, bool draws)
    : label_(std::move(label)),
      draws_(draws) {}

progress_bar::~progress_bar() {
    if (drawn_) std::cerr << "\r\x1b[K" << std::flush;
}

void progress_bar::show(double fraction, std::string_view note) {
    const auto now = std::chrono::steady_clock::now();
    if (!draws_ || now < next_) return;
    next_ = now + std::chrono::milliseconds(100);
    drawn_ = true;
    std::cerr << '\r' << bar_text(label_, fraction, note, 30) << "\x1b[K" << std::flush;
}

std::string bar_text(std::string_view label, double fraction, std::string_view note, std::size_t width) {
    fraction = std::clamp(fraction, 0.0, 1.0);
    const auto filled = static_cast<std::size_t>(fraction * static_cast<double>(width));
    const auto percent = std::to_string(static_cast<int>(fraction * 100));
    std::string text(label);
    text += " [" + std::string(filled, '#') + std::string(width - filled, ' ') + "] ";
    text += std::string(3 - std::min<std::size_t>(3, percent.size()), ' ') + percent + "% ";
    return text.append(note);
}

}  // namespace carrel::cli
