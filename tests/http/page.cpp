#include "http/fixture.hpp"
#include "http/pipeline/page_files.hpp"
#include "http/protocol/inflater.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

// The page at `/` and what it loads: who gets it, how it is kept, what it may do.
namespace carrel::testing {

namespace {

constexpr const char* browser = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n";
constexpr std::size_t page_bytes_max = 250'000;

// The paths of the assets that a page names.
std::set<std::string> assets_of(const std::string& page) {
    std::set<std::string> found;
    for (std::size_t at = page.find("\"/assets/"); at != std::string::npos; at = page.find("\"/assets/", at + 1))
        found.insert(page.substr(at + 1, page.find('"', at + 1) - at - 1));
    return found;
}

std::string unpacked(std::string_view packed) {
    http::inflater inflater;
    std::string text;
    while (!inflater.is_complete()) text.append(inflater.step(packed));
    return text;
}

std::string tag_of(running_server& server, const std::string& path, const std::string& fields) {
    return server.get(path, fields).field("etag");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(page)

BOOST_AUTO_TEST_CASE(a_browser_gets_the_page_and_a_program_does_not) {
    running_server server;
    const auto page = server.get("/", browser);
    BOOST_TEST(page.status == 200);
    BOOST_TEST(page.field("content-type") == "text/html; charset=utf-8");
    BOOST_TEST(page.field("vary") == "Accept, Accept-Encoding");
    BOOST_TEST(page.body.find("<!doctype html>") == 0u);
    BOOST_TEST(page.body.find("BUILD") == std::string::npos);
    BOOST_TEST(server.get("/").text("/version/number") == "8.11.0");
    BOOST_TEST(server.ask("POST", "/", "{}", browser).status == 405);
}

BOOST_AUTO_TEST_CASE(all_that_the_page_names_is_there) {
    running_server server;
    const auto named = assets_of(server.get("/", browser).body);
    BOOST_TEST(named.size() > 5u);
    for (const auto& path : named) {
        const auto reply = server.get(path);
        BOOST_TEST(reply.status == 200, path);
        BOOST_TEST(!reply.body.empty(), path);
    }
}

BOOST_AUTO_TEST_CASE(every_file_is_small_enough_and_has_its_type) {
    running_server server;
    std::size_t bytes = 0;
    for (const auto& [path, file] : http::page_files::instance().all()) {
        bytes += file.text.size();
        const auto reply = server.get(path, browser);
        BOOST_TEST(reply.body == file.text, path);
        BOOST_TEST(reply.field("content-type") == file.media_type, path);
    }
    BOOST_TEST(bytes > 10'000u);
    BOOST_TEST(bytes <= page_bytes_max);
    BOOST_TEST_MESSAGE("the page has " << bytes << " bytes");
}

BOOST_AUTO_TEST_CASE(the_page_runs_its_own_scripts_alone) {
    running_server server;
    const auto page = server.get("/", browser);
    const auto policy = page.field("content-security-policy");
    for (const std::string part :
         {"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "frame-ancestors 'none'",
          "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'"})
        BOOST_TEST(policy.find(part) != std::string::npos, part);
    BOOST_TEST(policy.find("unsafe") == std::string::npos);
    BOOST_TEST(page.field("x-content-type-options") == "nosniff");
    BOOST_TEST(page.field("x-frame-options") == "DENY");
    BOOST_TEST(page.field("referrer-policy") == "no-referrer");
    // Nothing in the document itself needs more than that policy allows.
    BOOST_TEST(page.body.find(" style=") == std::string::npos);
    BOOST_TEST(page.body.find("<script>") == std::string::npos);
    BOOST_TEST(page.body.find("http") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_packed_is_the_same) {
    running_server server;
    for (const auto& [path, file] : http::page_files::instance().all()) {
        const auto packed = server.get(path, std::string(browser) + "Accept-Encoding: gzip\r\n");
        if (file.packed.empty()) continue;
        BOOST_TEST(packed.field("content-encoding") == "gzip", path);
        BOOST_TEST(unpacked(packed.body) == file.text, path);
        BOOST_TEST(packed.field("etag") != tag_of(server, path, browser), path);
    }
    const auto plain = server.get("/", std::string(browser) + "Accept-Encoding: gzip;q=0\r\n");
    BOOST_TEST(!plain.has("content-encoding"));
}

BOOST_AUTO_TEST_CASE(a_browser_that_has_it_is_told_so) {
    running_server server;
    const auto tag = tag_of(server, "/", browser);
    const auto packed_tag = tag_of(server, "/", std::string(browser) + "Accept-Encoding: gzip\r\n");
    BOOST_TEST(tag.size() > 2u);
    for (const std::string& list : {tag, packed_tag, "W/" + tag, "\"other\", " + tag, std::string("*")}) {
        const auto reply = server.get("/", std::string(browser) + "If-None-Match: " + list + "\r\n");
        BOOST_TEST(reply.status == 304, list);
        BOOST_TEST(reply.field("etag") == tag, list);
        BOOST_TEST(reply.body == "", list);
        BOOST_TEST(!reply.has("content-encoding"), list);
    }
    for (const std::string& list : {std::string("\"other\""), std::string("other"), tag.substr(1, 8), std::string(",")})
        BOOST_TEST(server.get("/", std::string(browser) + "If-None-Match: " + list + "\r\n").status == 200, list);
}

BOOST_AUTO_TEST_CASE(assets_are_kept_and_the_page_is_asked_for_again) {
    running_server server;
    BOOST_TEST(server.get("/", browser).field("cache-control") == "no-cache");
    for (const auto& path : assets_of(server.get("/", browser).body))
        BOOST_TEST(server.get(path).field("cache-control") == "max-age=31536000, immutable", path);
}

BOOST_AUTO_TEST_CASE(a_head_says_what_a_get_would) {
    running_server server;
    const auto got = server.get("/", browser);
    const auto head = server.ask("HEAD", "/", {}, browser);
    BOOST_TEST(head.status == 200);
    BOOST_TEST(head.body == "");
    for (const std::string name : {"content-length", "content-type", "etag", "content-security-policy"})
        BOOST_TEST(head.field(name) == got.field(name), name);
}

BOOST_AUTO_TEST_CASE(other_paths_are_not_found_and_other_methods_not_allowed) {
    running_server server;
    for (const std::string path : {"/assets/other/app.js", "/assets/x/ui/dom.js", "/assets/x/views/..%2fapp.js",
                                   "/assets/%2e%2e/x", "/assets/x/views/%00", "/index.html"}) {
        const auto reply = server.get(path, browser);
        BOOST_TEST(reply.status == 404, path);
        BOOST_TEST(reply.problem() == "not_found", path);
        BOOST_TEST(reply.field("cache-control") == "no-store", path);
    }
    const auto asset = *assets_of(server.get("/", browser).body).begin();
    for (const std::string method : {"POST", "PUT", "DELETE", "PATCH"}) {
        const auto reply = server.ask(method, asset);
        BOOST_TEST(reply.status == 405, method);
        BOOST_TEST(reply.field("allow") == "GET, HEAD, OPTIONS", method);
    }
}

// A link from elsewhere leads here; what the page then asks for comes from the page.
BOOST_AUTO_TEST_CASE(a_link_of_another_site_leads_to_the_page_and_to_nothing_else) {
    running_server server;
    const std::string elsewhere = std::string(browser) + "Sec-Fetch-Site: cross-site\r\n";
    BOOST_TEST(server.get("/", elsewhere).status == 200);
    BOOST_TEST(server.get("/api/v1/alerts", elsewhere).status == 403);
    BOOST_TEST(server.get("/", "Sec-Fetch-Site: cross-site\r\n").status == 403);
    BOOST_TEST(server.get("/", browser).field("cross-origin-resource-policy") == "same-origin");
    BOOST_TEST(server.get("/", std::string(browser) + "Host: other.example\r\n").status >= 400);
}

BOOST_AUTO_TEST_CASE(the_page_needs_no_log_in_and_the_data_does) {
    running_server server([](auto& settings) { settings.require_login = true; });
    if (all_known()) return;  // every client of these runs is known
    BOOST_TEST(server.get("/", browser).status == 200);
    for (const auto& path : assets_of(server.get("/", browser).body)) BOOST_TEST(server.get(path).status == 200, path);
    BOOST_TEST(server.get("/api/v1/alerts").status == 401);
    BOOST_TEST(server.get("/").status == 401);  // the answer to a program
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
