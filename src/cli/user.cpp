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

#include <filesystem>
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

    // What would be refused whatever the password is, is refused before it is requested.
    result<void> add() {
        auto role = id_of_role();
        if (!role) return role.error();
        auto known = id_of_user();
        if (!known) return known.error();
        if (!known->empty()) return refusal(EEXIST, "there is a user " + given_.name + " already");
        std::string body;
        json::writer out(body);
        out.begin_object().key("username").string(given_.name).key("role").string(*role);
        if (!given_.full_name.empty()) out.key("full_name").string(given_.full_name);
        if (!given_.without_password) {
            const auto password = read_password(given_.name);
            if (!password) return refusal(EINVAL, "no password");
            out.key("password").string(*password);
        }
        out.end_object();
        return reported(run(method::post, "/users", {}, body), "added " + given_.name + ", " + given_.role);
    }

    result<void> list() {
        auto users = all("/users");
        if (!users) return users.error();
        auto roles = all("/roles");
        if (!roles) return roles.error();
        for (const auto& each : *users) {
            std::cout << each.at("username").as_string().c_str() << '\t' << name_of_role(*roles, text_of(each, "role"))
                      << '\t' << (each.at("active").as_bool() ? "active" : "inactive");
            if (each.at("locked_until").is_string())
                std::cout << "\tlocked until " << each.at("locked_until").as_string().c_str();
            std::cout << '\n';
        }
        return {};
    }

    result<void> password() {
        auto id = id_of_user();
        if (!id) return id.error();
        if (id->empty()) return no_user();
        const auto typed = read_password(given_.name);
        if (!typed) return refusal(EINVAL, "no password");
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
        auto role = id_of_role();
        if (!role) return role.error();
        std::string body;
        json::writer(body).begin_object().key("role").string(*role).end_object();
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

    static error refusal(int number, const std::string& text) {
        return error(error_code(number, boost::system::generic_category()), text);
    }
    error no_user() const { return refusal(ENOENT, "there is no user " + given_.name); }

    // All items of a list, page by page.
    result<boost::json::array> all(std::string_view path) {
        boost::json::array items;
        for (std::string cursor;;) {
            siem::call search;
            search.query.emplace_back("limit", "1000");
            if (!cursor.empty()) search.query.emplace_back("cursor", cursor);
            auto page = run(method::get, path, std::move(search), {});
            if (!page) return page.error();
            const auto parsed = boost::json::parse(page->body);
            for (const auto& each : parsed.at("items").as_array()) items.push_back(each);
            if (!parsed.at("next").is_string()) return items;
            cursor = text_of(parsed, "next");
        }
    }

    // Empty if there is no such user.
    result<std::string> id_of_user() {
        siem::call search;
        search.query.emplace_back("username", given_.name);
        auto found = run(method::get, "/users", std::move(search), {});
        if (!found) return found.error();
        const auto list = boost::json::parse(found->body);
        const auto& items = list.at("items").as_array();
        return items.empty() ? std::string() : text_of(items.front(), "id");
    }

    // An id comes before a name: it is what the API means by a role.
    result<std::string> id_of_role() {
        auto roles = all("/roles");
        if (!roles) return roles.error();
        std::string list;
        for (const char* const key : {"id", "name"})
            for (const auto& each : *roles)
                if (text_of(each, key) == given_.role) return text_of(each, "id");
        for (const auto& each : *roles) {
            list.append(list.empty() ? "" : ", ").append(text_of(each, "name"));
            if (!each.at("built_in").as_bool()) list.append(" (").append(text_of(each, "id")).append(")");
        }
        return refusal(ENOENT, "there is no role " + given_.role + "; there are " + list);
    }

    static std::string name_of_role(const boost::json::array& roles, const std::string& id) {
        for (const auto& each : roles)
            if (text_of(each, "id") == id) return text_of(each, "name");
        return id;
    }

    static std::string text_of(const boost::json::value& of, const char* key) { return of.at(key).as_string().c_str(); }

    result<siem::reply> of_user(method verb, std::string_view path, std::string_view body) {
        auto id = id_of_user();
        if (!id) return id.error();
        if (id->empty()) return no_user();
        siem::call call;
        call.path[0] = *id;
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

constexpr const char* about_role = "viewer, analyst, engineer, admin, or the id or the name of one of your own";

void add_arguments(CLI::App& app, std::string_view name, user_arguments& into) {
    if (name != "list") app.add_option("NAME", into.name, "the user")->required();
    if (name == "add") {
        app.add_option("--role", into.role, about_role)->required();
        app.add_option("--full-name", into.full_name, "of the person");
        app.add_flag("--no-password", into.without_password, "a user that gets in by tokens alone");
    }
    if (name == "role") app.add_option("ROLE", into.role, about_role)->required();
    if (name != "token") return;
    app.add_option("--name", into.token_name, "what the token is for")->capture_default_str();
    app.add_option("--scope", into.scopes,
                   "a permission that it has, such as write:events; may be repeated (default: all of the user's)");
}

// A wrong name is not made a database that has no users: only the first user makes one.
int run_on(const user_arguments& given, const subcommand& wanted) {
    std::error_code ec;
    if (wanted.name != "add" && !std::filesystem::exists(given.database, ec))
        return unusable("user: " + given.database + " does not exist", exit_file);
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
