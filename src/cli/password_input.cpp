#include "cli/password_input.hpp"

#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <iostream>

namespace carrel::cli {
namespace {

constexpr std::array ending_signals{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

termios shown{};  // how the terminal was; a signal's handler reads it

// A shell goes on with the terminal as it was left. tcsetattr() and raise() are safe in a handler: signal-safety(7).
void end_shown(int signal) {
    ::tcsetattr(STDIN_FILENO, TCSANOW, &shown);
    ::raise(signal);
}

// What is typed is not shown for as long as it lives, and shown again if a signal ends the program meanwhile.
class hidden_input {
public:
    hidden_input() {
        is_changed_ = ::tcgetattr(STDIN_FILENO, &shown) == 0;
        if (!is_changed_) return;
        struct sigaction handled {};
        handled.sa_handler = end_shown;
        handled.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
        for (std::size_t i = 0; i < ending_signals.size(); ++i) {
            ::sigaction(ending_signals[i], &handled, &before_[i]);
            // One that was to be ignored, as under nohup(1), goes on being ignored.
            if (before_[i].sa_handler == SIG_IGN) ::sigaction(ending_signals[i], &before_[i], nullptr);
        }
        termios quiet = shown;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    ~hidden_input() {
        if (!is_changed_) return;
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
        for (std::size_t i = 0; i < ending_signals.size(); ++i) ::sigaction(ending_signals[i], &before_[i], nullptr);
    }
    hidden_input(const hidden_input&) = delete;
    hidden_input& operator=(const hidden_input&) = delete;

private:
    std::array<struct sigaction, ending_signals.size()> before_{};
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
    auto line = read_line();
    std::cerr << '\n';
    return line;
}

std::optional<std::string> usable(std::optional<std::string> password) {
    if (password && !password->empty()) return password;
    std::cerr << "user: no password was given\n";
    return std::nullopt;
}

// Hidden before the question stands there: whoever types at once is neither shown nor cut off, and may paste both lines.
std::optional<std::string> read_twice(const std::string& username) {
    const hidden_input hidden;
    auto first = usable(ask("Password of " + username + ": "));
    if (first && ask("Again: ") != first) {
        std::cerr << "user: the passwords differ\n";
        return std::nullopt;
    }
    return first;
}

}  // namespace

std::optional<std::string> read_password(const std::string& username) {
    return ::isatty(STDIN_FILENO) != 0 ? read_twice(username) : usable(read_line());
}

}  // namespace carrel::cli
