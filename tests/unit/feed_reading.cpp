// What is read of a feed's source, and what is not.
#include "archive/write.hpp"
#include "background/feed_fetch.hpp"
#include "support/outbound_server.hpp"
#include "support/temp_database.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

using namespace carrel;
using namespace carrel::testing;
using boost::asio::ip::tcp;
using siem::feed_source;
using siem::fetch_source;
using siem::source_type;
namespace fs = std::filesystem;

namespace {

siem::outbound_settings local_settings() {
    siem::outbound_settings made;
    made.feeds = local_policy();
    return made;
}

feed_source http_source(const std::string& url) {
    feed_source made;
    made.url = url;
    return made;
}

feed_source folder_source(const std::string& path) {
    feed_source made;
    made.type = source_type::filesystem;
    made.path = path;
    return made;
}

// The names of the files that were read, or why there are none.
std::string names_of(const feed_source& from, const siem::outbound_settings& settings) {
    const auto fetched = fetch_source(from, settings, {});
    if (!fetched) return fetched.error().text;
    std::string names;
    for (const auto& each : fetched->files) names += (names.empty() ? "" : " ") + each.name;
    return names;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

std::string packed() {
    const archive::entry files[] = {{"a/one.yml", "1"}, {"a/two.yml", "2"}, {"b/three.yml", "3"}, {"b/four.txt", "4"}};
    return archive::write_zip(files, {}).value();
}

struct folder {
    folder() {
        fs::create_directories(fs::path(directory.path()) / "rules/deep");
        write("rules/one.yml");
        write("rules/deep/two.yml");
        write("rules/notes.txt");
        write("other.yml");
        settings = local_settings();
        settings.feeds_directory = directory.path();
    }
    void write(const std::string& name) { std::ofstream(directory.file(name)) << name; }
    std::string names(const std::string& path) const {
        feed_source from = folder_source(path);
        from.takes_file = [](std::string_view name) { return name.ends_with(".yml"); };
        return names_of(from, settings);
    }
    temp_directory directory;
    siem::outbound_settings settings;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(feed_reading)

BOOST_AUTO_TEST_CASE(an_archive_gives_the_files_that_are_wanted) {
    replying_server server([](const std::string&) { return reply("200 OK", "", packed()); });
    feed_source from = http_source(server.url("/rules.zip"));
    from.takes_file = [](std::string_view name) { return name.ends_with(".yml"); };
    BOOST_TEST(names_of(from, local_settings()) == "a/one.yml a/two.yml b/three.yml");
    from.include_paths = {"a"};
    from.exclude_paths = {"*/two.*"};
    BOOST_TEST(names_of(from, local_settings()) == "a/one.yml");
}

BOOST_AUTO_TEST_CASE(what_has_not_changed_is_not_read_again) {
    replying_server server([](const std::string& head) {
        return has(head, "If-None-Match: \"x\"") ? std::string("HTTP/1.1 304 Not Modified\r\n\r\n")
                                                 : reply("200 OK", "ETag: \"x\"\r\nLast-Modified: then\r\n", "a: 1");
    });
    feed_source from = http_source(server.url("/a.yml"));
    from.header_name = "Authorization";
    from.header_value = "Bearer t";
    const auto first = fetch_source(from, local_settings(), {});
    BOOST_REQUIRE(first.has_value());
    BOOST_TEST(first->files.at(0).name == "a.yml");
    from.etag = first->etag;
    from.last_modified = first->last_modified;
    BOOST_TEST(fetch_source(from, local_settings(), {})->is_unchanged);
    BOOST_TEST(has(server.heads().at(1), "If-Modified-Since: then\r\n"));
    BOOST_TEST(has(server.heads().at(0), "Authorization: Bearer t\r\n"));
}

BOOST_AUTO_TEST_CASE(a_server_that_stalls_is_left) {
    outbound_server server([](tcp::socket& socket) {
        read_head(socket);
        send_text(socket, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
        wait_for_end(socket);
    });
    auto settings = local_settings();
    settings.feeds.deadline = std::chrono::milliseconds(300);
    BOOST_TEST(has(names_of(http_source(server.url()), settings), "took too long"));
}

BOOST_AUTO_TEST_CASE(redirects_end) {
    replying_server server([](const std::string&) { return reply("302 Found", "Location: /again\r\n", ""); });
    BOOST_TEST(has(names_of(http_source(server.url()), local_settings()), "redirects"));
}

BOOST_AUTO_TEST_CASE(a_body_without_end_is_not_kept) {
    outbound_server server([](tcp::socket& socket) {
        read_head(socket);
        send_text(socket, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
        while (send_text(socket, chunk)) {
        }
    });
    auto settings = local_settings();
    settings.feeds.body_bytes_max = 1 << 20;
    BOOST_TEST(has(names_of(http_source(server.url()), settings), "more than 1048576 bytes"));
}

BOOST_AUTO_TEST_CASE(an_archive_that_is_cut_is_refused_whole) {
    const std::string whole = packed();
    replying_server server([&](const std::string&) { return reply("200 OK", "", whole.substr(0, whole.size() / 2)); });
    BOOST_TEST(has(names_of(http_source(server.url("/x.zip")), local_settings()), "x.zip is refused"));
}

BOOST_AUTO_TEST_CASE(a_status_that_is_no_success_is_told) {
    replying_server server([](const std::string&) { return reply("404 Not Found", "", "a: 1"); });
    BOOST_TEST(names_of(http_source(server.url()), local_settings()) == "the answer has the status 404");
}

BOOST_AUTO_TEST_CASE(an_address_that_is_not_public_is_not_asked) {
    replying_server server([](const std::string&) { return reply("200 OK", "", "a: 1"); });
    BOOST_TEST(has(names_of(http_source(server.url()), {}), "loopback"));
    BOOST_TEST(server.heads().empty());
}

BOOST_AUTO_TEST_CASE(a_folder_gives_its_files_in_order) {
    const folder there;
    BOOST_TEST(there.names("rules") == "deep/two.yml one.yml");
    BOOST_TEST(there.names("rules/one.yml") == "one.yml");
    BOOST_TEST(there.names(".") == "other.yml rules/deep/two.yml rules/one.yml");
    BOOST_TEST(has(there.names("none"), "cannot be read"));
}

BOOST_AUTO_TEST_CASE(nothing_outside_of_the_directory_is_read) {
    folder there;
    const temp_directory outside;
    std::ofstream(outside.file("secret.yml")) << "s3cret";
    BOOST_TEST(has(there.names("../" + fs::path(outside.path()).filename().string()), "leads out"));
    fs::create_symlink(outside.path(), there.directory.file("way"));
    BOOST_TEST(has(there.names("way"), "leads out"));
    fs::create_symlink(outside.file("secret.yml"), there.directory.file("rules/link.yml"));
    fs::create_directory_symlink(outside.path(), there.directory.file("rules/folder"));
    BOOST_TEST(there.names("rules") == "deep/two.yml one.yml");
    const auto fetched = fetch_source(folder_source("rules"), there.settings, {});
    BOOST_TEST(fetched->left_out.size() == 2U);
    BOOST_REQUIRE(::mkfifo(there.directory.file("pipe.yml").c_str(), 0600) == 0);
    BOOST_TEST(has(there.names("pipe.yml"), "no regular file"));
}

BOOST_AUTO_TEST_CASE(a_repository_gives_its_files_once) {
    const temp_directory made;
    const std::string git =
        "cd '" + made.path() +
        "' && export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a "
        "GIT_AUTHOR_EMAIL=a@a GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@a; git init -q -b main && "
        "mkdir rules && echo 'a: 1' > rules/a.yml && echo x > b.yml && git add . && git commit -qm one";
    BOOST_REQUIRE(std::system(git.c_str()) == 0);
    feed_source from = http_source("file://" + made.path());
    from.type = source_type::git;
    from.path = "rules";
    BOOST_TEST(has(names_of(from, local_settings()), "not allowed"));
    auto settings = local_settings();
    settings.may_clone_files = true;
    BOOST_TEST(names_of(from, settings) == "a.yml");
    from.etag = fetch_source(from, settings, {})->etag;
    BOOST_TEST(fetch_source(from, settings, {})->is_unchanged);
}

BOOST_AUTO_TEST_SUITE_END()
