#pragma once

#include "siem/event_body.hpp"

namespace carrel::siem {

/// What a document may have instead of its array, which is then as if it were empty.
enum class missing_array { is_fault, may_be_null, may_be_absent };

/// The elements of the array at the dotted `path` of one document.
std::unique_ptr<event_body> make_document_body(std::string path, missing_array missing);

}  // namespace carrel::siem
