#include "http/routing/router.hpp"

#include <boost/test/unit_test.hpp>

namespace carrel::http {

namespace {

// A table of its own, so that the domain may change.
struct table {
    table() {
        add(siem::method::get, "/things/{id}");
        add(siem::method::patch, "/things/{id}");
        add(siem::method::get, "/things/count");
        add(siem::method::post, "/things");
        add(siem::method::get, "/things/{id}/parts/{n}");
        routes.emplace(endpoints);
    }
    void add(siem::method method, std::string path) {
        auto& made = endpoints.emplace_back();
        made.method = method;
        made.path = std::move(path);
    }
    std::string found(std::string_view path, method how = method::get) {
        const auto got = routes->find(path, how, values);
        return got.is_badly_encoded      ? "bad"
               : got.endpoint != nullptr ? got.endpoint->path
               : got.methods != 0        ? "405"
                                         : "404";
    }
    std::vector<endpoint> endpoints;
    std::optional<router> routes;
    path_values values;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(routing)

BOOST_AUTO_TEST_CASE(a_literal_path_is_not_one_of_a_parameter) {
    table all;
    BOOST_TEST(all.found("/things/count") == "/things/count");
    BOOST_TEST(all.found("/things/counts") == "/things/{id}");
    BOOST_TEST(all.values[0] == "counts");
}

BOOST_AUTO_TEST_CASE(a_literal_that_leads_nowhere_gives_way_to_a_parameter) {
    table all;
    BOOST_TEST(all.found("/things/count", method::patch) == "405");
    BOOST_TEST(all.found("/things/count/parts/1") == "/things/{id}/parts/{n}");
    BOOST_TEST(all.values[0] == "count");
    BOOST_TEST(all.values[1] == "1");
}

BOOST_AUTO_TEST_CASE(head_finds_what_get_does) {
    table all;
    BOOST_TEST(all.found("/things/7", method::head) == "/things/{id}");
    BOOST_TEST(all.found("/things", method::head) == "405");
}

BOOST_AUTO_TEST_CASE(unknown_paths_are_404_and_unknown_methods_405) {
    table all;
    for (const std::string_view unknown :
         {"/", "/thing", "/things/", "/things/1/parts", "/things/1/parts/2/3", "//things", "/a/b/c/d/e/f/g/h/i/j"})
        BOOST_TEST(all.found(unknown) == "404", unknown);
    BOOST_TEST(all.found("/things/1", method::del) == "405");
    BOOST_TEST(all.found("/things/1", method::other) == "405");
    path_values values;
    BOOST_TEST(allow_text(all.routes->find("/things/1", method::del, values).methods) == "GET, HEAD, PATCH, OPTIONS");
    BOOST_TEST(allow_text(all.routes->find("/things", method::get, values).methods) == "POST, OPTIONS");
}

BOOST_AUTO_TEST_CASE(path_values_are_decoded_after_cutting) {
    table all;
    BOOST_TEST(all.found("/things/a%2Fb%20c") == "/things/{id}");
    BOOST_TEST(all.values[0] == "a/b c");
    BOOST_TEST(all.found("/th%69ngs/count") == "/things/count");
    BOOST_TEST(all.found("/things/%zz") == "bad");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::http
