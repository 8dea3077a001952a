#include "cli/password_input.hpp"

#include <termios.h>
#include <unistd.h>

#include <iostream>

namespace carrel::cli {
namespace {

// What is typed is not shown for as long as it lives.
class hidden_input {
public:
    hidden_input() {
        is_changed_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
        if (!is_changed_) return;
        termios quiet = before_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        is_changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
    }
    ~hidden_input() {
        if (is_changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }
    hidden_input(const hidden_input&) = delete;
    hidden_input& operator=(const hidden_input&) = delete;

private:
    termios before_{};
    bool is_changed_ = false;
};

std::optional<std::string> read_line() {
    std::string line;
    if (!std::getline(std::cin, line)) return std::nullopt;
    if (line.ends_with('\r')) line.pop_back();
    return line;
}

std::optional<std::string> ask(const std::string& question) {
    std::cerr << question << std::flush;
    const hidden_input hidden;
    auto line = read_line();
    std::cerr << '\n';
    return line;
}

}  // namespace

std::optional<std::string> read_password(const std::string& username) {
    const bool is_person = ::isatty(STDIN_FILENO) != 0;
    auto first = is_person ? ask("Password of " + username + ": ") : read_line();
    if (!first || first->empty()) {
        std::cerr << "user: no password was given\n";
        return std::nullopt;
    }
    if (is_person && ask("Again: ") != first) {
        std::cerr << "user: the passwords differ\n";
        return std::nullopt;
    }
    return first;
}

}  // namespace carrel::cli
