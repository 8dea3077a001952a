#!/usr/bin/env python3
"""The real bundle: what is read of it is what a plain reading finds. Usage: real_bundle.py DUMP BUNDLE.json.gz"""
import collections
import datetime
import gzip
import json
import os
import subprocess
import sys
import tempfile

KIB_MAX = 150 * 1024
MILLISECONDS_MAX = 10_000  # of any build on a busy machine; a release build takes a small part of a second


def moment(text):
    at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def entry(one, successors, ids):
    own = next(r for r in one["external_references"] if r["source_name"] == "mitre-attack")
    return {"id": own["external_id"], "stix_id": one["id"], "name": one["name"], "description": one.get("description", ""),
            "url": own.get("url", ""), "version": one.get("x_mitre_version", ""), "created": moment(one["created"]),
            "modified": moment(one["modified"]), "revoked": one.get("revoked", False),
            "deprecated": one.get("x_mitre_deprecated", False), "revoked_by": ids.get(successors.get(one["id"]), "")}


def plain_reading(bundle):
    by_type = collections.defaultdict(list)
    for each in bundle["objects"]:
        by_type[each["type"]].append(each)
    ids = {each["id"]: reference["external_id"] for each in bundle["objects"]
           for reference in each.get("external_references", [])
           if reference["source_name"] == "mitre-attack" and "external_id" in reference}
    links = collections.defaultdict(dict)
    for each in by_type["relationship"]:
        links[each["relationship_type"]][each["source_ref"]] = each["target_ref"]
    by_name = {each["x_mitre_shortname"]: ids[each["id"]] for each in by_type["x-mitre-tactic"]}

    def entries(kind, rest):
        made = [{**entry(each, links["revoked-by"], ids), **rest(each)} for each in by_type[kind]]
        return sorted(made, key=lambda each: each["id"])

    def of_technique(one):
        parent = ids.get(links["subtechnique-of"].get(one["id"]), "")
        is_sub = one.get("x_mitre_is_subtechnique", False) or "." in ids[one["id"]]
        if is_sub and not parent:
            parent = ids[one["id"]].split(".")[0]
        phases = {by_name[each["phase_name"]] for each in one.get("kill_chain_phases", [])}
        return {"tactics": sorted(phases), "platforms": one.get("x_mitre_platforms", []), "is_subtechnique": is_sub,
                "parent": parent}

    return {
        "objects": {kind: len(all_) for kind, all_ in by_type.items()},
        "matrices": entries("x-mitre-matrix", lambda one: {"tactics": [ids[ref] for ref in one["tactic_refs"]]}),
        "tactics": entries("x-mitre-tactic", lambda one: {"short_name": one["x_mitre_shortname"]}),
        "data_sources": entries("x-mitre-data-source", lambda one: {
            "platforms": one.get("x_mitre_platforms", []), "collection_layers": one.get("x_mitre_collection_layers", [])}),
        "techniques": entries("attack-pattern", of_technique),
    }


def differences(dumped, expected):
    found = [f"objects: {dumped['objects']} for {expected['objects']}"] if dumped["objects"] != expected["objects"] else []
    for kind in ("matrices", "tactics", "data_sources", "techniques"):
        if len(dumped[kind]) != len(expected[kind]):
            found.append(f"{kind}: {len(dumped[kind])} for {len(expected[kind])}")
        for ours, theirs in zip(dumped[kind], expected[kind]):
            found += [f"{theirs['id']}.{name}: {ours.get(name)!r} for {theirs[name]!r}"
                      for name in theirs if ours.get(name) != theirs[name]]
    return found


def dump(program, bundle):
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(bundle, file, ensure_ascii=False)
        file.flush()
        return json.loads(subprocess.run([program, file.name], check=True, capture_output=True).stdout)


def check_canaries(program, bundle, expected):
    """A bundle that lacks one thing must differ from the reading of the whole."""
    links = [each for each in bundle["objects"] if each.get("relationship_type") in ("subtechnique-of", "revoked-by")]
    revoked = next(each for each in links if each["relationship_type"] == "revoked-by" and "attack-p" in each["source_ref"])
    technique = next(each for each in bundle["objects"] if each["type"] == "attack-pattern")
    for absent in (revoked, technique):
        rest = {**bundle, "objects": [each for each in bundle["objects"] if each is not absent]}
        assert differences(dump(program, rest), expected), f"without {absent['id']} nothing differs"


def main():
    program, path = sys.argv[1:]
    if not os.path.exists(path):
        print("skipped: there is no bundle of ATT&CK beside the tree")
        sys.exit(77)
    with gzip.open(path, "rt", encoding="utf-8") as file:
        bundle = json.load(file)
    expected = plain_reading(bundle)
    dumped = dump(program, bundle)
    assert dumped["faults"] == [], dumped["faults"]
    found = differences(dumped, expected)
    assert not found, "\n".join(found[:20])
    absent = [each for each in bundle["objects"] if each.get("relationship_type") == "detects"]
    assert len(dumped["warnings"]) == len(absent), (len(dumped["warnings"]), len(absent))
    assert 0 < dumped["kib"] < KIB_MAX and dumped["milliseconds"] < MILLISECONDS_MAX, (dumped["kib"], dumped["milliseconds"])
    check_canaries(program, bundle, expected)
    print(f"{len(bundle['objects'])} objects, {len(dumped['techniques'])} techniques in "
          f"{dumped['milliseconds']:.0f} ms and {dumped['kib']} KiB")


if __name__ == "__main__":
    main()
