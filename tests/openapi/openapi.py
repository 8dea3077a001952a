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

PYTHON_USE = """
import sys
from carrel_client import Client
from carrel_client.api.alerts import create_alert, get_alert
from carrel_client.models import CreateAlertBody
client = Client(base_url=sys.argv[1])
body = CreateAlertBody.from_dict({"id": "generated", "title": "t", "severity": "low"})
made = create_alert.sync_detailed(client=client, body=body)
assert made.status_code == 201 and made.parsed.id == "generated", made
read = get_alert.sync_detailed("generated", client=client)
assert read.status_code == 200 and read.parsed.title == "t", read
"""

TYPESCRIPT_USE = """
import type { paths, components } from "./carrel";
type alert = paths["/api/v1/alerts/{id}"]["get"]["responses"]["200"]["content"]["application/json"];
export function title_of(each: alert): string { return each.title ?? ""; }
"""

GO_USE = """package main

import ("context"; "fmt"; "os"; "net/http"; "strings")

func main() {
    client, err := NewClient(os.Args[1])
    if err != nil { panic(err) }
    body := strings.NewReader(`{"id":"from-go","title":"t","severity":"low"}`)
    request, err := http.NewRequestWithContext(context.Background(), "POST", client.Server+"api/v1/alerts", body)
    if err != nil { panic(err) }
    request.Header.Set("Content-Type", "application/json")
    reply, err := client.Client.Do(request)
    if err != nil { panic(err) }
    fmt.Println(reply.StatusCode)
}
"""

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

JAVA_USE = """package use;

import carrel.ApiClient;
import carrel.api.AlertsApi;
import carrel.model.CreateAlertBody;

public class Use {
    public static void main(String[] arguments) throws Exception {
        ApiClient client = new ApiClient();
        client.updateBaseUri(arguments[0]);
        AlertsApi alerts = new AlertsApi(client);
        CreateAlertBody body = new CreateAlertBody();
        body.setId("from-java");
        body.setTitle("t");
        body.setSeverity(CreateAlertBody.SeverityEnum.LOW);
        alerts.createAlert(body, null, null, null);
        System.out.println(alerts.getAlert("from-java", null, null, null, null).getTitle());
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
        self.must(interpreter, "-c", PYTHON_USE, self.server.url, PYTHONPATH=str(self.folder))

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
        (target / "main.go").write_text(GO_USE)
        self.must(go, "mod", "tidy", cwd=target)
        self.assertEqual(self.must(go, "run", ".", self.server.url, cwd=target).strip().splitlines()[-1], "201")

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
        said = self.must(java, "-cp", classes, "use.Use", self.server.url, cwd=target)
        self.assertEqual(said.strip().splitlines()[-1], "t")


if __name__ == "__main__":
    program = unittest.main(argv=[sys.argv[0]], verbosity=2, exit=False)
    if len(program.result.skipped) == program.result.testsRun:
        sys.exit(SKIPPED)
    sys.exit(0 if program.result.wasSuccessful() else 1)
