#include "fixture.hpp"
#include "pipeline_check.hpp"

#include <boost/test/unit_test.hpp>

#include <cstring>

// Mutated pipelines, as a smuggler would send them, against an independent strict scanner of RFC 9112.
// `http_tests --run_test=pipelines -- --pipelines 1000000 --seed 7` runs more of them.
namespace carrel::testing {

namespace {

std::uint32_t argument(const char* name, std::uint32_t otherwise) {
    const auto& suite = boost::unit_test::framework::master_test_suite();
    for (int i = 1; i + 1 < suite.argc; ++i)
        if (std::strcmp(suite.argv[i], name) == 0) return static_cast<std::uint32_t>(std::stoul(suite.argv[i + 1]));
    return otherwise;
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        char code[8];
        std::snprintf(code, sizeof code, "\\x%02x", static_cast<unsigned char>(c));
        if (c == '\r') out += "\\r";
        else if (c == '\n') out += "\\n\n";
        else if (c < ' ' || c > '~') out += code;
        else out += c;
    }
    return out;
}

// The violations that were found, at most ten of them.
std::size_t check_pipelines(const exchange_bytes& exchange, std::string_view authority, std::uint32_t count,
                            bool reports) {
    const auto seed = argument("--seed", 1);
    std::mt19937 source(seed);
    std::size_t violations = 0;
    for (std::uint32_t i = 0; i < count && violations < 10; ++i) {
        const auto sent = make_pipeline(source, authority);
        const auto received = exchange(sent);
        const auto why = find_violation(sent, received);
        if (why.empty()) continue;
        ++violations;
        if (reports)
            BOOST_ERROR("seed " << seed << ", pipeline " << i << ": " << why << "\n"
                                << escaped(sent) << "\n--\n"
                                << escaped(received));
    }
    return violations;
}

// A server that takes a bare LF for a line's end and believes the last Content-Length.
std::string lenient_server(std::string sent) {
    for (auto at = sent.find('\n'); at != std::string::npos; at = sent.find('\n', at + 1))
        if (at == 0 || sent[at - 1] != '\r') sent.insert(at++, 1, '\r');
    std::string replies;
    for (std::string_view rest = sent; !rest.empty();) {
        const auto end = rest.find("\r\n\r\n");
        if (end == rest.npos) break;
        const auto head = rest.substr(0, end);
        rest.remove_prefix(end + 4);
        if (const auto at = head.rfind("Content-Length: "); at != head.npos)
            rest.remove_prefix(std::min(rest.size(), std::size_t(std::atoi(head.data() + at + 16))));
        replies += "HTTP/1.1 200 OK\r\n\r\n";
    }
    return replies;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pipelines)

BOOST_AUTO_TEST_CASE(no_invalid_request_of_a_mutated_pipeline_is_accepted) {
    running_server server([](auto& settings) { settings.log = nullptr; });
    const auto port = server.port();
    const auto ask = [port](const std::string& sent) {
        raw_client client(port);
        client.send(sent);
        client.half_close();
        return client.receive_all();
    };
    const auto count = argument("--pipelines", 20'000);
    BOOST_TEST(check_pipelines(ask, "127.0.0.1:" + std::to_string(port), count, true) == 0u);
    BOOST_TEST(server.get("/health/live").status == 200);
    BOOST_TEST_MESSAGE(count << " pipelines");
}

BOOST_AUTO_TEST_CASE(a_lenient_server_is_caught) {
    BOOST_TEST(check_pipelines(lenient_server, "127.0.0.1:1", 20'000, false) == 10u);
}

BOOST_AUTO_TEST_CASE(each_kind_of_violation_is_named) {
    const std::string get = "GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: one\r\n\r\n";
    const std::string ok = "HTTP/1.1 200 OK\r\nX-Request-Id: one\r\nContent-Length: 0\r\n\r\n";
    const std::string bad = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    BOOST_TEST(find_violation(get, ok) == "");
    BOOST_TEST(find_violation(get + "x\n", ok + bad) == "");
    BOOST_TEST(find_violation("GET / HTTP/1.1\nHost: a\n\n", ok) == "an invalid request is accepted");
    BOOST_TEST(find_violation(get, ok + ok) == "a reply that nothing asked for");
    BOOST_TEST(find_violation(get + get, ok) == "a valid request without a reply");
    BOOST_TEST(find_violation("GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: two\r\n\r\n", ok) ==
               "a reply of another request");
    BOOST_TEST(find_violation("x\n", bad + ok) == "bytes behind the last reply");
    BOOST_TEST(find_violation("x\n", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n") ==
               "a connection goes on behind an invalid request");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
