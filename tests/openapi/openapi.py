"""Holds a running server against the document that it serves, and compiles and runs clients generated from that.
Usage: openapi.py CARREL [FOLDER-WITH-TOOLS…]

Tools: schemathesis, openapi-python-client (pip); openapi-typescript, typescript (npm); oapi-codegen (go install); mvn, java,
whose generator comes by Maven."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from carrel_program import SKIPPED, Server, clean_environment

TOOLS = os.pathsep.join([*sys.argv[2:], os.environ.get("PATH", "")])

# A precondition, a key that was used and a search without words are refused though each of their parts is valid; and a
# header that the document does not name is no fault.
CHECKS_LEFT_OUT = "positive_data_acceptance,negative_data_rejection"

# What each client makes, reads, lists, changes, brings into another state and deletes: the group, one, a body, a change, the
# operation that changes the state, its body, what it is answered with.
WEBHOOK = {"type": "webhook", "config": {"url": "https://soc.example/hook"}}
FEED = {"name": "f", "type": "http", "url": "https://feed.example/list"}
USED = [
    ("alerts", "alert", {"title": "t", "severity": "low"}, {"title": "u"}, "change_alert_status", {"status": "acknowledged"}, 200),
    ("rules", "rule", {"name": "r", "type": "query", "severity": "low", "query": "user:eve"}, {"description": "d"},
     "change_rule_lifecycle", {"to": "test"}, 200),
    ("rules", "rule", {"name": "r", "type": "query", "severity": "low", "query": "user:eve"}, {"severity": "high"},
     "disable_rule", None, 200),
    ("exceptions", "exception", {"name": "e", "type": "suppress", "condition_type": "query", "condition": "user:svc"},
     {"name": "f"}, "count_exception_hits", {"count": 2}, 200),
    ("iocs", "ioc", {"type": "ip", "value": "198.51.100.7"}, {"confidence": 90}, "change_ioc", {"status": "deprecated"}, 200),
    ("actions", "action", WEBHOOK, {"name": "n"}, "test_action", None, 202),
    ("feeds", "rule_feed", FEED, {"priority": 7}, "disable_rule_feed", None, 200),
    ("ioc_feeds", "ioc_feed", {**FEED, "format": "list"}, {"priority": 7}, "disable_ioc_feed", None, 200),
]

PYTHON_USE = """
import json, sys
from importlib import import_module
from carrel_client import Client, models
client = Client(base_url=sys.argv[1])

def call(group, name, *key, body=None):
    more = {}
    if body is not None:
        model = "".join(word.capitalize() for word in name.split("_")) + "Body"
        more["body"] = getattr(models, model).from_dict(body)
    return import_module(f"carrel_client.api.{group}.{name}").sync_detailed(*key, client=client, **more)

for group, one, body, change, state, state_body, status in json.loads(sys.argv[2]):
    made = call(group, f"create_{one}", body=body)
    assert made.status_code == 201, made
    key = made.parsed.id
    read = call(group, f"get_{one}", key)
    assert (read.status_code, read.parsed.to_dict()) == (200, made.parsed.to_dict()), read
    listed = call(group, f"list_{one}s")
    assert listed.status_code == 200 and key in [each.id for each in listed.parsed.items], listed
    changed = call(group, f"change_{one}", key, body=change)
    assert changed.status_code == 200 and changed.parsed.version == 2, changed
    shown = changed.parsed.to_dict()
    assert {name: shown[name] for name in change} == change, changed
    after = call(group, state, key, body=state_body)
    assert after.status_code == status and after.parsed.to_dict() != shown, after
    assert call(group, f"delete_{one}", key).status_code == 204
    gone = call(group, f"get_{one}", key)
    assert gone.status_code == 404 and isinstance(gone.parsed, models.Problem), gone
print(len(json.loads(sys.argv[2])))
"""

# No type of the document stands for anything at all: what is wrong with these does not compile.
TYPESCRIPT_USE = """
import type { paths } from "./carrel";
type reply<path extends keyof paths> = paths[path] extends
    { get: { responses: { 200: { content: { "application/json": infer body } } } } } ? body : never;
