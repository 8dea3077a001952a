#include "json/value_text.hpp"

#include "json/writer.hpp"

namespace carrel::json {

namespace {

void write(writer& out, const boost::json::value& given) {
    switch (given.kind()) {
        case boost::json::kind::null: out.null(); return;
        case boost::json::kind::bool_: out.boolean(given.get_bool()); return;
        case boost::json::kind::int64: out.integer(given.get_int64()); return;
        case boost::json::kind::uint64: out.raw(std::to_string(given.get_uint64())); return;
        case boost::json::kind::double_: out.real(given.get_double()); return;
        case boost::json::kind::string: {
            const auto& text = given.get_string();
            out.string({text.data(), text.size()});
            return;
        }
        case boost::json::kind::array:
            out.begin_array();
            for (const auto& item : given.get_array()) write(out, item);
            out.end_array();
            return;
        case boost::json::kind::object:
            out.begin_object();
            for (const auto& [name, held] : given.get_object()) {
                out.key({name.data(), name.size()});
                write(out, held);
            }
            out.end_object();
            return;
    }
}

}  // namespace

void append_value(std::string& out, const boost::json::value& given) {
    writer text(out);
    write(text, given);
}

}  // namespace carrel::json
