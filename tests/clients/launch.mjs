// Says how a desktop client starts a bundle: with the code that such clients use themselves.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [packages, folder, home, chosen] = process.argv.slice(2);
const found = createRequire(`${packages}/`).resolve("@anthropic-ai/mcpb");
const { getMcpConfigForManifest } = await import(pathToFileURL(found));
const config = await getMcpConfigForManifest({
  manifest: JSON.parse(readFileSync(`${folder}/manifest.json`, "utf8")),
  extensionPath: folder,
  systemDirs: { HOME: home },
  userConfig: JSON.parse(chosen),
  pathSeparator: "/",
});
process.stdout.write(JSON.stringify(config));
