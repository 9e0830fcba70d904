import { defineConfig } from "vitest/config";

export default defineConfig({
  build: {
    // The one file is what the integration serves.
    outDir: "../custom_components/glucose_follow/www",
    emptyOutDir: true,
    lib: {
      entry: "src/main.ts",
      formats: ["es"],
      fileName: () => "glucose-follow.js",
    },
    target: "es2022",
    // A library keeps its white space otherwise, and loses what Lit's licence asks for.
    rolldownOptions: { output: { minify: true, comments: { legal: true } } },
    reportCompressedSize: false,
  },
  test: {
    include: ["src/**/*.test.ts"],
    coverage: {
      include: ["src/**/*.ts"],
      // Elements are looked at in a browser; tests/browser/test_card.py does.
      exclude: [
        "src/**/*.test.ts",
        "src/testing.ts",
        "src/elements/**",
        "src/main.ts",
      ],
      thresholds: { 100: true, perFile: true },
      reporter: ["text"],
      skipFull: true,
    },
  },
});
