// Rules that come and go as documents and archives.
#include "archive/read.hpp"
#include "archive/write.hpp"
#include "support/rule_bodies.hpp"

#include <boost/test/unit_test.hpp>

using carrel::siem::problem_code;
using namespace carrel::testing;

namespace {

struct fixture {
    domain d;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(rule_archives, fixture)

BOOST_AUTO_TEST_CASE(an_import_creates_updates_and_leaves_alone) {
    const std::string text =
        rule_document(one_id, "One") + "---\n" + rule_document(two_id, "Two") + "---\ntitle: broken\n";
    const auto dry = d.post_file("/rules/import", text, {{"dry_run", "true"}});
    BOOST_TEST(dry.at("/created").as_int64() == 2);
    BOOST_TEST(d.get("/rules/count").at("/count").as_int64() == 0);
    const auto first = d.post_file("/rules/import", text);
    BOOST_TEST(first.at("/created").as_int64() == 2);
    BOOST_TEST(first.at("/rejected").as_int64() == 1);
    BOOST_TEST(first.at("/errors/0/line").as_int64() >= 27);
    const auto again = d.post_file("/rules/import", text);
    BOOST_TEST(again.at("/unchanged").as_int64() == 2);
    BOOST_TEST(again.at("/updated").as_int64() == 0);
    d.post("/rules/" + one_id + "/disable", "{}");
    const auto changed = d.post_file("/rules/import", rule_document(one_id, "One, changed"));
    BOOST_TEST(changed.at("/updated").as_int64() == 1);
    const auto now = d.get("/rules/" + one_id);
    BOOST_TEST(now.text("/name") == "One, changed");
    BOOST_TEST(!now.at("/enabled").as_bool());
    BOOST_TEST(d.get("/rules/" + one_id + "/versions/1").text("/name") == "One");
    const auto twice = d.post_file("/rules/import", rule_document(one_id, "a") + "---\n" + rule_document(one_id, "b"));
    BOOST_TEST(twice.at("/rejected").as_int64() == 1);
}

BOOST_AUTO_TEST_CASE(an_archive_that_is_refused_leaves_nothing) {
    const std::string bytes = rule_document(one_id, "One");
    const std::vector<carrel::archive::entry> files = {{"a.yml", bytes}, {"readme.txt", "x"}};
    const auto packed = carrel::archive::write_tar_gz(files, std::chrono::sys_seconds());
    BOOST_TEST_REQUIRE(packed.has_value());
    const auto cut = d.post_file("/rules/import", std::string_view(*packed).substr(0, packed->size() - 9));
    BOOST_TEST(is(cut, problem_code::invalid));
    BOOST_TEST(d.get("/rules/count").at("/count").as_int64() == 0);
    BOOST_TEST(d.post_file("/rules/import", *packed).at("/created").as_int64() == 1);
    BOOST_TEST(is(d.post_file("/rules/import", ""), problem_code::invalid));
    BOOST_TEST(is(d.post_file("/rules/import", std::string("\x7f"
                                                           "ELF\0\0",
                                                           6)),
                  problem_code::invalid));
}

BOOST_AUTO_TEST_CASE(an_export_has_each_document_byte_for_byte) {
    d.post_file("/rules/import",
                rule_document(one_id, "One", "# a comment\n") + "---\n" + rule_document(two_id, "Two"));
    d.post("/rules", query_rule("q"));
    for (const char* format : {"zip", "tar"}) {
        const auto got = d.get("/rules/export", {{"format", format}});
        BOOST_TEST(got.reply.media_type.starts_with("application/"));
        const auto files = carrel::archive::read_all(got.reply.body);
        BOOST_TEST_REQUIRE(files.has_value());
        BOOST_TEST_REQUIRE(files->size() == 3u);
        BOOST_TEST((*files)[0].name == one_id + ".yml");
        BOOST_TEST((*files)[0].bytes.starts_with(rule_document(one_id, "One", "# a comment\n")));
        BOOST_TEST((*files)[2].name == "q.json");
    }
    const auto some = carrel::archive::read_all(d.get("/rules/export", {{"type", "query"}}).reply.body);
    BOOST_TEST(some->size() == 1u);
    BOOST_TEST(d.get("/rules/export", {{"format", "rar"}}).faults() == "format");
}

BOOST_AUTO_TEST_CASE(a_document_is_tried_without_being_stored) {
    const auto good = d.post_file("/rules/validate", rule_document(one_id, "One"));
    BOOST_TEST(good.at("/valid").as_bool());
    BOOST_TEST(good.text("/id") == one_id);
    BOOST_TEST(good.at("/tree").is_object());
    const auto bad = d.post_file("/rules/validate", "title: [\n");
    BOOST_TEST(!bad.at("/valid").as_bool());
    BOOST_TEST(bad.at("/errors/0/line").as_int64() >= 1);
    BOOST_TEST(bad.at("/errors/0/column").as_int64() >= 1);
    BOOST_TEST(d.get("/rules/count").at("/count").as_int64() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
