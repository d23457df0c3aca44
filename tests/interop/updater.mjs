// SPDX-License-Identifier: Apache-2.0
//
// updater.mjs URL STATE TARGET: what a host does, with tuf-js: follows the repository at URL from what is trusted in the
// folder STATE, downloads TARGET, a catalog, into it, and then the modules of its newest level. Prints "level N";
// the exit status is 3 when the repository was refused.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Updater } from 'tuf-js';

const [url, state, path] = process.argv.slice(2);
const targets = join(state, 'targets');
mkdirSync(targets, { recursive: true });

async function fetchCatalog() {
  const updater = new Updater({
    metadataDir: state,
    metadataBaseUrl: `${url}/metadata`,
    targetDir: targets,
    targetBaseUrl: `${url}/targets`,
    config: { fetchRetries: 0, fetchTimeout: 20000 },
  });
  await updater.refresh();
  const target = await updater.getTargetInfo(path);
  if (!target) throw new Error(`no role knows ${path}`);
  return JSON.parse(readFileSync(await updater.downloadTarget(target), 'utf8'));
}

async function fetchFile(build, level, file) {
  const folder = `${url}/patchsets/${build}/${String(level).padStart(6, '0')}`;
  const answer = await fetch(`${folder}/${file.sha256}.${file.name}`);
  if (!answer.ok) throw new Error(`${file.name}: status ${answer.status}`);
  const bytes = Buffer.from(await answer.arrayBuffer());
  const found = createHash('sha256').update(bytes).digest('hex');
  if (bytes.length !== file.length || found !== file.sha256) throw new Error(`${file.name} is not what the catalog says`);
  return bytes;
}

let catalog;
try {
  catalog = await fetchCatalog();
} catch (error) {
  console.log(`refused: ${error.constructor.name}: ${error.message}`);
  process.exit(3);
}
const newest = catalog.levels.filter((level) => !level.withdrawn).at(-1);
const manifest = JSON.parse(await fetchFile(catalog.build_id, newest.level, newest.manifest));
const modules = [newest.module, ...(newest.more ?? [])];
for (const module of modules) await fetchFile(catalog.build_id, newest.level, module);
const promised = new Set(modules.map((module) => module.sha256));
const named = manifest.modules.flatMap((module) => [module, ...(module.engine_module ? [module.engine_module] : [])]);
if (named.length !== modules.length || !named.every((module) => promised.has(module.sha256))) {
  throw new Error('manifest and catalog name different modules');
}
console.log(`level ${newest.level}`);
