#include "cli/command.hpp"
#include "cli/file_safety.hpp"
#include "cli/local_operation.hpp"
#include "cli/options.hpp"
#include "cli/password_input.hpp"
#include "json/writer.hpp"
#include "siem/secrets.hpp"

#include <carrel/database.hpp>

#include <boost/json/parse.hpp>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <iostream>
#include <vector>

// carrel user: what an administrator does on the machine itself, where nobody has to log in.
namespace carrel::cli {
namespace {

using siem::method;

struct user_arguments {
    std::string database = "carrel.db";
    std::string name, role, full_name, token_name = "carrel user token";
    std::vector<std::string> scopes;
    bool without_password = false;
};

// One run of the command on an open database.
class user_command {
public:
    user_command(database& store, user_arguments given)
        : operations_(store),
          given_(std::move(given)) {}

    result<void> add() {
        std::string body;
        json::writer out(body);
        out.begin_object().key("username").string(given_.name).key("role").string(given_.role);
        if (!given_.full_name.empty()) out.key("full_name").string(given_.full_name);
        if (!given_.without_password) {
            const auto password = read_password(given_.name);
            if (!password) return error(error_code(EINVAL, boost::system::generic_category()), "no password");
            out.key("password").string(*password);
        }
        out.end_object();
        return reported(run(method::post, "/users", {}, body), "added " + given_.name + ", " + given_.role);
    }

    result<void> list() {
        auto reply = run(method::get, "/users", {}, {});
        if (!reply) return reply.error();
        const auto list = boost::json::parse(reply->body);
        for (const auto& each : list.at("items").as_array()) {
            std::cout << each.at("username").as_string().c_str() << '\t' << each.at("role").as_string().c_str() << '\t'
                      << (each.at("active").as_bool() ? "active" : "inactive");
            if (each.at("locked_until").is_string())
                std::cout << "\tlocked until " << each.at("locked_until").as_string().c_str();
            std::cout << '\n';
        }
        return {};
    }

    result<void> password() {
        const auto typed = read_password(given_.name);
        if (!typed) return error(error_code(EINVAL, boost::system::generic_category()), "no password");
        std::string body;
        json::writer(body)
            .begin_object()
            .key("password")
            .string(*typed)
            .key("must_change_password")
            .boolean(false)
            .end_object();
        return reported(of_user(method::post, "/users/{id}/password", body), "changed the password of " + given_.name);
    }

    result<void> unlock() {
        return reported(of_user(method::post, "/users/{id}/unlock", {}), "unlocked " + given_.name);
    }
    result<void> enable() { return set_active(true); }
    result<void> disable() { return set_active(false); }
    result<void> reset_totp() {
        return reported(of_user(method::del, "/users/{id}/totp", {}),
                        "took the authenticator away from " + given_.name);
    }

    result<void> set_role() {
        std::string body;
        json::writer(body).begin_object().key("role").string(given_.role).end_object();
        return reported(of_user(method::patch, "/users/{id}", body), given_.name + " is " + given_.role);
    }

    result<void> token() {
        std::string body;
        json::writer out(body);
        out.begin_object().key("name").string(given_.token_name).key("scopes").begin_array();
        for (const auto& each : given_.scopes) out.string(each);
        out.end_array().end_object();
        auto reply = of_user(method::post, "/users/{id}/tokens", body);
        if (!reply) return reply.error();
        std::cout << boost::json::parse(reply->body).at("token").as_string().c_str() << '\n';
        return {};
    }

private:
    result<siem::reply> run(method verb, std::string_view path, siem::call call, std::string_view body) {
        call.principal = "carrel user";
        return operations_.run(verb, path, std::move(call), body);
    }

