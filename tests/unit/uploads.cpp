// Files on their way in and out: forms, names, types by content, chunks, parts.
#include "siem/uploads.hpp"
#include "base/multipart.hpp"
#include "siem/cases/evidence_types.hpp"
#include "siem/file_download.hpp"
#include "support/uploading.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel;
using namespace carrel::testing;
using base::attachment_of;
using base::file_name_of;
using base::multipart_reader;
using base::parse_parameters;

BOOST_AUTO_TEST_SUITE(uploads)

namespace {

struct collected final : base::part_sink {
    std::string log;
    std::string on_part(const fields& head) override {
        log += "[";
        for (const auto& [name, text] : head) log += name + "=" + text + ";";
        log += "]";
        return {};
    }
    std::string on_bytes(std::string_view bytes) override {
        log.append(bytes);
        return {};
    }
    std::string on_part_end() override {
        log += "|";
        return {};
    }
};

// What a form holds, however it is cut; or why it is refused.
std::string read(std::string_view body, std::size_t step, std::string_view boundary = "frontier") {
    collected sink;
    multipart_reader reader(boundary, sink);
    for (std::string_view rest = body; !rest.empty(); rest.remove_prefix(std::min(step, rest.size())))
        if (!reader.feed(rest.substr(0, step))) return reader.why();
    return reader.finish() ? sink.log : reader.why();
}

std::string read_however(std::string_view body) {
    const std::string whole = read(body, body.size());
    for (std::size_t step = 1; step < body.size(); step = step * 3 + 1)
        BOOST_TEST(read(body, step) == whole, "in steps of " << step);
    return whole;
}

std::string name_in(std::string_view disposition) {
    const auto parsed = parse_parameters(disposition);
    if (!parsed) return "(malformed)";
    const auto name = file_name_of(*parsed);
    return name ? name->value_or("(none)") : "(unreadable)";
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_form_is_read_the_same_however_it_is_cut) {
    BOOST_TEST(read_however(form({{"A: b", "one"}, {"", "two\r\n--fronti"}, {"C: d\r\nE:  f ", ""}})) ==
               "[a=b;]one|[]two\r\n--fronti|[c=d;e=f;]|");
    BOOST_TEST(read_however("preamble\r\n--frontier  \r\n\r\nx\r\n--frontier--epilogue\r\n--frontier") == "[]x|");
}

BOOST_AUTO_TEST_CASE(a_broken_form_is_refused_and_says_why) {
    BOOST_TEST(read_however("nothing of a form") == "has no part: the boundary was not found");
    BOOST_TEST(read_however("--frontier\r\nA: b\r\n\r\nbytes") == "ends before its last boundary");
    BOOST_TEST(read_however("--frontier\r\nno colon\r\n\r\nx\r\n--frontier--") == "has a part whose head is malformed");
    BOOST_TEST(read_however("--frontier\r\nA: b\x01\r\n\r\nx\r\n--frontier--") == "has a part whose head is malformed");
    BOOST_TEST(read_however("--frontier\r\nA b: c\r\n\r\nx\r\n--frontier--") == "has a part whose head is malformed");
    BOOST_TEST(read_however("--frontierX\r\n\r\n\r\nx\r\n--frontier--") == "has a boundary with something behind it");
    BOOST_TEST(read_however("--frontier\r\n" + std::string(9000, 'a')) == "has a part with too long a head");
    BOOST_TEST(read_however(std::string(9000, 'a')) == "has no boundary at its beginning");
    std::string many;
    for (int i = 0; i < 17; ++i) many += "--frontier\r\n\r\n\r\nx\r\n";
    BOOST_TEST(read_however(many + "--frontier--") == "has more than 16 parts");
}

BOOST_AUTO_TEST_CASE(a_boundary_is_what_rfc_2046_says) {
    for (const char* good : {"a", "----WebKitFormBoundary7MA4YWxkTrZu0gW", "gc0pJq0M:08jU534c0p", "'()+_,-./:=?"})
        BOOST_TEST(multipart_reader::is_boundary(good), good);
    const std::string long_one(71, 'a');
    for (const std::string& bad :
         {std::string(), std::string("a "), std::string("a\"b"), std::string("a\tb"), long_one})
        BOOST_TEST(!multipart_reader::is_boundary(bad), bad);
}

BOOST_AUTO_TEST_CASE(names_are_found_in_a_disposition) {
    BOOST_TEST(name_in("form-data; name=\"file\"; filename=\"a b.txt\"") == "a b.txt");
    BOOST_TEST(name_in("attachment; filename=a.txt") == "a.txt");
    BOOST_TEST(name_in("attachment; FILENAME=\"a\\\"b\\\\c\"") == "a\"b\\c");
    BOOST_TEST(name_in("attachment; filename=\"C:\\dir\\x.exe\"") == "C:\\dir\\x.exe");
    BOOST_TEST(name_in("attachment; filename=\"x\"; filename*=UTF-8''%e2%82%ac.txt") == "€.txt");
    BOOST_TEST(name_in("attachment; filename*=iso-8859-1''%a3") == "(unreadable)");
    BOOST_TEST(name_in("attachment; filename*=UTF-8''%2") == "(unreadable)");
    BOOST_TEST(name_in("attachment") == "(none)");
    for (const char* bad : {"", ";", "a; b", "a; b=", "a; b=\"c", "a; =c", "a; b=c; b=d", "a b"})
        BOOST_TEST(name_in(bad) == "(malformed)", bad);
}

BOOST_AUTO_TEST_CASE(a_name_in_a_reply_cannot_leave_its_quotes) {
    BOOST_TEST(attachment_of("a b.txt") == "attachment; filename=\"a b.txt\"");
    BOOST_TEST(attachment_of("a\"; x=\r\n.txt") ==
               "attachment; filename=\"a_; x=__.txt\"; filename*=UTF-8''a%22%3B%20x%3D%0D%0A.txt");
    BOOST_TEST(attachment_of("€") == "attachment; filename=\"___\"; filename*=UTF-8''%E2%82%AC");
}

BOOST_AUTO_TEST_CASE(a_name_is_no_path_and_hides_nothing) {
    using siem::fault_in_file_name;
    for (const std::string& good :
         {std::string("a"), std::string(".bashrc"), std::string("a.tar.gz"), std::string("é€😀.log"), std::string("CON"),
          std::string(255, 'x'), std::string("a;b|c$(d)`e`")})
        BOOST_TEST(fault_in_file_name(good).empty(), good);
    for (const std::string& bad : {std::string(),
                                   std::string("../x"),
                                   std::string("..\\x"),
                                   std::string("a..b"),
                                   std::string(".."),
                                   std::string("."),
                                   std::string("a/b"),
                                   std::string("/etc/passwd"),
                                   std::string("a\\b"),
                                   std::string("a\nb"),
                                   std::string("a\0b", 3),
                                   std::string("a\x7f"),
                                   std::string("\xc2\x85x"),
                                   std::string("a\xe2\x80\xae.exe"),
                                   std::string("a\xd8\x9cgpj.exe"),       // the Arabic letter mark
                                   std::string("a\xc2\xad.exe"),          // a soft hyphen
                                   std::string("a\xf3\xa0\x81\x81.exe"),  // a tag
                                   std::string("\xff"),
                                   std::string("\xc0\xaf"),
                                   std::string(256, 'x'),
                                   std::string(" a"),
                                   std::string("a "),
                                   std::string("a.")})
        BOOST_TEST(!fault_in_file_name(bad).empty(), bad);
}

BOOST_AUTO_TEST_CASE(a_type_is_what_the_content_says) {
    using namespace std::string_view_literals;
    const auto agreed = [](std::string_view declared, std::string_view bytes, bool is_text) {
        const auto* found = siem::agreed_type(declared, bytes, is_text);
        return std::string(found == nullptr ? "(refused)" : found->name);
    };
    const auto png = "\x89PNG\r\n\x1a\n\0\0"sv, zip = "PK\x03\x04\0\0"sv, pe = "MZ\x90\0"sv;
    BOOST_TEST(agreed("", png, false) == "image/png");
    BOOST_TEST(agreed("image/png", png, false) == "image/png");
    BOOST_TEST(agreed("image/jpeg", png, false) == "(refused)");
    BOOST_TEST(agreed("text/plain", png, false) == "(refused)");
    BOOST_TEST(agreed("application/octet-stream", png, false) == "image/png");
    BOOST_TEST(agreed("application/octet-stream", "\0\1\2"sv, false) == "application/octet-stream");
    BOOST_TEST(agreed("application/pdf", "\0\1\2"sv, false) == "(refused)");
    BOOST_TEST(agreed("image/png", pe, false) == "(refused)");
    BOOST_TEST(agreed("", pe, false) == "application/x-msdownload");
    BOOST_TEST(agreed("application/x-zip-compressed", zip, false) == "application/zip");
    BOOST_TEST(agreed("text/html", "<html>", true) == "(refused)");
    BOOST_TEST(agreed("image/svg+xml", "<svg>", true) == "(refused)");
    BOOST_TEST(agreed("text/plain", "<html>", true) == "text/plain");
    BOOST_TEST(agreed("application/json", " {}", true) == "application/json");
    BOOST_TEST(agreed("application/json", "hello", true) == "(refused)");
    BOOST_TEST(agreed("application/xml", "\xef\xbb\xbf<a/>", true) == "application/xml");
    BOOST_TEST(agreed("text/plain", "MZ is how it begins", true) == "text/plain");
    const std::string word = std::string(zip) + "[Content_Types].xml";
    constexpr std::string_view docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    BOOST_TEST(agreed(docx, word, false) == docx);
    BOOST_TEST(agreed(docx, zip, false) == "(refused)");
    // A file that is two things at once is what it begins with.
    BOOST_TEST(agreed("text/plain", "GIF89a=1;alert(1)", true) == "(refused)");
    BOOST_TEST(agreed("application/zip", std::string(png) + std::string(zip), false) == "(refused)");
    BOOST_TEST(agreed("image/gif", "GIF89a/*<script>*/", true) == "image/gif");
}

BOOST_AUTO_TEST_CASE(nothing_is_served_that_a_browser_runs) {
    for (const char* type : {"application/pdf", "application/xml", "message/rfc822", "application/x-msdownload"})
        BOOST_TEST(siem::find_evidence_type(type)->served == "application/octet-stream", type);
    BOOST_TEST(siem::find_evidence_type("text/html") == nullptr);
    BOOST_TEST(siem::find_evidence_type("image/svg+xml") == nullptr);
    BOOST_TEST(siem::find_evidence_type("application/javascript") == nullptr);
}

BOOST_AUTO_TEST_CASE(a_range_is_read_as_rfc_9110_says) {
    const auto range = [](std::string_view text) {
        const auto found = siem::read_range(text, 100);
        if (!found) return std::string("whole");
        return std::to_string(found->begin) + "-" + std::to_string(found->end);
    };
    BOOST_TEST(range("bytes=0-0") == "0-1");
    BOOST_TEST(range("bytes=10-") == "10-100");
    BOOST_TEST(range("bytes=90-1000") == "90-100");
    BOOST_TEST(range("bytes=-7") == "93-100");
    BOOST_TEST(range("bytes=-1000") == "0-100");
    BOOST_TEST(range("bytes=0-99999999999999999999") == "0-100");
    BOOST_TEST(range("bytes=-0") == "100-100");
    BOOST_TEST(range("bytes=100-") == "0-0");
    BOOST_TEST(range("bytes=99999999999999999999-") == "0-0");
    for (const char* other :
         {"", "bytes=", "bytes=-", "bytes=5-4", "bytes=a-b", "bytes=0-1,3-4", "lines=0-1", "bytes=1", "bytes=0x1-2"})
        BOOST_TEST(range(other) == "whole", other);
}

namespace {

std::int64_t store(domain& d, std::string_view bytes, std::int64_t into = 0) {
    return d.write([&](write_session& session) { return siem::append_to_blob(session, into, bytes, d.now); }).value();
}
std::string load(domain& d, std::int64_t blob, std::int64_t size) {
    return d
        .read([&](read_session& session) -> result<std::string> {
            std::string all;
            for (std::int64_t at = 0; at < size; at = static_cast<std::int64_t>(all.size()))
                if (auto done = siem::read_blob(session, {blob, size}, at, size, all); !done) return done.error();
            return all;
        })
        .value();
}
std::int64_t remove_some(domain& d) {
    return d.write([&](write_session& session) { return siem::remove_blobs(session, d.now); }).value();
}
bool is_due(domain& d) {
    return d.read([&](read_session& session) { return siem::has_released_blobs(session, d.now); }).value();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_blob_grows_by_chunks_and_is_read_from_anywhere) {
    domain d;
    std::string bytes(2 * siem::chunk_bytes, 'a');
    bytes[siem::chunk_bytes] = 'b';
    const std::int64_t blob = store(d, bytes);
    BOOST_TEST(store(d, "tail", blob) == blob);
    BOOST_TEST(d.count("SELECT count(*) FROM blob_chunks") == 3);
    const auto size = static_cast<std::int64_t>(bytes.size() + 4);
    BOOST_TEST((load(d, blob, size) == bytes + "tail"));
    // After bytes that fill no chunk there is no place for more.
    BOOST_TEST(store(d, "more", blob) == 0);
    const auto sum = [&] {
        return d.read([&](read_session& session) { return siem::hash_blob(session, {blob, size}); });
    };
    BOOST_TEST(base::hex_of(sum().value()) == base::sha256_hex(bytes + "tail"));
    d.write([](write_session& session) { return session.execute("DELETE FROM blob_chunks WHERE seq & 1048575 = 1"); });
    BOOST_TEST((sum().error() == sqlite_errc::corrupt));
}

BOOST_AUTO_TEST_CASE(what_nobody_refers_to_goes_a_few_chunks_at_a_time) {
    domain d;
    const std::int64_t blob = store(d, std::string(20 * siem::chunk_bytes, 'x'));
    const std::int64_t kept = store(d, "kept");
    const auto sum = base::sha256().value();
    BOOST_TEST(d.write([&](write_session& session) { return siem::complete_blob(session, kept, sum); }).value());
    BOOST_TEST(!is_due(d));
    d.write([&](write_session& session) { return siem::give_up_blob(session, blob); });
    BOOST_TEST(is_due(d));
    BOOST_TEST(remove_some(d) == 8);
    BOOST_TEST(d.count("SELECT count(*) FROM blob_chunks") == 13);
    BOOST_TEST(remove_some(d) == 8);
    BOOST_TEST(remove_some(d) == 5);  // four chunks and the blob
    BOOST_TEST(remove_some(d) == 0);
    BOOST_TEST(!is_due(d));
    BOOST_TEST(d.count("SELECT count(*) FROM blobs") == 1);
    // Its number does not come again: who still has it writes into nothing.
    BOOST_TEST(store(d, "late", blob) == 0);
    BOOST_TEST(store(d, "new") > kept);
}

BOOST_AUTO_TEST_CASE(an_upload_that_stands_still_is_given_up) {
    domain d;
    const std::int64_t blob = store(d, std::string(siem::chunk_bytes, 'x'));
    d.now += siem::filling_time_max;
    BOOST_TEST(!is_due(d));
    d.now += 1;
    BOOST_TEST(is_due(d));
    BOOST_TEST(remove_some(d) == 3);  // its state, its chunk and itself
    BOOST_TEST(store(d, "late", blob) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
