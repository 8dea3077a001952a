// Functions and an order of text that SQL may use, in the schema too.
#include <carrel/database.hpp>

#include <algorithm>
#include <cctype>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

constexpr carrel::migration schema[] = {
    {1, "hosts",
     "CREATE TABLE hosts (name TEXT NOT NULL COLLATE no_case) STRICT;"
     "CREATE INDEX hosts_by_domain ON hosts (domain_of(name))"},
};

std::string domain_of(std::string_view host) { return std::string(host.substr(host.find('.') + 1)); }

double share(std::int64_t part, std::int64_t whole) {
    if (whole == 0) throw std::invalid_argument("share of nothing");  // an error of the SQL that called it
    return static_cast<double>(part) / static_cast<double>(whole);
}

int compare_without_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
        if (const int order = lower(a[i]) - lower(b[i]); order != 0) return order;
    return a.size() < b.size() ? -1 : static_cast<int>(a.size() > b.size());
}

}  // namespace

int main() {
    carrel::options settings{.path = ":memory:", .migrations = schema};
    settings.scalar_functions = {carrel::make_function<std::string(std::string_view)>(
                                     "domain_of", domain_of, {.deterministic = true, .direct_only = false}),
                                 carrel::make_function<double(std::int64_t, std::int64_t)>("share", share)};
    settings.collations = {{.name = "no_case", .compare = compare_without_case}};

    auto db = carrel::database::open(std::move(settings)).value();
    db.write(carrel::one_statement("INSERT INTO hosts VALUES ('b.example.org'), ('A.example.org'), ('c.example.net')"))
        .value();
    const auto first = db.read([](carrel::read_session& session) {
        return session.first<std::string>("SELECT name FROM hosts WHERE domain_of(name) = ? ORDER BY name",
                                          "example.org");
    });
    const auto half = db.read([](carrel::read_session& session) {
        return session.first<double>(
            "SELECT share(1, count(*)) FROM hosts WHERE name IN ('B.EXAMPLE.ORG', 'c.example.net')");
    });
    std::cout << first.value().value() << " comes first, share " << half.value().value() << '\n';
    return first.value().value() == "A.example.org" && half.value().value() == 0.5 ? 0 : 1;
}
