#pragma once

#include "resource/operation.hpp"
#include "sigma/fault.hpp"

// Texts of detection content that a member holds: what is wrong with them, by the member and the place in it.
namespace carrel::siem {

void add_faults(std::string_view field, const sigma::faults& wrong, std::vector<fault>& into);
/// The text must be a query of events.
void check_query(std::string_view field, std::string_view text, std::vector<fault>& into);
/// Has bodies with a document checked apart: its YAML and its regular expressions take up to some hundred milliseconds.
void check_documents_apart(std::vector<operation>& all);
/// Whether to leave a document alone, since nobody waits for what it says any more.
bool is_given_up(std::string_view field, std::vector<fault>& into);

}  // namespace carrel::siem
