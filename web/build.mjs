// SPDX-License-Identifier: Apache-2.0
//
// build.mjs FOLDER: bundles the page, packs its files one behind the other into FOLDER/page.bin, each as it is and
// compressed, and writes FOLDER/page_table.inc, which tells the server where in it they are.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? 'out');
mkdirSync(out, { recursive: true });

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
};

// Names carry a hash of the content, so a browser may keep them for ever.
const bundle = await build({
  absWorkingDir: here,
  entryPoints: { app: 'src/main.tsx', theme: 'src/theme_first.ts', icon: 'icon.svg' },
  entryNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  outdir: 'bundle',
  publicPath: '/assets/',
  bundle: true,
  minify: true,
  write: false,
  metafile: true,
  format: 'esm',
  target: ['chrome111', 'firefox115', 'safari16.4'],
  loader: { '.svg': 'file' },
  legalComments: 'none',
  logLevel: 'warning',
});

/** The licence texts of every package of which something is in the bundle. */
function licences() {
  const names = new Set();
  for (const file of Object.keys(bundle.metafile.inputs)) {
    const found = file.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/);
    if (found) names.add(found[1]);
  }
  let text = 'The page is part of Suture, under the Apache License 2.0. It holds code of these packages:\n';
  for (const name of [...names].sort()) {
    const folder = join(here, 'node_modules', name);
    const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'license'].map((each) => join(folder, each)).find(existsSync);
    if (!file) throw new Error(`${name} brings no licence text`);
    text += `\n${'-'.repeat(72)}\n${name} ${version}, ${license}\n\n${readFileSync(file, 'utf8').trim()}\n`;
  }
  return Buffer.from(text);
}

const files = new Map(); // what the server answers to, and with what
const outputs = bundle.outputFiles.filter((file) => !/icon-[^.]*\.js$/.test(file.path));
for (const file of outputs) files.set(`/assets/${basename(file.path)}`, Buffer.from(file.contents));
const named = (pattern) => [...files.keys()].find((path) => pattern.test(path));
const page = readFileSync(join(here, 'index.html'), 'utf8')
  .replace('%icon%', named(/icon-.*\.svg$/))
  .replace('%style%', named(/app-.*\.css$/))
  .replace('%theme%', named(/theme-.*\.js$/))
  .replace('%script%', named(/app-.*\.js$/));
files.set('/', Buffer.from(page));
files.set('/assets/licences.txt', licences());
writeFileSync(join(out, 'licences.txt'), licences());

let blob = Buffer.alloc(0);
function placed(bytes) {
  const place = `{${blob.length}, ${bytes.length}}`;
  blob = Buffer.concat([blob, bytes]);
  return place;
}
let table = '// Written by web/build.mjs.\n';
for (const [path, bytes] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
  const etag = createHash('sha256').update(bytes).digest('hex').slice(0, 32);
  const type = types[path === '/' ? '.html' : extname(path)];
  const immutable = /-[A-Z0-9]{8}\.\w+$/.test(path);
  const gzip = gzipSync(bytes, { level: 9 });
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
  table += `{"${path}", "${type}", "${etag}", ${immutable}, ${placed(bytes)}, ${placed(gzip)}, ${placed(brotli)}},\n`;
  console.log(`${path}  ${bytes.length} bytes, gzip ${gzip.length}, br ${brotli.length}`);
}
writeFileSync(join(out, 'page.bin'), blob);
writeFileSync(join(out, 'page_table.inc'), table);
