/**
 * Bundles the browser half of the widgets, after tsc has compiled it: the labextension for JupyterLab 4 and Notebook 7
 * (`dist/widgets/labextension`), and one AMD file for front ends that fetch widgets from npm (`dist/index.js`).
 * Does nothing when neither the compiled code nor the tools have changed since.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { copyFile, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Configuration } from "@rspack/core";
import { DefinePlugin, rspack } from "@rspack/core";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const source = join(root, "widgets", "view");
const compiled = join(root, "dist", "widgets", "view");
const labextension = join(root, "dist", "widgets", "labextension");
const amd = join(root, "dist", "index.js");
const require = createRequire(import.meta.url);

interface RootPackage {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const files = (await filesOf(compiled, ".js")).concat(await filesOf(source, ".css"));
const stampPath = join(root, "dist", "widgets", "bundle.stamp");
const stamp = await hashOf([...files, fileURLToPath(import.meta.url), join(root, "package-lock.json")]);
const isThere = existsSync(amd) && existsSync(join(labextension, "package.json"));
if (!isThere || (await readFile(stampPath, "utf8").catch(() => "")) !== stamp) {
  await rm(stampPath, { force: true });
  const { name, version, license, devDependencies } = JSON.parse(
    await readFile(join(root, "package.json"), "utf8"),
  ) as RootPackage;
  for (const path of await filesOf(source, ".css")) {
    await copyFile(path, join(compiled, path.slice(source.length)));
  }
  await writeFile(
    join(compiled, "package.json"),
    JSON.stringify({
      name,
      version,
      license,
      type: "module",
      main: "labextension.js",
      dependencies: { "@jupyter-widgets/base": devDependencies["@jupyter-widgets/base"] },
      jupyterlab: {
        extension: "labextension.js",
        mimeExtension: "plotly/renderer.js",
        outputDir: "../labextension",
        sharedPackages: { "@jupyter-widgets/base": { bundled: false, singleton: true } },
      },
    }),
  );
  const define = new DefinePlugin({ SIGHTBOOK_VERSION: JSON.stringify(version) });
  await run(
    [...labextensionConfig(), amdConfig()].map((config) => ({
      ...config,
      // plotly.js is large, and fetched only when something is plotted.
      performance: { hints: false },
      // Folders of preact with a package.json of their own: its licence, which is included, is theirs.
      ignoreWarnings: [/license file for (preact-hooks|jsx-runtime)/],
      plugins: [...(config.plugins ?? []), define],
    })),
  );
  await writeFile(stampPath, stamp);
}

/** The configuration of Jupyter's own builder, which knows what JupyterLab shares with its extensions. */
function labextensionConfig(): Configuration[] {
  const { default: generate } = require("@jupyter/builder/lib/extensionConfig.js") as {
    default: (options: object) => Configuration[];
  };
  return generate({
    packagePath: compiled,
    corePackageFile: require.resolve("@jupyterlab/core-meta/core.package.json"),
    mode: "production",
  });
}

function amdConfig(): Configuration {
  return {
    mode: "production",
    entry: join(compiled, "index.js"),
    output: {
      path: join(root, "dist"),
      filename: "index.js",
      library: { type: "amd" },
      publicPath: "",
    },
    externals: { "@jupyter-widgets/base": "@jupyter-widgets/base" },
    externalsType: "amd",
    module: {
      // One file: whoever fetches it need not know of others.
      parser: { javascript: { dynamicImportMode: "eager" } },
      rules: [{ test: /\.css$/, use: ["style-loader", "css-loader"], type: "javascript/auto" }],
    },
  };
}

async function run(configurations: Configuration[]): Promise<void> {
  const compiler = rspack(configurations);
  const stats = await new Promise<{ failed: boolean; report: string }>((resolve, reject) => {
    compiler.run((error, result) => {
      if (error) reject(error);
      else {
        resolve({
          failed: result!.hasErrors() || result!.hasWarnings(),
          report: result!.toString({ preset: "errors-warnings" }),
        });
      }
    });
  });
  await new Promise<void>((resolve) => {
    compiler.close(() => {
      resolve();
    });
  });
  if (stats.failed) throw new Error(`The widgets could not be bundled:\n${stats.report}`);
}

async function filesOf(folder: string, ending: string): Promise<string[]> {
  const names = readdirSync(folder, { recursive: true }) as string[];
  return Promise.resolve(
    names
      .filter((name) => name.endsWith(ending))
      .sort()
      .map((name) => join(folder, name)),
  );
}

async function hashOf(paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const path of paths) hash.update(path).update(await readFile(path));
  return hash.digest("hex");
}