type body<path extends keyof paths> = paths[path] extends
    { post: { requestBody: { content: { "application/json": infer body } } } } ? body : never;
export function title_of(each: reply<"/api/v1/alerts/{id}">): string { return each.title ?? ""; }
export function names_of(some: reply<"/api/v1/rules">): string[] { return some.items.map((each) => each.name); }
export const exception: body<"/api/v1/exceptions"> =
    { name: "e", type: "suppress", condition_type: "query", condition: "user:svc", new_severity: null };
export const ioc: body<"/api/v1/iocs"> = { type: "ip", value: "198.51.100.7" };
export const action: body<"/api/v1/actions"> = { type: "webhook", config: { url: "https://soc.example/hook" } };
export const feed: body<"/api/v1/feeds"> = { name: "f", type: "http", url: "https://feed.example/list" };
// @ts-expect-error: no such type of indicator
export const wrong: body<"/api/v1/iocs"> = { type: "none", value: "198.51.100.7" };
"""

GO_USE = """package main

import ("context"; "encoding/json"; "fmt"; "os"; "strings")

var ctx = context.Background()

// What a change does not name would be null in its type, which says more than nothing.
const patch = "application/merge-patch+json"

// A body as its type has it: a member that the type does not have is none of a body.
func body[T any](text string) (made T) {
    reader := json.NewDecoder(strings.NewReader(text))
    reader.DisallowUnknownFields()
    if err := reader.Decode(&made); err != nil { panic(fmt.Sprintf("%T: %v", made, err)) }
    return made
}

type answer interface{ StatusCode() int }

func must[T answer](status int) func(T, error) T {
    return func(got T, err error) T {
        if err != nil { panic(err) }
        need(got.StatusCode() == status, got)
        return got
    }
}

func need(is_so bool, what any) { if !is_so { panic(fmt.Sprintf("%T %+v", what, what)) } }

func main() {
    c, err := NewClientWithResponses(os.Args[1])
    if err != nil { panic(err) }
USES
    fmt.Println(COUNT)
}
"""

GO_USE_OF_ONE = """
    {
        made := must[*CreateONEResponse](201)(c.CreateONEWithResponse(ctx, nil, body[CreateONEJSONRequestBody](`BODY`)))
        id := made.JSON201.Id
        need(must[*GetONEResponse](200)(c.GetONEWithResponse(ctx, id, nil)).JSON200.Id == id, made)
        need(len(must[*ListONEsResponse](200)(c.ListONEsWithResponse(ctx, nil)).JSON200.Items) > 0, made)
        changed := must[*ChangeONEResponse](200)(c.ChangeONEWithBodyWithResponse(ctx, id, nil, patch, strings.NewReader(`CHANGE`)))
        need(changed.JSON200.Version == 2, changed)
        must[*STATEResponse](STATUS)(c.STATEWithResponse(ctx, id, nilSTATE_BODY))
        must[*DeleteONEResponse](204)(c.DeleteONEWithResponse(ctx, id, nil))
        need(must[*GetONEResponse](404)(c.GetONEWithResponse(ctx, id, nil)).ApplicationproblemJSON404 != nil, id)
    }
