#include "cli/account_flags.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace carrel::cli {

void add_account_flags(CLI::App& app, serve_settings& settings) {
    constexpr const char* group = "Users";
    const auto flag = [&](const char* name, bool& into, const char* what) {
        app.add_flag(name, into, what)->group(group);
    };
    const auto number = [&](const char* name, auto& into, auto low, auto high, const char* what) {
        app.add_option(name, into, what)->check(CLI::Range(low, high))->capture_default_str()->group(group);
    };
    auto& front = settings.front;
    auto& passwords = settings.accounts.passwords;
    flag("--require-login", front.require_login, "answer nobody who is not known, also while there are no users");
    flag("--setup-link", settings.prints_setup_link,
         "while there are no users: print a link, once, by which the first administrator is made");
    number("--session-idle-minutes", settings.session_idle_minutes, 0, 525'600,
           "a session that is not used ends; 0: it does not");
    number("--session-hours-max", settings.session_hours_max, 1, 8'760, "every session ends after so long");
    number("--password-length-min", passwords.length_min, 8, 128, "characters of a password");
    number("--password-days-max", settings.password_days_max, 0, 36'500,
           "a password must be changed after so long; 0: never");
    number("--login-failures-max", passwords.failures_max, 0, 1'000,
           "wrong passwords in a row by which a user is locked; 0: any number");
    number("--lockout-minutes", settings.lockout_minutes, 1, 525'600, "how long such a lock lasts");
    number("--login-rate", front.limits.login_rate, 0.0, 1'000'000.0, "log-ins of one address a second; 0: any number");
    number("--login-burst", front.limits.login_burst, 1.0, 1'000'000.0, "log-ins of one address at once");
}

}  // namespace carrel::cli
