// Builds the package into build/package: generates the stubs of the protos, compiles, and takes the version from the tree.
//
// Needs protoc with the protos of google/protobuf (Debian: protobuf-compiler, libprotobuf-dev); PROTOC names another one.

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL(".", import.meta.url)));
const protos = "../../proto";
const generated = "src/generated";
const target = "build/package";

/** That of the CMake project. */
function version() {
  const [, found] = /^project\(\S+ VERSION ([\d.]+)/m.exec(readFileSync("../../CMakeLists.txt", "utf8")) ?? [];
  if (!found) throw new Error("CMakeLists.txt: no version of the project");
  return found;
}

function generate() {
  const options = [
    "outputServices=grpc-js", "outputClientImpl=false", "esModuleInterop=true", "importSuffix=.js",
    "forceLong=bigint", // Exact; toJSON writes them as strings.
    "useDate=false", // A Date would lose micro- and nanoseconds.
    "removeEnumPrefix=true", "useExactTypes=false", "annotateFilesWithVersion=false",
  ];
  const files = ["seedance/gateway/v1", "google/rpc"].flatMap((folder) => readdirSync(`${protos}/${folder}`)
    .filter((name) => name.endsWith(".proto")).map((name) => `${folder}/${name}`));
  rmSync(generated, { recursive: true, force: true });
  mkdirSync(generated, { recursive: true });
  execFileSync(process.env.PROTOC ?? "protoc", [
    "--plugin=protoc-gen-ts_proto=node_modules/.bin/protoc-gen-ts_proto", `--ts_proto_out=${generated}`,
    ...options.map((option) => `--ts_proto_opt=${option}`), `-I${protos}`, ...files], { stdio: "inherit" });
  writeFileSync(`${generated}/version.ts`, `export const VERSION = "${version()}";\n`);
}

function compile() {
  rmSync(target, { recursive: true, force: true });
  execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "."], { stdio: "inherit" });
  const { scripts, devDependencies, ...manifest } = JSON.parse(readFileSync("package.json", "utf8"));
  writeFileSync(`${target}/package.json`, `${JSON.stringify({ ...manifest, version: version() }, undefined, 2)}\n`);
  for (const name of ["README.md", "LICENSE"]) copyFileSync(name, `${target}/${name}`);
}

generate();
compile();