"""


def pascal(name):
    return "".join(word.capitalize() for word in name.split("_"))


def go_use():
    uses = []
    for _, one, body, change, state, state_body, status in USED:
        given = "" if state_body is None else f", body[{pascal(state)}JSONRequestBody](`{json.dumps(state_body)}`)"
        text = GO_USE_OF_ONE.replace("STATE_BODY", given).replace("STATUS", str(status)).replace("STATE", pascal(state))
        text = text.replace("ONE", pascal(one)).replace("BODY", json.dumps(body)).replace("CHANGE", json.dumps(change))
        uses.append(text)
    return GO_USE.replace("USES", "".join(uses)).replace("COUNT", str(len(USED)))


JAVA_PROJECT = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>example</groupId><artifactId>client</artifactId><version>1</version>
  <properties>
    <maven.compiler.source>17</maven.compiler.source><maven.compiler.target>17</maven.compiler.target>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <dependencies>%s</dependencies>
  <build><plugins><plugin>
    <groupId>org.openapitools</groupId><artifactId>openapi-generator-maven-plugin</artifactId><version>7.8.0</version>
    <executions><execution><goals><goal>generate</goal></goals><configuration>
      <inputSpec>${document}</inputSpec><generatorName>java</generatorName><library>native</library>
      <generateApiTests>false</generateApiTests><generateModelTests>false</generateModelTests>
      <configOptions>
        <apiPackage>carrel.api</apiPackage><modelPackage>carrel.model</modelPackage><invokerPackage>carrel</invokerPackage>
      </configOptions>
    </configuration></execution></executions>
  </plugin></plugins></build>
</project>
""" % "".join(
    f"<dependency><groupId>{group}</groupId><artifactId>{name}</artifactId><version>{version}</version></dependency>"
    for group, name, version in (
        ("com.fasterxml.jackson.core", "jackson-databind", "2.17.2"),
        ("com.fasterxml.jackson.datatype", "jackson-datatype-jsr310", "2.17.2"),
        ("org.openapitools", "jackson-databind-nullable", "0.2.6"),
        ("jakarta.annotation", "jakarta.annotation-api", "1.3.5"),
        ("com.google.code.findbugs", "jsr305", "3.0.2"),
        ("org.apache.httpcomponents", "httpmime", "4.5.14")))

# Parameters that are headers and queries have their places among the arguments: nothing is given for them.
JAVA_USE = """package use;

import carrel.ApiClient;
import carrel.ApiException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;

public class Use {
    static ApiClient client = new ApiClient();
    static ObjectMapper json = client.getObjectMapper();

    static String camel(String name, boolean first) {
        StringBuilder made = new StringBuilder();
        for (String word : name.split("_"))
            made.append(made.length() == 0 && !first ? word : word.substring(0, 1).toUpperCase() + word.substring(1));
        return made.toString();
    }

    static JsonNode call(String group, String name, String key, JsonNode body) throws Exception {
        Object api = Class.forName("carrel.api." + camel(group, true) + "Api").getConstructor(ApiClient.class).newInstance(client);
        for (Method each : api.getClass().getMethods()) {
            if (!each.getName().equals(camel(name, false))) continue;
            Class<?>[] types = each.getParameterTypes();
            Object[] given = new Object[types.length];
            for (int i = 0; i < types.length; ++i) {
                if (i == 0 && key != null) given[i] = key;
                else if (body != null && types[i].getSimpleName().equals(camel(name, true) + "Body"))
                    given[i] = json.treeToValue(body, types[i]);
            }
            try {
                return json.valueToTree(each.invoke(api, given));
            } catch (InvocationTargetException wrong) {
                throw (Exception) wrong.getCause();
            }
        }
        throw new IllegalStateException(name);
    }

    static void need(boolean is_so, Object what) { if (!is_so) throw new IllegalStateException(String.valueOf(what)); }

    public static void main(String[] arguments) throws Exception {
        client.updateBaseUri(arguments[0]);
        JsonNode used = json.readTree(arguments[1]);
        for (JsonNode each : used) {
            String group = each.get(0).asText(), one = each.get(1).asText();
            JsonNode made = call(group, "create_" + one, null, each.get(2));
            String key = made.get("id").asText();
            need(call(group, "get_" + one, key, null).equals(made), made);
            need(call(group, "list_" + one + "s", null, null).get("items").size() > 0, made);
            JsonNode changed = call(group, "change_" + one, key, each.get(3));
            need(changed.get("version").asInt() == 2, changed);
            JsonNode after = call(group, each.get(4).asText(), key, each.get(5).isNull() ? null : each.get(5));
            need(!after.equals(changed), after);
            call(group, "delete_" + one, key, null);
            try {
                need(call(group, "get_" + one, key, null) == null, key);
            } catch (ApiException gone) {
                need(gone.getCode() == 404, gone);
            }
        }
        System.out.println(used.size());
    }
}
"""


def tool(name):
    found = shutil.which(name, path=TOOLS)
    if found is None:
        raise unittest.SkipTest(f"{name} is not installed")
    return found


