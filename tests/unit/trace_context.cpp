#include "telemetry/trace_context.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>
#include <set>

using namespace carrel::telemetry;

BOOST_AUTO_TEST_SUITE(trace_contexts)

namespace {

const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736", parent = "00f067aa0ba902b7";
const std::string good = "00-" + trace + "-" + parent + "-01";

std::string hex(std::span<const std::uint8_t> bytes) {
    std::string text;
    append_hex(text, bytes);
    return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_traceparent_has_a_trace_a_parent_and_whether_it_is_sampled) {
    const auto found = parse_traceparent(good);
    BOOST_TEST_REQUIRE(found.has_value());
    BOOST_TEST(hex(found->trace) == trace);
    BOOST_TEST(hex(found->parent) == parent);
    BOOST_TEST(found->is_sampled);
    BOOST_TEST(!parse_traceparent("00-" + trace + "-" + parent + "-00")->is_sampled);
    // Flags that are not known yet mean nothing.
    BOOST_TEST(!parse_traceparent("00-" + trace + "-" + parent + "-fe")->is_sampled);
    BOOST_TEST(parse_traceparent("00-" + trace + "-" + parent + "-ff")->is_sampled);
}

BOOST_AUTO_TEST_CASE(of_a_later_version_what_is_known_is_read) {
    for (const auto* const version : {"01", "cc", "fe"}) {
        const std::string begin = std::string(version) + "-" + trace + "-" + parent + "-01";
        BOOST_TEST(parse_traceparent(begin).has_value(), version);
        BOOST_TEST(parse_traceparent(begin + "-what-the-future-will-be-like").has_value(), version);
        BOOST_TEST(!parse_traceparent(begin + ".what").has_value(), version);
    }
    BOOST_TEST(!parse_traceparent("ff-" + trace + "-" + parent + "-01").has_value());
    BOOST_TEST(!parse_traceparent(good + "-more").has_value());
    BOOST_TEST(!parse_traceparent(good + "-").has_value());
}

BOOST_AUTO_TEST_CASE(what_is_malformed_is_none) {
    for (std::size_t cut = 0; cut < good.size(); ++cut) BOOST_TEST(!parse_traceparent(good.substr(0, cut)).has_value());
    for (std::size_t at = 0; at < good.size(); ++at)
        for (const char wrong : {'G', 'A', ' ', '.', '\0', '\x80'}) {
            auto broken = good;
            broken[at] = wrong;
            BOOST_TEST(!parse_traceparent(broken).has_value(), broken);
        }
    BOOST_TEST(!parse_traceparent("00-" + std::string(32, '0') + "-" + parent + "-01").has_value());
    BOOST_TEST(!parse_traceparent("00-" + trace + "-" + std::string(16, '0') + "-01").has_value());
    BOOST_TEST(!parse_traceparent(good + ", " + good).has_value());  // two fields
}

BOOST_AUTO_TEST_CASE(a_tracestate_is_a_list_of_keys_and_values) {
    for (const std::string ok : {"a=1", "foo=1,bar=2", "foo=1 , bar=2", "foo=1,,bar=2", "foo=1,\t", "fw529a3039@dt=x",
                                 "0t@s=x", "a_-*/1=x y", "a=!", "rojo=00f067aa0ba902b7"})
        BOOST_TEST(is_tracestate(ok), ok);
    for (const std::string bad : {"", ",", "a", "=1", "A=1", "1a=1", "a=", "a=1=2", "a=b\x7f", "a=\xc3\xa4", "a@=1",
                                  "@b=1", "a@1b=1", "a@bcdefghijklmnop=1", "foo=1,foo=2", "a =1", "a= ,b=1"})
        BOOST_TEST(!is_tracestate(bad), bad);
    std::string many = "k0=1";
    for (int i = 1; i < 32; ++i) many += ",k" + std::to_string(i) + "=1";
    BOOST_TEST(is_tracestate(many));
    BOOST_TEST(!is_tracestate(many + ",one=more"));
    BOOST_TEST(is_tracestate(std::string(256, 'k') + "=" + std::string(255, 'v')));
    BOOST_TEST(!is_tracestate(std::string(257, 'k') + "=v"));
    BOOST_TEST(!is_tracestate("k=" + std::string(257, 'v')));
}

BOOST_AUTO_TEST_CASE(a_ratio_keeps_that_share_and_decides_by_the_id_alone) {
    trace_id_source ids;
    const sample_ratio none(0), all(1), tenth(0.1), not_a_number(std::numeric_limits<double>::quiet_NaN());
    int kept = 0;
    for (int i = 0; i < 20'000; ++i) {
        const auto id = ids.fresh_trace();
        BOOST_TEST(!none.keeps(id));
        BOOST_TEST(!not_a_number.keeps(id));
        BOOST_TEST(all.keeps(id));
        BOOST_TEST(tenth.keeps(id) == sample_ratio(0.1).keeps(id));
        if (tenth.keeps(id)) BOOST_TEST(sample_ratio(0.2).keeps(id));
        kept += tenth.keeps(id) ? 1 : 0;
    }
    BOOST_TEST(kept > 1'700);
    BOOST_TEST(kept < 2'300);
    trace_id greatest;
    greatest.fill(0xff);
    BOOST_TEST(all.keeps(greatest));
    BOOST_TEST(!tenth.keeps(greatest));
}

BOOST_AUTO_TEST_CASE(fresh_ids_differ_also_between_threads) {
    trace_id_source one, other;
    std::set<trace_id> traces;
    std::set<span_id> spans;
    for (int i = 0; i < 1'000; ++i) {
        for (auto* each : {&one, &other}) {
            traces.insert(each->fresh_trace());
            spans.insert(each->fresh_span());
        }
    }
    BOOST_TEST(traces.size() == 2'000u);
    BOOST_TEST(spans.size() == 2'000u);
    BOOST_TEST(!traces.contains(trace_id{}));
    BOOST_TEST(!spans.contains(span_id{}));
}

BOOST_AUTO_TEST_SUITE_END()
