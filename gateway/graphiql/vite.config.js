import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from "node:zlib";
import { defineConfig } from "vite";

const LEAST = 1000; // bytes: what is shorter is a packet either way
// Levels above these take a twelfth off, and twenty seconds more.
const coded = {
  br: (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  gzip: (bytes) => gzipSync(bytes, { level: 9 }),
  zstd: (bytes) => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 15 } }),
};

/** Leaves each file beside itself in every content coding, so that none is made while requests wait. */
const coding = {
  name: "coding",
  writeBundle({ dir }) {
    for (const name of readdirSync(dir, { recursive: true })) {
      const path = join(dir, name);
      if (!statSync(path).isFile() || statSync(path).size < LEAST) continue;
      const bytes = readFileSync(path);
      for (const [suffix, encode] of Object.entries(coded)) writeFileSync(`${path}.${suffix}`, encode(bytes));
    }
  },
};

export default defineConfig({
  base: "/graphiql/",
  build: {
    target: "es2022",
    emptyOutDir: true,
    license: { fileName: "licenses.md" },
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 5000,
    reportCompressedSize: false,
  },
  worker: { format: "es" },
  plugins: [coding],
});