    result<siem::reply> of_user(method verb, std::string_view path, std::string_view body) {
        siem::call search;
        search.query.emplace_back("username", given_.name);
        auto found = run(method::get, "/users", std::move(search), {});
        if (!found) return found.error();
        const auto list = boost::json::parse(found->body);
        const auto& items = list.at("items").as_array();
        if (items.empty())
            return error(error_code(ENOENT, boost::system::generic_category()), "there is no user " + given_.name);
        siem::call call;
        call.path[0] = items.front().at("id").as_string().c_str();
        return run(verb, path, std::move(call), body);
    }

    result<void> set_active(bool active) {
        std::string body;
        json::writer(body).begin_object().key("active").boolean(active).end_object();
        return reported(of_user(method::patch, "/users/{id}", body),
                        given_.name + (active ? " may log in" : " may not log in"));
    }

    static result<void> reported(const result<siem::reply>& done, const std::string& text) {
        if (!done) return done.error();
        std::cout << text << '\n';
        return {};
    }

    local_operations operations_;
    user_arguments given_;
};

struct subcommand {
    std::string_view name, summary;
    result<void> (user_command::*run)();
};
constexpr subcommand subcommands[] = {
    {"add", "makes a user; the password is asked for, or read from stdin", &user_command::add},
    {"list", "lists users", &user_command::list},
    {"password", "gives a user another password, asked for or read from stdin", &user_command::password},
    {"unlock", "ends a lock after wrong passwords", &user_command::unlock},
    {"role", "gives a user another role", &user_command::set_role},
    {"disable", "keeps a user out", &user_command::disable},
    {"enable", "lets a user in again", &user_command::enable},
    {"reset-totp", "takes the authenticator away that a user lost", &user_command::reset_totp},
    {"token", "prints a new API token of a user", &user_command::token},
};

void add_arguments(CLI::App& app, std::string_view name, user_arguments& into) {
    if (name != "list") app.add_option("NAME", into.name, "the user")->required();
    if (name == "add") {
        app.add_option("--role", into.role, "viewer, analyst, engineer, admin, or one of your own")->required();
        app.add_option("--full-name", into.full_name, "of the person");
        app.add_flag("--no-password", into.without_password, "a user that gets in by tokens alone");
    }
    if (name == "role")
        app.add_option("ROLE", into.role, "viewer, analyst, engineer, admin, or one of your own")->required();
    if (name != "token") return;
    app.add_option("--name", into.token_name, "what the token is for")->capture_default_str();
    app.add_option("--scope", into.scopes,
                   "a permission that it has, such as write:events; may be repeated (default: all of the user's)");
}

int run_on(const user_arguments& given, const subcommand& wanted) {
    if (const auto why = unsafe_database(given.database); !why.empty())
        return unusable("user: " + why, exit_permission);
    siem::set_key_source({.path = given.database + ".key", .may_create = true});
    auto store = database::open(store_options(given.database));
    if (!store) return unusable("user: " + explain(store.error(), given.database), exit_status_of(store.error()));
    auto done = (user_command(*store, given).*wanted.run)();
    auto stopped = store->stop();
    if (!done) return unusable("user: " + done.error().diagnostic(), exit_failed);
    if (!stopped)
        return unusable("user: " + explain(stopped.error(), given.database),
                        exit_status_of(stopped.error(), exit_failed));
    return exit_done;
}

}  // namespace

int user(std::span<char*> arguments) {
    user_arguments given;
    CLI::App app("Users of a database that no server holds. A running one is asked by its API.", "user");
    app.require_subcommand(1);
    const subcommand* wanted = nullptr;
    for (const subcommand& each : subcommands) {
        CLI::App* const sub = app.add_subcommand(std::string(each.name), std::string(each.summary));
        sub->add_option("--database", given.database, "file")->capture_default_str()->envname("CARREL_DATABASE");
        add_arguments(*sub, each.name, given);
        sub->callback([&wanted, &each] { wanted = &each; });
    }
    if (const auto ended = parse(app, arguments)) return *ended;
    return run_on(given, *wanted);
}

}  // namespace carrel::cli
