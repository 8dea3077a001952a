#include "cli/otel_environment.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

using namespace carrel::cli;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(otel_environments)

namespace {

otel_environment read(std::map<std::string, std::string> variables) {
    return read_otel_environment([&](const char* name) {
        const auto found = variables.find(name);
        return found == variables.end() ? std::string() : found->second;
    });
}

}  // namespace

BOOST_AUTO_TEST_CASE(nothing_is_on_without_a_collector) {
    const auto none = read({});
    BOOST_TEST(none.endpoint.empty());
    BOOST_TEST(none.faults.empty());
    BOOST_TEST(!none.ratio.has_value());
    const std::string endpoint = "http://127.0.0.1:4318";
    BOOST_TEST(read({{"OTEL_EXPORTER_OTLP_ENDPOINT", endpoint}, {"OTEL_SDK_DISABLED", "TRUE"}}).endpoint.empty());
    BOOST_TEST(read({{"OTEL_EXPORTER_OTLP_ENDPOINT", endpoint}, {"OTEL_TRACES_EXPORTER", "none"}}).endpoint.empty());
}

BOOST_AUTO_TEST_CASE(the_common_endpoint_gets_the_path_of_traces_and_their_own_is_taken_as_it_is) {
    BOOST_TEST(read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"}}).endpoint == "http://c:4318/v1/traces");
    BOOST_TEST(read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c/otlp/"}}).endpoint == "http://c/otlp/v1/traces");
    BOOST_TEST(read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"}, {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://t/x"}})
                   .endpoint == "http://t/x");
    BOOST_TEST(traces_url("http://127.0.0.1:4318") == "http://127.0.0.1:4318/v1/traces");
    BOOST_TEST(traces_url("http://127.0.0.1:4318/") == "http://127.0.0.1:4318/v1/traces");
    BOOST_TEST(traces_url("http://127.0.0.1:4318/x") == "http://127.0.0.1:4318/x");
    BOOST_TEST(traces_url("nonsense") == "nonsense");
}

BOOST_AUTO_TEST_CASE(another_protocol_is_named_and_not_spoken_to) {
    const auto grpc = read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4317"}, {"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"}});
    BOOST_TEST(grpc.endpoint.empty());
    BOOST_TEST_REQUIRE(grpc.faults.size() == 1u);
    BOOST_TEST(grpc.faults[0] == "OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' is not spoken here, so no traces are sent to it");
    for (const auto* const ok : {"http/json", "http/protobuf"})
        BOOST_TEST(!read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"}, {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", ok}})
                        .endpoint.empty());
}

BOOST_AUTO_TEST_CASE(headers_are_pairs_whose_faults_show_no_value) {
    const auto ok = read({{"OTEL_EXPORTER_OTLP_HEADERS", "api-key=s3cret%20x, Authorization = Bearer%20y"}});
    BOOST_TEST_REQUIRE(ok.headers.size() == 2u);
    BOOST_TEST(ok.headers[0].name == "api-key");
    BOOST_TEST(ok.headers[0].value == "s3cret x");
    BOOST_TEST(ok.headers[1].name == "Authorization");
    BOOST_TEST(ok.headers[1].value == "Bearer y");
    for (const auto* const bad : {"s3cret", "=s3cret", "a=%s3cret", "a=s3cret%0d", "host=s3cret"}) {
        const auto found = read({{"OTEL_EXPORTER_OTLP_HEADERS", bad}});
        BOOST_TEST(found.headers.empty(), bad);
        BOOST_TEST_REQUIRE(found.faults.size() == 1u);
        BOOST_TEST(found.faults[0].find("s3cret") == std::string::npos, bad);
    }
}

BOOST_AUTO_TEST_CASE(numbers_samplers_and_attributes) {
    const auto found = read({{"OTEL_EXPORTER_OTLP_TIMEOUT", "1500"},
                             {"OTEL_BSP_SCHEDULE_DELAY", "100"},
                             {"OTEL_TRACES_SAMPLER", "parentbased_traceidratio"},
                             {"OTEL_TRACES_SAMPLER_ARG", "0.25"},
                             {"OTEL_SERVICE_NAME", "siem"},
                             {"OTEL_RESOURCE_ATTRIBUTES", "service.name=other,deployment.environment=a%2Cb"}});
    BOOST_TEST((found.time_max == 1500ms));
    BOOST_TEST((found.pause == 100ms));
    BOOST_TEST(found.ratio.value() == 0.25);
    BOOST_TEST_REQUIRE(found.resource.size() == 2u);
    BOOST_TEST(found.resource[0].second == "a,b");
    BOOST_TEST(found.resource[1].second == "siem");
    for (const auto& [name, value] : {std::pair("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
                                      {"OTEL_BSP_SCHEDULE_DELAY", "0"},
                                      {"OTEL_RESOURCE_ATTRIBUTES", "x"}})
        BOOST_TEST(read({{name, value}}).faults.size() == 1u, name);
}

BOOST_AUTO_TEST_CASE(samplers_are_all_that_the_standard_names_but_for_remote_ones) {
    const auto sampled = [](const std::string& sampler, const std::string& argument = {}) {
        const auto found = read({{"OTEL_TRACES_SAMPLER", sampler}, {"OTEL_TRACES_SAMPLER_ARG", argument}});
        BOOST_TEST(found.sampler_fault == "", sampler);
        return std::pair(found.ratio.value(), found.callers_decide);
    };
    BOOST_TEST((sampled("always_on") == std::pair(1.0, false)));
    BOOST_TEST((sampled("always_off") == std::pair(0.0, false)));
    BOOST_TEST((sampled("traceidratio", "0.5") == std::pair(0.5, false)));
    BOOST_TEST((sampled("traceidratio") == std::pair(1.0, false)));
    BOOST_TEST((sampled("parentbased_always_on") == std::pair(1.0, true)));
    BOOST_TEST((sampled("parentbased_always_off") == std::pair(0.0, true)));
    BOOST_TEST((sampled("parentbased_traceidratio", "0") == std::pair(0.0, true)));
    BOOST_TEST(read({}).callers_decide);
    for (const auto* const bad : {"jaeger_remote", "parentbased_jaeger_remote", "xray", "ALWAYS_ON", "parentbased_"})
        BOOST_TEST(read({{"OTEL_TRACES_SAMPLER", bad}}).sampler_fault ==
                   "OTEL_TRACES_SAMPLER: '" + std::string(bad) + "' is a sampler that is not known here");
    for (const auto* const bad : {"2", "-0.1", "nan", "half", "0.5x"})
        BOOST_TEST(read({{"OTEL_TRACES_SAMPLER", "traceidratio"}, {"OTEL_TRACES_SAMPLER_ARG", bad}}).sampler_fault ==
                   "OTEL_TRACES_SAMPLER_ARG: '" + std::string(bad) + "' is no number from 0 to 1");
}

BOOST_AUTO_TEST_CASE(bodies_are_packed_by_gzip_or_not) {
    BOOST_TEST(!read({}).packs.has_value());
    BOOST_TEST(read({{"OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"}}).packs.value());
    BOOST_TEST(!read({{"OTEL_EXPORTER_OTLP_COMPRESSION", "none"}}).packs.value());
    BOOST_TEST(!read({{"OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"}, {"OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "none"}})
                    .packs.value());
    const auto bad = read({{"OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "zstd"}});
    BOOST_TEST(!bad.packs.has_value());
    BOOST_TEST(bad.compression_fault == "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: 'zstd' is neither gzip nor none");
}

BOOST_AUTO_TEST_SUITE_END()
