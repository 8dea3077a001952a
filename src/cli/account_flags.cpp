#include "cli/account_flags.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace carrel::cli {

void add_account_flags(CLI::App& app, serve_settings& settings) {
    constexpr const char* group = "Users";
    auto& front = settings.front;
    app.add_flag("--require-login", front.require_login,
                 "answer nobody who is not known, also while there are no users")
        ->group(group);
    app.add_flag("--setup-link", settings.prints_setup_link,
                 "while there are no users: print a link, once, by which the first administrator is made")
        ->group(group);
    app.add_option("--session-idle-minutes", settings.session_idle_minutes,
                   "a session that is not used ends; 0: it does not")
        ->check(CLI::Range(0, 525'600))
        ->capture_default_str()
        ->group(group);
    app.add_option("--session-hours-max", settings.session_hours_max, "every session ends after so long")
        ->check(CLI::Range(1, 8'760))
        ->capture_default_str()
        ->group(group);
    app.add_option("--password-length-min", settings.accounts.passwords.length_min, "characters of a password")
        ->check(CLI::Range(8, 128))
        ->capture_default_str()
        ->group(group);
    app.add_option("--password-days-max", settings.password_days_max,
                   "a password must be changed after so long; 0: never")
        ->check(CLI::Range(0, 36'500))
        ->capture_default_str()
        ->group(group);
    app.add_option("--login-failures-max", settings.accounts.passwords.failures_max,
                   "wrong passwords in a row by which a user is locked; 0: any number")
        ->check(CLI::Range(0, 1'000))
        ->capture_default_str()
        ->group(group);
    app.add_option("--lockout-minutes", settings.lockout_minutes, "how long such a lock lasts")
        ->check(CLI::Range(1, 525'600))
        ->capture_default_str()
        ->group(group);
    app.add_option("--login-rate", front.limits.login_rate, "log-ins of one address a second; 0: any number")
        ->check(CLI::Range(0.0, 1'000'000.0))
        ->capture_default_str()
        ->group(group);
    app.add_option("--login-burst", front.limits.login_burst, "log-ins of one address at once")
        ->check(CLI::Range(1.0, 1'000'000.0))
        ->capture_default_str()
        ->group(group);
}

}  // namespace carrel::cli
