import eslint from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  globalIgnores(["dist/", ".venv/", ".sightbook/", "**/*-changed.*"]),
  eslint.configs.recommended,
  {
    files: ["**/*.ts", "**/*.tsx"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: {
        project: [
          "src/tsconfig.json",
          "kernel/tsconfig.json",
          "widgets/*/tsconfig.json",
          "test/tsconfig.json",
        ],
      },
    },
    rules: {
      // Numbers in messages and array indexing under noUncheckedIndexedAccess are this code's daily bread.
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-floating-promises": [
        "error",
        {
          allowForKnownSafeCalls: [
            { from: "package", name: ["test", "it", "describe", "suite"], package: "node:test" },
          ],
        },
      ],
      "@typescript-eslint/prefer-nullish-coalescing": ["error", { ignorePrimitives: true }],
    },
  },
  {
    files: ["widgets/state/**"],
    // Only a type alias fits the index signature of a widget's state.
    rules: { "@typescript-eslint/consistent-type-definitions": ["error", "type"] },
  },
  {
    files: ["src/**/kubernetes/**", "test/deployment/**", "test/executors/**"],
    // The Kubernetes client declares what it sends as classes, and takes plain objects.
    rules: { "@typescript-eslint/no-unsafe-class-instance-assignment": "off" },
  },
  {
    files: ["**/*.mjs"],
    languageOptions: { globals: { process: "readonly", console: "readonly", URL: "readonly" } },
  },
);
