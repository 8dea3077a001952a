#include "sqlite/functions.hpp"

#include <carrel/options.hpp>

#include <sqlite3.h>

#include <array>
#include <new>
#include <string_view>

namespace carrel::sqlite {
namespace {

constexpr int name_bytes_max = 255;

error invalid(const char* kind, std::string_view name, const std::string& why) {
    return {errc::invalid_option, std::string(kind) + " '" + std::string(name) + "': " + why};
}

result<void> check(sqlite3* db, std::string_view name, int arguments, bool is_callable) {
    const int most = sqlite3_limit(db, SQLITE_LIMIT_FUNCTION_ARG, -1);
    if (name.empty() || name.size() > name_bytes_max || name.find('\0') != name.npos)
        return invalid("function", name, "a name has 1 to 255 bytes, none of them zero");
    if (arguments < -1 || arguments > most)
        return invalid(
            "function", name,
            "takes " + std::to_string(arguments) + " arguments; -1 to " + std::to_string(most) + " are possible");
    if (!is_callable) return invalid("function", name, "has nothing to call");
    return {};
}

error refused(sqlite3* db, const char* kind, const std::string& name) {
    return {make_error_code(static_cast<sqlite_errc>(sqlite3_extended_errcode(db))),
            std::string(kind) + " '" + name + "': " + sqlite3_errmsg(db)};
}

// Runs host code and turns what it throws into an error of the SQL that called it: no exception may cross SQLite.
template <class Call>
void call_guarded(sqlite3_context* context, Call call) noexcept {
    try {
        call();
    } catch (const std::bad_alloc&) {
        sqlite3_result_error_nomem(context);
    } catch (const std::exception& e) {
        sqlite3_result_error(context, e.what(), -1);
    } catch (...) {
        sqlite3_result_error(context, "a function threw an exception of unknown type", -1);
    }
}

void give_text(sqlite3_context* context, std::string_view text) {
    sqlite3_result_text64(context, text.empty() ? "" : text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

// Calls one text_function; a NULL argument makes the result NULL.
void answer_text(sqlite3_context* context, int count, sqlite3_value** values) {
    const auto* function = static_cast<const text_function*>(sqlite3_user_data(context));
    const auto size = static_cast<std::size_t>(count);
    std::array<std::string_view, 8> few;
    std::vector<std::string_view> many(size > few.size() ? size : 0);
    auto* arguments = many.empty() ? few.data() : many.data();
    for (int i = 0; i < count; ++i) {
        const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(values[i]));
        if (text == nullptr && sqlite3_value_type(values[i]) != SQLITE_NULL) return sqlite3_result_error_nomem(context);
        if (text == nullptr) return sqlite3_result_null(context);
        arguments[i] = {text, static_cast<std::size_t>(sqlite3_value_bytes(values[i]))};
    }
    thread_local std::string scratch;
    const auto answer = function->call(std::span(arguments, size), scratch);
    if (answer) give_text(context, *answer);
    else sqlite3_result_null(context);
}

void call_text_function(sqlite3_context* context, int count, sqlite3_value** values) {
    call_guarded(context, [&] { answer_text(context, count, values); });
}

struct give_result {
    sqlite3_context* context;
    void operator()(std::monostate) const { sqlite3_result_null(context); }
    void operator()(std::int64_t v) const { sqlite3_result_int64(context, v); }
    void operator()(double v) const {
        if (v == v) sqlite3_result_double(context, v);
        else sqlite3_result_error(context, "the result of a function is NaN, which SQL would take for NULL", -1);
    }
    void operator()(const std::string& v) const { give_text(context, v); }
    void operator()(const blob& v) const {
        const void* bytes = v.empty() ? static_cast<const void*>("") : v.data();
        sqlite3_result_blob64(context, bytes, v.size(), SQLITE_TRANSIENT);
    }
};

void call_scalar_function(sqlite3_context* context, int count, sqlite3_value** values) {
    call_guarded(context, [&] {
        const auto* function = static_cast<const scalar_function*>(sqlite3_user_data(context));
        const auto answer = function->call(function_arguments(values, count));
        if (answer) return std::visit(give_result{context}, *answer);
        const auto text = answer.error().message();
        sqlite3_result_error(context, text.data(), static_cast<int>(text.size()));
    });
}

int compare_text(void* data, int left_size, const void* left, int right_size, const void* right) {
    const std::string_view a(static_cast<const char*>(left), static_cast<std::size_t>(left_size));
    const std::string_view b(static_cast<const char*>(right), static_cast<std::size_t>(right_size));
    const auto& context = *static_cast<const host_failures::collation_context*>(data);
    try {
        return context.order->compare(a, b);
    } catch (...) {
        context.owner->note(context.order->name);
        return a.compare(b);
    }
}

}  // namespace

error host_failures::take() {
    has_failed_ = false;
    return {errc::work_threw, "collation '" + *what_ + "' threw an exception"};
}

result<void> add_functions(sqlite3* db, std::span<const text_function> functions) {
    for (const auto& function : functions) {
        const std::string name = function.name == nullptr ? "" : function.name;
        if (auto good = check(db, name, function.arguments, function.call != nullptr); !good) return good;
        const int rc = sqlite3_create_function_v2(
            db, function.name, function.arguments, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY,
            const_cast<text_function*>(&function), call_text_function, nullptr, nullptr, nullptr);
        if (rc != SQLITE_OK) return refused(db, "function", name);
    }
    return {};
}

result<void> add_functions(sqlite3* db, const std::vector<scalar_function>& functions) {
    for (const auto& function : functions) {
        if (auto good = check(db, function.name, function.arguments, function.call != nullptr); !good) return good;
        // With trusted_schema off, the schema may only call what is marked as innocuous.
        const int flags = SQLITE_UTF8 | (function.deterministic ? SQLITE_DETERMINISTIC : 0) |
                          (function.direct_only ? SQLITE_DIRECTONLY : SQLITE_INNOCUOUS);
        const int rc = sqlite3_create_function_v2(db, function.name.c_str(), function.arguments, flags,
                                                  const_cast<scalar_function*>(&function), call_scalar_function,
                                                  nullptr, nullptr, nullptr);
        if (rc != SQLITE_OK) return refused(db, "function", function.name);
    }
    return {};
}

result<void> add_collations(sqlite3* db, const std::vector<collation>& collations, host_failures& failures) {
    for (const auto& one : collations) {
        if (one.name.empty() || one.name.find('\0') != one.name.npos)
            return invalid("collation", one.name, "a name has at least one byte, none of them zero");
        if (!one.compare) return invalid("collation", one.name, "has nothing to call");
        const int rc =
            sqlite3_create_collation_v2(db, one.name.c_str(), SQLITE_UTF8, &failures.add(one), compare_text, nullptr);
        if (rc != SQLITE_OK) return refused(db, "collation", one.name);
    }
    return {};
}

}  // namespace carrel::sqlite

namespace carrel::detail {

error wrong_argument(const std::string& function, int index, const column_value& given, const char* wanted) {
    return {errc::wrong_type, "argument " + std::to_string(index + 1) + " of " + function + " holds " +
                                  describe(given) + ", wanted " + wanted};
}

}  // namespace carrel::detail
