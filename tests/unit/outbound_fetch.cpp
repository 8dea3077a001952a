// Requests to servers that behave and to servers that do not.
#include "outbound/fetch.hpp"
#include "support/gzipped.hpp"
#include "support/outbound_server.hpp"
#include "support/waiting.hpp"

#include <boost/test/unit_test.hpp>

#include <poll.h>

#include <atomic>
#include <optional>

using namespace carrel;
using namespace carrel::testing;
using boost::asio::ip::tcp;
using outbound::fetch;
using outbound::policy;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

std::string fault_of(const outbound::request& what, const policy& rules = local_policy()) {
    const auto answer = fetch(what, rules);
    return answer ? "none: " + std::to_string(answer->status) : answer.error().text;
}

std::string redirect(const std::string& location, std::string_view status = "302 Found") {
    return reply(status, "Location: " + location + "\r\n", "");
}

// A policy whose deadline a server that never ends will reach.
policy hasty(milliseconds deadline) {
    auto rules = local_policy();
    rules.deadline = deadline;
    return rules;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(outbound_fetch)

BOOST_AUTO_TEST_CASE(a_request_is_sent_as_given_and_the_answer_comes_back) {
    std::string body;
    outbound_server server([&body](tcp::socket& socket) {
        body = read_head(socket);
        while (body.find("{\"a\":1}") == body.npos) {
            char more[100];
            body.append(more, socket.read_some(asio::buffer(more)));
        }
        send_text(socket, reply("201 Created", "X-Made: yes\r\n", "done"));
    });
    const auto answer = fetch({"POST",
                               server.url("/hook?x=1"),
                               {{"Content-Type", "application/json"}, {"Authorization", "Bearer k"}},
                               "{\"a\":1}"},
                              local_policy());
    BOOST_REQUIRE_MESSAGE(answer.has_value(), answer.error().text);
    BOOST_TEST(answer->status == 201u);
    BOOST_TEST(answer->body == "done");
    BOOST_TEST(answer->field("x-made") == "yes");
    BOOST_TEST(body.starts_with("POST /hook?x=1 HTTP/1.1\r\n"));
    for (const std::string& line :
         {"Host: 127.0.0.1:" + server.port(), std::string("Content-Length: 7"), std::string("Authorization: Bearer k"),
          std::string("Content-Type: application/json")})
        BOOST_TEST(body.find(line + "\r\n") != body.npos, line << " in " << body);
}

BOOST_AUTO_TEST_CASE(answers_of_each_framing_are_read_whole) {
    std::string text;
    replying_server server([&](const std::string&) { return text; });
    const auto body = [&](std::string answer, std::string method = "GET") {
        server.change([&] { text = std::move(answer); });
        const auto got = fetch({method, server.url()}, local_policy());
        return got ? std::to_string(got->status) + " " + got->body : got.error().text;
    };
    BOOST_TEST(body("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n") ==
               "200 abcde");
    BOOST_TEST(body("HTTP/1.0 200 OK\r\n\r\nuntil the end") == "200 until the end");
    BOOST_TEST(body("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx") == "200 x");
    BOOST_TEST(body("HTTP/1.1 204 No Content\r\n\r\n") == "204 ");
    BOOST_TEST(body("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n") == "304 ");
    BOOST_TEST(body("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HEAD") == "200 ");
    BOOST_TEST(body(reply("500 Broken", "", "why")) == "500 why");
    BOOST_TEST(body(reply("200 OK", "Content-Encoding: gzip\r\n", gzipped("packed"))) == "200 packed");
    BOOST_TEST(body("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabcdef") == "200 ab");
}

BOOST_AUTO_TEST_CASE(an_answer_that_comes_byte_by_byte_is_read_whole) {
    for (const std::string body : {"0\r\n\r\n", "3\r\nabc\r\n0\r\nTrailer: x\r\n\r\n", "1;x=\"y\"\r\na\r\n0\r\n\r\n"}) {
        outbound_server server([&](tcp::socket& socket) {
            read_head(socket);
            socket.set_option(tcp::no_delay(true));
            pollfd client{socket.native_handle(), POLLIN, 0};
            for (const char c : "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
                if (::poll(&client, 1, 1) != 0 || !send_text(socket, {&c, 1})) return;
        });
        const auto answer = fetch({"GET", server.url()}, local_policy());
        BOOST_REQUIRE_MESSAGE(answer.has_value(), body << ": " << answer.error().text);
        BOOST_TEST(answer->body == (body.starts_with('0') ? "" : body.starts_with('3') ? "abc" : "a"));
    }
}

BOOST_AUTO_TEST_CASE(a_server_that_says_nothing_ends_at_the_deadline) {
    outbound_server server([](tcp::socket& socket) { wait_for_end(socket); });
    const auto begin = steady_clock::now();
    BOOST_TEST(fault_of({"GET", server.url()}, hasty(milliseconds(1'000))) ==
               "http://127.0.0.1:" + server.port() + " took too long: the time was over while reading its answer");
    BOOST_TEST((steady_clock::now() - begin >= milliseconds(1'000)));
    BOOST_TEST((steady_clock::now() - begin < std::chrono::seconds(10)));
}

BOOST_AUTO_TEST_CASE(a_server_that_trickles_ends_at_the_deadline) {
    for (const std::string front : {"", "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"}) {
        std::atomic<int> sent{0};
        outbound_server server([&](tcp::socket& socket) {
            read_head(socket);
            send_text(socket, front.empty() ? "HTTP/1.1 200 OK\r\nX: " : front);
            pollfd client{socket.native_handle(), POLLIN, 0};
            // A byte each 5 ms, until the client goes.
            while (::poll(&client, 1, 5) == 0 && send_text(socket, "x")) ++sent;
        });
        const auto fault = fault_of({"GET", server.url()}, hasty(milliseconds(1'000)));
        BOOST_TEST(fault.find("took too long") != fault.npos, fault);
        BOOST_TEST(sent > 1);
    }
}

BOOST_AUTO_TEST_CASE(a_server_that_does_not_read_ends_at_the_deadline) {
    outbound_server server([](tcp::socket& socket) {
        pollfd client{socket.native_handle(), POLLHUP, 0};
        ::poll(&client, 1, 10'000);
    });
    const auto fault = fault_of({"POST", server.url(), {}, std::string(64 << 20, 'x')}, hasty(milliseconds(200)));
    BOOST_TEST(fault.find("took too long") != fault.npos, fault);
}

BOOST_AUTO_TEST_CASE(a_stop_ends_a_request_at_once) {
    gate reached;
    std::atomic<int> clients{0};
    std::optional<outbound_server> server(std::in_place, [&](tcp::socket& socket) {
        read_head(socket);
        if (++clients == 1) reached.open();
        wait_for_end(socket);
    });
    const auto url = server->url();
    std::stop_source source;
    std::string fault;
    std::thread caller([&] { fault = fetch({"GET", url}, local_policy(), source.get_token()).error().text; });
    reached.wait();
    source.request_stop();
    caller.join();
    BOOST_TEST(fault == "cancelled");
    BOOST_TEST(fetch({"GET", url}, local_policy(), source.get_token()).error().text == "cancelled");
    server.reset();
    BOOST_TEST(clients == 1);  // what is stopped before does not connect
}

BOOST_AUTO_TEST_CASE(a_body_without_end_is_cut_off_at_the_limit) {
    auto rules = local_policy();
    rules.body_bytes_max = 1 << 20;
    const std::string block(1 << 16, 'x');
    for (const std::string front : {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                                    "HTTP/1.1 200 OK\r\nContent-Length: 9000000000\r\n\r\n"}) {
        std::size_t sent = 0;
        {
            outbound_server server([&](tcp::socket& socket) {
                read_head(socket);
                const bool is_chunked = front.find("chunked") != front.npos;
                const auto piece = is_chunked ? "10000\r\n" + block + "\r\n" : block;
                bool goes_on = send_text(socket, front);
                while (goes_on && (goes_on = send_text(socket, piece))) sent += piece.size();
            });
            BOOST_TEST(fault_of({"GET", server.url()}, rules) ==
                       "the answer of http://127.0.0.1:" + server.port() + " has more than 1048576 bytes");
        }
        BOOST_TEST(sent < 64u << 20);
    }
    outbound_server head([](tcp::socket& socket) {
        read_head(socket);
        bool goes_on = send_text(socket, "HTTP/1.1 200 OK\r\n");
        while (goes_on) goes_on = send_text(socket, "X-More: yes\r\n");
    });
    const auto fault = fault_of({"GET", head.url()});
    BOOST_TEST(fault.find("the header of the answer") == 0u, fault);
}

BOOST_AUTO_TEST_CASE(a_gzip_bomb_is_cut_off_at_the_limit) {
    const auto bomb = reply("200 OK", "Content-Encoding: gzip\r\n", gzipped(std::string(100'000'000, '\0')));
    replying_server server([&](const std::string&) { return bomb; });
    auto rules = local_policy();
    rules.body_bytes_max = 1 << 20;
    BOOST_TEST(fault_of({"GET", server.url()}, rules) ==
               "the answer of http://127.0.0.1:" + server.port() +
                   " is refused: the body has more than 1048576 bytes once it is unpacked");
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_not_whole_or_not_http_is_a_failure) {
    std::string text;
    replying_server server([&](const std::string&) { return text; });
    const auto fault = [&](std::string answer) {
        server.change([&] { text = std::move(answer); });
        return fault_of({"GET", server.url()});
    };
    const auto cut = "http://127.0.0.1:" + server.port() + " closed the connection before its answer was whole";
    BOOST_TEST(fault("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf") == cut);
    BOOST_TEST(fault("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab") == cut);
    BOOST_TEST(fault("HTTP/1.1 200 OK\r\nConte") == cut);
    BOOST_TEST(fault("") == cut);
    for (const char* bad : {"SSH-2.0-x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
        const auto said = fault(bad);
        BOOST_TEST(said.find("failed while reading its answer") != said.npos, bad << ": " << said);
    }
    const auto packed = gzipped("text");
    BOOST_TEST(
        fault(reply("200 OK", "Content-Encoding: gzip\r\n", packed.substr(0, packed.size() - 3))).find("ends early") !=
        std::string::npos);
    BOOST_TEST(fault(reply("200 OK", "Content-Encoding: br\r\n", "x")).find("not asked for") != std::string::npos);
    BOOST_TEST(fault("HTTP/1.1 100 Continue\r\n\r\n" + std::string("HTTP/1.1 102 Processing\r\n\r\n")) == cut);
}

BOOST_AUTO_TEST_CASE(an_answer_in_front_of_the_whole_request_counts) {
    outbound_server server([](tcp::socket& socket) {
        read_head(socket);
        send_text(socket, reply("413 Too Large", "", "no"));
        socket.shutdown(tcp::socket::shutdown_send);
        wait_for_end(socket);
    });
    const auto answer = fetch({"POST", server.url(), {}, std::string(1 << 20, 'x')}, local_policy());
    BOOST_REQUIRE_MESSAGE(answer.has_value(), answer.error().text);
    BOOST_TEST(answer->status == 413u);
}

BOOST_AUTO_TEST_CASE(redirects_are_followed_up_to_their_limit) {
    std::string origin;
    replying_server server([&](const std::string& head) {
        if (head.starts_with("GET /last ")) return reply("200 OK", "", "there");
        if (head.starts_with("GET /first ")) return redirect("second?x");
        if (head.starts_with("GET /second?x ")) return redirect(origin + "/last#part", "308 Permanent");
        return redirect("/loop");
    });
    server.change([&] { origin = server.url(""); });
    const auto answer = fetch({"GET", server.url("/first")}, local_policy());
    BOOST_REQUIRE_MESSAGE(answer.has_value(), answer.error().text);
    BOOST_TEST(answer->body == "there");
    const auto before = server.heads().size();
    BOOST_TEST(fault_of({"GET", server.url("/loop")}) ==
               "there were more than 5 redirects, the last one to http://127.0.0.1:" + server.port());
    BOOST_TEST(server.heads().size() - before == 6u);
    auto none = local_policy();
    none.redirects_max = 0;
    BOOST_TEST(fault_of({"GET", server.url("/first")}, none).starts_with("there were more than 0 redirects"));
}

BOOST_AUTO_TEST_CASE(a_redirect_to_the_inside_is_refused) {
    std::string location;
    replying_server server([&](const std::string&) { return redirect(location); });
    policy rules;
    rules.allowed_hosts = {"127.0.0.1:" + server.port()};
    for (const char* inside :
         {"http://169.254.169.254/latest/meta-data/", "http://2852039166/", "//[::ffff:169.254.169.254]/",
          "http://127.0.0.1:1/", "http://[::1]/", "http://10.1.1.1/", "http://0x7f.1:22/"}) {
        server.change([&] { location = inside; });
        const auto fault = fault_of({"GET", server.url()}, rules);
        BOOST_TEST(fault.find("such an address must be allowed first") != fault.npos, inside << ": " << fault);
    }
    server.change([&] { location = "file:///etc/passwd"; });
    BOOST_TEST(fault_of({"GET", server.url()}, rules).find("does not begin with http") != std::string::npos);
    server.change([&] { location = "http://u:p@127.0.0.1/"; });
    BOOST_TEST(fault_of({"GET", server.url()}, rules).find("user name") != std::string::npos);
    BOOST_TEST(server.heads().size() == 9u);
    BOOST_TEST(fault_of({"GET", server.url()}, policy()).find("which is loopback") != std::string::npos);
    BOOST_TEST(server.heads().size() == 9u);
}

BOOST_AUTO_TEST_CASE(a_name_is_looked_up_once_and_its_address_connected_to) {
    replying_server server([](const std::string&) { return reply("200 OK", "", "x"); });
    policy rules;
    int lookups = 0;
    rules.allowed_hosts = {"127.0.0.1"};
    rules.look_up = [&](const std::string&) -> base::outcome<outbound::addresses> {
        ++lookups;
        return outbound::addresses{boost::asio::ip::make_address(lookups == 1 ? "127.0.0.1" : "169.254.169.254")};
    };
    const auto answer = fetch({"GET", "http://rebind.test:" + server.port() + "/"}, rules);
    BOOST_REQUIRE_MESSAGE(answer.has_value(), answer.error().text);
    BOOST_TEST(lookups == 1);
    BOOST_TEST(server.heads().front().find("Host: rebind.test:" + server.port()) != std::string::npos);
    BOOST_TEST(fault_of({"GET", "http://rebind.test:" + server.port() + "/"}, rules).find("which is link-local") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(secrets_do_not_go_to_another_origin) {
    replying_server other([](const std::string&) { return reply("200 OK", "", "x"); });
    replying_server server([&](const std::string& head) {
        return head.find(" /same") != head.npos ? redirect("/elsewhere", "307 Same")
                                                : redirect(other.url("/x"), "307 Same");
    });
    const auto answer =
        fetch({"POST",
               server.url("/same"),
               {{"Authorization", "Bearer k"}, {"X-Api-Key", "k"}, {"Cookie", "k"}, {"Accept", "text/csv"}},
               "body"},
              local_policy());
    BOOST_REQUIRE_MESSAGE(answer.has_value(), answer.error().text);
    BOOST_REQUIRE(server.heads().size() == 2u);
    for (const auto& head : server.heads()) BOOST_TEST(head.find("Authorization: Bearer k") != head.npos);
    const auto there = other.heads().front();
    for (const char* name : {"Authorization", "X-Api-Key", "Cookie"}) BOOST_TEST(there.find(name) == there.npos, there);
    BOOST_TEST(there.find("Accept: text/csv") != there.npos);
    BOOST_TEST(there.starts_with("POST /x "));
}

BOOST_AUTO_TEST_CASE(a_post_that_is_sent_elsewhere_by_302_becomes_a_get) {
    replying_server server([&](const std::string& head) {
        return head.starts_with("POST") ? redirect("/done") : reply("200 OK", "", "x");
    });
    BOOST_TEST(fetch({"POST", server.url(), {{"Content-Type", "a/b"}}, "body"}, local_policy()).has_value());
    BOOST_REQUIRE(server.heads().size() == 2u);
    BOOST_TEST(server.heads()[1].starts_with("GET /done "));
    BOOST_TEST(server.heads()[1].find("Content-") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_request_that_cannot_be_sent_is_refused_without_its_values) {
    const std::string secret = "se\r\ncret";
    const auto fault = [&](std::string name, std::string value) {
        return fault_of({"GET", "http://127.0.0.1:1/", {{std::move(name), std::move(value)}}});
    };
    BOOST_TEST(fault("X-Key", secret) == "the value of the header X-Key has a control character");
    BOOST_TEST(fault("X Key", "v") == "a header's name has a character that no name has");
    for (const char* name : {"Host", "content-length", "Transfer-Encoding", "Connection"})
        BOOST_TEST(fault(name, "v").ends_with("cannot be chosen"), name);
    BOOST_TEST(fault_of({"GET x", "http://127.0.0.1:1/"}) == "the method is none that can be sent");
    const auto refused = fault_of(
        {"GET", "http://127.0.0.1:1/path-secret?key-secret", {{"Authorization", "header-secret"}}, "body-secret"});
    BOOST_TEST(refused.starts_with("http://127.0.0.1:1 failed while connecting"), refused);
    BOOST_TEST(refused.find("secret") == refused.npos, refused);
}

BOOST_AUTO_TEST_SUITE_END()