def lowered(node):
    """The document as OpenAPI 3.0 says it, for generators that do not read 3.1 yet."""
    if isinstance(node, list):
        return [lowered(each) for each in node]
    if not isinstance(node, dict):
        return node
    node = {key: lowered(value) for key, value in node.items()}
    if isinstance(node.get("type"), list):
        kinds = [kind for kind in node["type"] if kind != "null"]
        node["nullable"] = len(kinds) < len(node["type"])
        node["type"] = kinds[0]
    if "const" in node:
        node["enum"] = [node.pop("const")]
    if node.get("openapi"):
        node["openapi"] = "3.0.3"
    return node


def run(*command, cwd=None, **more):
    environment = clean_environment(PATH=TOOLS, **more)
    return subprocess.run([str(each) for each in command], cwd=cwd, env=environment, text=True, timeout=280,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


class Document(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="carrel-openapi-"))
        cls.document = cls.folder / "openapi.json"
        client = cls.server.client()
        cls.document.write_bytes(client.get("/openapi.json").body)
        client.close()
        cls.older = cls.folder / "openapi-3.0.json"
        cls.older.write_text(json.dumps(lowered(json.loads(cls.document.read_text()))))

    @classmethod
    def tearDownClass(cls):
        cls.server.end()
        shutil.rmtree(cls.folder, ignore_errors=True)

    def must(self, *command, **more):
        done = run(*command, **more)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout[-6000:]}")
        return done.stdout

    def test_schemathesis_finds_no_failure(self):
        self.must(tool("schemathesis"), "run", self.server.url + "/openapi.json", "--max-examples", "10", "--seed", "1",
                  "--no-color", "--exclude-checks", CHECKS_LEFT_OUT, "--warnings", "off",
                  "--header", "Carrel-Timeout-Ms: 60000", cwd=self.folder)

    def test_a_generated_python_client_works(self):
        generator = tool("openapi-python-client")
        target = self.folder / "carrel_client"
        self.must(generator, "generate", "--path", self.document, "--meta", "none", "--output-path", target)
        interpreter = pathlib.Path(generator).parent / "python3"
        said = self.must(interpreter, "-c", PYTHON_USE, self.server.url, json.dumps(USED), PYTHONPATH=str(self.folder))
        self.assertEqual(said.strip(), str(len(USED)))

    def test_a_generated_typescript_client_compiles(self):
        generator, compiler = tool("openapi-typescript"), tool("tsc")
        self.must(generator, self.document, "-o", self.folder / "carrel.d.ts")
        (self.folder / "use.ts").write_text(TYPESCRIPT_USE)
        self.must(compiler, "--strict", "--noEmit", "--skipLibCheck", "false", "use.ts", cwd=self.folder)

    def test_a_generated_go_client_works(self):
        generator, go = tool("oapi-codegen"), tool("go")
        target = self.folder / "go"
        target.mkdir()
        self.must(go, "mod", "init", "example.com/client", cwd=target)
        self.must(generator, "-generate", "types,client", "-package", "main", "-o", target / "carrel.go", self.older)
        (target / "main.go").write_text(go_use())
        self.must(go, "mod", "tidy", cwd=target)
        self.assertEqual(self.must(go, "run", ".", self.server.url, cwd=target).strip().splitlines()[-1], str(len(USED)))

    def test_a_generated_java_client_works(self):
        maven, java = tool("mvn"), tool("java")
        target = self.folder / "java"
        (target / "src/main/java/use").mkdir(parents=True)
        (target / "pom.xml").write_text(JAVA_PROJECT)
        (target / "src/main/java/use/Use.java").write_text(JAVA_USE)
        paths = target / "paths"
        self.must(maven, "-q", "-B", f"-Ddocument={self.older}", f"-Dmdep.outputFile={paths}", "compile",
                  "dependency:build-classpath", cwd=target)
        classes = os.pathsep.join([str(target / "target/classes"), paths.read_text().strip()])
        said = self.must(java, "-cp", classes, "use.Use", self.server.url, json.dumps(USED), cwd=target)
        self.assertEqual(said.strip().splitlines()[-1], str(len(USED)))


if __name__ == "__main__":
    program = unittest.main(argv=[sys.argv[0]], verbosity=2, exit=False)
    if len(program.result.skipped) == program.result.testsRun:
        sys.exit(SKIPPED)
    sys.exit(0 if program.result.wasSuccessful() else 1)
